/// Standard base64 with padding (RFC 4648 section 4). Decoding accepts only the canonical encoding: no line breaks, no
/// missing padding and no set bits after the last byte, so that one value has one text.
public enum Base64 {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    private static let padding = UInt8(ascii: "=")

    /// The text of some bytes.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        Array(bytes).withUnsafeBytes { append($0, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the text of some bytes.
    public static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        let count = (bytes.count + 2) / 3 * 4
        text.append(
            contentsOf: [UInt8](unsafeUninitializedCapacity: count) { output, written in
                write(bytes, to: output)
                written = count
            }
        )
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to output: UnsafeMutableBufferPointer<UInt8>) {
        alphabet.utf8Start.withMemoryRebound(to: UInt8.self, capacity: 64) { characters in
            var (offset, place) = (0, 0)
            while offset + 3 <= bytes.count {
                let group = UInt(bytes[offset]) << 16 | UInt(bytes[offset + 1]) << 8 | UInt(bytes[offset + 2])
                output[place] = characters[Int(group >> 18)]
                output[place + 1] = characters[Int(group >> 12 & 63)]
                output[place + 2] = characters[Int(group >> 6 & 63)]
                output[place + 3] = characters[Int(group & 63)]
                offset += 3
                place += 4
            }
            let rest = bytes.count - offset
            guard rest > 0 else { return }
            let group = UInt(bytes[offset]) << 16 | (rest == 2 ? UInt(bytes[offset + 1]) << 8 : 0)
            output[place] = characters[Int(group >> 18)]
            output[place + 1] = characters[Int(group >> 12 & 63)]
            output[place + 2] = rest == 2 ? characters[Int(group >> 6 & 63)] : padding
            output[place + 3] = padding
        }
    }

    /// The bytes of a text; nil when it is not canonical base64.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var paddingCount = 0
        for character in text.suffix(2) where character == padding { paddingCount += 1 }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var bitCount: UInt32 = 0
        for character in text.dropLast(paddingCount) {
            guard let value = value(of: character) else { return nil }
            group = group << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> bitCount))
                group &= (1 << bitCount) - 1
            }
        }
        // The bits left over must be zero, and exactly as many as the padding stands for.
        guard group == 0, bitCount == 2 * paddingCount else { return nil }
        return bytes
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
