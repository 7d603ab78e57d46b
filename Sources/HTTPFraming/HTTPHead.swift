/// Where one header line lies, in bytes from the start of the message.
public struct HTTPField: Sendable, Equatable {
    /// The name, a token.
    public let name: Range<Int>
    /// The value without surrounding white space.
    public let value: Range<Int>
}

/// The headers of one message as ranges into the connection's buffer, and what they say about framing.
///
/// The ranges hold as long as the message's bytes stay in the buffer. A parser reuses the storage of `fields` for its
/// next message: read the head in place rather than keep a copy of it.
public struct HTTPHead: Sendable, Equatable {
    /// The whole head with its closing empty line.
    public internal(set) var range: Range<Int> = 0..<0
    /// The header lines in the order in which they came.
    public internal(set) var fields: [HTTPField] = []
    /// 0 for HTTP/1.0, 1 for HTTP/1.1.
    public internal(set) var minorVersion = 1
    /// The declared Content-Length in bytes, if there was one.
    public internal(set) var contentLength: Int?
    /// Whether the body is chunked.
    public internal(set) var chunked = false
    /// Whether the connection may carry another message after this one (RFC 9112 section 9.3).
    public internal(set) var keepAlive = false
    /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1).
    public internal(set) var expectContinue = false

    var host: HTTPField?
    var connectionClose = false
    var connectionKeepAlive = false

    /// The value of a header that must have one value; nil when it is absent.
    ///
    /// `lowercasedName` is compared without case; `bytes` is the region that the parser was given. Throws
    /// `FramingFault.repeatedHeader` when the header came more than once: which of the values counts is not ours to
    /// guess.
    public func header(
        _ lowercasedName: StaticString,
        in bytes: UnsafeRawBufferPointer
    ) throws(FramingFault) -> Range<Int>? {
        var found: Range<Int>?
        for field in fields where HTTPText.equals(bytes, field.name, ignoringCase: lowercasedName) {
            if found != nil { throw .repeatedHeader }
            found = field.value
        }
        return found
    }

    mutating func clear() {
        fields.removeAll(keepingCapacity: true)
        range = 0..<0
        minorVersion = 1
        contentLength = nil
        chunked = false
        keepAlive = false
        expectContinue = false
        host = nil
        connectionClose = false
        connectionKeepAlive = false
    }

    /// Transfer-Encoding stands alone and in HTTP/1.1 only (RFC 9112 section 6.1).
    func checkTransferEncoding(from sender: FramingError.Sender) throws(FramingError) {
        if contentLength != nil { throw sender.error(.conflictingLengths, at: range.upperBound) }
        if minorVersion == 0 { throw sender.error(.transferEncodingInOldVersion, at: range.upperBound) }
    }

    mutating func settleKeepAlive() {
        keepAlive = !connectionClose && (minorVersion == 1 || connectionKeepAlive)
    }
}
