import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// An upstream that does exactly as it is told, to the byte.
final class FakeUpstream: Sendable {
    /// What happens to a request.
    enum Act: Sendable {
        /// Answers these bytes.
        case answer(String)
        /// Answers these bytes and closes.
        case answerAndClose(String)
        /// Closes without a word.
        case close
        /// Answers when the upstream is told to let go.
        case hold(String)
    }

    private struct State {
        var requests: [String] = []
        var connections = 0
        var held: [@Sendable () -> Void] = []
        var open: [ObjectIdentifier: any Channel] = [:]
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    private let script: @Sendable (_ request: Int, _ connection: Int, _ text: String) -> Act
    private let server = Mutex<(any Channel)?>(nil)

    private init(script: @escaping @Sendable (Int, Int, String) -> Act) { self.script = script }

    /// - Parameter script: told the number of the request, the number of the connection, both from 1, and the request.
    static func run<Value>(
        tls: TLSConfiguration? = nil,
        _ script: @escaping @Sendable (_ request: Int, _ connection: Int, _ text: String) -> Act,
        _ body: (FakeUpstream, Int) async throws -> Value
    ) async throws -> Value {
        let upstream = FakeUpstream(script: script)
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    if let context { try operations.addHandler(NIOSSLServerHandler(context: context)) }
                    try operations.addHandler(Handler(upstream))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        defer { channel.close(promise: nil) }
        return try await body(upstream, channel.localAddress?.port ?? 0)
    }

    var requests: [String] { state.withLock { $0.requests } }
    var connections: Int { state.withLock { $0.connections } }

    /// Waits until this many requests have come.
    func received(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let there = state.withLock { state in
                if state.requests.count < count { state.watchers.append((count, continuation)) }
                return state.requests.count >= count
            }
            if there { continuation.resume() }
        }
    }

    /// Lets go of what is held.
    func release() {
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for act in held { act() }
    }

    /// Closes every connection from this side, and waits until that is done.
    func closeConnections() async {
        let open = state.withLock { Array($0.open.values) }
        for channel in open { try? await channel.close() }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let upstream: FakeUpstream
        private var number = 0
        private var text = ""

        init(_ upstream: FakeUpstream) { self.upstream = upstream }

        func channelActive(context: ChannelHandlerContext) {
            let channel = context.channel
            number = upstream.state.withLock { state in
                state.connections += 1
                state.open[ObjectIdentifier(channel)] = channel
                return state.connections
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            let channel = context.channel
            upstream.state.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(channel)) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard let end = text.utf8.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
            let length = text.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }.flatMap {
                Int($0.dropFirst(16))
            }
            guard text.utf8[end.upperBound...].count >= length ?? 0 else { return }
            let request = text
            text = ""
            let (count, watchers) = upstream.state.withLock { state in
                state.requests.append(request)
                let count = state.requests.count
                let ready = state.watchers.filter { $0.count <= count }.map(\.continuation)
                state.watchers.removeAll { $0.count <= count }
                return (count, ready)
            }
            let channel = context.channel
            switch upstream.script(count, number, request) {
            case .answer(let text): channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
            case .answerAndClose(let text):
                channel.writeAndFlush(ByteBuffer(string: text)).whenComplete { _ in channel.close(promise: nil) }
            case .close: channel.close(promise: nil)
            case .hold(let text):
                upstream.state.withLock { state in
                    state.held.append { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
                }
            }
            for watcher in watchers { watcher.resume() }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// A whole JSON response.
func json(_ body: String, status: String = "200 OK", headers: String = "") -> String {
    "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}
