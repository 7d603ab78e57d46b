/// Frames HTTP/1.1 responses (RFC 9112) on the bytes of one upstream connection.
///
/// Used like `HTTPRequestParser`. Interim responses (1xx) are skipped and are part of `consumed`. Where a response may
/// be looser than a request: `chunked` in any case, chunk extensions ignored, the space before an empty reason missing,
/// and a body that ends with the connection.
public struct HTTPResponseParser: Sendable {
    /// Interim responses that are skipped before one response; more are refused.
    public static let maximumInterimResponses = 8

    /// The limits that hold for every response.
    public let limits: HTTPLimits
    /// The head of the current response, valid from the step `head` on.
    public private(set) var head = HTTPHead()
    /// The status code, 200...599.
    public private(set) var status = 0

    private var answersHead: Bool
    private var scanner = HeadScanner(from: .server)
    private var interimResponses = 0
    private var body: BodyReader?
    private var seen = 0
    private var failure: FramingError?

    /// Creates a parser for one connection; `answersHead` says that the request was a HEAD, whose response has no body.
    public init(limits: HTTPLimits, answersHead: Bool = false) {
        self.limits = limits
        self.answersHead = answersHead
    }

    /// Reads on in the region that begins with the current response.
    ///
    /// A chunked body is appended to `decodedBody`. Throws the fault of the response; it stays, even after `reset()`.
    public mutating func parse(
        _ bytes: UnsafeRawBufferPointer,
        into decodedBody: inout [UInt8]
    ) throws(FramingError) -> ParseStep {
        if let failure { throw failure }
        do throws(FramingError) {
            guard bytes.count >= seen else { throw FramingError(.bufferShrank, from: .server, at: bytes.count) }
            seen = bytes.count
            if body != nil, let step = try body?.read(bytes, limits: limits, into: &decodedBody) { return step }
            return try readHead(bytes)
        } catch {
            failure = error
            throw error
        }
    }

    /// Says what the end of the connection means: the complete response when its body ran until the close.
    ///
    /// Call it after `parse` has said `needMore` about all bytes. Throws `truncatedHead` or `truncatedBody`.
    public mutating func finish() throws(FramingError) -> ParseStep {
        if let failure { throw failure }
        guard let body else {
            let error = FramingError(.truncatedHead, from: .server, at: seen)
            failure = error
            throw error
        }
        do throws(FramingError) {
            return try body.finish(byteCount: seen)
        } catch {
            failure = error
            throw error
        }
    }

    /// Makes ready for the response to the next request on this connection.
    public mutating func reset(answersHead: Bool = false) {
        self.answersHead = answersHead
        head.clear()
        status = 0
        scanner = HeadScanner(from: .server)
        interimResponses = 0
        body = nil
        seen = 0
    }

    private mutating func readHead(_ bytes: UnsafeRawBufferPointer) throws(FramingError) -> ParseStep {
        while true {
            switch try scanner.next(bytes, limits: limits, into: &head) {
            case .incomplete:
                return .needMore
            case .startLine(let line):
                let response = try StatusLine(line, in: bytes)
                status = response.status
                head.minorVersion = response.minorVersion
            case .end where status < 200:
                try skipInterim()
            case .end:
                let framing = try framing()
                head.settleKeepAlive()
                if case .untilClose = framing { head.keepAlive = false }
                body = try BodyReader(framing, at: head.range.upperBound, limits: limits, from: .server)
                return .head
            }
        }
    }

    private mutating func skipInterim() throws(FramingError) {
        let end = head.range.upperBound
        _ = try framing()
        if status == 101 { throw FramingError(.unexpectedUpgrade, from: .server, at: end) }
        interimResponses += 1
        guard interimResponses <= Self.maximumInterimResponses else {
            throw FramingError(.tooManyInterimResponses, from: .server, at: end)
        }
        head.clear()
        scanner = HeadScanner(from: .server, at: end)
    }

    /// RFC 9112 section 6.3.
    private func framing() throws(FramingError) -> BodyReader.Framing {
        if head.chunked { try head.checkTransferEncoding(from: .server) }
        if status < 200 || status == 204 {
            guard !head.chunked, head.contentLength ?? 0 == 0 else {
                throw FramingError(.bodyNotAllowed, from: .server, at: head.range.upperBound)
            }
            return .length(0)
        }
        if answersHead || status == 304 { return .length(0) }
        if head.chunked { return .chunked }
        if let length = head.contentLength { return .length(length) }
        return .untilClose
    }
}
