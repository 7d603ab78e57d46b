import NIOCore
import NIOPosix
import Synchronization

/// Listens at another address of this machine on a receiver's behalf.
final class Relay: Sendable {
    private let server: any Channel
    private let ends: Ends

    /// Starts to listen, at the port that the receiver has on 127.0.0.1.
    init(on address: String, port: Int) async throws {
        let ends = Ends()
        self.ends = ends
        server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { front in
                ends.add(front)
                return ClientBootstrap(group: front.eventLoop).connect(host: "127.0.0.1", port: port).flatMap { back in
                    ends.add(back)
                    return front.eventLoop.makeCompletedFuture {
                        try front.pipeline.syncOperations.addHandler(OneWay(to: back))
                        try back.pipeline.syncOperations.addHandler(OneWay(to: front))
                    }
                }
            }
            .bind(host: address, port: port).get()
    }

    /// How many connections there were.
    var connectionCount: Int { ends.count / 2 }

    /// Listens no more, and ends all connections.
    func stop() async throws {
        try await server.close()
        await ends.close()
    }

    private final class Ends: Sendable {
        private let channels = Mutex<[any Channel]>([])

        var count: Int { channels.withLock { $0.count } }
        func add(_ channel: any Channel) { channels.withLock { $0.append(channel) } }
        func close() async { for channel in channels.withLock({ $0 }) { try? await channel.close() } }
    }

    private final class OneWay: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let other: any Channel

        init(to other: any Channel) { self.other = other }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
