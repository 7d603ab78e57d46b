import Testing

@testable import MerkleLog

@Suite struct CheckpointTests {
    private let root = TreeHasher.emptyRoot

    @Test func roundTrips() throws {
        let checkpoint = Checkpoint(origin: try Origin("audit.example.com/main"), size: 42, root: root)
        #expect(checkpoint.text == "audit.example.com/main\n42\n\(root.base64)\n")
        #expect(try Checkpoint(text: checkpoint.text) == checkpoint)
    }

    @Test func extensionLinesNeedTheFlag() throws {
        let text = "log\n0\n\(root.base64)\nextension one\nextension two\n"
        #expect(throws: CheckpointError.extensionLines) { try Checkpoint(text: text) }
        #expect(try Checkpoint(text: text, allowingExtensions: true).size == 0)
        for bad in ["\n", "one\n\n", "one\n\ntwo\n", "one"] {
            let text = "log\n0\n\(root.base64)\n" + bad
            #expect(throws: CheckpointError.extensionLines) { try Checkpoint(text: text, allowingExtensions: true) }
        }
    }

    @Test func refusesMalformedText() throws {
        let base64 = root.base64
        let cases: [(String, CheckpointError)] = [
            ("", .missingLine(1)), ("\n", .missingLine(1)), ("log", .missingLine(1)), ("log\n", .missingLine(2)),
            ("log\n\n\(base64)\n", .missingLine(2)), ("log\n1\n", .missingLine(3)), ("log\n1\n\n", .missingLine(3)),
            ("log\n1\n\(base64)", .missingLine(3)), ("log\n01\n\(base64)\n", .invalidSize),
            ("log\n-1\n\(base64)\n", .invalidSize), ("log\n+1\n\(base64)\n", .invalidSize),
            ("log\n1 \n\(base64)\n", .invalidSize), ("log\n0x1\n\(base64)\n", .invalidSize),
            ("log\n18446744073709551616\n\(base64)\n", .invalidSize), ("log\n1\r\n\(base64)\n", .invalidSize),
            ("log\n1\n\(base64.dropLast())\n", .invalidRoot), ("log\n1\n\(base64)=\n", .invalidRoot),
            ("log\n1\n \(base64)\n", .invalidRoot), ("log\n1\nAAAA\n", .invalidRoot),
            ("log\n1\n\(base64)\n\n", .extensionLines),
        ]
        for (text, expected) in cases {
            #expect(throws: expected, "\(text.debugDescription)") { try Checkpoint(text: text) }
        }
    }

    /// Two encodings of one letter are two origins.
    @Test func equalityIsByteForByte() throws {
        let composed = try Checkpoint(text: "\u{e9}\n0\n\(root.base64)\n")
        let decomposed = try Checkpoint(text: "e\u{301}\n0\n\(root.base64)\n")
        #expect(composed.origin == decomposed.origin)
        #expect(composed != decomposed)
    }

    @Test(arguments: [
        "audit.customer.example/muniment/main", "a", "example.com:8443/log", String(repeating: "a", count: 255),
    ])
    func acceptsOrigins(text: String) throws {
        #expect(try Origin(text).text == text)
    }

    @Test(arguments: [
        ("", OriginError.empty), (String(repeating: "a", count: 256), .tooLong(byteCount: 256)),
        ("https://example.com/log", .scheme), ("example.com/", .trailingSlash),
        ("example.com /log", .forbiddenCharacter(position: 11)),
        ("a+b", .forbiddenCharacter(position: 1)), ("a\nb", .forbiddenCharacter(position: 1)),
        ("é.example", .forbiddenCharacter(position: 0)), ("a\u{7f}", .forbiddenCharacter(position: 1)),
    ]) func refusesOrigins(text: String, expected: OriginError) {
        #expect(throws: expected) { try Origin(text) }
        #expect(!expected.description.isEmpty)
    }
}
