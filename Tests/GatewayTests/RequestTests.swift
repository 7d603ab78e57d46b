import JSON
import Testing

@testable import Gateway

@Suite struct RequestTests {
    private func parse(_ body: String) -> Result<ReadRequest, Problem> {
        Array(body.utf8).withUnsafeBytes { bytes in
            do throws(Problem) { return .success(try ReadRequest(bytes)) } catch { return .failure(error) }
        }
    }

    private func body(
        customer: String = "\"C-1\"",
        agent: String = "\"a\"",
        interaction: String = "\"i\"",
        more: String = ""
    ) -> String { "{\"customerId\":\(customer),\"agentId\":\(agent),\"interactionId\":\(interaction)\(more)}" }

    @Test func takesWhatADataActionSends() throws {
        let request = try parse(
            " {\"purpose\" : \"service\", \"agentId\":\"A-1_b.C\",\"interactionId\":\"I\\u0031\",\"customerId\":\"Kd+1@x:y~z.\"}\n"
        ).get()
        #expect(request.customer == "Kd+1@x:y~z." && request.agent == "a-1_b.c" && request.interaction == "i1")
        #expect(request.purpose == "service")
        for purpose in [#","purpose":null"#, #","purpose":"""#, ""] {
            #expect(try parse(body(more: purpose)).get().purpose == nil)
        }
    }

    @Test(arguments: [
        ("{}", Problem.missingField), (#"{"customerId":"C"}"#, .missingField), ("", .malformedJSON),
        ("null", .malformedJSON),
        ("[1]", .malformedJSON), (#"{"customerId":"C""#, .malformedJSON), ("{} {}", .malformedJSON),
        ("{'a':1}", .malformedJSON),
        ("\u{feff}{}", .malformedJSON), (#"{"customerId":"C","extra":1}"#, .unknownField),
        (#"{"CustomerId":"C"}"#, .unknownField),
        (#"{"customerId ":"C"}"#, .unknownField), (#"{"":"C"}"#, .unknownField),
        (#"{"customerId":"C","customerId":"C"}"#, .duplicateKey),
        (#"{"customerId":"C","customer\u0049d":"D"}"#, .duplicateKey),
        (#"{"customerId":"C","purpose":"a","purpose":"b"}"#, .duplicateKey),
        (#"{"customerId":1}"#, .wrongType), (#"{"customerId":null}"#, .wrongType),
        (#"{"customerId":["C"]}"#, .wrongType),
        (#"{"agentId":true}"#, .wrongType), (#"{"interactionId":{}}"#, .wrongType), (#"{"purpose":1}"#, .wrongType),
    ])
    func refusesWhatIsNotTheContract(body: String, problem: Problem) {
        guard case .failure(let found) = parse(body) else {
            Issue.record("accepted \(body)")
            return
        }
        #expect(found == problem, "\(body)")
    }

    /// Paths, templates, controls, look-alikes and lengths.
    @Test(arguments: [
        "", ".", "..", "../x", "a/b", "a\\\\b", "a%2fb", "{customerId}", "${x}", "a b", " a", "a?b", "a#b", "a&b",
        "a=b", "a;b",
        "a\\u0000", "a\\n", "a\\r\\nX: y", "é", "C\\u2010100001", "С-100001", "ａ", "\\ud83d\\ude00", "a\\\"b", "a'b",
        "a<b", "a*",
        String(repeating: "x", count: 129),
    ])
    func refusesCustomersThatAreMoreThanIds(customer: String) {
        guard case .failure(let problem) = parse(body(customer: "\"\(customer)\"")) else {
            Issue.record("accepted \(customer)")
            return
        }
        #expect(problem == .invalidCustomerID)
    }

    @Test(arguments: ["", "a b", "аgent", "a/b", "a@b", "a:b", "a\\u200b", "{a}", String(repeating: "x", count: 65)])
    func refusesAgentsAndInteractionsThatAreMoreThanIds(id: String) {
        for (text, problem) in [
            (body(agent: "\"\(id)\""), Problem.invalidAgentID), (body(interaction: "\"\(id)\""), .invalidInteractionID),
        ] {
            guard case .failure(let found) = parse(text) else {
                Issue.record("accepted \(id)")
                continue
            }
            #expect(found == problem)
        }
    }

    @Test func aReasonIsWordsAndLosesPersonalData() throws {
        for none in [#","reason":null"#, #","reason":"""#, ""] {
            #expect(try parse(body(more: none)).get().reason == nil)
        }
        #expect(try parse(body(more: #","reason":"complaint 7"# + "\"")).get().reason == "complaint 7")
        let masked = try parse(body(more: #","reason":"called from +49 170 1234567""#)).get().reason
        #expect(masked?.hasPrefix("called from ") == true && masked?.contains("1234567") == false)
        let longest = String(repeating: "x", count: 100)
        #expect(try parse(body(more: ",\"reason\":\"\(longest)\"")).get().reason == longest)
        for wrong in [" ", "\\n", "a\\u0000b", "\\u0085", longest + "x", String(repeating: "é", count: 51)] {
            guard case .failure(.invalidReason) = parse(body(more: ",\"reason\":\"\(wrong)\"")) else {
                Issue.record("accepted \(wrong)")
                continue
            }
        }
        guard case .failure(.wrongType) = parse(body(more: #","reason":7"#)),
            case .failure(.duplicateKey) = parse(body(more: #","reason":"a","reason":"b""#))
        else {
            Issue.record("accepted a reason that is no text, or two")
            return
        }
    }

    @Test func takesIdsOfTheGreatestLength() throws {
        let request = try parse(
            body(
                customer: "\"\(String(repeating: "c", count: 128))\"",
                agent: "\"\(String(repeating: "A", count: 64))\"",
                interaction: "\"\(String(repeating: "i", count: 64))\""
            )
        ).get()
        #expect(request.agent == String(repeating: "a", count: 64))
    }
}

@Suite struct ProblemTests {
    /// The types are a contract: flows branch on them. What is here is never renamed.
    @Test func theListIsStable() {
        let list = Problem.allCases.map { "\($0.status) \($0.type.dropFirst("urn:muniment:problem:".count))" }
        #expect(
            list == [
                "400 bad-framing", "400 malformed-json", "400 missing-field", "400 unknown-field", "400 wrong-type",
                "400 duplicate-key", "400 invalid-customer-id", "400 invalid-agent-id", "400 invalid-interaction-id",
                "400 unknown-purpose", "400 invalid-reason", "400 unsupported-grant", "401 unauthenticated",
                "403 forbidden",
                "403 certificate-required",
                "401 signature-required", "401 signature-malformed", "401 signature-incomplete",
                "401 signature-invalid", "401 signature-expired", "401 signature-replayed",
                "401 content-digest-mismatch", "503 signature-memory-full",
                "404 unknown-route",
                "405 method-not-allowed", "415 unsupported-media-type", "413 body-too-large",
                "403 binding-contradicted",
                "403 policy-denied", "403 no-field-allowed", "403 agent-contained", "403 justification-required",
                "429 velocity-exceeded",
                "404 customer-not-found",
                "502 upstream-error", "502 upstream-invalid", "502 upstream-other-customer",
                "502 upstream-too-large", "503 upstream-unavailable",
                "504 upstream-timeout", "503 ledger-unavailable", "503 shutting-down",
            ]
        )
    }

    @Test(arguments: Problem.allCases)
    func everyOneIsAProblemDocument(problem: Problem) throws {
        for receipt in [nil, "17", "spooled"] {
            let document = try JSONValue(parsing: problem.document(receipt: receipt))
            #expect(document["type"]?.string == "urn:muniment:problem:\(problem.rawValue)")
            #expect(document["status"]?.int == problem.status && document["code"]?.string == problem.rawValue)
            #expect(document["title"]?.string == problem.title && document["receipt"]?.string == receipt)
            #expect(document.object?.count == (receipt == nil ? 4 : 5))
        }
    }
}
