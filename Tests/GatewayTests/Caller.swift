import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

/// A response, taken apart strictly.
struct Reply: Sendable {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var receipt: UInt64? { headers["muniment-receipt"].flatMap { UInt64($0) } }
}

struct CallerError: Error, CustomStringConvertible {
    let description: String
}

/// One connection of a client, on which anything can be sent and from which nothing is taken for granted.
final class Caller: Sendable {
    private final class Arrived: Sendable {
        let count = Atomic<Int>(0)
    }

    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let continuation: AsyncStream<[UInt8]>.Continuation
        let arrived: Arrived

        init(_ continuation: AsyncStream<[UInt8]>.Continuation, _ arrived: Arrived) {
            self.continuation = continuation
            self.arrived = arrived
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            arrived.count.wrappingAdd(1, ordering: .relaxed)
            continuation.yield(Array(unwrapInboundIn(data).readableBytesView))
        }

        func channelInactive(context: ChannelHandlerContext) { continuation.finish() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    let channel: any Channel
    private let incoming: AsyncStream<[UInt8]>
    private let pending = Mutex<[UInt8]>([])
    private let arrived: Arrived

    init(port: Int, tls: TLSConfiguration? = nil, receiveBuffer: Int? = nil) async throws {
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
        incoming = stream
        let arrived = Arrived()
        self.arrived = arrived
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    if let context {
                        try operations.addHandler(NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                    }
                    try operations.addHandler(Collector(continuation, arrived))
                }
            }
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer))
        }
        channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
    }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)).get() }

    func close() async { try? await channel.close() }

    func pauseReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

    func resumeReading() async throws { try await channel.setOption(.autoRead, value: true).get() }

    /// Whether anything has arrived so far.
    var hasReceived: Bool { arrived.count.load(ordering: .relaxed) > 0 }

    /// The next response.
    func reply(withoutBody: Bool = false) async throws -> Reply {
        var bytes = pending.withLock { $0 }
        var chunks = incoming.makeAsyncIterator()
        while true {
            if let (reply, used) = try Self.parse(bytes, withoutBody) {
                if reply.status >= 200 {
                    pending.withLock { $0 = Array(bytes[used...]) }
                    return reply
                }
                bytes.removeFirst(used)
                continue
            }
            guard let chunk = await chunks.next() else {
                throw CallerError(description: "closed after \(bytes.count) bytes of a response")
            }
            bytes += chunk
        }
    }

    /// Everything until the server closes.
    func rest() async -> [UInt8] {
        var bytes = pending.withLock { $0 }
        for await chunk in incoming { bytes += chunk }
        return bytes
    }

    private static func parse(_ bytes: [UInt8], _ withoutBody: Bool) throws -> (Reply, Int)? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n", omittingEmptySubsequences: false)
        let start = lines[0].split(separator: " ")
        guard start.count >= 2, start[0] == "HTTP/1.1", let status = Int(start[1]) else {
            throw CallerError(description: "not a status line: \(lines[0])")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw CallerError(description: "not a header: \(line)") }
            let name = line[..<colon].lowercased()
            guard headers[name] == nil else { throw CallerError(description: "\(name) came twice") }
            headers[name] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let head = text[..<end.upperBound].utf8.count
        if status < 200 { return (Reply(status: status, headers: headers, body: []), head) }
        guard let length = headers["content-length"].flatMap({ Int($0) }) else {
            throw CallerError(description: "no length")
        }
        if withoutBody { return (Reply(status: status, headers: headers, body: []), head) }
        guard bytes.count >= head + length else { return nil }
        return (Reply(status: status, headers: headers, body: Array(bytes[head..<head + length])), head + length)
    }
}

extension String {
    /// The first place of a text; without Foundation.
    fileprivate func range(of other: String) -> Range<String.Index>? {
        let (bytes, wanted) = (Array(utf8), Array(other.utf8))
        guard bytes.count >= wanted.count else { return nil }
        for start in 0...(bytes.count - wanted.count) where bytes[start..<start + wanted.count].elementsEqual(wanted) {
            let lower = utf8.index(utf8.startIndex, offsetBy: start)
            return lower..<utf8.index(lower, offsetBy: wanted.count)
        }
        return nil
    }
}
