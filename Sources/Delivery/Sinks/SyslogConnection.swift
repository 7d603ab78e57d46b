import DeliveryWire
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization
import WallTime

/// A connection to a syslog receiver, made anew when it breaks.
actor SyslogConnection {
    private let settings: SyslogSink.Settings
    private let group: any EventLoopGroup
    private var open: (channel: any Channel, watch: ConnectionWatch)?

    init(_ settings: SyslogSink.Settings, group: any EventLoopGroup) {
        self.settings = settings
        self.group = group
    }

    /// Writes frames, and returns when the receiver's machine has acknowledged them.
    func send(_ bytes: [UInt8]) async -> SinkReply {
        do {
            return try await within(settings.timeout) { await self.attempt(bytes) }
        } catch {
            await drop()
            return SinkReply(TransportFailure.noReply.verdict)
        }
    }

    private func attempt(_ bytes: [UInt8]) async -> SinkReply {
        let channel: any Channel
        let watch: ConnectionWatch
        var isNew = false
        if let open, open.channel.isActive {
            (channel, watch) = open
        } else {
            do {
                (channel, watch) = try await connect()
            } catch {
                return SinkReply(SinkHTTP.failure(error).verdict)
            }
            open = (channel, watch)
            isNew = true
        }
        do {
            try await Self.closing(channel) { [isNew] in
                try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
                if isNew { try await Task.sleep(for: self.settings.probation) }
                try await self.acknowledged(channel)
            }
        } catch {
            return await broken(error, watch)
        }
        return channel.isActive && watch.failure == nil ? .ok : await broken(ChannelError.eof, watch)
    }

    private func broken(_ error: any Error, _ watch: ConnectionWatch) async -> SinkReply {
        let cause = watch.failure ?? error
        await drop()
        switch cause {
        case is NIOSSLError, is BoringSSLError: return SinkReply(TransportFailure.tls.verdict)
        default: return SinkReply(TransportFailure.brokenWhileSending.verdict)
        }
    }

    private func connect() async throws -> (any Channel, ConnectionWatch) {
        let watch = ConnectionWatch()
        let context = try settings.tls.map { try NIOSSLContext(configuration: $0) }
        let host = settings.host
        let channel = try await ClientBootstrap(group: group)
            .connectTimeout(.seconds(5))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        // A name is sent to the receiver; an address cannot be.
                        let name = SocketAddress.isIPAddress(host) ? nil : host
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: name)
                        )
                    }
                    try channel.pipeline.syncOperations.addHandler(watch)
                }
            }
            .connect(host: host, port: settings.port)
            .get()
        if context != nil { try await Self.closing(channel) { try await watch.secured() } }
        return (channel, watch)
    }

    /// Waits for something of a connection that a receiver may never do: when the time is up, the connection is closed, which
    /// ends every such wait.
    private static func closing(
        _ channel: any Channel,
        _ body: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskCancellationHandler {
            try await body()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// Waits until the receiver's machine has acknowledged everything, as its TCP tells ours.
    private func acknowledged(_ channel: any Channel) async throws {
        guard let options = channel as? any SocketOptionProvider else { return }
        var wait = Duration.microseconds(200)
        while channel.isActive, try await options.getTCPInfo().get().tcpi_unacked > 0 {
            try await Task.sleep(for: wait)
            wait = min(wait * 2, .milliseconds(20))
        }
    }

    private func drop() async {
        guard let channel = open?.channel else { return }
        open = nil
        try? await channel.close()
    }

    func close() async { await drop() }
}

extension SocketAddress {
    static func isIPAddress(_ text: String) -> Bool { (try? SocketAddress(ipAddress: text, port: 0)) != nil }
}

/// Reads the socket, on which a receiver says nothing but that it is gone, and remembers why.
private final class ConnectionWatch: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private struct State {
        var failure: (any Error)?
        var isSecured = false
        var waiting: CheckedContinuation<Void, any Error>?
    }

    private let state = Mutex(State())

    /// Why the connection is of no more use.
    var failure: (any Error)? { state.withLock(\.failure) }

    /// Waits for the end of the TLS handshake.
    func secured() async throws {
        try await withCheckedThrowingContinuation { continuation in
            let outcome: Result<Void, any Error>? = state.withLock { state in
                if let failure = state.failure { return .failure(failure) }
                if state.isSecured { return .success(()) }
                state.waiting = continuation
                return nil
            }
            if let outcome { continuation.resume(with: outcome) }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            let waiting = state.withLock { state in
                state.isSecured = true
                defer { state.waiting = nil }
                return state.waiting
            }
            waiting?.resume()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ChannelError.eof)
        context.fireChannelInactive()
    }

    private func fail(_ error: any Error) {
        let waiting = state.withLock { state in
            state.failure = state.failure ?? error
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(throwing: error)
    }
}
