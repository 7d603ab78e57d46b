import AccessPolicy
import Credentials
import HTTPFraming
import NIOCore
import Synchronization
import WallTime

/// One client connection of the data plane; one read at a time.
///
/// A read passes through: request complete → binding → upstream → record durable → answer. Nothing of a body leaves before the record
/// is durable.
final class ReadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Where a read stands.
    enum Stage {
        /// Waiting for a request, or in the middle of one.
        case receiving
        /// Waiting for the platform's facts until the moment given.
        case binding(until: Int64)
        /// Waiting for the upstream.
        case upstream
        /// Waiting for the record to be durable.
        case recording
    }

    /// Where a record went.
    enum Recorded {
        case ledger(UInt64)
        case spool
        case failed
    }

    /// How long a client that has been told that the connection ends may go on sending, in milliseconds. Closing at once would
    /// reset the connection, and it might never read its answer.
    private static let lingerMilliseconds: Int64 = 1000
    /// Bytes of further requests that may wait while one is being answered.
    private static let maximumPipelinedBytes = 65_536

    private static let readPath = Array("/api/v1/read/".utf8)

    let loop: LoopContext
    var core: GatewayCore { loop.core }
    var slot = -1

    private var context: ChannelHandlerContext?
    private var address: [UInt8] = []
    private var addressText = ""
    private var credentials = CheckedCredentials()
    private var inbound = ByteBuffer()
    private var outbound = ByteBuffer()
    private var length: [UInt8] = []
    private var decoded: [UInt8] = []
    private var parser = HTTPRequestParser(limits: HTTPLimits(maximumHeadBytes: 16384, maximumBodyBytes: 16384))
    private var receivingSince: Int64 = 0
    private var sentContinue = false
    private var isHead = false
    private var closing = false
    private var closesAt: Int64 = .max
    private var resuming = false
    /// Answers that the socket has not taken whole.
    private var unflushed = 0

    // The read under way.
    var stage = Stage.receiving
    var number: UInt64 = 0
    var read: ReadState?
    var keepAlive = true
    /// The projected body, kept until its record is durable.
    var body: [UInt8] = []
    /// The upstream connection that works for the read.
    var exchange: UpstreamConnection?

    init(loop: LoopContext) { self.loop = loop }

    var isBusy: Bool {
        if case .receiving = stage { return unflushed > 0 || (!closing && inbound.readableBytes > 0) }
        return true
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        receivingSince = LoopContext.now()
        addressText = context.remoteAddress?.ipAddress ?? ""
        address = IPAddress.bytes(addressText) ?? []
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        loop.remove(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard !closing else { return }
        if inbound.readableBytes == 0 {
            inbound = bytes
            if case .receiving = stage { receivingSince = LoopContext.now() }
        } else {
            inbound.writeBuffer(&bytes)
        }
        // Pipelined requests wait their turn.
        if case .receiving = stage { receive() } else if inbound.readableBytes > Self.maximumPipelinedBytes { close() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        closing = true
        clientGone()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { resume() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func tick(_ now: Int64, draining: Bool) {
        switch stage {
        case .receiving:
            if closing {
                if now >= closesAt { context?.close(promise: nil) }
                return
            }
            let started = inbound.readableBytes > 0
            if draining, !isBusy { return close() }
            let settings = core.settings
            if now - receivingSince > Int64(started ? settings.receiveMilliseconds : settings.idleMilliseconds) {
                close()
            }
        case .binding(let until):
            if now >= until { bindingLate() }
        case .upstream:
            if let read, now >= read.upstreamDeadline { upstreamLate() }
        case .recording:
            guard let read, !read.answered else { return }
            if now >= read.deadline { recordingLate() } else if now >= read.journalAt { journal() }
        }
    }

    func close() {
        closing = true
        context?.close(promise: nil)
    }

    var isOpen: Bool { !closing && context != nil }

    // MARK: Receiving

    private func receive() {
        // A client that does not take its answers gets no further ones.
        while case .receiving = stage, isOpen, context?.channel.isWritable == true {
            do throws(FramingError) {
                let step = try inbound.withUnsafeReadableBytes { bytes throws(FramingError) in
                    try parser.parse(bytes, into: &decoded)
                }
                switch step {
                case .needMore:
                    return
                case .head:
                    if parser.head.expectContinue, !sentContinue {
                        sentContinue = true
                        send(staticBytes: "HTTP/1.1 100 Continue\r\n\r\n")
                    }
                case .complete(let body, let consumed):
                    complete(body, consumed)
                }
            } catch {
                keepAlive = false
                isHead = false
                core.metrics.count(.badRequest)
                answer(Problem(error), receipt: nil)
                return
            }
        }
    }

    private func complete(_ body: HTTPBody, _ consumed: Int) {
        keepAlive = parser.head.keepAlive && !core.draining.load(ordering: .relaxed)
        number = loop.nextReadNumber()
        // What is needed of the request is copied out of the buffer here; afterwards its bytes are gone.
        inbound.withUnsafeReadableBytes { bytes in
            switch body {
            case .inBuffer(let range): begin(bytes, UnsafeRawBufferPointer(rebasing: bytes[range]))
            case .decoded: decoded.withUnsafeBytes { begin(bytes, $0) }
            }
        }
        inbound.moveReaderIndex(forwardBy: consumed)
        // Letting go of the bytes lets the event loop use them again.
        if inbound.readableBytes == 0 { inbound = ByteBuffer() }
        decoded.removeAll(keepingCapacity: true)
        parser.reset()
        sentContinue = false
        receivingSince = LoopContext.now()
        start()
    }

    private enum Intake {
        case read(ReadState)
        case problem(Problem, ReadOutcome)
        case token(String, Int64)
        case alive
    }

    private var intake = Intake.alive

    /// Understands the request; what follows from it happens in `start`, when the buffer is free again.
    private func begin(_ bytes: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) {
        do throws(Problem) {
            intake = try understand(bytes, body)
        } catch {
            let outcome: ReadOutcome = error == .unauthenticated || error == .forbidden ? .unauthenticated : .badRequest
            intake = .problem(error, outcome)
        }
    }

    private func understand(_ bytes: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) throws(Problem) -> Intake {
        let (path, query) = HTTPText.splitTarget(bytes, parser.target)
        let isPost = bytes[parser.method].elementsEqual("POST".utf8)
        isHead = bytes[parser.method].elementsEqual("HEAD".utf8)
        if bytes[path].elementsEqual("/healthz".utf8) { return .alive }
        if bytes[path].elementsEqual("/oauth/token".utf8) {
            guard isPost else { throw .methodNotAllowed }
            let client = try authenticate(bytes, route: nil)
            guard String(decoding: body, as: UTF8.self).split(separator: "&").contains("grant_type=client_credentials")
            else { throw .unsupportedGrant }
            let (token, lifetime) = core.clients.accessToken(for: client, at: core.clock.now())
            return .token(token, lifetime)
        }
        guard bytes[path].starts(with: Self.readPath), query == nil else { throw .unknownRoute }
        guard isPost else { throw .methodNotAllowed }
        let prepared = core.routes.first { bytes[path].elementsEqual($0.path) }
        let name = prepared?.route.name ?? String(decoding: bytes[path].dropFirst(Self.readPath.count), as: UTF8.self)
        let client = try authenticate(bytes, route: name)
        guard let prepared else { throw .unknownRoute }
        try checkMediaType(bytes)
        let request = try ReadRequest(body)
        let settings = prepared.route
        guard let purpose = request.purpose ?? settings.defaultPurpose,
            let purposeNumber = settings.purposes.firstIndex(of: purpose)
        else { throw .unknownPurpose }
        return .read(
            ReadState(
                prepared: prepared,
                purpose: purposeNumber,
                request: request,
                clientID: client.id,
                eventID: loop.newEventID(),
                started: NIODeadline.now(),
                timestamp: core.clock.now()
            )
        )
    }

    private func authenticate(_ bytes: UnsafeRawBufferPointer, route: String?) throws(Problem) -> APIClient {
        var failure: AuthenticationFailure
        do {
            let header = try parser.head.header("authorization", in: bytes)
            let value = header.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
            let client: APIClient
            if route != nil {
                client = try core.clients.authenticate(
                    value,
                    from: address,
                    at: core.clock.now(),
                    remembering: &credentials
                )
            } else {
                // A token is made for a secret only: one that renewed itself would never end.
                client = try core.clients.authenticate(
                    value,
                    from: address,
                    at: core.clock.now(),
                    acceptingTokens: false
                )
            }
            guard let route, !client.allows(.read(route: route)) else { return client }
            failure = .scope
        } catch {
            failure = (error as? AuthenticationFailure) ?? .malformed
        }
        core.failures.note(failure, from: addressText)
        throw failure.status == 403 ? .forbidden : .unauthenticated
    }

    private func checkMediaType(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        let header: Range<Int>?
        do throws(FramingFault) { header = try parser.head.header("content-type", in: bytes) } catch {
            throw .unsupportedMediaType
        }
        guard let header else { throw .unsupportedMediaType }
        let type = header.prefix { bytes[$0] != UInt8(ascii: ";") && bytes[$0] != UInt8(ascii: " ") }
        guard HTTPText.equals(bytes, type.startIndex..<type.endIndex, ignoringCase: "application/json") else {
            throw .unsupportedMediaType
        }
    }

    private func start() {
        switch intake {
        case .read(let state):
            intake = .alive
            begin(state)
        case .problem(let problem, let outcome):
            core.metrics.count(outcome)
            answer(problem, receipt: nil)
        case .token(let token, let lifetime):
            answer(
                status: "200 OK",
                type: "application/json",
                headers: "",
                body: Array("{\"access_token\":\"\(token)\",\"token_type\":\"bearer\",\"expires_in\":\(lifetime)}".utf8)
            )
        case .alive:
            answer(status: "200 OK", type: "text/plain", headers: "", body: Array("ok\n".utf8))
        }
    }

    // MARK: Answering

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
        if problem == .unauthenticated { headers += "WWW-Authenticate: Basic realm=\"muniment\", Bearer\r\n" }
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
    private func answer(status: StaticString, type: StaticString, headers: String, body: [UInt8]) {
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
    private func resume() {
        guard inbound.readableBytes > 0, !resuming, isOpen, case .receiving = stage else { return }
        resuming = true
        let bound = NIOLoopBound(self, eventLoop: loop.loop)
        loop.loop.execute {
            bound.value.resuming = false
            bound.value.receive()
        }
    }

    private func send(staticBytes: StaticString) {
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
