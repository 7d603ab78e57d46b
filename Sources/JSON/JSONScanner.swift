/// A strict pull parser over bytes in memory: one pass, no values built, no allocation, no recursion.
///
/// It accepts exactly the texts of RFC 8259 in UTF-8 without a byte order mark, with paired surrogate escapes and limited
/// depth. Whether an object repeats a key is left to the caller, who decides which keys are worth remembering. After an
/// error the scanner must not be used further. The buffer must stay valid while the scanner is in use.
public struct JSONScanner {
    private enum State: UInt8 {
        /// Before the first byte.
        case document
        /// After a colon.
        case value
        /// After `{`.
        case firstKey
        /// After `[`.
        case firstElement
        /// After a value inside a container.
        case separator
        /// After the outermost value.
        case done
    }

    /// The text that is read.
    public let bytes: UnsafeRawBufferPointer
    /// Offset of the next byte to be read.
    public private(set) var offset = 0
    /// Number of arrays and objects that are open.
    public private(set) var depth = 0

    private let maximumDepth: Int
    private var state = State.document
    /// Open containers, innermost in the lowest bit: 1 for an object, 0 for an array.
    private var containers: UInt64 = 0

    /// Starts at the first byte of `bytes`.
    public init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .default) {
        self.bytes = bytes
        self.maximumDepth = limits.maximumDepth
    }

    /// The next token, or nil when the text ended properly.
    ///
    /// - Throws: ``JSONError`` with the offset of the first byte that cannot be accepted.
    public mutating func next() throws(JSONError) -> JSONToken? {
        skipWhitespace()
        switch state {
        case .separator:
            return try afterValue()
        case .value:
            return try value()
        case .firstKey:
            if offset < bytes.count, bytes[offset] == 0x7D { return close(.endObject) }
            return try key()
        case .firstElement:
            if offset < bytes.count, bytes[offset] == 0x5D { return close(.endArray) }
            return try value()
        case .document:
            try refuseByteOrderMark()
            return try value()
        case .done:
            guard offset == bytes.count else { throw JSONError(.trailingBytes, at: offset) }
            return nil
        }
    }

    /// Reads what remains of the container that `token` opened, fully checked; a scalar token is complete already.
    ///
    /// - Parameter token: the token that ``next()`` returned last.
    /// - Returns: the byte range of the whole value.
    /// - Throws: ``JSONError`` as ``next()`` does.
    public mutating func finish(_ token: JSONToken) throws(JSONError) -> Range<Int> {
        guard token.kind == .beginObject || token.kind == .beginArray else { return token.range }
        let outer = depth &- 1
        while depth > outer {
            _ = try next()
        }
        return token.lower..<offset
    }

    // MARK: Grammar

    private mutating func afterValue() throws(JSONError) -> JSONToken {
        guard offset < bytes.count else { throw JSONError(.unexpectedEnd, at: offset) }
        let inObject = containers & 1 == 1
        switch bytes[offset] {
        case 0x2C:
            offset &+= 1
            skipWhitespace()
            return inObject ? try key() : try value()
        case 0x7D where inObject:
            return close(.endObject)
        case 0x5D where !inObject:
            return close(.endArray)
        default:
            throw JSONError(.unexpectedByte, at: offset)
        }
    }

    @inline(__always)
    private mutating func key() throws(JSONError) -> JSONToken {
        let start = offset
        guard start < bytes.count else { throw JSONError(.unexpectedEnd, at: start) }
        guard bytes[start] == 0x22 else { throw JSONError(.unexpectedByte, at: start) }
        let (end, isEscaped) = try JSONLexer.endOfString(bytes, from: start)
        offset = end
        skipWhitespace()
        guard offset < bytes.count else { throw JSONError(.unexpectedEnd, at: offset) }
        guard bytes[offset] == 0x3A else { throw JSONError(.unexpectedByte, at: offset) }
        offset &+= 1
        state = .value
        return JSONToken(.key, start, end, isEscaped: isEscaped)
    }

    @inline(__always)
    private mutating func value() throws(JSONError) -> JSONToken {
        let start = offset
        guard start < bytes.count else { throw JSONError(.unexpectedEnd, at: start) }
        switch bytes[start] {
        case 0x22:
            let (end, isEscaped) = try JSONLexer.endOfString(bytes, from: start)
            return scalar(.string, start, end, isEscaped: isEscaped)
        case 0x2D, 0x30...0x39:
            return scalar(.number, start, try JSONLexer.endOfNumber(bytes, from: start))
        case 0x7B:
            return try open(.beginObject, bit: 1, then: .firstKey)
        case 0x5B:
            return try open(.beginArray, bit: 0, then: .firstElement)
        case 0x74:
            return scalar(.true, start, try JSONLexer.endOfLiteral(bytes, from: start, rest: "rue"))
        case 0x66:
            return scalar(.false, start, try JSONLexer.endOfLiteral(bytes, from: start, rest: "alse"))
        case 0x6E:
            return scalar(.null, start, try JSONLexer.endOfLiteral(bytes, from: start, rest: "ull"))
        default:
            throw JSONError(.unexpectedByte, at: start)
        }
    }

    @inline(__always)
    private mutating func scalar(_ kind: JSONToken.Kind, _ start: Int, _ end: Int, isEscaped: Bool = false) -> JSONToken
    {
        offset = end
        state = depth == 0 ? .done : .separator
        return JSONToken(kind, start, end, isEscaped: isEscaped)
    }

    @inline(__always)
    private mutating func open(_ kind: JSONToken.Kind, bit: UInt64, then next: State) throws(JSONError) -> JSONToken {
        guard depth < maximumDepth else { throw JSONError(.depthExceeded, at: offset) }
        depth &+= 1
        containers = containers &<< 1 | bit
        state = next
        offset &+= 1
        return JSONToken(kind, offset &- 1, offset)
    }

    @inline(__always)
    private mutating func close(_ kind: JSONToken.Kind) -> JSONToken {
        depth &-= 1
        containers &>>= 1
        offset &+= 1
        state = depth == 0 ? .done : .separator
        return JSONToken(kind, offset &- 1, offset)
    }

    @inline(__always)
    private mutating func skipWhitespace() {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            offset &+= 1
        }
    }

    private func refuseByteOrderMark() throws(JSONError) {
        guard bytes.count >= 2 else { return }
        switch (bytes[0], bytes[1]) {
        case (0xEF, 0xBB), (0xFE, 0xFF), (0xFF, 0xFE): throw JSONError(.byteOrderMark, at: 0)
        default: return
        }
    }
}
