import Testing
import TextEncoding

@testable import MerkleLog

@Suite struct HashTests {
    @Test func textFormsRoundTrip() throws {
        var generator = SplitMix64(state: 1)
        for _ in 0..<100 {
            let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let hash = try #require(Hash(bytes: bytes))
            #expect(hash.bytes == bytes)
            #expect(Hash(base64: hash.base64) == hash)
            #expect(Hash(hex: hash.hex) == hash)
            #expect(Hash(hex: hash.hex.uppercased()) == hash)
            #expect("\(hash)" == hash.base64)
            var appended: [UInt8] = [7]
            hash.append(to: &appended)
            #expect(appended == [7] + bytes)
            // A collection without contiguous storage takes another way in.
            #expect(Hash(bytes: bytes.lazy.map { $0 }) == hash)
        }
    }

    @Test func isFourWordsWithoutPadding() {
        #expect(MemoryLayout<Hash>.size == 32 && MemoryLayout<Hash>.stride == 32)
    }

    @Test(arguments: [0, 31, 33, 64]) func refusesOtherLengths(count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(Hash(bytes: bytes) == nil)
        #expect(Hash(base64: Base64.encode(bytes)) == nil)
        #expect(Hash(hex: Hex.encode(bytes)) == nil)
    }

    @Test func equalityLooksAtEveryBit() throws {
        let hash = TreeHasher.emptyRoot
        for bit in 0..<256 {
            #expect(try hash.flipping(bit: bit) != hash)
        }
    }

    @Test func decimalIsStrict() {
        #expect(Decimal.parse("0".utf8) == 0)
        #expect(Decimal.parse("18446744073709551615".utf8) == UInt64.max)
        for text in ["", "00", "01", "-1", "+1", " 1", "1 ", "1a", "18446744073709551616", "99999999999999999999", "１"]
        {
            #expect(Decimal.parse(text.utf8) == nil, "\(text)")
        }
    }
}
