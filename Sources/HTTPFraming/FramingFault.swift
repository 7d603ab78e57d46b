/// The rules of HTTP/1.1 framing (RFC 9112, and stricter where noted) that a message can break. Raw values are stable.
public enum FramingFault: String, Error, Sendable, CaseIterable, CustomStringConvertible {
    // Lines.
    /// A line ended in LF alone.
    case bareLineFeed = "bare-line-feed"
    /// A CR that is not followed by LF.
    case bareCarriageReturn = "bare-carriage-return"
    // Start line.
    /// The request line is not `method SP target SP version`.
    case invalidRequestLine = "invalid-request-line"
    /// The method is no token.
    case invalidMethod = "invalid-method"
    /// The method is longer than any registered one.
    case methodTooLong = "method-too-long"
    /// The target is not in origin form (`/path?query`), or begins with `//`.
    case unsupportedTargetForm = "unsupported-target-form"
    /// The target holds a byte that RFC 3986 does not allow there, or a broken percent escape.
    case invalidTarget = "invalid-target"
    /// The request line does not end within the head limit.
    case targetTooLong = "target-too-long"
    /// The version is neither HTTP/1.0 nor HTTP/1.1.
    case unsupportedVersion = "unsupported-version"
    /// The status line is not `version SP status SP reason`.
    case invalidStatusLine = "invalid-status-line"
    // Header lines.
    /// A header line began with white space (RFC 9112 section 5.2).
    case obsoleteFolding = "obsolete-folding"
    /// White space stood between header name and colon (RFC 9112 section 5.1).
    case whitespaceBeforeColon = "whitespace-before-colon"
    /// A header line had no colon.
    case missingColon = "missing-colon"
    /// A header name was empty or no token.
    case invalidHeaderName = "invalid-header-name"
    /// A header value held NUL or another control byte.
    case invalidHeaderValue = "invalid-header-value"
    /// The head is larger than allowed.
    case headTooLarge = "head-too-large"
    /// The head has more header lines than allowed.
    case tooManyHeaders = "too-many-headers"
    /// A header that must have one value was sent more than once.
    case repeatedHeader = "repeated-header"
    // Headers that decide framing and routing.
    /// An HTTP/1.1 request had no Host.
    case missingHost = "missing-host"
    /// There was more than one Host.
    case repeatedHost = "repeated-host"
    /// Host was empty or no host.
    case invalidHost = "invalid-host"
    /// There was more than one Content-Length, even if equal.
    case repeatedContentLength = "repeated-content-length"
    /// Content-Length was not a plain decimal number.
    case invalidContentLength = "invalid-content-length"
    /// Transfer-Encoding and Content-Length came together.
    case conflictingLengths = "conflicting-lengths"
    /// There was more than one Transfer-Encoding.
    case repeatedTransferEncoding = "repeated-transfer-encoding"
    /// Transfer-Encoding was other than `chunked`.
    case unsupportedTransferEncoding = "unsupported-transfer-encoding"
    /// Transfer-Encoding came in an HTTP/1.0 message.
    case transferEncodingInOldVersion = "transfer-encoding-in-old-version"
    /// Expect was other than `100-continue`.
    case unsupportedExpectation = "unsupported-expectation"
    // Body.
    /// The body is larger than allowed.
    case bodyTooLarge = "body-too-large"
    /// A chunk size was not one to eight hexadecimal digits.
    case invalidChunkSize = "invalid-chunk-size"
    /// A request used a chunk extension.
    case chunkExtension = "chunk-extension"
    /// Chunk data was not followed by CRLF.
    case invalidChunkEnd = "invalid-chunk-end"
    /// Chunk extensions and trailers are larger than the head limit.
    case chunkMetadataTooLarge = "chunk-metadata-too-large"
    /// A response that can have no body announced one.
    case bodyNotAllowed = "body-not-allowed"
    // Connection.
    /// More interim (1xx) responses came than are tolerated.
    case tooManyInterimResponses = "too-many-interim-responses"
    /// The upstream switched protocols (101) though nobody asked.
    case unexpectedUpgrade = "unexpected-upgrade"
    /// The connection ended before the head did.
    case truncatedHead = "truncated-head"
    /// The connection ended before the body did.
    case truncatedBody = "truncated-body"
    /// The caller took bytes out of its buffer before the message was complete.
    case bufferShrank = "buffer-shrank"
}

extension FramingFault {
    /// What is wrong and what to do.
    public var description: String { explanation }

    /// The status to answer when a client's request has this fault.
    var requestStatus: Int {
        switch self {
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .unsupportedExpectation: 417
        case .headTooLarge, .tooManyHeaders, .chunkMetadataTooLarge: 431
        case .bufferShrank: 500
        case .methodTooLong, .unsupportedTransferEncoding: 501
        case .unsupportedVersion: 505
        default: 400
        }
    }

    /// What is wrong and what to do, without any value.
    var explanation: String {
        switch self {
        case .bareLineFeed: "a line ends in LF alone; end every line in CRLF"
        case .bareCarriageReturn: "a CR is not followed by LF; end every line in CRLF"
        case .invalidRequestLine: "the request line is malformed; send `method SP target SP HTTP/1.1`"
        case .invalidMethod: "the method is no token; use letters"
        case .methodTooLong: "the method is unknown; use a registered method"
        case .unsupportedTargetForm: "the target is not in origin form; send `/path?query` with one leading slash"
        case .invalidTarget: "the target holds a byte that a URI may not; percent-encode it"
        case .targetTooLong: "the request line exceeds the head limit; shorten the target"
        case .unsupportedVersion: "the HTTP version is not supported; use HTTP/1.1"
        case .invalidStatusLine: "the status line is malformed; check that the upstream speaks HTTP/1.1"
        case .obsoleteFolding: "a header line begins with white space; send each header on one line"
        case .whitespaceBeforeColon: "white space stands before a header's colon; remove it"
        case .missingColon: "a header line has no colon; send `name: value`"
        case .invalidHeaderName: "a header name is empty or no token; use letters, digits and hyphens"
        case .invalidHeaderValue: "a header value holds a control byte; remove it"
        case .headTooLarge: "the head exceeds its limit; send fewer or shorter headers"
        case .tooManyHeaders: "there are more header lines than allowed; send fewer"
        case .repeatedHeader: "a header that must have one value was sent more than once; send it once"
        case .missingHost: "Host is missing; send it once"
        case .repeatedHost: "Host was sent more than once; send it once"
        case .invalidHost: "Host is empty or malformed; send `name` or `name:port`"
        case .repeatedContentLength: "Content-Length was sent more than once; send it once"
        case .invalidContentLength: "Content-Length is not a plain decimal number; send digits without leading zero"
        case .conflictingLengths: "Content-Length and Transfer-Encoding came together; send one of them"
        case .repeatedTransferEncoding: "Transfer-Encoding was sent more than once; send it once"
        case .unsupportedTransferEncoding: "the transfer encoding is not supported; send exactly `chunked`"
        case .transferEncodingInOldVersion: "HTTP/1.0 has no transfer encodings; use Content-Length or HTTP/1.1"
        case .unsupportedExpectation: "the expectation is not supported; only 100-continue is"
        case .bodyTooLarge: "the body exceeds its limit; send less or raise the limit"
        case .invalidChunkSize: "a chunk size is malformed; send one to eight hexadecimal digits"
        case .chunkExtension: "chunk extensions are not accepted in requests; remove them"
        case .invalidChunkEnd: "chunk data does not end in CRLF; check the chunk size"
        case .chunkMetadataTooLarge: "chunk extensions and trailers exceed the head limit; send fewer"
        case .bodyNotAllowed: "a status that has no body announced one; check the upstream"
        case .tooManyInterimResponses: "too many interim responses; check the upstream"
        case .unexpectedUpgrade: "the upstream switched protocols unasked; check its address"
        case .truncatedHead: "the connection closed inside the head; check the upstream"
        case .truncatedBody: "the connection closed before the announced body was complete; check the upstream"
        case .bufferShrank: "bytes left the buffer before the message was complete; keep them until it is"
        }
    }
}
