/// A small gzip member (RFC 1952) that grows to one long JSON text.
enum GzipBomb {
    /// A JSON string of 8,388,613 letters `a`, compressed at about 160 to 1.
    static func bytes() -> [UInt8] {
        // An opening quote, `a`, runs of 258 more `a`, and a closing quote, in one block of fixed codes (RFC 1951,
        // 3.2.6).
        let runs = 32_514
        var bits = BitWriter()
        bits.write(1, count: 1)
        bits.write(1, count: 2)
        bits.literal(UInt8(ascii: "\""))
        bits.literal(UInt8(ascii: "a"))
        for _ in 0..<runs { bits.runOf258() }
        bits.literal(UInt8(ascii: "\""))
        bits.endOfBlock()

        let letters = 1 + runs * 258
        var checksum = Checksum()
        checksum.add(UInt8(ascii: "\""), count: 1)
        checksum.add(UInt8(ascii: "a"), count: letters)
        checksum.add(UInt8(ascii: "\""), count: 1)
        let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]
        return header + bits.finished() + littleEndian(checksum.value) + littleEndian(UInt32(letters + 2))
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    /// Writes bits as deflate packs them: from the least significant end of each byte.
    private struct BitWriter {
        private var bytes: [UInt8] = []
        private var pending: UInt32 = 0
        private var pendingCount = 0

        mutating func write(_ value: UInt32, count: Int) {
            pending |= value << pendingCount
            pendingCount += count
            while pendingCount >= 8 {
                bytes.append(UInt8(truncatingIfNeeded: pending))
                pending >>= 8
                pendingCount -= 8
            }
        }

        /// Huffman codes are packed from their most significant bit.
        private mutating func code(_ value: UInt32, count: Int) {
            for bit in (0..<count).reversed() { write((value >> bit) & 1, count: 1) }
        }

        /// Literals 0 to 143 have codes of eight bits from 00110000.
        mutating func literal(_ byte: UInt8) { code(0x30 + UInt32(byte), count: 8) }

        /// Length symbol 285 (258 bytes, eight bits from 11000000 for 280) and distance symbol 0 (one byte back).
        mutating func runOf258() {
            code(0xc0 + 5, count: 8)
            code(0, count: 5)
        }

        /// Symbol 256: seven bits of zero.
        mutating func endOfBlock() { code(0, count: 7) }

        mutating func finished() -> [UInt8] {
            if pendingCount > 0 { write(0, count: 8 - pendingCount) }
            return bytes
        }
    }

    /// CRC-32 of RFC 1952.
    private struct Checksum {
        private static let table: [UInt32] = (0..<256).map { index in
            (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1 }
        }
        private var state: UInt32 = .max

        var value: UInt32 { ~state }

        mutating func add(_ byte: UInt8, count: Int) {
            let table = Self.table
            for _ in 0..<count { state = table[Int((state ^ UInt32(byte)) & 0xff)] ^ (state >> 8) }
        }
    }
}
