/// Standard base64 with padding (RFC 4648 section 4). Decoding accepts only the canonical encoding: no line breaks, no
/// missing padding and no set bits after the last byte, so that one value has one text.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")
    private static let notInAlphabet: UInt8 = 0xff
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: notInAlphabet, count: 256)
        for (value, character) in alphabet.enumerated() {
            table[Int(character)] = UInt8(value)
        }
        return table
    }()

    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var groupCount = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            groupCount += 1
            if groupCount == 3 {
                append(group, characters: 4, to: &text)
                group = 0
                groupCount = 0
            }
        }
        if groupCount > 0 {
            append(group << (8 * UInt32(3 - groupCount)), characters: groupCount + 1, to: &text)
            text.append(contentsOf: repeatElement(padding, count: 3 - groupCount))
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ group: UInt32, characters: Int, to text: inout [UInt8]) {
        for position in 0..<characters {
            text.append(alphabet[Int(group >> (18 - 6 * UInt32(position)) & 0x3f)])
        }
    }

    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var paddingCount = 0
        for character in text.suffix(2) where character == padding {
            paddingCount += 1
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var bitCount = 0
        for character in text.dropLast(paddingCount) {
            let value = values[Int(character)]
            guard value != notInAlphabet else { return nil }
            group = group << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bitCount)))
                group &= (1 << UInt32(bitCount)) - 1
            }
        }
        // The bits left over must be zero, and exactly as many as the padding stands for.
        guard group == 0, bitCount == 2 * paddingCount else { return nil }
        return bytes
    }
}

/// Hexadecimal text.
package enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0x0f)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var high: UInt8?
        for character in text {
            guard let value = value(of: character) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// Non-negative decimal numbers in their only accepted form: ASCII digits without sign or leading zeros.
enum Decimal {
    static func parse(_ text: some Collection<UInt8>) -> UInt64? {
        guard let first = text.first else { return nil }
        if first == UInt8(ascii: "0") { return text.count == 1 ? 0 : nil }
        var number: UInt64 = 0
        for character in text {
            guard character >= UInt8(ascii: "0"), character <= UInt8(ascii: "9") else { return nil }
            let (product, productOverflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = product.addingReportingOverflow(UInt64(character - UInt8(ascii: "0")))
            guard !productOverflow, !sumOverflow else { return nil }
            number = sum
        }
        return number
    }
}

/// Takes newline-terminated lines off the front of a text.
struct LineReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// The next line without its newline; nil when no newline is left.
    mutating func next() -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = rest[rest.startIndex..<end]
        rest = rest[(end + 1)...]
        return line
    }
}

extension String {
    /// Whether both texts have the same UTF-8 bytes. `==` on strings also equates different encodings of one character,
    /// which would let two key names pass for one.
    func hasSameBytes(as other: String) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}
