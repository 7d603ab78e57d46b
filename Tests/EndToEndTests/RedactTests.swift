import Foundation
import JSON
import Testing

/// `muniment redact` as a filter, without any configuration.
@Suite struct RedactTests {
    private func redact(_ input: String, _ arguments: String...) async throws -> Binary.Outcome {
        try await Binary.run(["redact"] + arguments, input: Array(input.utf8))
    }

    private func withFile<Value>(_ text: String, _ body: (String) async throws -> Value) async throws -> Value {
        let path = NSTemporaryDirectory() + "muniment-redact-" + UUID().uuidString
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(path)
    }

    @Test func textIsAFilter() async throws {
        let outcome = try await redact("card 4012 8888 8888 1881, write to bob@example.com\nthe order is 4711\n")
        #expect(outcome.status == 0)
        #expect(outcome.output == "card ****, write to ****\nthe order is 4711\n")
        #expect(outcome.errors.isEmpty)
    }

    @Test func tokensAreKeptAndTakenBack() async throws {
        let site = try await Site()
        let settings =
            "\nredaction:\n  policies:\n    kept: {default: token, version: 4}\n    plain: {default: label}\n"
        let text = try String(contentsOfFile: site.configuration, encoding: .utf8)
        try (text + settings).write(toFile: site.configuration, atomically: true, encoding: .utf8)
        let options = ["-c", site.configuration]
        func redact(_ policy: String) async throws -> Binary.Outcome {
            try await Binary.run(
                ["redact", "--policy", policy, "--scope", "call-1"] + options,
                input: Array("write to bob@example.com".utf8)
            )
        }
        #expect(try await redact("plain").output == "write to [EMAIL]")
        let kept = try await redact("kept")
        #expect(kept.status == 0 && kept.output.hasPrefix("write to tok_EMAIL_"), "\(kept.errors)")
        #expect(try await redact("kept").output == kept.output)
        #expect(try await redact("missing").status == 1)
        let token = String(kept.output.dropFirst(9))
        let reverse = ["redact-tokens", "reverse", token] + options
        let plain = try await Binary.run(reverse + ["--scope", "call-1", "--reason", "asked", "--format", "json"])
        #expect(plain.status == 0 && plain.output.contains("bob@example.com"), "\(plain.errors)")
        #expect(try await Binary.run(reverse + ["--scope", "call-2", "--reason", "asked"]).status == 2)
        #expect(try await Binary.run(reverse + ["--scope", "call-1"]).status == 64)
        let destroyed = try await Binary.run(
            ["redact-tokens", "destroy", "call-1", "--reason", "over", "--format", "json"] + options
        )
        #expect(try JSONValue(parsing: destroyed.output)["tokens"] == 1, "\(destroyed.output)")
        #expect(try await Binary.run(reverse + ["--scope", "call-1", "--reason", "asked"]).status == 2)
        for type in ["REDACTION_REVERSED", "REDACTION_TOKENS_DESTROYED"] {
            let events = try await Binary.succeed(["events", type] + options)
            #expect(events.contains("call-1"), "\(type): \(events)")
        }
    }

    @Test func bytesThatAreNoTextPassThrough() async throws {
        let path = NSTemporaryDirectory() + "muniment-redact-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data([0xFF, 0x00, 0xC3, 0x0A]).write(to: URL(fileURLWithPath: path))
        let outcome = try await Binary.run(["redact", path, path])
        #expect(outcome.status == 0)
        #expect(outcome.output.utf8.count(where: { $0 == 0x0A }) == 2)
    }

    @Test func jsonStaysJSON() async throws {
        let document = #"{"note": "call +1 415 555 2671", "card": 4012888888881881, "order": 4711}"#
        let outcome = try await redact(document, "--json")
        #expect(outcome.output == #"{"note": "call ****", "card": "****", "order": 4711}"#)
        let refused = try await redact(document + "x", "--json")
        #expect(refused.status == 1)
        #expect(refused.output.isEmpty && refused.errors.contains("byte"))
    }

    @Test func linesThatAreNotJSONAreRedactedAsText() async throws {
        let outcome = try await redact("{\"to\":\"a@example.com\"}\nto a@example.com\n\n", "--json-lines")
        #expect(outcome.status == 2)
        #expect(outcome.output == "{\"to\":\"****\"}\nto ****\n\n")
        #expect(outcome.errors.contains("line 2"))
    }

    @Test func transcriptsAreMaskedInTextAndWords() async throws {
        let document =
            #"{"phrases":[{"text":"your card number please"},{"text":"four zero one two eight eight eight eight","words":[{"word":"four"},{"word":"zero"},{"word":"one"},{"word":"two"},{"word":"eight"},{"word":"eight"},{"word":"eight"},{"word":"eight"}]},{"text":"okay"},{"text":"eight eight eight eight one eight eight one","words":[]}]}"#
        let outcome = try await redact(document, "--transcript")
        #expect(outcome.status == 0)
        #expect(!outcome.output.contains("eight"))
        #expect(outcome.output.contains("okay"))
        _ = try JSONValue(parsing: outcome.output)
    }

    @Test func findingsAreByteRangesAndNoLineIsLost() async throws {
        let records = """
            {"id": 1, "text": "é: bob@example.com"}
            {"id": {"a": [2]}, "text": "nothing"}
            {"text": "no id"}
            not json

            {"id": 3, "text": 4}
            {"text": "a\\u00e9\\n12 bob@example.com", "id": "last"}
            """
        let outcome = try await redact(records, "--findings")
        #expect(outcome.status == 2)
        #expect(
            outcome.output == """
                {"id":1,"spans":[{"type":"EMAIL","start":4,"end":19}]}
                {"id":{"a": [2]},"spans":[]}
                {"id":"last","spans":[{"type":"EMAIL","start":7,"end":22}]}

                """
        )
        for line in ["line 3", "line 4", "line 6"] { #expect(outcome.errors.contains(line)) }
        #expect(!outcome.errors.contains("no id"))
    }

    @Test func explanationsNameRuleCheckAndContext() async throws {
        let outcome = try await redact("my card is 4012888888881881", "--explain")
        let value = try JSONValue(parsing: outcome.output)
        #expect(value["rule"]?.string == "CREDIT_CARD/bare")
        #expect(value["check"]?.string == "luhnIssuer")
        #expect(value["verified"]?.bool == true)
        #expect(value["contextStart"]?.int == 3)
        #expect(!outcome.output.contains("4012"))
    }

    @Test func policiesDecideAndAreCompared() async throws {
        let policy = """
            name: chat
            types: {EMAIL: label, PHONE: ignore, CREDIT_CARD: maskMiddle}
            rules: [{name: order, pattern: 'ORD-\\d{6}'}]
            """
        try await withFile(policy) { path in
            let text = "bob@example.com, phone 415-555-2671, card 4012888888881881, ORD-123456"
            let outcome = try await redact(text, "--policy", path)
            #expect(outcome.output == "[EMAIL], phone 415-555-2671, card 401288******1881, ****")
            try await withFile("name: old") { old in
                let outcome = try await redact(text, "--policy", path, "--compare", old)
                #expect(outcome.output.contains("PHONE: mask -> ignore"))
                #expect(outcome.output.contains("rule order changed"))
                #expect(!outcome.output.contains("4012"))
            }
        }
        try await withFile("name: chat\ntypes: {EMAIL: shred}\n") { path in
            let outcome = try await redact("x", "--policy", path)
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("types.EMAIL") && outcome.errors.contains("line 2"))
        }
        try await withFile("name: chat\ndefault: hash\n") { path in
            #expect(try await redact("x", "--policy", path).errors.contains("--key"))
            try await withFile(String(repeating: "5a", count: 32)) { key in
                let outcome = try await redact("bob@example.com", "--policy", path, "--key", key)
                #expect(outcome.output.hasPrefix("hash_EMAIL_"))
            }
        }
    }

    @Test func whatCannotBeReadIsNamed() async throws {
        let missing = try await Binary.run(["redact", "/nowhere/text"])
        #expect(missing.status == 1 && missing.errors.contains("/nowhere/text"))
        #expect(try await Binary.run(["redact", "/"]).errors.contains("folder"))
        #expect(try await Binary.run(["redact", "--json", "--findings"]).status == 64)
    }
}
