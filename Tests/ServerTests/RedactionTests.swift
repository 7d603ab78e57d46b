import Credentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import JSON
import Ledger
import Logging
import Redaction
import Testing
import WallTime

@testable import Server

@Suite struct RedactionRouteTests {
    private let installation: Installation

    init() throws { installation = try Installation() }

    private func control() -> ControlPlane {
        installation.control(redaction: RedactionService(keys: RedactionKeys(secret: [UInt8](repeating: 9, count: 32))))
    }

    @Test func textComesBackWithoutPersonalData() async throws {
        let caller = try await installation.caller(.redact).header
        try await installation.test(.router, control()) { client in
            let answer = try await client.post(
                "/api/v1/redact",
                caller,
                ["text": "card 4012 8888 8888 1881 \"quoted\" é, mail bob@example.com and eve@example.org"]
            )
            #expect(answer.status == .ok)
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(
                try answer.json() == [
                    "text": "card **** \"quoted\" é, mail **** and ****", "findingCount": 3,
                    "counts": [["type": "CREDIT_CARD", "count": 1], ["type": "EMAIL", "count": 2]],
                ]
            )
        }
        #expect(!installation.lines.all.joined().contains("bob@"))
    }

    @Test func documentsAndTranscriptsKeepTheirForm() async throws {
        let caller = try await installation.caller(.redact).header
        try await installation.test(.router, control()) { client in
            let document = #"{"json": {"phone":"415-555-2671", "n": [1.50, 4012888888881881], "k": null}}"#
            let answer = try await client.post("/api/v1/redact", caller, document)
            #expect(
                answer.text.hasPrefix(#"{"json":{"phone":"****", "n": [1.50, "****"], "k": null},"findingCount":2"#)
            )
            let plain = try await client.post("/api/v1/redact", caller, #"{"json": null}"#)
            #expect(try plain.json()["json"] == .null)
            let transcript =
                #"{"transcript":{"phrases":[{"text":"your card number please"},{"text":"four zero one two eight eight eight eight eight eight eight eight one eight eight one","words":[{"word":"four"},{"word":"one"}]}]}}"#
            let spoken = try await client.post("/api/v1/redact", caller, transcript)
            #expect(!spoken.text.contains("eight"))
            #expect(try spoken.json()["counts"] == [["type": "CREDIT_CARD", "count": 1]])
        }
    }

    @Test func theCallerChoosesActionAndTypes() async throws {
        let caller = try await installation.caller(.redact).header
        try await installation.test(.router, control()) { client in
            let labelled = try await client.post(
                "/api/v1/redact",
                caller,
                ["text": "bob@example.com 415-555-2671", "action": "label", "types": ["EMAIL"]]
            )
            #expect(try labelled.json()["text"] == "[EMAIL] 415-555-2671")
            let first = try await client.post(
                "/api/v1/redact",
                caller,
                ["text": "bob@example.com", "action": "hash", "scope": "call-1"]
            )
            let second = try await client.post(
                "/api/v1/redact",
                caller,
                ["text": "bob@example.com", "action": "hash", "scope": "call-2"]
            )
            #expect(try first.json()["text"]?.string?.hasPrefix("hash_EMAIL_") == true)
            #expect(try first.json()["text"] != second.json()["text"])
        }
        // Without keys nothing that needs them is promised.
        try await installation.test { client in
            try await client.post("/api/v1/redact", caller, ["text": "x", "action": "hash"]).expect(.invalidField)
        }
    }

    @Test func aReversalNeedsItsScopeAndIsRecordedFirst() async throws {
        let redact = try await installation.caller(.redact)
        let reverse = try await installation.caller(.redactReverse)
        let installation = installation
        try await installation.test(.router, control()) { client in
            let answer = try await client.post(
                "/api/v1/redact",
                redact.header,
                ["text": "415-555-2671", "action": "formatPreserving", "scope": "call-1"]
            )
            let value = try #require(try answer.json()["text"]?.string)
            #expect(value != "415-555-2671" && value.count == 12)
            let question: JSONValue = [
                "value": .string(value), "type": "PHONE", "scope": "call-1", "reason": "call back",
            ]
            try await client.post("/api/v1/redact/reveal", redact.header, question).expect(.forbidden)
            #expect(try await installation.events(.redactionReversed).isEmpty)
            let plain = try await client.post("/api/v1/redact/reveal", reverse.header, question)
            #expect(try plain.json() == ["value": "415-555-2671", "type": "PHONE"])
            let events = try await installation.events(.redactionReversed)
            #expect(events.count == 1 && events.first?["actor"]?.string == reverse.id)
            #expect(events.first?["dataType"] == "PHONE" && events.first?["reason"] == "call back")
            try await client.post(
                "/api/v1/redact/reveal",
                reverse.header,
                ["value": "123", "type": "CARD_CVV", "reason": "no"]
            ).expect(.invalidField)
            try await client.post("/api/v1/redact/reveal", reverse.header, ["value": .string(value), "type": "PHONE"])
                .expect(.missingField)
            #expect(try await installation.events(.redactionReversed).count == 1)
        }
        #expect(!installation.lines.all.joined().contains("2671"))
    }

    @Test func aPolicyIsNamedAndSaysEverything() async throws {
        let caller = try await installation.caller(.redact).header
        var policy = RedactionPolicy(name: "chat", version: 3, defaultAction: .label)
        policy.actions[.creditCard] = .maskMiddle
        let service = RedactionService(policies: ["chat": policy])
        try await installation.test(.router, installation.control(redaction: service)) { client in
            let text: JSONValue = "card 4012 8888 8888 1881, mail bob@example.com"
            let answer = try await client.post("/api/v1/redact", caller, ["text": text, "policy": "chat"])
            #expect(try answer.json()["text"] == "card 401288******1881, mail [EMAIL]")
            for wrong: JSONValue in [
                ["text": text, "policy": "chatt"], ["text": text, "policy": "chat", "action": "mask"],
                ["text": text, "policy": "chat", "types": ["EMAIL"]],
            ] { try await client.post("/api/v1/redact", caller, wrong).expect(.invalidField) }
        }
    }

    @Test func tokensComeBackUntilTheirPersonIsForgotten() async throws {
        let redact = try await installation.caller(.redact)
        let reverse = try await installation.caller(.redactReverse)
        let installation = installation
        let email = try installation.identities.normaliser.identifier(.email, "ann@example.com")
        let known = try await installation.identities.link(
            IdentityRecord(identifiers: [email], source: "test", assurance: .matched),
            by: IdentityActor(name: "test")
        )
        let customer = try #require(known.customer)
        try await installation.test(.router, control()) { client in
            let request: JSONValue = [
                "text": "call 415-555-2671 or 415-555-2671", "action": "token", "scope": "call-1",
                "customerId": .string(customer),
            ]
            let answer = try await client.post("/api/v1/redact", redact.header, request)
            let text = try #require(try answer.json()["text"]?.string)
            let token = try #require(text.split(separator: " ").last.map(String.init))
            #expect(text == "call \(token) or \(token)" && RedactionToken(token)?.type == .phone)
            let question: JSONValue = ["tokens": [.string(token)], "scope": "call-1", "reason": "call back"]
            try await client.post("/api/v1/redact/reverse", redact.header, question).expect(.forbidden)
            let plain = try await client.post("/api/v1/redact/reverse", reverse.header, question)
            #expect(
                try plain.json() == [
                    "values": [["token": .string(token), "type": "PHONE", "value": "415-555-2671"]], "unknown": [],
                ]
            )
            let event = try #require(try await installation.events(.redactionReversed).first)
            #expect(event["token"]?.string == token && event["actor"]?.string == reverse.id)
            #expect(event["customerId"]?.string?.hasPrefix("subject:") == true && event["reason"] == "call back")
            let elsewhere: JSONValue = ["tokens": [.string(token)], "scope": "call-2", "reason": "call back"]
            let other = try await client.post("/api/v1/redact/reverse", reverse.header, elsewhere)
            #expect(try other.json() == ["values": [], "unknown": [.string(token)]])
            _ = try await installation.identities.decide(
                .forget(.customer(customer), request: nil),
                by: IdentityActor(name: "test", reason: "asked")
            )
            let gone = try await client.post("/api/v1/redact/reverse", reverse.header, question)
            #expect(try gone.json()["unknown"] == [.string(token)])
            // Nothing is let out under a token that nobody would keep.
            try await client.post("/api/v1/redact", redact.header, request).expect(.unknownCustomer)
            for wrong: JSONValue in [
                ["tokens": [], "reason": "x"], ["tokens": ["tok_PHONE_12"], "reason": "x"],
                ["tokens": ["415-555-2671"], "reason": "x"],
            ] { try await client.post("/api/v1/redact/reverse", reverse.header, wrong).expect(.invalidField) }
        }
        #expect(!installation.lines.all.joined().contains("2671"))
    }

    private static let senseless: [(String, ControlProblem)] = [
        ("{}", .missingField), (#"{"text":"a","json":1}"#, .missingField), (#"{"text":5}"#, .wrongType),
        (#"{"transcript":"a"}"#, .wrongType), (#"{"text":"a","text":"b"}"#, .duplicateKey),
        (#"{"text":"a""#, .malformedJSON),
        (#"{"text":"a","keep":true}"#, .unknownField), (#"{"text":"a","action":"keep"}"#, .invalidField),
        (#"{"text":"a","types":[]}"#, .invalidField),
        (#"{"text":"a","types":["NAME"]}"#, .invalidField), (#"{"text":"a","scope":""}"#, .invalidField),
        (#"{"text":"\ud800"}"#, .malformedJSON), ("[]", .malformedJSON),
    ]

    @Test(arguments: senseless)
    func requestsThatMakeNoSenseAreRefused(body: String, problem: ControlProblem) async throws {
        let caller = try await installation.caller(.redact).header
        try await installation.test(.router, control()) { client in
            try await client.post("/api/v1/redact", caller, body).expect(problem)
        }
    }

    @Test func largeTextsAreTakenAndLargerOnesRefused() async throws {
        let caller = try await installation.caller(.redact).header
        try await installation.test(.router, control()) { client in
            let text = String(repeating: "bob@example.com ", count: 60_000)
            let answer = try await client.post("/api/v1/redact", caller, ["text": .string(text)])
            #expect(answer.status == .ok && !answer.text.contains("bob"))
            try await client.post("/api/v1/redact", caller, ["text": .string(text + text)]).expect(.bodyTooLarge)
            try await client.post("/api/v1/tokens", caller, ["customerId": .string(text)]).expect(.bodyTooLarge)
        }
    }

    @Test func nobodyElseMayRedact() async throws {
        let other = try await installation.caller(.audit, .redactReverse).header
        try await installation.test(.router, control()) { client in
            try await client.post("/api/v1/redact", other, ["text": "x"]).expect(.forbidden)
            try await client.post("/api/v1/redact", [:], ["text": "x"]).expect(.unauthenticated)
        }
    }

    @Test func whatSlipsIntoALogLineIsMasked() throws {
        let lines = Lines()
        let logger = lines.logger(ManualClock(Timestamp(milliseconds: 1_780_000_000_000)))
        logger.info(
            "sent to bob@example.com",
            metadata: [
                "card": "4012888888881881", "peer": "192.0.2.7:8080", "requestId": "a1b2c3d4e5f60718",
                "index": "4155552671",
                "took": "1780000000000", "deep": ["iban": "DE89370400440532013000"],
            ]
        )
        let line = try #require(try lines.parsed().first)
        #expect(line["message"] == "sent to ****")
        #expect(
            line["metadata"] == [
                "card": "****", "peer": "192.0.2.7:8080", "requestId": "a1b2c3d4e5f60718", "index": "4155552671",
                "took": "1780000000000", "deep": ["iban": "****"],
            ]
        )
    }
}
