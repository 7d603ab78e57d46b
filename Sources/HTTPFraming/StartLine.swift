/// `method SP request-target SP HTTP-version` (RFC 9112 section 3) with an origin-form target.
struct RequestLine: Sendable {
    /// The longest method in the IANA registry, UPDATEREDIRECTREF, has 17 bytes.
    private static let maximumMethodBytes = 32

    let method: Range<Int>
    let target: Range<Int>
    let minorVersion: Int

    init(_ line: Range<Int>, in bytes: UnsafeRawBufferPointer) throws(FramingError) {
        let sender = FramingError.Sender.client
        method = try Self.method(line, in: bytes)
        let targetStart = method.upperBound + 1
        var end = targetStart
        while end < line.upperBound, bytes[end] != Byte.space { end += 1 }
        target = targetStart..<end
        // The version first: what another version means by its target is not known.
        guard end < line.upperBound else { throw sender.error(.invalidRequestLine, at: line.upperBound) }
        minorVersion = try HTTPVersion.minor(
            end + 1..<line.upperBound,
            in: bytes,
            from: sender,
            or: .invalidRequestLine
        )
        try Self.check(target, in: bytes)
    }

    private static func method(_ line: Range<Int>, in bytes: UnsafeRawBufferPointer) throws(FramingError) -> Range<Int>
    {
        let sender = FramingError.Sender.client
        var end = line.lowerBound
        while end < line.upperBound, ByteSet.token.contains(bytes[end]) { end += 1 }
        guard end > line.lowerBound else {
            throw sender.error(line.isEmpty ? .invalidRequestLine : .invalidMethod, at: end)
        }
        guard end < line.upperBound else { throw sender.error(.invalidRequestLine, at: end) }
        guard bytes[end] == Byte.space else { throw sender.error(.invalidMethod, at: end) }
        guard end - line.lowerBound <= maximumMethodBytes else {
            throw sender.error(.methodTooLong, at: line.lowerBound)
        }
        return line.lowerBound..<end
    }

    private static func check(_ target: Range<Int>, in bytes: UnsafeRawBufferPointer) throws(FramingError) {
        let sender = FramingError.Sender.client
        guard let first = target.first else { throw sender.error(.invalidRequestLine, at: target.lowerBound) }
        // `//host/path` reads as an authority to code that resolves it as a reference.
        guard bytes[first] == Byte.slash, target.count == 1 || bytes[first + 1] != Byte.slash else {
            throw sender.error(.unsupportedTargetForm, at: first)
        }
        var index = first
        while index < target.upperBound {
            let byte = bytes[index]
            guard ByteSet.target.contains(byte) else { throw sender.error(.invalidTarget, at: index) }
            guard byte == Byte.percent else {
                index += 1
                continue
            }
            guard index + 2 < target.upperBound, Byte.hexadecimal(bytes[index + 1]) != nil,
                Byte.hexadecimal(bytes[index + 2]) != nil
            else { throw sender.error(.invalidTarget, at: index) }
            index += 3
        }
    }
}

/// `HTTP-version SP status-code SP [reason]` (RFC 9112 section 4).
struct StatusLine: Sendable {
    let status: Int
    let minorVersion: Int

    /// The space before an empty reason may be missing: many servers forget it, and nothing else can be meant.
    init(_ line: Range<Int>, in bytes: UnsafeRawBufferPointer) throws(FramingError) {
        let sender = FramingError.Sender.server
        let fault = sender.error(.invalidStatusLine, at: line.lowerBound)
        let start = line.lowerBound
        guard line.count >= 12, bytes[start + 8] == Byte.space else { throw fault }
        minorVersion = try HTTPVersion.minor(start..<start + 8, in: bytes, from: sender, or: .invalidStatusLine)
        var number = 0
        for index in start + 9..<start + 12 {
            let digit = bytes[index] &- Byte.zero
            guard digit < 10 else { throw fault }
            number = number * 10 + Int(digit)
        }
        guard 100...599 ~= number, line.count == 12 || bytes[start + 12] == Byte.space else { throw fault }
        status = number
        try FieldLine.checkText(start + 12..<line.upperBound, in: bytes, from: sender)
    }
}

enum HTTPVersion {
    /// The minor version of exactly `HTTP/1.0` or `HTTP/1.1`; `fault` when it is no version at all.
    static func minor(
        _ range: Range<Int>,
        in bytes: UnsafeRawBufferPointer,
        from sender: FramingError.Sender,
        or fault: FramingFault
    ) throws(FramingError) -> Int {
        let start = range.lowerBound
        // "HTTP/" in upper case (RFC 9112 section 2.3), digit, dot, digit.
        guard range.count == 8, bytes[start] == 0x48, bytes[start + 1] == 0x54, bytes[start + 2] == 0x54,
            bytes[start + 3] == 0x50, bytes[start + 4] == Byte.slash, bytes[start + 6] == 0x2E
        else { throw sender.error(fault, at: start) }
        let major = bytes[start + 5] &- Byte.zero
        let minor = bytes[start + 7] &- Byte.zero
        guard major < 10, minor < 10 else { throw sender.error(fault, at: start) }
        guard major == 1, minor < 2 else { throw sender.error(.unsupportedVersion, at: start) }
        return Int(minor)
    }
}
