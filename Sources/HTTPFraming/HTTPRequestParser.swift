/// Frames HTTP/1.1 requests (RFC 9112) on the bytes of one connection, stricter than the standard wherever two parsers
/// might otherwise disagree about where a request ends.
///
/// Give `parse` the connection's unread bytes from the start of the current request, again each time they have grown,
/// and keep them until the step is `complete`; then drop `consumed` bytes, empty the body array and call `reset()`. No
/// byte is examined twice. Stricter than RFC 9112: lines end in CRLF only and no empty line may precede a request;
/// Content-Length comes at most once, in digits; Transfer-Encoding is exactly `chunked`, alone and in HTTP/1.1; chunk
/// extensions are refused; targets are in origin form.
public struct HTTPRequestParser: Sendable {
    /// The limits that hold for every request.
    public let limits: HTTPLimits
    /// The head of the current request, valid from the step `head` on.
    public private(set) var head = HTTPHead()
    /// The method, in bytes from the start of the request.
    public private(set) var method: Range<Int> = 0..<0
    /// The target with path and query, in bytes from the start of the request.
    public private(set) var target: Range<Int> = 0..<0

    private var scanner = HeadScanner(from: .client)
    private var body: BodyReader?
    private var seen = 0
    private var failure: FramingError?

    /// Creates a parser for one connection.
    public init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Reads on in the region that begins with the current request.
    ///
    /// A chunked body is appended to `decodedBody`. Throws the fault of the request; it stays: a connection whose
    /// framing is broken is never read again, not even after `reset()`.
    public mutating func parse(
        _ bytes: UnsafeRawBufferPointer,
        into decodedBody: inout [UInt8]
    ) throws(FramingError) -> ParseStep {
        if let failure { throw failure }
        do throws(FramingError) {
            guard bytes.count >= seen else { throw FramingError(.bufferShrank, from: .client, at: bytes.count) }
            seen = bytes.count
            if body != nil, let step = try body?.read(bytes, limits: limits, into: &decodedBody) { return step }
            return try readHead(bytes)
        } catch {
            failure = error
            throw error
        }
    }

    /// Makes ready for the next request, whose first byte is the first byte of the next region.
    public mutating func reset() {
        head.clear()
        method = 0..<0
        target = 0..<0
        scanner = HeadScanner(from: .client)
        body = nil
        seen = 0
    }

    private mutating func readHead(_ bytes: UnsafeRawBufferPointer) throws(FramingError) -> ParseStep {
        while true {
            switch try scanner.next(bytes, limits: limits, into: &head) {
            case .incomplete:
                return .needMore
            case .startLine(let line):
                let request = try RequestLine(line, in: bytes)
                (method, target) = (request.method, request.target)
                head.minorVersion = request.minorVersion
            case .end:
                try checkHost(bytes)
                if head.minorVersion == 0 { head.expectContinue = false }
                head.settleKeepAlive()
                body = try BodyReader(framing(), at: head.range.upperBound, limits: limits, from: .client)
                return .head
            }
        }
    }

    private func framing() throws(FramingError) -> BodyReader.Framing {
        guard head.chunked else { return .length(head.contentLength ?? 0) }
        try head.checkTransferEncoding(from: .client)
        return .chunked
    }

    private func checkHost(_ bytes: UnsafeRawBufferPointer) throws(FramingError) {
        guard let host = head.host?.value else {
            if head.minorVersion == 0 { return }
            throw FramingError(.missingHost, from: .client, at: head.range.upperBound)
        }
        guard !host.isEmpty, host.allSatisfy({ ByteSet.host.contains(bytes[$0]) }) else {
            throw FramingError(.invalidHost, from: .client, at: host.lowerBound)
        }
    }
}
