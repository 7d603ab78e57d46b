import NIOCore
import NIOPosix
import NIOSSL

/// What a read waits for.
enum UpstreamFailure {
    /// The connection could not be made, or is held back by the breaker.
    case unavailable
    /// The answer could not be understood or trusted.
    case invalid
    /// The answer is larger than the route accepts.
    case tooLarge
    /// The connection ended before the answer did.
    case broken
}

/// One event loop's connections to one upstream: the last used first, so that idle ones age and are closed.
final class UpstreamPool {
    private unowned let context: LoopContext
    private let number: Int
    private var idle: [UpstreamConnection] = []
    private var open = 0
    private var waiting = CircularBuffer<(read: ReadConnection, number: UInt64)>()
    private let maximum: Int
    /// Upstreams commonly keep an idle connection for a minute or so; ours must be the shorter patience.
    private static let idleMilliseconds: Int64 = 30_000

    var upstream: Upstream { context.core.settings.upstreams[number] }
    private var breaker: CircuitBreaker { context.core.breakers[number] }

    init(number: Int, context: LoopContext) {
        self.number = number
        self.context = context
        let loops = max(context.core.settings.threads, 1)
        maximum = max(1, context.core.settings.upstreams[number].maximumConnections / loops)
    }

    /// Sends a read's request on an idle connection or a new one.
    /// - Parameter fresh: only a new connection will do: an idle one has just turned out to be dead.
    func send(_ read: ReadConnection, number: UInt64, fresh: Bool) {
        guard breaker.allows(LoopContext.now()) else {
            return read.upstreamFailed(.unavailable, number: number, mayRetry: false)
        }
        if !fresh, let connection = idle.popLast() {
            connection.exchange(read, number: number)
        } else if open < maximum {
            connect(read, number: number)
        } else if waiting.count < maximum * 4 {
            waiting.append((read, number))
        } else {
            read.upstreamFailed(.unavailable, number: number, mayRetry: false)
        }
    }

    private func connect(_ read: ReadConnection, number readNumber: UInt64) {
        open += 1
        let upstream = self.upstream
        let tls = context.core.upstreamTLS[number]
        let connection = UpstreamConnection(pool: self, authority: Self.authority(upstream))
        let bound = NIOLoopBound((self, connection, read), eventLoop: context.loop)
        ClientBootstrap(group: context.loop)
            .connectTimeout(.milliseconds(Int64(upstream.timeoutMilliseconds)))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    if let tls {
                        let name = Self.isAddress(upstream.host) ? nil : upstream.host
                        try operations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try operations.addHandler(bound.value.1)
                }
            }
            .connect(host: upstream.host, port: upstream.port)
            .whenComplete { result in
                let (pool, connection, read) = bound.value
                switch result {
                case .success:
                    connection.exchange(read, number: readNumber)
                case .failure:
                    pool.open -= 1
                    pool.failed()
                    read.upstreamFailed(.unavailable, number: readNumber, mayRetry: false)
                    pool.serveWaiting()
                }
            }
    }

    // MARK: What connections report

    func succeeded() { breaker.succeeded() }

    func failed() { breaker.failed(LoopContext.now()) }

    func returned(_ connection: UpstreamConnection) {
        connection.idleSince = LoopContext.now()
        if let next = nextWaiting() {
            connection.exchange(next.read, number: next.number)
        } else {
            idle.append(connection)
        }
    }

    func closed(_ connection: UpstreamConnection) {
        open -= 1
        idle.removeAll { $0 === connection }
        serveWaiting()
    }

    private func serveWaiting() {
        while open < maximum, let next = nextWaiting() {
            guard breaker.allows(LoopContext.now()) else {
                next.read.upstreamFailed(.unavailable, number: next.number, mayRetry: false)
                continue
            }
            return connect(next.read, number: next.number)
        }
    }

    private func nextWaiting() -> (read: ReadConnection, number: UInt64)? {
        while let next = waiting.popFirst() {
            if next.read.awaitsUpstream(next.number) { return next }
        }
        return nil
    }

    func tick(_ now: Int64) {
        while let oldest = idle.first, now - oldest.idleSince > Self.idleMilliseconds {
            idle.removeFirst()
            oldest.close()
        }
    }

    func close() {
        for connection in idle { connection.close() }
        idle.removeAll()
    }

    private static func authority(_ upstream: Upstream) -> String {
        let host = upstream.host.contains(":") ? "[\(upstream.host)]" : upstream.host
        let standard = upstream.tls == nil ? 80 : 443
        return upstream.port == standard ? host : "\(host):\(upstream.port)"
    }

    private static func isAddress(_ host: String) -> Bool { (try? SocketAddress(ipAddress: host, port: 0)) != nil }
}
