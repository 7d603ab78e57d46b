import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A small HTTP/1.1 server that can also answer badly, which server frameworks take care not to do.
struct HTTPListener: Sendable {
    typealias Handler = @Sendable (Request) async -> Response
    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    private let server: NIOAsyncChannel<any Channel, Never>
    private let accepted: OpenChannels
    /// Largest body of a request; a connection that sends more is closed.
    private let maximumBody: Int
    /// Waits between the bytes of a dripping body.
    private let pause: @Sendable () async -> Void

    /// The port it listens on.
    let port: Int

    /// Binds; nothing is served before ``run(_:)``, which must follow.
    init(
        host: String,
        port: Int,
        maximumBody: Int = 1 << 20,
        pause: @escaping @Sendable () async -> Void
    ) async throws {
        let accepted = OpenChannels()
        // Nothing is read of a connection before somebody serves it: one that is accepted in the moment of the end never is.
        server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.autoRead, value: false)
            .bind(host: host, port: port) { channel in
                accepted.add(channel)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return channel
                }
            }
        self.accepted = accepted
        self.port = server.channel.localAddress?.port ?? 0
        self.maximumBody = maximumBody
        self.pause = pause
    }

    /// Serves until the task is cancelled.
    func run(_ handler: @escaping Handler) async {
        // An error here means that the listening socket is gone, which is how serving ends.
        try? await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await channel in connections {
                    group.addTask { await serve(channel, handler) }
                }
            }
        }
        await accepted.close()
    }

    /// Closes a listener that will not be run.
    func close() async {
        try? await server.executeThenClose { _ in }
        await accepted.close()
    }

    private func serve(_ channel: any Channel, _ handler: Handler) async {
        let wrapped = channel.eventLoop.submit {
            let connection = try Connection(wrappingChannelSynchronously: channel)
            try channel.syncOptions?.setOption(.autoRead, value: true)
            return connection
        }
        // Clients that hang up are no concern of the sandbox.
        try? await wrapped.get().executeThenClose { inbound, outbound in
            var head: HTTPRequestHead?
            var body: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let received):
                    head = received
                    body = []
                case .body(let bytes):
                    guard body.count + bytes.readableBytes <= maximumBody else { return }
                    body += bytes.readableBytesView
                case .end:
                    guard let received = head else { return }
                    let response = await handler(Request(head: received, body: body))
                    guard try await write(response, to: received, outbound), received.isKeepAlive else { return }
                }
            }
        }
    }

    /// - Returns: whether the connection is still in order.
    private func write(
        _ response: Response,
        to request: HTTPRequestHead,
        _ outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) async throws -> Bool {
        var headers = response.headers
        switch response.body {
        case .none: return false
        case .chunked: headers.replaceOrAdd(name: "transfer-encoding", value: "chunked")
        case .whole(let bytes), .half(let bytes), .drip(let bytes):
            headers.replaceOrAdd(name: "content-length", value: String(bytes.count))
        }
        let head = HTTPResponseHead(
            version: request.version,
            status: HTTPResponseStatus(statusCode: response.status),
            headers: headers
        )
        try await outbound.write(.head(head))
        func send(_ bytes: some Collection<UInt8>) async throws {
            guard request.method != .HEAD, !bytes.isEmpty else { return }
            try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: bytes))))
        }
        switch response.body {
        case .none: return false
        case .whole(let bytes): try await send(bytes)
        case .chunked(let chunks): for chunk in chunks { try await send(chunk) }
        case .half(let bytes):
            try await send(bytes.prefix(bytes.count / 2))
            return false
        case .drip(let bytes):
            for byte in bytes {
                try await send(CollectionOfOne(byte))
                await pause()
                try Task.checkCancellation()
            }
        }
        try await outbound.write(.end(nil))
        return true
    }
}

/// The connections of a listener that are open, served or not.
private final class OpenChannels: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        channels.withLock { $0[id] = channel }
        channel.closeFuture.whenComplete { [weak self] _ in self?.channels.withLock { $0[id] = nil } }
    }

    func close() async {
        for channel in channels.withLock({ Array($0.values) }) { try? await channel.close() }
    }
}
