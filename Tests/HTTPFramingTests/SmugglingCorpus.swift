import HTTPFraming

/// A request that must be refused, with the rule it breaks. Cases are only ever added.
struct BadRequest: Sendable, CustomStringConvertible {
    let fault: FramingFault
    let bytes: [UInt8]

    init(_ fault: FramingFault, _ text: String) {
        self.fault = fault
        bytes = Array(text.utf8)
    }

    /// The same with a byte string, for what no string can hold.
    init(_ fault: FramingFault, _ before: String, _ middle: [UInt8], _ after: String) {
        self.fault = fault
        bytes = Array(before.utf8) + middle + Array(after.utf8)
    }

    /// A request with good request line and Host, and these header lines and body.
    static func headers(_ fault: FramingFault, _ lines: String, body: String = "") -> BadRequest {
        BadRequest(fault, "POST /a HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n\r\n" + body)
    }

    /// A good chunked head with this body.
    static func chunks(_ fault: FramingFault, _ body: String) -> BadRequest {
        headers(fault, "Transfer-Encoding: chunked", body: body)
    }

    static func target(_ fault: FramingFault, _ target: String) -> BadRequest {
        BadRequest(fault, "GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
    }

    var description: String { "\(fault.rawValue): \(String(decoding: bytes, as: UTF8.self).debugDescription)" }
}

let smugglingCorpus: [BadRequest] =
    lineCases + requestLineCases + targetCases + headerCases + lengthCases + codingCases + chunkCases + hostCases

private let lineCases: [BadRequest] = [
    BadRequest(.bareLineFeed, "GET / HTTP/1.1\nHost: h\n\n"),
    BadRequest(.bareLineFeed, "GET / HTTP/1.1\r\nHost: h\n\r\n"),
    BadRequest(.bareLineFeed, "GET / HTTP/1.1\r\nHost: h\r\n\n"),
    BadRequest(.bareLineFeed, "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    .headers(.bareLineFeed, "X: a\nTransfer-Encoding: chunked"),
    .headers(.bareCarriageReturn, "X: a\rTransfer-Encoding: chunked"),
    .headers(.bareCarriageReturn, "X: a\r\r"),
    .headers(.bareCarriageReturn, "X\r: a"),
    .headers(.bareCarriageReturn, "\rX: a"),
    .headers(.bareCarriageReturn, "\r"),
    BadRequest(.invalidRequestLine, "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n"),
]

private let requestLineCases: [BadRequest] = [
    BadRequest(.invalidRequestLine, "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidMethod, " GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidMethod, "G\tET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidMethod, "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidMethod, "GET\u{0B}/ HTTP/1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidMethod, "G", [0x00], "ET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidMethod, "", [0x16, 0x03, 0x01], "\r\n\r\n"),
    BadRequest(.methodTooLong, String(repeating: "A", count: 33) + " / HTTP/1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidRequestLine, "GET\r\n\r\n"),
    BadRequest(.invalidRequestLine, "GET /\r\n\r\n"),
    BadRequest(.invalidRequestLine, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidRequestLine, "GET /  HTTP/1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidRequestLine, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"),
    BadRequest(.invalidRequestLine, "GET / http/1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidRequestLine, "GET / HTTP/1.1 X\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidRequestLine, "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidRequestLine, "GET / HTTP/11\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidRequestLine, "GET / HTTP/1.10\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidRequestLine, "GET / HTTP/+1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.unsupportedVersion, "GET / HTTP/0.9\r\nHost: h\r\n\r\n"),
    BadRequest(.unsupportedVersion, "GET / HTTP/1.2\r\nHost: h\r\n\r\n"),
    BadRequest(.unsupportedVersion, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
    BadRequest(.unsupportedVersion, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    BadRequest(.targetTooLong, "GET /" + String(repeating: "a", count: 600) + " HTTP/1.1\r\nHost: h\r\n\r\n"),
]

private let targetCases: [BadRequest] = [
    .target(.unsupportedTargetForm, "http://h/"),
    .target(.unsupportedTargetForm, "HTTP://evil/"),
    .target(.unsupportedTargetForm, "*"),
    .target(.unsupportedTargetForm, "h:443"),
    .target(.unsupportedTargetForm, "a"),
    .target(.unsupportedTargetForm, "?a"),
    .target(.unsupportedTargetForm, "//evil/a"),
    .target(.unsupportedTargetForm, "\\a"),
    .target(.invalidTarget, "/a#b"),
    .target(.invalidTarget, "/a\u{7F}"),
    .target(.invalidTarget, "/a\tb"),
    .target(.invalidTarget, "/\u{E4}"),
    .target(.invalidTarget, "/a\\..\\b"),
    .target(.invalidTarget, "/a?b=<c>"),
    .target(.invalidTarget, "/%"),
    .target(.invalidTarget, "/%4"),
    .target(.invalidTarget, "/%4g"),
    .target(.invalidTarget, "/%%41"),
    BadRequest(.invalidTarget, "GET /a", [0x00], "b HTTP/1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidTarget, "GET /a", [0xFF], "b HTTP/1.1\r\nHost: h\r\n\r\n"),
    BadRequest(.invalidTarget, "GET /a\rb HTTP/1.1\r\nHost: h\r\n\r\n"),
]

private let headerCases: [BadRequest] = [
    .headers(.obsoleteFolding, "X: a\r\n b"),
    .headers(.obsoleteFolding, "X: a\r\n\tb"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding:\r\n chunked"),
    BadRequest(.obsoleteFolding, "GET / HTTP/1.1\r\n Host: h\r\n\r\n"),
    .headers(.obsoleteFolding, " \r\nX: a"),
    .headers(.whitespaceBeforeColon, "Content-Length : 5", body: "12345"),
    .headers(.whitespaceBeforeColon, "Transfer-Encoding\t: chunked"),
    .headers(.whitespaceBeforeColon, "X Y: a"),
    .headers(.missingColon, "X"),
    .headers(.invalidHeaderName, ": a"),
    .headers(.invalidHeaderName, "X(: a"),
    .headers(.invalidHeaderName, "Content-Length\u{0B}: 5"),
    .headers(.invalidHeaderName, "\u{E4}: a"),
    .headers(.invalidHeaderName, "[X]: a"),
    BadRequest(.invalidHeaderName, "GET / HTTP/1.1\r\nHost: h\r\nX", [0x00], ": a\r\n\r\n"),
    BadRequest(.invalidHeaderValue, "GET / HTTP/1.1\r\nHost: h\r\nX: a", [0x00], "b\r\n\r\n"),
    .headers(.invalidHeaderValue, "X: \u{0B}a"),
    .headers(.invalidHeaderValue, "X: a\u{7F}"),
    .headers(.invalidHeaderValue, "X: abcdefghijklmnop\tq\u{1F}"),
    .headers(.invalidHeaderValue, "Transfer-Encoding: \u{0B}chunked"),
    .headers(.tooManyHeaders, (0..<8).map { "X\($0): a" }.joined(separator: "\r\n")),
    .headers(.headTooLarge, "X: " + String(repeating: "a", count: 600)),
    .headers(.unsupportedExpectation, "Expect: 200-ok"),
]

private let lengthCases: [BadRequest] = [
    .headers(.repeatedContentLength, "Content-Length: 5\r\nContent-Length: 5", body: "12345"),
    .headers(.repeatedContentLength, "Content-Length: 5\r\ncontent-length: 6", body: "123456"),
    .headers(.repeatedContentLength, "Content-Length: 0\r\nX: y\r\nCONTENT-LENGTH: 44"),
    .headers(.invalidContentLength, "Content-Length: 5, 5", body: "12345"),
    .headers(.invalidContentLength, "Content-Length: +5", body: "12345"),
    .headers(.invalidContentLength, "Content-Length: -5", body: "12345"),
    .headers(.invalidContentLength, "Content-Length: 5 5", body: "12345"),
    .headers(.invalidContentLength, "Content-Length: 0x5", body: "12345"),
    .headers(.invalidContentLength, "Content-Length: 5.0", body: "12345"),
    .headers(.invalidContentLength, "Content-Length: 05", body: "12345"),
    .headers(.invalidContentLength, "Content-Length: 00"),
    .headers(.invalidContentLength, "Content-Length:"),
    .headers(.invalidContentLength, "Content-Length: "),
    .headers(.invalidContentLength, "Content-Length:\t5", body: "12345"),
    .headers(.invalidContentLength, "Content-Length: 5\t", body: "12345"),
    .headers(.invalidContentLength, "Content-Length: \"5\"", body: "12345"),
    .headers(.invalidContentLength, "Content-Length: \u{FF15}", body: "12345"),
    .headers(.invalidContentLength, "Content-Length: 18446744073709551621", body: "12345"),
    .headers(.invalidContentLength, "Content-Length: 9223372036854775808", body: "12345"),
    .headers(.bodyTooLarge, "Content-Length: 65"),
    .headers(.bodyTooLarge, "Content-Length: 999999999999999999"),
]

private let codingCases: [BadRequest] = [
    .headers(.conflictingLengths, "Content-Length: 5\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
    .headers(.conflictingLengths, "Transfer-Encoding: chunked\r\nContent-Length: 5", body: "0\r\n\r\n"),
    .headers(.conflictingLengths, "Transfer-Encoding: chunked\r\nContent-Length: 0", body: "0\r\n\r\n"),
    .headers(.repeatedTransferEncoding, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
    .headers(.repeatedTransferEncoding, "Transfer-Encoding: chunked\r\nTransfer-encoding: identity", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding: identity\r\nContent-Length: 5", body: "12345"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding: gzip, chunked", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding: chunked, identity", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding: chunked, chunked", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding: chunked;q=1", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding: xchunked", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding: \"chunked\"", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding: 'chunked'", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding: chunked,", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding: , chunked", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding:", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding: CHUNKED", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding:\tchunked", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding: chunked\t", body: "0\r\n\r\n"),
    .headers(.unsupportedTransferEncoding, "Transfer-Encoding: chun\u{212A}ed", body: "0\r\n\r\n"),
    BadRequest(
        .transferEncodingInOldVersion,
        "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
]

private let chunkCases: [BadRequest] = [
    .chunks(.invalidChunkSize, "\r\n"),
    .chunks(.invalidChunkSize, "x\r\n"),
    .chunks(.invalidChunkSize, "0x5\r\n12345\r\n0\r\n\r\n"),
    .chunks(.invalidChunkSize, "+5\r\n12345\r\n0\r\n\r\n"),
    .chunks(.invalidChunkSize, "-1\r\n"),
    .chunks(.invalidChunkSize, " 5\r\n12345\r\n0\r\n\r\n"),
    .chunks(.invalidChunkSize, "5 \r\n12345\r\n0\r\n\r\n"),
    .chunks(.invalidChunkSize, "5\t\r\n12345\r\n0\r\n\r\n"),
    .chunks(.invalidChunkSize, "5_0\r\n12345\r\n0\r\n\r\n"),
    .chunks(.invalidChunkSize, "000000005\r\n12345\r\n0\r\n\r\n"),
    .chunks(.invalidChunkSize, "10000000000000005\r\n12345\r\n0\r\n\r\n"),
    .chunks(.chunkExtension, "5;a=b\r\n12345\r\n0\r\n\r\n"),
    .chunks(.chunkExtension, "5;\r\n12345\r\n0\r\n\r\n"),
    .chunks(.chunkExtension, "0;" + String(repeating: "a", count: 40) + "\r\n\r\n"),
    .chunks(.bareLineFeed, "5\n12345\r\n0\r\n\r\n"),
    .chunks(.bareLineFeed, "\n"),
    .chunks(.bareCarriageReturn, "5\r12345\r\n0\r\n\r\n"),
    .chunks(.invalidChunkEnd, "5\r\n123456\r\n0\r\n\r\n"),
    .chunks(.invalidChunkEnd, "5\r\n12345\n0\r\n\r\n"),
    .chunks(.invalidChunkEnd, "5\r\n12345\r\r0\r\n\r\n"),
    .chunks(.invalidChunkEnd, "5\r\n123450\r\n\r\n"),
    .chunks(.bareLineFeed, "0\r\n\n"),
    .chunks(.bareLineFeed, "0\r\nX: a\n\r\n"),
    .chunks(.obsoleteFolding, "0\r\nX: a\r\n b\r\n\r\n"),
    .chunks(.missingColon, "0\r\nGET\r\n\r\n"),
    .chunks(.whitespaceBeforeColon, "0\r\nGET / HTTP/1.1\r\n\r\n"),
    .chunks(.invalidHeaderValue, "0\r\nX: \u{01}\r\n\r\n"),
    .chunks(.tooManyHeaders, "0\r\n" + (0..<9).map { "X\($0): a\r\n" }.joined() + "\r\n"),
    .chunks(.chunkMetadataTooLarge, "0\r\nX: " + String(repeating: "a", count: 600) + "\r\n\r\n"),
    .chunks(.bodyTooLarge, "41\r\n"),
    .chunks(.bodyTooLarge, "FFFFFFFF\r\n"),
    .chunks(.bodyTooLarge, "40\r\n" + String(repeating: "a", count: 64) + "\r\n1\r\na\r\n0\r\n\r\n"),
]

private let hostCases: [BadRequest] = [
    BadRequest(.missingHost, "GET / HTTP/1.1\r\n\r\n"),
    BadRequest(.missingHost, "GET / HTTP/1.1\r\nX-Host: h\r\n\r\n"),
    BadRequest(.repeatedHost, "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"),
    BadRequest(.repeatedHost, "GET / HTTP/1.0\r\nHost: h\r\nhOST: evil\r\n\r\n"),
    BadRequest(.invalidHost, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    BadRequest(.invalidHost, "GET / HTTP/1.1\r\nHost: h/a\r\n\r\n"),
    BadRequest(.invalidHost, "GET / HTTP/1.1\r\nHost: h evil\r\n\r\n"),
    BadRequest(.invalidHost, "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n"),
    BadRequest(.invalidHost, "GET / HTTP/1.1\r\nHost: h?a\r\n\r\n"),
]
