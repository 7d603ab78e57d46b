/// The forms of the masks. Each appends its form and returns true, or returns false when it does not recognise the text; what
/// it appended until then is discarded by the caller.
extension Mask {
    func appendStars(_ count: Int, to output: inout [UInt8]) {
        for _ in 0..<count { output.append(UInt8(ascii: "*")) }
    }

    func appendLastFour(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        let length = significantLength(text)
        guard length >= 8 else { return false }
        appendStars(4, to: &output)
        var seen = 0
        var offset = 0
        while offset < text.count {
            let end = scalarEnd(text, offset)
            if isSignificant(text[offset]) {
                if seen >= length - 4 {
                    output.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[offset..<end]))
                }
                seen += 1
            }
            offset = end
        }
        return true
    }

    func appendPAN(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        var digits = 0
        for byte in text {
            if isDigit(byte) {
                digits += 1
            } else if byte != UInt8(ascii: " ") && byte != UInt8(ascii: "-") {
                return false
            }
        }
        guard 13...19 ~= digits else { return false }
        var seen = 0
        for byte in text where isDigit(byte) {
            if seen == 6 { appendStars(6, to: &output) }
            if seen < 6 || seen >= digits - 4 { output.append(byte) }
            seen += 1
        }
        return true
    }

    func appendEmail(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        guard let at = text.firstIndex(of: UInt8(ascii: "@")), at > 0, at + 1 < text.count else { return false }
        let first = text[0]
        guard first >= 0x80 || isAlphanumeric(first), text[at + 1] != UInt8(ascii: ".") else { return false }
        for byte in text[(at + 1)...] {
            guard isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") else { return false }
        }
        for byte in text[..<at] where byte <= 0x20 { return false }
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[0..<scalarEnd(text, 0)]))
        appendStars(3, to: &output)
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[at...]))
        return true
    }

    func appendYear(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        guard text.count >= 4, text[0..<4].allSatisfy(isDigit), isDateAfterYear(text) else { return false }
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[0..<4]))
        return true
    }

    func appendPhone(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        var digits = 0
        var lastTwo: (UInt8, UInt8) = (0, 0)
        for (index, byte) in text.enumerated() {
            switch byte {
            case 0x30...0x39:
                digits += 1
                lastTwo = (lastTwo.1, byte)
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "("),
                UInt8(ascii: ")"):
                break
            case UInt8(ascii: "+") where index == 0:
                break
            default:
                return false
            }
        }
        guard 7...15 ~= digits else { return false }
        appendStars(4, to: &output)
        output.append(lastTwo.0)
        output.append(lastTwo.1)
        return true
    }

    func appendIBAN(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        guard text.count >= 15, isLetter(text[0]), isLetter(text[1]), isDigit(text[2]), isDigit(text[3]) else {
            return false
        }
        var length = 0
        for byte in text where byte != UInt8(ascii: " ") {
            guard isAlphanumeric(byte) else { return false }
            length += 1
        }
        guard 15...34 ~= length else { return false }
        output.append(text[0])
        output.append(text[1])
        appendStars(4, to: &output)
        var seen = 0
        for byte in text where byte != UInt8(ascii: " ") {
            if seen >= length - 4 { output.append(byte) }
            seen += 1
        }
        return true
    }

    func appendInitials(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        var words = 0
        var offset = 0
        var isWordStart = true
        while offset < text.count {
            let end = scalarEnd(text, offset)
            let isSpace = text[offset] == 0x20 || text[offset] == 0x09
            if isWordStart, !isSpace {
                words += 1
                guard words <= 6, isAlphabetic(text, offset, end) else { return false }
                output.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[offset..<end]))
                output.append(UInt8(ascii: "."))
            }
            isWordStart = isSpace
            offset = end
        }
        return words > 0
    }

    func appendPostcode(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        var length = 0
        for byte in text where byte != UInt8(ascii: " ") && byte != UInt8(ascii: "-") {
            guard isAlphanumeric(byte) else { return false }
            length += 1
        }
        guard 5...10 ~= length else { return false }
        var left = length == 5 ? 2 : 3
        for byte in text where left > 0 && isAlphanumeric(byte) {
            output.append(byte)
            left -= 1
        }
        appendStars(3, to: &output)
        return true
    }

    // MARK: Characters

    private func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    private func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

    /// True for the first byte of a letter, a digit or any character beyond ASCII.
    private func isSignificant(_ byte: UInt8) -> Bool { byte >= 0xC0 || isAlphanumeric(byte) }

    private func significantLength(_ text: UnsafeRawBufferPointer) -> Int {
        var length = 0
        for byte in text where isSignificant(byte) { length += 1 }
        return length
    }

    /// Offset after the scalar whose first byte is at `start`.
    private func scalarEnd(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var end = start + 1
        while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
        return end
    }

    private func isAlphabetic(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Bool {
        if text[start] < 0x80 { return isLetter(text[start]) }
        var decoder = UTF8()
        var bytes = text[start..<end].makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&bytes) else { return false }
        return scalar.properties.isAlphabetic
    }

    /// True when what follows the four digits of a year makes it an ISO 8601 date, perhaps with a time.
    private func isDateAfterYear(_ text: UnsafeRawBufferPointer) -> Bool {
        func number(_ start: Int) -> Int? {
            guard start + 2 <= text.count, isDigit(text[start]), isDigit(text[start + 1]) else { return nil }
            return Int(text[start] - 0x30) * 10 + Int(text[start + 1] - 0x30)
        }
        guard text.count > 4 else { return true }
        let isBasic = text[4] != UInt8(ascii: "-")
        guard let month = number(isBasic ? 4 : 5), 1...12 ~= month else { return false }
        if text.count == 7, !isBasic { return true }
        guard isBasic || (text.count > 7 && text[7] == UInt8(ascii: "-")) else { return false }
        guard let day = number(isBasic ? 6 : 8), 1...31 ~= day else { return false }
        let end = isBasic ? 8 : 10
        guard text.count > end else { return true }
        return text[end] == UInt8(ascii: "T") || text[end] == UInt8(ascii: "t") || text[end] == UInt8(ascii: " ")
    }
}
