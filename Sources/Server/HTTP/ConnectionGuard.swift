import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers what is not HTTP, and closes a connection once it has been told `Connection: close`.
///
/// Without it a request that cannot be parsed would get no problem document, and the rest of a refused body would be read to its
/// end, however long.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// How long a client that still sends has to read the last answer before the connection is closed under it.
    private static let lingering = TimeAmount.seconds(1)

    /// Requests whose answers are not complete.
    private var open = 0
    private var closesAfterResponse = false
    /// Nothing that arrives is wanted any more.
    private var deaf = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !deaf else { return }
        if case .head = unwrapInboundIn(data) { open += 1 }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            closesAfterResponse = head.headerFields[.connection]?.lowercased() == "close"
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            open -= 1
            context.write(data, promise: promise)
            if closesAfterResponse { closeSoon(context) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // In the middle of a request its handler meets the error; between requests there is nobody else to answer.
        guard open == 0, !deaf else { return context.fireErrorCaught(error) }
        let response = HTTPResponse(
            status: .badRequest,
            headerFields: [
                .contentType: "application/problem+json", .cacheControl: "no-store", .connection: "close",
                .xContentTypeOptions: "nosniff", .contentLength: "\(Self.badFraming.readableBytes)",
            ]
        )
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.write(wrapOutboundOut(.body(Self.badFraming)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        closeSoon(context)
    }

    private func closeSoon(_ context: ChannelHandlerContext) {
        guard !deaf else { return }
        deaf = true
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.lingering) { channel.close(promise: nil) }
    }

    private static let badFraming = ByteBuffer(bytes: Refusal(.badFraming).document(requestID: nil))
}
