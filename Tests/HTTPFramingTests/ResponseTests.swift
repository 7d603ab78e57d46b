import HTTPFraming
import Testing

@Suite("Responses")
struct ResponseTests {
    private func parse(_ text: String, answersHead: Bool = false, close: Bool = false) -> Outcome {
        let parser = HTTPResponseParser(limits: testLimits, answersHead: answersHead)
        return outcome(parser, Array(text.utf8), close: close) { Issue.record("pieces differ: \($0) and \($1)") }
    }

    @Test(
        "Bodies by length and by chunks",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200", "hello"),
            ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200", ""),
            ("HTTP/1.0 404 Not \u{E4}\tFound\r\nContent-Length: 2\r\n\r\nno", "404", "no"),
            (
                "HTTP/1.1 200 \r\nTransfer-Encoding: Chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n0;x\r\nT: u\r\n\r\n", "200",
                "hello"
            ),
            ("HTTP/1.1 204 No Content\r\n\r\n", "204", ""),
            ("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "204", ""),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", "304", ""),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
                "200", "x"
            ),
        ]
    )
    func bodies(text: String, status: String, body: String) throws {
        let message = try #require(parse(text).message)
        #expect(message.start == status)
        #expect(message.text == body)
        #expect(message.consumed == text.utf8.count)
        #expect(parse(text, close: true).message == message)
        #expect(parse(text + "HTTP/1.1 5").message == message)
        for count in 0..<text.utf8.count {
            let fault = parse(String(decoding: Array(text.utf8.prefix(count)), as: UTF8.self), close: true).fault
            #expect(fault == .truncatedHead || fault == .truncatedBody)
        }
    }

    @Test("The head of a final response starts after the interim ones")
    func interimOffsets() throws {
        let text = "HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\nC: d\r\n\r\n"
        #expect(try #require(parse(text).message).fields == ["Content-Length=0", "C=d"])
    }

    @Test(
        "A response to HEAD has no body, whatever its headers say",
        arguments: [
            "Content-Length: 100000", "Transfer-Encoding: chunked", "X: y",
        ]
    )
    func head(header: String) throws {
        let text = "HTTP/1.1 200 OK\r\n\(header)\r\n\r\n"
        let message = try #require(parse(text + "HTTP/1.1 200 OK\r\n", answersHead: true).message)
        #expect(message.consumed == text.utf8.count)
        #expect(message.body.isEmpty && message.keepAlive)
    }

    @Test("Without length the body runs until the close")
    func untilClose() throws {
        let text = "HTTP/1.1 200 OK\r\n\r\nhello"
        #expect(parse(text) == .incomplete)
        let message = try #require(parse(text, close: true).message)
        #expect(message.text == "hello" && !message.keepAlive)
        let limit = "HTTP/1.1 200 OK\r\n\r\n" + times(64, "x")
        #expect(parse(limit, close: true).message?.body.count == 64)
        #expect(parse(limit + "x").fault == .bodyTooLarge)
    }

    @Test("Refused responses", arguments: refusals)
    func refused(fault: FramingFault, text: String) {
        let result = parse(text)
        #expect(result.fault == fault)
    }

    @Test(
        "A closed connection is a truncation at the right place",
        arguments: [
            (FramingFault.truncatedHead, ""), (.truncatedHead, "HTTP/1.1 200 OK\r\n"),
            (.truncatedHead, "HTTP/1.1 100 Continue\r\n\r\n"),
            (.truncatedBody, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx"),
            (.truncatedBody, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"),
        ]
    )
    func truncated(fault: FramingFault, text: String) {
        let error = FramingError(fault, from: .server, at: text.utf8.count)
        #expect(parse(text, close: true) == .refused(error))
        #expect(error.status == 502)
    }

    @Test("Reset remembers nothing but limits and failure")
    func reset() throws {
        var parser = HTTPResponseParser(limits: testLimits, answersHead: true)
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n".utf8)
        let whole = head + [0x78]
        #expect(try #require(feed(&parser, whole).message).consumed == head.count)
        parser.reset()
        #expect(try #require(feed(&parser, whole).message).consumed == whole.count)
        parser.reset(answersHead: true)
        #expect(try #require(feed(&parser, whole).message).consumed == head.count)
        parser.reset()
        #expect(feed(&parser, head, close: true).fault == .truncatedBody)
        parser.reset()
        #expect(feed(&parser, whole).fault == .truncatedBody)
    }
}

private func times(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }

private let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

private let refusals: [(FramingFault, String)] = [
    (.invalidStatusLine, "HTTP/1.1 20 OK\r\n\r\n"),
    (.invalidStatusLine, "HTTP/1.1 2000 OK\r\n\r\n"),
    (.invalidStatusLine, "HTTP/1.1  200 OK\r\n\r\n"),
    (.invalidStatusLine, "HTTP/1.1 099 OK\r\n\r\n"),
    (.invalidStatusLine, "HTTP/1.1 600 OK\r\n\r\n"),
    (.invalidStatusLine, "HTTP/1.1 2x0 OK\r\n\r\n"),
    (.invalidStatusLine, "HTTP/1.1 200\tOK\r\n\r\n"),
    (.invalidStatusLine, "ICY 200 OK OK\r\n\r\n"),
    (.invalidStatusLine, "\r\nHTTP/1.1 200 OK\r\n\r\n"),
    (.invalidHeaderValue, "HTTP/1.1 200 O\u{01}K\r\n\r\n"),
    (.bareCarriageReturn, "HTTP/1.1 200 O\rK\r\n\r\n"),
    (.bareLineFeed, "HTTP/1.1 200 OK\n\n"),
    (.unsupportedVersion, "HTTP/2.0 200 OK\r\n\r\n"),
    (.headTooLarge, "HTTP/1.1 200 " + times(600, "x")),
    (.obsoleteFolding, "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"),
    (.conflictingLengths, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
    (.transferEncodingInOldVersion, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    (.repeatedContentLength, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"),
    (.unsupportedTransferEncoding, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
    (.bodyTooLarge, "HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n"),
    (.bodyNotAllowed, "HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\n"),
    (.bodyNotAllowed, "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"),
    (.bodyNotAllowed, "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n"),
    (.unexpectedUpgrade, "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"),
    (.tooManyInterimResponses, times(9, "HTTP/1.1 102 P\r\n\r\n")),
    (.headTooLarge, times(8, "HTTP/1.1 102 P\r\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA: b\r\n\r\n")),
    (.invalidChunkSize, chunked + "5 ;a\r\n"),
    (.invalidHeaderValue, chunked + "5;a\u{00}\r\n"),
    (.bareCarriageReturn, chunked + "5;a\rb\r\n"),
    (
        .chunkMetadataTooLarge,
        chunked + "5;" + times(600, "a") + "\r\n"
    ),
    (
        .chunkMetadataTooLarge,
        chunked + times(12, "1;" + times(50, "a") + "\r\nx\r\n")
    ),
    (.invalidChunkSize, chunked + times(600, "0")),
]
