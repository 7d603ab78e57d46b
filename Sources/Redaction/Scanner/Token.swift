/// A run of letters, a run of digits, or an at sign.
struct Token {
    enum Kind: UInt8 {
        case letters, digits, at
    }

    /// Offset of the first byte in the scanned text.
    var start: Int32
    /// Offset after the last byte.
    var end: Int32 = 0
    /// Its place in the lexicon; 0 when the word is not in it.
    var entry: UInt16 = 0
    var kind = Kind.letters
    /// True when a line break stands between this token and the one before.
    var isAfterLineBreak = false

    var length: Int { Int(end &- start) }
}

/// Byte classes by arithmetic: what a table would say, without a load.
enum Bytes {
    @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    /// ASCII letters; bytes beyond ASCII that folding left count as letters of some script.
    @inline(__always) static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte >= 0x80 }
    @inline(__always) static func isUpper(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }
    @inline(__always) static func isLower(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 }
    @inline(__always) static func isWord(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }
    @inline(__always) static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 6 }
    @inline(__always) static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    @inline(__always) static func isLineBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    /// Signs that can stand before the first word of a number or address.
    static func isOpening(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x28, 0x2B, 0x5F, 0x2E, 0x25, 0x2D, 0x3A: true
        default: false
        }
    }

    /// True when a token can start at `here` after `before`: class changes and `aB` separate tokens.
    static func isTokenBoundary(_ before: UInt8, _ here: UInt8) -> Bool {
        if isDigit(before) { return !isDigit(here) }
        if isLetter(before) { return !isLetter(here) || (isLower(before) && isUpper(here)) }
        return true
    }
}
