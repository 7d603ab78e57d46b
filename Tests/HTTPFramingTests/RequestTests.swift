import HTTPFraming
import Testing

@Suite("Requests")
struct RequestTests {
    private func parse(_ text: String, limits: HTTPLimits = testLimits) -> Outcome {
        request(text, limits: limits) { Issue.record("pieces differ: \($0) and \($1)") }
    }

    @Test("A bad request is refused by the rule it breaks, however it is cut", arguments: smugglingCorpus)
    func corpus(bad: BadRequest) {
        let result = outcome(HTTPRequestParser(limits: testLimits), bad.bytes) {
            Issue.record("pieces differ: \($0) and \($1)")
        }
        #expect(result.fault == bad.fault)
    }

    @Test("The corpus covers every fault of a request")
    func corpusIsComplete() {
        let elsewhere: Set<FramingFault> = [
            .bufferShrank, .truncatedBody, .truncatedHead, .repeatedHeader, .invalidStatusLine, .bodyNotAllowed,
            .tooManyInterimResponses, .unexpectedUpgrade,
        ]
        #expect(Set(smugglingCorpus.map(\.fault)).union(elsewhere) == Set(FramingFault.allCases))
    }

    @Test("A request without body")
    func get() throws {
        let text = "GET /a/%2F?b=c&d HTTP/1.1\r\nHost: example.com:8080\r\nX-A:  b\t c \t\r\nEmpty:\r\n\r\n"
        let message = try #require(parse(text).message)
        #expect(message.start == "GET /a/%2F?b=c&d")
        #expect(message.fields == ["Host=example.com:8080", "X-A=b\t c", "Empty="])
        #expect(message.body.isEmpty)
        #expect(message.consumed == text.utf8.count)
        #expect(message.keepAlive && !message.chunked && message.contentLength == nil)
    }

    @Test(
        "Bodies",
        arguments: [
            ("Content-Length: 5\r\n\r\nhello", "hello"),
            ("Content-Length: 0\r\n\r\n", ""),
            ("content-length:5\r\n\r\nhello", "hello"),
            ("CONTENT-LENGTH:   5  \r\n\r\nhello", "hello"),
            ("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""),
            ("transfer-encoding:chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello"),
            ("Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n00000004\r\nello\r\n0000\r\n\r\n", "hello"),
            ("Transfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"),
            (
                "Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
                "01234567890123456789"
            ),
            ("Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nContent-Length: 9\r\nX: y\r\n\r\n", "x"),
        ]
    )
    func bodies(rest: String, body: String) throws {
        let text = "POST /a HTTP/1.1\r\nHost: h\r\n" + rest
        let message = try #require(parse(text).message)
        #expect(message.text == body)
        #expect(message.consumed == text.utf8.count)
        for count in 0..<text.utf8.count {
            var parser = HTTPRequestParser(limits: testLimits)
            #expect(feed(&parser, Array(text.utf8.prefix(count))) == .incomplete)
        }
        // What follows is not looked at.
        #expect(parse(text + "\u{00}\nGARBAGE").message == message)
    }

    @Test(
        "Whether the connection may be kept",
        arguments: [
            ("1.1", "X: y", true), ("1.1", "Connection: close", false), ("1.1", "Connection: Keep-Alive", true),
            ("1.1", "connection: foo ,\tCLOSE", false), ("1.1", "Connection: closed", true),
            ("1.1", "Connection: ,,", true),
            ("1.1", "Connection: a\r\nConnection: close", false), ("1.0", "X: y", false),
            ("1.0", "Connection: keep-alive", true),
            ("1.0", "Connection: keep-alive, close", false),
        ]
    )
    func keepAlive(version: String, header: String, expected: Bool) throws {
        let message = try #require(parse("GET / HTTP/\(version)\r\nHost: h\r\n\(header)\r\n\r\n").message)
        #expect(message.keepAlive == expected)
    }

    @Test("Expect: 100-continue is reported before the body, and ignored in HTTP/1.0")
    func expectContinue() throws {
        let rest = "\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx"
        #expect(try #require(parse("PUT / HTTP/1.1" + rest).message).expectContinue)
        #expect(try #require(parse("PUT / HTTP/1.0" + rest).message).expectContinue == false)
    }

    @Test("HTTP/1.0 needs no Host")
    func oldVersion() throws {
        #expect(try #require(parse("GET / HTTP/1.0\r\n\r\n").message).start == "GET /")
    }

    @Test("Limits hold exactly")
    func limits() throws {
        let text = "GET / HTTP/1.1\r\nHost: h\r\nX: yz\r\n\r\n"
        let size = text.utf8.count
        func limits(_ head: Int, _ count: Int) -> HTTPLimits {
            HTTPLimits(maximumHeadBytes: head, maximumHeaderCount: count, maximumBodyBytes: 0)
        }
        #expect(parse(text, limits: limits(size, 2)).message != nil)
        #expect(parse(text, limits: limits(size - 1, 2)).fault == .headTooLarge)
        #expect(parse(text, limits: limits(size, 1)).fault == .tooManyHeaders)
        #expect(parse(text, limits: limits(16, 1)).fault == .headTooLarge)
        #expect(parse(text, limits: limits(15, 1)).fault == .targetTooLong)
        #expect(parse(text, limits: limits(-1, -1)).fault == .targetTooLong)
        let body = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 64\r\n\r\n" + String(repeating: "b", count: 64)
        #expect(parse(body).message?.body.count == 64)
        let huge = HTTPLimits(maximumHeadBytes: .max, maximumHeaderCount: .max, maximumBodyBytes: .max)
        #expect(parse(body, limits: huge).message?.body.count == 64)
        let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n"
        #expect(parse(chunked, limits: huge).message?.text == "x")
    }

    @Test("A body over its limit is refused at the head, before a byte of it arrives")
    func earlyRefusal() {
        let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65\r\n\r\n"
        #expect(parse(head).fault == .bodyTooLarge)
    }

    @Test("Pipelined requests are taken one by one, each from its own first byte")
    func pipelining() throws {
        let texts = [
            "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n",
            "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
            "POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n",
            "GET /4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        ]
        var buffer = Array(texts.joined().utf8)
        var parser = HTTPRequestParser(limits: testLimits)
        for (index, text) in texts.enumerated() {
            let message = try #require(feed(&parser, buffer).message)
            #expect(message.start.hasSuffix("/\(index + 1)"))
            #expect(message.text == ["", "abc", "de", ""][index])
            #expect(message.consumed == text.utf8.count)
            #expect(message.keepAlive == (index < 3))
            buffer.removeFirst(message.consumed)
            parser.reset()
        }
        #expect(buffer.isEmpty)
        #expect(feed(&parser, buffer) == .incomplete)
    }

    @Test("The head step comes once, and a complete request stays complete")
    func steps() throws {
        let bytes = Array("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx".utf8)
        var parser = HTTPRequestParser(limits: testLimits)
        var decoded: [UInt8] = []
        func parse(_ count: Int) throws -> ParseStep {
            try bytes[..<count].withUnsafeBytes { try parser.parse($0, into: &decoded) }
        }
        let end = bytes.count
        #expect(try parse(end - 2) == .needMore)
        #expect(try parse(end - 1) == .head)
        #expect(parser.head.range == 0..<end - 1 && parser.head.contentLength == 1)
        #expect(try parse(end - 1) == .needMore)
        let complete = ParseStep.complete(body: .inBuffer(end - 1..<end), consumed: end)
        #expect(try parse(end) == complete)
        #expect(try parse(end) == complete)
        #expect(throws: FramingError(.bufferShrank, from: .client, at: end - 1)) { try parse(end - 1) }
    }

    @Test("A refused connection stays refused")
    func refusalStays() {
        var parser = HTTPRequestParser(limits: testLimits)
        let error = FramingError(.missingHost, from: .client, at: 18)
        #expect(feed(&parser, Array("GET / HTTP/1.1\r\n\r\n".utf8)) == .refused(error))
        parser.reset()
        #expect(feed(&parser, Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)) == .refused(error))
    }

    @Test("Header look-up ignores case and refuses to choose among repeated headers")
    func lookUp() throws {
        let bytes = Array("GET / HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nx-two: 2\r\nX-TWO: 3\r\n\r\n".utf8)
        var parser = HTTPRequestParser(limits: testLimits)
        _ = try #require(feed(&parser, bytes).message)
        try bytes.withUnsafeBytes { pointer in
            let range = try #require(try parser.head.header("x-one", in: pointer))
            #expect(bytes[range] == [0x31])
            #expect(try parser.head.header("x-on", in: pointer) == nil)
            #expect(throws: FramingFault.repeatedHeader) { try parser.head.header("x-two", in: pointer) }
        }
    }

    @Test("Errors name rule, place and remedy, and answer with the right status")
    func errors() {
        let error = FramingError(.repeatedHost, from: .client, at: 25)
        #expect(
            error.description == "byte 25 of the request: Host was sent more than once; send it once [repeated-host]"
        )
        let statuses: [FramingFault: Int] = [
            .bodyTooLarge: 413, .targetTooLong: 414, .unsupportedExpectation: 417, .headTooLarge: 431,
            .tooManyHeaders: 431, .chunkMetadataTooLarge: 431, .unsupportedTransferEncoding: 501, .methodTooLong: 501,
            .unsupportedVersion: 505, .bufferShrank: 500,
        ]
        for fault in FramingFault.allCases {
            #expect(FramingError(fault, from: .client, at: 0).status == statuses[fault] ?? 400)
            #expect(FramingError(fault, from: .server, at: 0).status == 502)
        }
    }
}
