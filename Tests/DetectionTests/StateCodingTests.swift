import JSON
import Testing

@testable import Detection

@Suite struct StateCodingTests {
    /// A value of every kind that a state is made of.
    private struct Sample: Codable, Equatable {
        struct Inner: Codable, Equatable {
            var text = "a \"b\" \\ \u{1F600}\n"
            var list: [Int64] = [0, -1, 9_007_199_254_740_991, -9_007_199_254_740_991]
        }

        enum Kind: String, Codable { case one, two }

        var inner = Inner()
        var byName: [String: Inner] = ["\u{E9}": Inner(), "": Inner(text: "", list: [])]
        var byNumber: [Int: [Double]] = [7: [0.5, -1e300, 3], -7: []]
        var kind = Kind.two
        var absent: Int?
        var nothing: [Int?] = [nil, 1, nil]
        var flags: Set<Bool> = [true, false]
        var small: UInt8 = 255
        var box = JSONBox(["x": [1, .null, "y", 2.5]])
        var empty: [Inner] = []
    }

    @Test func whatIsWrittenIsRead() throws {
        let sample = Sample()
        let bytes = try StateEncoder.encode(sample)
        #expect(try StateDecoder.decode(Sample.self, from: bytes) == sample)
        // Spaces change nothing.
        let spaced = String(decoding: bytes, as: UTF8.self).replacing(",", with: " ,\n ").replacing(":", with: " : ")
        #expect(try StateDecoder.decode(Sample.self, from: Array(spaced.utf8)).byNumber == sample.byNumber)
    }

    /// No cut and no changed byte of a state may trap; what is not a whole JSON text is refused.
    @Test func whatIsDamagedIsRefused() throws {
        let bytes = try StateEncoder.encode(Sample())
        for end in bytes.indices {
            #expect(throws: (any Error).self) { try StateDecoder.decode(Sample.self, from: Array(bytes[..<end])) }
        }
        for position in bytes.indices {
            for byte in [0, UInt8(ascii: "\""), UInt8(ascii: "}"), UInt8(ascii: "9"), 0xFF] {
                var damaged = bytes
                damaged[position] = byte
                // It may still be a state, of other values.
                _ = try? StateDecoder.decode(Sample.self, from: damaged)
            }
        }
        for text in [
            "{\"a\":1,\"a\":2}", "{\"a\":300}", "{\"a\":1.5}", "{\"a\":\"1\"}", "{\"a\":99999999999999999999}", "[]",
            "1", "",
        ] {
            #expect(throws: (any Error).self, "\(text)") {
                try StateDecoder.decode([String: UInt8].self, from: Array(text.utf8))
            }
        }
        #expect(throws: DetectionStateError.self) { try EngineState(Array("{\"version\":1}".utf8)) }
        #expect(throws: DetectionStateError.self) { try EngineState(Array("{".utf8)) }
    }
}
