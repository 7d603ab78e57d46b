import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// How a connection between a sink and its receiver breaks. What the proxy is told to let through first is not part of
/// it.
enum NetworkFault: Sendable {
    /// As ``cutBeforeReply``, but the connection ends as that of a process that died: in order for TCP, without a word for TLS.
    case endBeforeReply
    /// As ``cutReply``, in the same way.
    case endReply
    /// Nothing of it arrives, and it is reset at once.
    case refuse
    /// Half of the first thing sent arrives, then the connection is reset.
    case cutRequest
    /// All arrives, and the connection ends before a byte of the reply.
    case cutBeforeReply
    /// All arrives, and the connection ends in the middle of the reply.
    case cutReply
    /// Half of the first thing sent arrives, then nothing more, and nobody says so.
    case stallRequest
    /// All arrives, and the reply never comes.
    case stallReply
    /// The reply comes byte for byte.
    case dripReply
    /// The reply comes twice.
    case repeatReply
}

extension NetworkFault: CaseIterable {
    /// Those that every destination is crossed with.
    static let allCases: [NetworkFault] = [
        .refuse, .cutRequest, .cutBeforeReply, .cutReply, .stallRequest, .stallReply, .dripReply,
        .repeatReply,
    ]
}

/// Stands between a sink and its receiver: the first connections break in one way, all later ones go through.
final class FaultProxy: Sendable {
    private let target: SocketAddress
    private let left: Mutex<(fault: NetworkFault, times: Int)>
    private let skipped: Int
    private let server = Mutex<(any Channel)?>(nil)
    private let struck = Mutex(0)

    /// - Parameter skipped: bytes of each direction that go through before a connection breaks, for protocols that begin with a
    ///   conversation; a refusal comes at once all the same.
    init(to port: Int, _ fault: NetworkFault, times: Int, skipping skipped: Int = 0) throws {
        self.skipped = skipped
        target = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        left = Mutex((fault, times))
    }

    /// How many connections were broken.
    var strikes: Int { struck.withLock { $0 } }

    func start() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [self] channel in
                let fault = left.withLock { left -> NetworkFault? in
                    guard left.times > 0 else { return nil }
                    left.times -= 1
                    return left.fault
                }
                if fault != nil { struck.withLock { $0 += 1 } }
                return connect(channel, fault)
            }
            .bind(host: "127.0.0.1", port: 0).get()
        server.withLock { $0 = channel }
        return channel.localAddress?.port ?? 0
    }

    func stop() async throws { try await server.withLock { $0 }?.close() }

    private func connect(_ front: any Channel, _ fault: NetworkFault?) -> EventLoopFuture<Void> {
        if fault == .refuse { return front.eventLoop.makeSucceededVoidFuture().always { _ in Self.reset(front) } }
        return ClientBootstrap(group: front.eventLoop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(to: target)
            .flatMap { [skipped] back in
                front.eventLoop.makeCompletedFuture {
                    try front.pipeline.syncOperations.addHandler(
                        Relay(to: back, fault, isRequest: true, skipping: skipped)
                    )
                    try back.pipeline.syncOperations.addHandler(
                        Relay(to: front, fault, isRequest: false, skipping: skipped)
                    )
                }
            }
    }

    /// Ends a connection with RST instead of FIN: what the peer has not read yet is lost.
    static func reset(_ channel: any Channel) {
        guard let options = channel as? any SocketOptionProvider else { return channel.close(promise: nil) }
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }

    /// One direction.
    private final class Relay: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let other: any Channel
        private let fault: NetworkFault?
        private let isRequest: Bool
        private var isSilent = false
        private var toSkip: Int

        init(to other: any Channel, _ fault: NetworkFault?, isRequest: Bool, skipping toSkip: Int) {
            self.toSkip = toSkip
            self.other = other
            self.fault = fault
            self.isRequest = isRequest
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !isSilent else { return }
            var bytes = unwrapInboundIn(data)
            if toSkip > 0 {
                toSkip -= bytes.readableBytes
                return other.writeAndFlush(bytes, promise: nil)
            }
            let half = bytes.readSlice(length: max(bytes.readableBytes / 2, 1)) ?? ByteBuffer()
            switch (fault, isRequest) {
            case (.cutRequest, true): cut(context, after: half, arrives: other)
            case (.cutReply, false): cut(context, after: half, arrives: other)
            case (.cutBeforeReply, false): cut(context, after: nil, arrives: other)
            case (.endBeforeReply, false): end(context, after: nil)
            case (.endReply, false): end(context, after: half)
            case (.stallRequest, true):
                isSilent = true
                other.writeAndFlush(half, promise: nil)
            case (.stallReply, false): isSilent = true
            case (.repeatReply, false):
                for _ in 0..<2 { other.writeAndFlush(unwrapInboundIn(data), promise: nil) }
            case (.dripReply, false): drip(unwrapInboundIn(data), context.eventLoop)
            default: other.writeAndFlush(unwrapInboundIn(data), promise: nil)
            }
        }

        private func cut(_ context: ChannelHandlerContext, after part: ByteBuffer?, arrives other: any Channel) {
            isSilent = true
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            other.writeAndFlush(part ?? ByteBuffer()).whenComplete { _ in
                FaultProxy.reset(other)
                FaultProxy.reset(bound.value.channel)
            }
        }

        private func end(_ context: ChannelHandlerContext, after part: ByteBuffer?) {
            isSilent = true
            FaultProxy.reset(context.channel)
            other.writeAndFlush(part ?? ByteBuffer()).whenComplete { [other] _ in other.close(promise: nil) }
        }

        private func drip(_ bytes: ByteBuffer, _ loop: any EventLoop) {
            for (number, byte) in bytes.readableBytesView.enumerated() {
                loop.scheduleTask(in: .microseconds(Int64(number) * 200)) { [other] in
                    other.writeAndFlush(ByteBuffer(bytes: [byte]), promise: nil)
                }
            }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let event = event as? ChannelEvent, event == .inputClosed { other.close(mode: .output, promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
