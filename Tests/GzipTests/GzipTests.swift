import Gzip
import Testing

@Suite struct GzipTests {
    @Test(arguments: [0, 1, 2, 100, 1023, 65_536, 1_000_000])
    func contentComesBack(size: Int) throws {
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 7)) }
        let packed = try Gzip.compress(content)
        #expect(packed.prefix(2) == [0x1F, 0x8B])
        #expect(try Gzip.decompress(packed, maximum: size) == content)
        #expect(try Gzip.compress(content) == packed)
    }

    @Test func aBombIsRefusedAndNeverGrown() throws {
        let packed = try Gzip.compress([UInt8](repeating: 0, count: 20_000_000), level: 9)
        #expect(packed.count < 30_000)
        #expect(throws: GzipError.tooLarge(maximum: 1_000_000)) { try Gzip.decompress(packed, maximum: 1_000_000) }
        #expect(throws: GzipError.tooLarge(maximum: 19_999_999)) { try Gzip.decompress(packed, maximum: 19_999_999) }
    }

    @Test func everyCutAndEveryFlippedByteIsDamage() throws {
        let content = Array("the quick brown fox jumps over the lazy dog, again and again and again".utf8)
        let packed = try Gzip.compress(content)
        for length in 0..<packed.count {
            #expect(throws: GzipError.damaged) { try Gzip.decompress(Array(packed[..<length]), maximum: 1000) }
        }
        #expect(throws: GzipError.damaged) { try Gzip.decompress(packed + [0], maximum: 1000) }
        for position in packed.indices {
            var changed = packed
            changed[position] ^= 0x55
            // Bytes of the header that mean nothing may differ; content never may.
            if let read = try? Gzip.decompress(changed, maximum: 1000) { #expect(read == content && position < 10) }
        }
    }
}
