import AccessPolicy
import Credentials
import HTTPFraming
import Ledger
import Measures
import NIOCore
import Synchronization
import Traces
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
        /// Nowhere: the ledger has an event of the same signed request already.
        case repeated
        case failed
    }

    /// Bytes of further requests that may wait while one is being answered.
    private static let maximumPipelinedBytes = 65_536

    private static let readPath = Array("/api/v1/read/".utf8)

    let loop: LoopContext
    var core: GatewayCore { loop.core }
    var slot = -1

    var context: ChannelHandlerContext?
    private(set) var address: [UInt8] = []
    private(set) var addressText = ""
    var credentials = CheckedCredentials()
    var inbound = ByteBuffer()
    var outbound = ByteBuffer()
    var length: [UInt8] = []
    private var decoded: [UInt8] = []
    private(set) var parser = HTTPRequestParser(limits: HTTPLimits(maximumHeadBytes: 16384, maximumBodyBytes: 16384))
    private var receivingSince: Int64 = 0
    private var sentContinue = false
    var isHead = false
    var closing = false
    var closesAt: Int64 = .max
    var resuming = false
    /// Answers that the socket has not taken whole.
    var unflushed = 0

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

    func receive() {
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
        let arrived = NIODeadline.now()
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
        if case .read = intake { core.metrics.intake.observe(microseconds: Self.microseconds(since: arrived)) }
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
            let outcome: ReadOutcome = error.refusesCaller ? .unauthenticated : .badRequest
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
            let client = try authenticate(bytes, body, route: nil).client
            guard String(decoding: body, as: UTF8.self).split(separator: "&").contains("grant_type=client_credentials")
            else { throw .unsupportedGrant }
            let (token, lifetime) = core.clients.accessToken(for: client, at: core.clock.now())
            return .token(token, lifetime)
        }
        guard bytes[path].starts(with: Self.readPath), query == nil else { throw .unknownRoute }
        guard isPost else { throw .methodNotAllowed }
        let prepared = core.routes.first { bytes[path].elementsEqual($0.path) }
        let name = prepared?.route.name ?? String(decoding: bytes[path].dropFirst(Self.readPath.count), as: UTF8.self)
        let (client, signed) = try authenticate(bytes, body, route: name)
        guard let prepared else { throw .unknownRoute }
        try checkMediaType(bytes)
        let request = try ReadRequest(body)
        let settings = prepared.route
        guard let purpose = request.purpose ?? settings.defaultPurpose,
            let purposeNumber = settings.purposes.firstIndex(of: purpose)
        else { throw .unknownPurpose }
        let state = ReadState(
            prepared: prepared,
            purpose: purposeNumber,
            request: request,
            clientID: client.id,
            eventID: signed.map { Array($0.id.utf8) } ?? loop.newEventID(),
            signed: signed,
            started: NIODeadline.now(),
            timestamp: core.clock.now()
        )
        if let spans = core.spans { state.trace = trace(bytes, of: state.eventID, spans) }
        return .read(state)
    }

    private func trace(_ bytes: UnsafeRawBufferPointer, of eventID: [UInt8], _ spans: SpanQueue) -> ReadTrace {
        // A header that is not valid, or came twice, is as if it were not there.
        let header = (try? parser.head.header("traceparent", in: bytes)) ?? nil
        return ReadTrace(
            header.flatMap { TraceContext(traceparent: bytes[$0]) },
            eventID: eventID,
            ratio: spans.sampleRatio,
            using: &loop.identifiers
        )
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
}
