import Gateway
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A channel that begins with TLS, by the certificate that is in use when the connection is made.
struct KeptTLSChannel<Base: HTTPChannelHandler>: HTTPChannelHandler {
    let base: Base
    let tls: TLSKeeper

    var responder: HTTPChannelHandler.Responder { base.responder }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context))
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
