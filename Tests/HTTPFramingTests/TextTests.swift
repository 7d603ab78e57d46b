import HTTPFraming
import Testing

@Suite("Text helpers")
struct TextTests {
    @Test(
        "Comparison without case is for ASCII letters only",
        arguments: [
            ("Content-Length", true), ("CONTENT-LENGTH", true), ("content-length", true), ("content-lengt", false),
            ("content_length", false), ("content\rlength", false), ("content-lengt\u{E8}", false),
        ]
    )
    func comparison(text: String, equal: Bool) {
        let bytes = Array("x\(text)y".utf8)
        bytes.withUnsafeBytes { pointer in
            #expect(HTTPText.equals(pointer, 1..<bytes.count - 1, ignoringCase: "content-length") == equal)
            #expect(!HTTPText.equals(pointer, bytes.count - 5..<bytes.count + 9, ignoringCase: "content-length"))
        }
    }

    @Test("Only the letters' own upper case is equal to them")
    func comparisonOfAllBytes() {
        for byte in UInt8.min...UInt8.max {
            [byte].withUnsafeBytes { pointer in
                #expect(HTTPText.equals(pointer, 0..<1, ignoringCase: "k") == (byte == 0x4B || byte == 0x6B))
                #expect(HTTPText.equals(pointer, 0..<1, ignoringCase: "@") == (byte == 0x40))
                #expect(HTTPText.equals(pointer, 0..<1, ignoringCase: "{") == (byte == 0x7B))
            }
        }
    }

    @Test("Decimal", arguments: [0, 1, 9, 10, 1234567890, Int.max, -1, Int.min])
    func decimal(number: Int) {
        var output = Array("n=".utf8)
        HTTPText.appendDecimal(number, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == "n=\(number)")
    }

    @Test(
        "Path segments",
        arguments: [
            ("abcXYZ019-._~", "abcXYZ019-._~"), ("a/b", "a%2Fb"), ("..a", "..a"), ("...", "..."), ("a b%", "a%20b%25"),
            ("\u{E4}?#", "%C3%A4%3F%23"), ("\0\r\n", "%00%0D%0A"), ("..%2f", "..%252f"),
            ("a;b=c&d+e@f:g", "a%3Bb%3Dc%26d%2Be%40f%3Ag"),
        ]
    )
    func segments(segment: String, encoded: String) {
        var output: [UInt8] = []
        #expect(HTTPText.appendPathSegment(segment.utf8, to: &output))
        #expect(String(decoding: output, as: UTF8.self) == encoded)
    }

    @Test("Segments that walk are refused", arguments: ["", ".", ".."])
    func walkingSegments(segment: String) {
        var output: [UInt8] = [0x2F]
        #expect(!HTTPText.appendPathSegment(segment.utf8, to: &output))
        #expect(output == [0x2F])
    }

    @Test(
        "Target split",
        arguments: [
            ("/a?b=c", "/a", "b=c"), ("/a", "/a", nil), ("/a?", "/a", ""), ("/?a?b", "/", "a?b"),
        ]
    )
    func split(target: String, path: String, query: String?) {
        let bytes = Array(" \(target) ?".utf8)
        bytes.withUnsafeBytes { pointer in
            let parts = HTTPText.splitTarget(pointer, 1..<target.utf8.count + 1)
            #expect(String(decoding: bytes[parts.path], as: UTF8.self) == path)
            #expect(parts.query.map { String(decoding: bytes[$0], as: UTF8.self) } == query)
        }
    }
}
