import NIOCore
public import NIOHTTP1
import NIOPosix
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
    private let channel = Mutex<(any Channel)?>(nil)

    /// Answers with these statuses first, then with 204.
    public init(_ statuses: [Int]) { state = Mutex((statuses, [])) }

    /// What it answered with success.
    public var messages: [Message] { state.withLock { $0.messages } }

    /// Listens.
    /// - Returns: the port on 127.0.0.1.
    public func listen() async throws -> Int {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(receiver: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        channel.withLock { $0 = server }
        return server.localAddress?.port ?? 0
    }

    /// Listens no more.
    public func stop() async throws { try await channel.withLock { $0 }?.close() }

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
                if status == 429 { fields.add(name: "retry-after", value: "0") }
                let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: fields)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
