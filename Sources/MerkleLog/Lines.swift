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
