import Genesys
import HTTPFraming
import NIOCore

/// One connection to an upstream; one exchange at a time.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let pool: UpstreamPool
    private let lines: [UInt8]
    private var context: ChannelHandlerContext?
    private var inbound = ByteBuffer()
    private var outbound = ByteBuffer()
    private var decoded: [UInt8] = []
    private var parser = HTTPResponseParser(limits: HTTPLimits(maximumHeadBytes: 16384, maximumBodyBytes: 1 << 20))
    private var read: ReadConnection?
    private var readNumber: UInt64 = 0
    /// Whether an exchange was completed before: then the upstream may close it at any moment through no fault of the request.
    private var reused = false
    private var isClosed = false
    /// What its end means for the read on it.
    private var endMeans = UpstreamFailure.broken
    var idleSince: Int64 = 0

    init(pool: UpstreamPool, authority: String) {
        self.pool = pool
        var text = " HTTP/1.1\r\nHost: \(authority)\r\n"
        for header in pool.upstream.headers { text += "\(header.name): \(header.value.reveal())\r\n" }
        // An answer is read by this program alone, and must not be compressed.
        text += "Accept: application/json\r\nAccept-Encoding: identity\r\nUser-Agent: muniment\r\n"
        lines = Array(text.utf8)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func close() { context?.close(promise: nil) }

    /// Sends a read's request and hands it the answer.
    func exchange(_ read: ReadConnection, number: UInt64) {
        guard !isClosed, let context else {
            return read.upstreamFailed(.unavailable, number: number, mayRetry: false)
        }
        guard read.awaitsUpstream(number), let state = read.read else {
            // The read ended while its connection was being made.
            return pool.returned(self)
        }
        self.read = read
        readNumber = number
        read.exchange = self
        let maximum = state.prepared.route.maximumResponseBytes
        if parser.limits.maximumBodyBytes != maximum || !reused {
            parser = HTTPResponseParser(limits: HTTPLimits(maximumHeadBytes: 16384, maximumBodyBytes: maximum))
        } else {
            parser.reset()
        }
        outbound.clear()
        state.prepared.writeStartLine(state.request.customer, to: &outbound)
        outbound.writeBytes(lines)
        outbound.writeStaticString("X-Request-ID: ")
        outbound.writeBytes(state.eventID)
        if let trace = state.trace {
            outbound.writeStaticString("\r\ntraceparent: ")
            outbound.writeString(trace.traceparent)
        }
        if let body = state.prepared.body(state.request.customer) {
            outbound.writeStaticString("\r\nContent-Type: application/json\r\nContent-Length: ")
            var length: [UInt8] = []
            HTTPText.appendDecimal(body.count, to: &length)
            outbound.writeBytes(length)
            outbound.writeStaticString("\r\n\r\n")
            outbound.writeBytes(body)
        } else {
            outbound.writeStaticString("\r\n\r\n")
        }
        context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
    }

    /// The read no longer wants the answer: what is still to come would be taken for the next one's.
    /// - Parameter late: the upstream had its time, so this counts as its failure.
    func abandon(late: Bool) {
        if late { pool.failed() }
        finished()
        close()
    }

    private func finished() {
        read?.exchange = nil
        read = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if inbound.readableBytes == 0 { inbound = bytes } else { inbound.writeBuffer(&bytes) }
        guard read != nil else {
            // Nothing was asked: an answer that nobody waits for makes the connection untrustworthy.
            close()
            return
        }
        advance()
    }

    private func advance() {
        do throws(FramingError) {
            while true {
                let step = try inbound.withUnsafeReadableBytes { bytes throws(FramingError) in
                    try parser.parse(bytes, into: &decoded)
                }
                switch step {
                case .needMore: return
                case .head: continue
                case .complete(let body, let consumed): return complete(body, consumed)
                }
            }
        } catch {
            fail(error.fault == .bodyTooLarge ? .tooLarge : .invalid)
        }
    }

    private func complete(_ body: HTTPBody, _ consumed: Int) {
        guard let read else { return }
        finished()
        let number = readNumber
        reused = true
        let keep = parser.head.keepAlive && inbound.readableBytes == consumed
        if parser.status < 500 { pool.succeeded() } else { pool.failed() }
        inbound.withUnsafeReadableBytes { bytes in
            let answer = UpstreamAnswer(status: parser.status, isJSON: isJSON(bytes), isEncoded: isEncoded(bytes))
            switch body {
            case .inBuffer(let range):
                read.upstreamAnswered(answer, UnsafeRawBufferPointer(rebasing: bytes[range]), number: number)
            case .decoded: decoded.withUnsafeBytes { read.upstreamAnswered(answer, $0, number: number) }
            }
        }
        inbound = ByteBuffer()
        decoded.removeAll(keepingCapacity: decoded.capacity <= 1 << 16)
        if keep, !isClosed { pool.returned(self) } else { close() }
    }

    private func isJSON(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let range = try? parser.head.header("content-type", in: bytes) else { return false }
        if HTTPText.equals(bytes, range, ignoringCase: "application/json") { return true }
        let type = range.prefix { bytes[$0] != UInt8(ascii: ";") && bytes[$0] != UInt8(ascii: " ") }
        let text = String(decoding: type.map { bytes[$0] }, as: UTF8.self).lowercased()
        return text == "application/json" || (text.hasPrefix("application/") && text.hasSuffix("+json"))
    }

    private func isEncoded(_ bytes: UnsafeRawBufferPointer) -> Bool {
        do throws(FramingFault) {
            guard let range = try parser.head.header("content-encoding", in: bytes) else { return false }
            return !HTTPText.equals(bytes, range, ignoringCase: "identity")
        } catch {
            return true
        }
    }

    private func fail(_ failure: UpstreamFailure) {
        guard let read else { return close() }
        finished()
        // A record that is too large says nothing about the upstream's health.
        if failure == .invalid { pool.failed() }
        read.upstreamFailed(failure, number: readNumber, mayRetry: false)
        close()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        if let read {
            // A body that ends with the connection is complete now.
            if inbound.readableBytes > 0, case .complete(let body, let consumed)? = try? parser.finish() {
                complete(body, consumed)
            } else {
                finished()
                let untouched = reused && inbound.readableBytes == 0
                if !untouched { pool.failed() }
                read.upstreamFailed(endMeans, number: readNumber, mayRetry: untouched)
            }
        }
        pool.closed(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // TLS that fails before anything was answered means that nobody to be trusted is there.
        if !reused, inbound.readableBytes == 0, !(error is IOError) { endMeans = .unavailable }
        context.close(promise: nil)
    }
}

/// What an upstream's answer says before its body is looked at.
struct UpstreamAnswer {
    let status: Int
    let isJSON: Bool
    let isEncoded: Bool
}
