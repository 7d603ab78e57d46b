import HTTPFraming
import NIOCore

extension ReadConnection {
    /// How long a client that has been told that the connection ends may go on sending, in milliseconds. Closing at once would
    /// reset the connection, and it might never read its answer.
    private static let lingerMilliseconds: Int64 = 1000

    /// Sends a problem and makes ready for the next request.
    func answer(_ problem: Problem, receipt: String?) {
        stage = .receiving
        read = nil
        write(problem, receipt: receipt)
        resume()
    }

    func write(_ problem: Problem, receipt: String?) {
        var headers = ""
        if let seconds = problem.retryAfterSeconds { headers += "Retry-After: \(seconds)\r\n" }
        if problem.status == 401 { headers += "WWW-Authenticate: Basic realm=\"muniment\", Bearer\r\n" }
        if problem == .methodNotAllowed { headers += "Allow: POST\r\n" }
        if let receipt { headers += "Muniment-Receipt: \(receipt)\r\n" }
        write(
            status: Self.statusLine(problem.status),
            type: "application/problem+json",
            headers: headers,
            body: problem.document(receipt: receipt)
        )
    }

    /// Sends a response and makes ready for the next request.
    func answer(status: StaticString, type: StaticString, headers: String, body: [UInt8]) {
        stage = .receiving
        read = nil
        write(status: status, type: type, headers: headers, body: body)
        resume()
    }

    /// Sends released data and makes ready for the next request.
    func release(_ eventID: [UInt8], binding: String, receipt: String) {
        stage = .receiving
        read = nil
        guard let context = beginResponse("200 OK", type: "application/json") else { return }
        outbound.writeStaticString("Muniment-Receipt: ")
        outbound.writeString(receipt)
        outbound.writeStaticString("\r\nMuniment-Event: ")
        outbound.writeBytes(eventID)
        outbound.writeStaticString("\r\nMuniment-Binding: ")
        outbound.writeString(binding)
        outbound.writeStaticString("\r\n")
        endResponse(context, body: body, released: eventID)
        resume()
    }

    private func write(status: StaticString, type: StaticString, headers: String, body: [UInt8]) {
        guard let context = beginResponse(status, type: type) else { return }
        outbound.writeString(headers)
        endResponse(context, body: body, released: nil)
    }

    private func beginResponse(_ status: StaticString, type: StaticString) -> ChannelHandlerContext? {
        guard isOpen, let context else { return nil }
        outbound.clear()
        outbound.writeStaticString("HTTP/1.1 ")
        outbound.writeStaticString(status)
        outbound.writeStaticString("\r\nContent-Type: ")
        outbound.writeStaticString(type)
        outbound.writeStaticString("\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n")
        return context
    }

    /// - Parameter released: the event of the data in the body; when the client does not take all of it, a correction says so.
    private func endResponse(_ context: ChannelHandlerContext, body: [UInt8], released: [UInt8]?) {
        if !keepAlive { outbound.writeStaticString("Connection: close\r\n") }
        outbound.writeStaticString("Content-Length: ")
        length.removeAll(keepingCapacity: true)
        HTTPText.appendDecimal(body.count, to: &length)
        outbound.writeBytes(length)
        outbound.writeStaticString("\r\n\r\n")
        if !isHead { outbound.writeBytes(body) }
        closing = !keepAlive
        context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
        let left = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        if left > 0 || closing { follow(context, released, sent: max(0, body.count - left)) }
    }

    /// Waits until the socket has taken everything so far: an empty write comes after all that was written before it.
    private func follow(_ context: ChannelHandlerContext, _ released: [UInt8]?, sent: Int) {
        unflushed += 1
        let flushed = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: loop.loop)
        flushed.futureResult.whenComplete { result in bound.value.flushed(result, released, sent: sent) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: flushed)
    }

    private func flushed(_ result: Result<Void, any Error>, _ released: [UInt8]?, sent: Int) {
        unflushed -= 1
        if case .failure = result, let released {
            loop.correct(eventID: released, outcome: "client_gone", bytesSentAtLeast: sent)
        }
        guard closing, unflushed == 0 else { return }
        closesAt = LoopContext.now() + Self.lingerMilliseconds
        context?.close(mode: .output, promise: nil)
    }

    /// Goes on with a request that is here already, once the present call has returned.
    func resume() {
        guard inbound.readableBytes > 0, !resuming, isOpen, case .receiving = stage else { return }
        resuming = true
        let bound = NIOLoopBound(self, eventLoop: loop.loop)
        loop.loop.execute {
            bound.value.resuming = false
            bound.value.receive()
        }
    }

    func send(staticBytes: StaticString) {
        guard let context else { return }
        outbound.clear()
        outbound.writeStaticString(staticBytes)
        context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
    }

    private static func statusLine(_ status: Int) -> StaticString {
        switch status {
        case 400: "400 Bad Request"
        case 401: "401 Unauthorized"
        case 403: "403 Forbidden"
        case 404: "404 Not Found"
        case 405: "405 Method Not Allowed"
        case 413: "413 Content Too Large"
        case 415: "415 Unsupported Media Type"
        case 429: "429 Too Many Requests"
        case 502: "502 Bad Gateway"
        case 503: "503 Service Unavailable"
        case 504: "504 Gateway Timeout"
        default: "500 Internal Server Error"
        }
    }
}
