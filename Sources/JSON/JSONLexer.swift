/// Recognises single tokens. Every function checks each read against the end of the buffer.
enum JSONLexer {
    /// Checks the string that starts with the quotation mark at `start`; returns the offset after its closing mark.
    static func endOfString(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int
    ) throws(JSONError) -> (end: Int, isEscaped: Bool) {
        var offset = start &+ 1
        var isEscaped = false
        while true {
            offset = plainRunEnd(bytes, from: offset)
            guard offset < bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
            switch bytes[offset] {
            case 0x22:
                return (offset &+ 1, isEscaped)
            case 0x5C:
                isEscaped = true
                offset = try endOfEscape(bytes, from: offset)
            case 0x80...:
                let length = UTF8Sequence.length(bytes, at: offset)
                guard length > 0 else { throw JSONError(.invalidUTF8, at: offset) }
                offset &+= length
            default:
                throw JSONError(.controlCharacter, at: offset)
            }
        }
    }

    /// Offset of the first byte at or after `start` that is a quotation mark, backslash, control character or not ASCII;
    /// eight bytes are looked at together.
    @inline(__always)
    static func plainRunEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        var offset = start
        while offset &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            // A byte of (x - 1) & ~x has its high bit set where x is zero. Borrows only disturb bytes above a true hit, and
            // only the lowest hit is used.
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            let hits =
                (((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
                    | ((word &- ones &* 0x20) & ~word)
                    | word) & highs
            if hits != 0 { return offset &+ (hits.trailingZeroBitCount &>> 3) }
            offset &+= 8
        }
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 || byte >= 0x80 { break }
            offset &+= 1
        }
        return offset
    }

    /// Checks the escape whose backslash is at `start`; a surrogate pair counts as one escape.
    static func endOfEscape(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(JSONError) -> Int {
        guard start &+ 1 < bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        switch bytes[start &+ 1] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74:
            return start &+ 2
        case 0x75:
            let unit = try codeUnit(bytes, at: start)
            guard unit & 0xF800 == 0xD800 else { return start &+ 6 }
            let next = start &+ 6
            guard unit < 0xDC00, next &+ 1 < bytes.count, bytes[next] == 0x5C, bytes[next &+ 1] == 0x75,
                try codeUnit(bytes, at: next) & 0xFC00 == 0xDC00
            else { throw JSONError(.loneSurrogate, at: start) }
            return start &+ 12
        default:
            throw JSONError(.invalidEscape, at: start)
        }
    }

    /// The UTF-16 code unit of the six-byte escape at `start`.
    static func codeUnit(_ bytes: UnsafeRawBufferPointer, at start: Int) throws(JSONError) -> UInt32 {
        guard start &+ 6 <= bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        var unit: UInt32 = 0
        for offset in (start &+ 2)..<(start &+ 6) {
            let byte = bytes[offset]
            switch byte {
            case 0x30...0x39: unit = unit &<< 4 | UInt32(byte &- 0x30)
            case 0x41...0x46: unit = unit &<< 4 | UInt32(byte &- 0x37)
            case 0x61...0x66: unit = unit &<< 4 | UInt32(byte &- 0x57)
            default: throw JSONError(.invalidEscape, at: start)
            }
        }
        return unit
    }

    /// Checks the number that starts at `start` against the grammar of RFC 8259 section 6; returns the offset after it.
    static func endOfNumber(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(JSONError) -> Int {
        var offset = start
        if bytes[offset] == 0x2D { offset &+= 1 }
        guard offset < bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        if bytes[offset] == 0x30 {
            offset &+= 1
        } else {
            offset = try endOfDigits(bytes, from: offset)
        }
        if offset < bytes.count, bytes[offset] == 0x2E { offset = try endOfDigits(bytes, from: offset &+ 1) }
        if offset < bytes.count, bytes[offset] | 0x20 == 0x65 {
            offset &+= 1
            if offset < bytes.count, bytes[offset] == 0x2B || bytes[offset] == 0x2D { offset &+= 1 }
            offset = try endOfDigits(bytes, from: offset)
        }
        return offset
    }

    @inline(__always)
    private static func endOfDigits(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(JSONError) -> Int {
        var offset = start
        while offset < bytes.count, bytes[offset] &- 0x30 < 10 { offset &+= 1 }
        guard offset > start else {
            throw JSONError(offset < bytes.count ? .invalidNumber : .unexpectedEnd, at: offset)
        }
        return offset
    }

    /// Checks that `rest` (the literal without its first byte) follows the byte at `start`.
    @inline(__always)
    static func endOfLiteral(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        rest: StaticString
    ) throws(JSONError) -> Int {
        let end = start &+ 1 &+ rest.utf8CodeUnitCount
        guard end <= bytes.count else {
            throw JSONError(.invalidLiteral, at: start)
        }
        for index in 0..<rest.utf8CodeUnitCount where bytes[start &+ 1 &+ index] != rest.utf8Start[index] {
            throw JSONError(.invalidLiteral, at: start)
        }
        return end
    }
}

/// Well-formed UTF-8 beyond ASCII (RFC 3629 section 4).
enum UTF8Sequence {
    /// Length in bytes of the well-formed sequence at `offset`, whose first byte is 0x80 or above; 0 when it is not well formed
    /// (overlong, a surrogate, above U+10FFFF, cut off or a stray continuation byte).
    static func length(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        let length: Int
        // Only the second byte has a range that depends on the first.
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch bytes[offset] {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: length = 3
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard offset &+ length <= bytes.count, second.contains(bytes[offset &+ 1]) else { return 0 }
        for next in (offset &+ 2)..<max(offset &+ length, offset &+ 2) where bytes[next] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
