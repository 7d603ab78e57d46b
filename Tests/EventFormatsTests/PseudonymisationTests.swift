import JSON
import MerkleLog
import Testing

@testable import EventFormats

@Suite struct PseudonymisationTests {
    /// Codes that say of themselves what they replace: enough to see that all are replaced, and nothing else.
    private let pseudonyms = Pseudonymisation(
        name: "siem/1",
        code: { "<\($0.prefix(6)) \($0.utf8.count)>" },
        hash: { _ in String(repeating: "0", count: 64) }
    )
    private static let digits = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    private static let subject = "subject:" + digits

    @Test(arguments: [
        (subject, "<subjec 72>"), ("of \(subject).", "of <subjec 72>."),
        ("hmac-sha256:12:customer:\(digits)", "<hmac-s 88>"),
        ("\(subject)\(subject)", "<subjec 72><subjec 72>"), ("D-07-\(subject)/3", "D-07-<subjec 72>/3"),
        ("tok_US_SSN_\(digits.prefix(32)) x", "<tok_US 43> x"),
        // A whole code and one digit more: the code is replaced, the digit is not part of it.
        (subject + "a", "<subjec 72>a"),
        // Cut short, as long texts are.
        (String(subject.prefix(40)) + "…", "subject:……"), ("hmac-sha256:1:phone:9f8", "hmac-sha256:1:phone:…"),
        ("tok_PHONE_9f86", "tok_PHONE_…"),
        // What is none.
        ("subject: something", "subject: something"), ("subject:", "subject:"), ("the subject", "the subject"),
        ("hmac-sha256:x:customer:9f", "hmac-sha256:x:customer:9f"), ("hmac-sha256:1::9f", "hmac-sha256:1::9f"),
        ("tok_", "tok_"), ("", ""), (digits, digits), ("sub\u{E9}ject:", "sub\u{E9}ject:"),
    ])
    func textsAreSearched(text: String, expected: String) { #expect(pseudonyms.apply(to: text) == expected) }

    @Test func everythingIsReplacedHoweverDeep() throws {
        let members: [String: JSONValue] = [
            "customerId": .string(Self.subject), "subjects": [.string(Self.subject)], "count": 4,
            Self.subject: ["deep": [["deeper": .string("is \(Self.subject)")]]],
            "piiContext": [
                "phoneHash": .string(Self.digits), "emailHash": nil, "accountNumberHash": .string(Self.subject),
            ], "configurationHash": .string(Self.digits),
        ]
        let replaced = pseudonyms.apply(to: members)
        #expect(replaced["customerId"] == "<subjec 72>" && replaced["subjects"] == ["<subjec 72>"])
        #expect(replaced["<subjec 72>"]?["deep"]?[0]?["deeper"] == "is <subjec 72>" && replaced[Self.subject] == nil)
        #expect(replaced["piiContext"]?["phoneHash"]?.string == String(repeating: "0", count: 64))
        #expect(replaced["piiContext"]?["emailHash"] == .null)
        #expect(replaced["piiContext"]?["accountNumberHash"] == "<subjec 72>")
        // A hash of ours that is no person's stays, so that settings can still be compared.
        #expect(replaced["configurationHash"]?.string == Self.digits && replaced["count"] == 4)
    }

    /// In every format, of every kind of event: neither the code nor the leaf hash nor the entry gets out.
    @Test func noFormatLetsTheRecordsCodesOut() throws {
        for sample in try Samples.all() {
            var members = sample.members
            members["customerId"] = .string(Self.subject)
            members["sentence"] = .string("agent-1 read \(Self.subject) and \(Self.subject.prefix(30))")
            members["piiContext"] = ["phoneHash": .string(Self.digits)]
            members["eventId"] = .string("alert-\(Self.subject)/1")
            let entry = try JSONValue.object(members).canonicalBytes()
            let recorded = try RecordedEvent(ledger: Samples.ledger, index: 7, entry: entry)
            let event = recorded.pseudonymised(by: pseudonyms)
            #expect(event.leafHash == nil && event.entry.isEmpty && event.recordID == recorded.recordID)
            for format in EventFormat.all {
                let encoder = EventEncoder(format: format, product: Samples.product)
                let text = try String(decoding: encoder.encode(event), as: UTF8.self)
                #expect(!text.contains(Self.digits.prefix(8)) && !text.contains("leafHash"), "\(format): \(text)")
                let hash = try #require(recorded.leafHash)
                #expect(!text.contains(hash.base64) && !text.contains(hash.hex))
                #expect(try text == String(decoding: encoder.encode(event), as: UTF8.self))
                let message = try SyslogEncoder(text: encoder, host: "h").encode(event)
                let line = String(decoding: message, as: UTF8.self)
                #expect(!line.contains(Self.digits.prefix(8)) && !line.contains("leafHash"))
            }
            let native = try EventEncoder(format: .native, product: Samples.product).encode(event)
            #expect(try JSONValue(parsing: native)["pseudonymised"] == true)
        }
    }

    /// Random texts, with codes put into them whole and cut: no eight digits in a row of a code come out, and the rest does.
    @Test func nothingOfACodeComesOutOfRandomTexts() {
        var generator = Seeded(state: 3)
        let noise = ["agent ", "subject", ":", "hmac-sha256:", "tok_", "…", "\u{1F600}", "9f", " ", "customer:"]
        for _ in 0..<5000 {
            var text = ""
            var codes: [String] = []
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                if Bool.random(using: &generator) {
                    text += noise[Int.random(in: 0..<noise.count, using: &generator)]
                    continue
                }
                let digits = (0..<64).map { _ in String(Int.random(in: 0...15, using: &generator), radix: 16) }.joined()
                let code = ["subject:", "hmac-sha256:3:email:"][Int.random(in: 0...1, using: &generator)] + digits
                codes.append(digits)
                text +=
                    Bool.random(using: &generator)
                    ? code : String(code.dropLast(Int.random(in: 1...50, using: &generator)))
                text += " "
            }
            let replaced = pseudonyms.apply(to: text)
            for digits in codes { #expect(!replaced.contains(digits.prefix(8)), "\(text)") }
            if codes.isEmpty, !text.contains("9f") { #expect(replaced == text) }
        }
    }
}
