import NIOCore
public import NIOHTTP1
import NIOPosix
public import NIOSSL
import Synchronization

/// A receiver of webhooks that answers with one status after another, and remembers what it was sent.
public final class WebhookReceiver: Sendable {
    /// What it was sent.
    public struct Message: Sendable {
        /// The request's headers.
        public let headers: HTTPHeaders
        /// Its body.
        public let body: [UInt8]
    }

    private let state: Mutex<(statuses: [Int], messages: [Message])>
    private let tls: TLSConfiguration?
    private let patience = Mutex<@Sendable () -> String> { "0" }
    private let open = Mutex<[any Channel]>([])
    private let channel = Mutex<(any Channel)?>(nil)

    /// Answers with these statuses first, then with 204.
    /// - Parameter tls: what it presents; nil for plain HTTP.
    public init(_ statuses: [Int], tls: TLSConfiguration? = nil) {
        state = Mutex((statuses, []))
        self.tls = tls
    }

    /// What it answered with success.
    public var messages: [Message] { state.withLock { $0.messages } }

    /// Listens, again after ``stop()`` if that is wanted, and with another certificate.
    /// - Returns: the port.
    @discardableResult
    public func listen(
        on host: String = "127.0.0.1",
        port: Int = 0,
        tls other: TLSConfiguration? = nil
    ) async throws -> Int {
        let context = try (other ?? tls).map { try NIOSSLContext(configuration: $0) }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [self] channel in
                open.withLock { $0.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(receiver: self))
                }
            }
            .bind(host: host, port: port).get()
        channel.withLock { $0 = server }
        return server.localAddress?.port ?? 0
    }

    /// What it asks for, in `Retry-After`, beside each 429; 0 until then.
    public func ask(for patience: @escaping @Sendable () -> String) { self.patience.withLock { $0 = patience } }

    /// Answers with this many refusals more, before it takes anything.
    public func refuse(_ status: Int, times: Int) {
        state.withLock { $0.statuses = Array(repeating: status, count: times) }
    }

    /// Refusals that are still to come.
    public var refusalsLeft: Int { state.withLock { $0.statuses.count } }

    /// Listens no more, and ends its connections.
    public func stop() async throws {
        try await channel.withLock { $0 }?.close()
        for channel in open.withLock({ $0 }) { try? await channel.close() }
    }

    fileprivate func take(_ message: Message) -> Int {
        state.withLock { state in
            let status = state.statuses.isEmpty ? 204 : state.statuses.removeFirst()
            if status / 100 == 2 { state.messages.append(message) }
            return status
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        let receiver: WebhookReceiver
        var headers = HTTPHeaders()
        var body: [UInt8] = []

        init(receiver: WebhookReceiver) { self.receiver = receiver }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): headers = head.headers
            case .body(let part): body += part.readableBytesView
            case .end:
                let status = receiver.take(Message(headers: headers, body: body))
                body = []
                var fields = HTTPHeaders([("content-length", "0")])
                if status == 429 { fields.add(name: "retry-after", value: receiver.patience.withLock { $0 }()) }
                let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: fields)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
