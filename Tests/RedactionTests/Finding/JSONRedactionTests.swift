import JSON
import Redaction
import RedactionCorpus
import Testing

@Suite("JSON")
struct JSONRedactionTests {
    private func redactJSON(_ text: String, _ redactor: Redactor = Redactor()) throws -> String {
        let scratch = Scratch()
        try Array(text.utf8).withUnsafeBytes { bytes in try redactor.redactJSON(bytes, into: scratch) }
        return String(decoding: scratch.output, as: UTF8.self)
    }

    @Test(
        "Values are found in their meaning and the rest stays byte for byte",
        arguments: [
            (#"{ "cardNumber" : 4012888888881881, "n":1.50e3 }"#, #"{ "cardNumber" : "****", "n":1.50e3 }"#),
            (#"{"ssn":536221234,"id":536221234}"#, #"{"ssn":"****","id":536221234}"#),
            (#"["card 4012\u0020888888881881 \u00e9\/"]"#, #"["card **** \u00e9\/"]"#),
            (#"{"note":"\u0034012888888881881\n\"x\""}"#, #"{"note":"****\n\"x\""}"#),
            (
                #"{"payload":"{\"email\":\"a.b@example.org\",\"k\":[1]}"}"#,
                #"{"payload":"{\"email\":\"****\",\"k\":[1]}"}"#
            ),
            (#"{"customer":{"account":{"number":"12345678"}}}"#, #"{"customer":{"account":{"number":"****"}}}"#),
            (#"{"order":{"number":"12345678"}}"#, #"{"order":{"number":"12345678"}}"#),
            (#"{"a.b@example.org":true}"#, #"{"****":true}"#),
            (
                #"{"date_of_birth":"1987-03-04","created":"2024-03-04"}"#,
                #"{"date_of_birth":"****","created":"2024-03-04"}"#
            ),
        ]
    )
    func meaning(document: String, expected: String) throws {
        #expect(try redactJSON(document) == expected)
    }

    @Test("A number may stay a number")
    func number() throws {
        var policy = RedactionPolicy(name: "numbers")
        policy.keepsNumbers = true
        #expect(
            try redactJSON(#"{"cardNumber":4012888888881881}"#, try Redactor(policy: policy))
                == #"{"cardNumber":1000000000000000}"#
        )
    }

    @Test("Every redacted document is JSON of the same structure", arguments: [UInt64(31), 32])
    func structure(seed: UInt64) throws {
        var maker = CorpusMaker(seed: seed)
        var random = SeededGenerator(seed: seed)
        let scratch = Scratch()
        for _ in 0..<300 {
            let document = makeDocument(&maker, &random, depth: 0)
            try document.withUnsafeBytes { bytes in try Redactor().redactJSON(bytes, into: scratch) }
            #expect(try shape(scratch.output) == shape(document))
        }
    }

    @Test(
        "What is not JSON is refused and nothing comes out",
        arguments: [#"{"a":"\ud800"}"#, #"{"a":"#, String(repeating: "[", count: 100_000), "{'a':1}"]
    )
    func refused(document: String) {
        #expect(throws: JSONRedactionFailure.self) { try redactJSON(document) }
    }

    private func shape(_ document: [UInt8]) throws -> [String] {
        try document.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            var kinds: [String] = []
            while let token = try scanner.next() { kinds.append(token.kind == .number ? "string" : "\(token.kind)") }
            return kinds
        }
    }

    private func makeDocument(_ maker: inout CorpusMaker, _ random: inout SeededGenerator, depth: Int) -> [UInt8] {
        switch Int.random(in: 0...(depth > 3 ? 2 : 5), using: &random) {
        case 0: return Array(String(Int.random(in: 0...9_999_999_999_999_999, using: &random)).utf8)
        case 1, 2:
            var quoted: [UInt8] = []
            JSONText.appendQuoted(maker.written().text, to: &quoted)
            return quoted
        case 3:
            let inner = (0..<3).map { _ in makeDocument(&maker, &random, depth: depth + 1) }
            return [0x5B] + Array(inner.joined(separator: [0x2C])) + [0x5D]
        case 4:
            var quoted: [UInt8] = []
            makeDocument(&maker, &random, depth: depth + 1).withUnsafeBytes { JSONText.appendQuoted($0, to: &quoted) }
            return quoted
        default:
            var members: [[UInt8]] = []
            for key in ["phone", "note", "card", "x"] {
                members.append(Array("\"\(key)\": ".utf8) + makeDocument(&maker, &random, depth: depth + 1))
            }
            return [0x7B] + Array(members.joined(separator: [0x2C, 0x0A])) + [0x7D]
        }
    }
}
