import Addresses
import DeliveryWire
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// A connection to a receiver of syslog, whatever is spoken on it.
enum SyslogLine {
    /// Connects, and waits for the end of the TLS handshake.
    /// - Parameter further: adds what else reads the connection.
    static func connect(
        _ settings: SyslogSink.Settings,
        on group: any EventLoopGroup,
        _ further: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws -> (any Channel, ConnectionWatch) {
        let watch = ConnectionWatch()
        let context = try settings.tls.map { try NIOSSLContext(configuration: $0) }
        let (host, addresses) = (settings.host, settings.addresses)
        let channel = try await ClientBootstrap(group: group)
            .connectTimeout(.seconds(5))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(addresses.makeHandler())
                    if let context {
                        // A name is sent to the receiver; an address cannot be.
                        let name = SocketAddress.isIPAddress(host) ? nil : host
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: name)
                        )
                    }
                    try channel.pipeline.syncOperations.addHandler(watch)
                    try further(channel)
                }
            }
            .connect(host: host, port: settings.port)
            .get()
        // The handlers hear of a connection in the same turn of the loop in which it comes about.
        try await channel.eventLoop.submit {}.get()
        if let failure = watch.failure { throw failure }
        if context != nil { try await closing(channel) { try await watch.secured() } }
        return (channel, watch)
    }

    /// Waits for something of a connection that a receiver may never do: when the time is up, the connection is closed, which
    /// ends every such wait.
    static func closing(
        _ channel: any Channel,
        _ body: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskCancellationHandler {
            try await body()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// What it means that a connection broke while something was under way.
    static func reply(to cause: any Error) -> SinkReply {
        SinkReply((SinkHTTP.blamesCertificates(cause) ? TransportFailure.tls : .brokenWhileSending).verdict)
    }
}

extension SocketAddress {
    static func isIPAddress(_ text: String) -> Bool { (try? SocketAddress(ipAddress: text, port: 0)) != nil }
}

/// Reads the socket, on which a receiver says nothing but that it is gone, and remembers why.
final class ConnectionWatch: ChannelInboundHandler, Sendable {
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
