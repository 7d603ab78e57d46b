import DeliveryWire
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestStores
import Testing

@testable import Delivery

/// A receiver of octet-counted syslog that can break connections.
final class SyslogReceiver: Sendable {
    private let state = Mutex<(messages: [String], cuts: Int)>(([], 0))
    private let server = Mutex<(any Channel)?>(nil)
    private let tls: TLSConfiguration?

    init(tls: TLSConfiguration? = nil) { self.tls = tls }

    var messages: [String] { state.withLock { $0.messages } }

    /// Breaks the next connections as soon as something comes, without reading it.
    func cut(_ count: Int) { state.withLock { $0.cuts = count } }

    func start(on host: String = "127.0.0.1", port: Int = 0) async throws -> Int {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.addHandler(Handler(receiver: self))
                }
            }
            .bind(host: host, port: port).get()
        server.withLock { $0 = channel }
        return channel.localAddress?.port ?? 0
    }

    func stop() async throws { try await server.withLock { $0 }?.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let receiver: SyslogReceiver
        var decoder = OctetCountingDecoder()

        init(receiver: SyslogReceiver) { self.receiver = receiver }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let isCut = receiver.state.withLock { state in
                state.cuts -= 1
                return state.cuts >= 0
            }
            if isCut { return context.close(promise: nil) }
            guard let messages = try? decoder.receive(unwrapInboundIn(data).readableBytesView) else {
                return context.close(promise: nil)
            }
            let texts = messages.map { String(decoding: $0, as: UTF8.self) }
            receiver.state.withLock { $0.messages += texts }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

@Suite("syslog", .timeLimit(.minutes(5))) struct SyslogSinkTests {
    private func sink(port: Int, tls: TLSConfiguration? = nil, host: String = "127.0.0.1") -> SyslogSink {
        var settings = SyslogSink.Settings(host: host, port: port, tls: tls)
        settings.timeout = .seconds(5)
        return SyslogSink(settings, shaping: testShaping, on: MultiThreadedEventLoopGroup.singleton)
    }

    private func indexes(_ receiver: SyslogReceiver) -> [UInt64] {
        receiver.messages.compactMap { message in
            guard let start = message.firstRange(of: " index=\"")?.upperBound else { return nil }
            return UInt64(message[start...].prefix { $0 != "\"" })
        }
    }

    @Test(arguments: Engine.allCases) func brokenConnectionsAreMadeAnew(engine: Engine) async throws {
        let receiver = SyslogReceiver()
        let port = try await receiver.start()
        receiver.cut(3)
        try await SinkBench.run(engine) { bench in
            try await bench.ledger.append(1200)
            let lane = RunningLane(sink(port: port), bench.ledger, bench.state)
            try await bench.control.drained()
            await lane.end()
            try await bench.check(indexes(receiver))
            let status = try await bench.control.sink("siem")
            #expect(status.guarantee == .bestEffort && status.conservation.dead == 0)
        }
        try await receiver.stop()
    }

    @Test func aReceiverThatIsAwayIsWaitedFor() async throws {
        // An address at which nobody else takes its port while it is away.
        let host = "127.0.0.2"
        let receiver = SyslogReceiver()
        let port = try await receiver.start(on: host)
        try await receiver.stop()
        try await SinkBench.run { bench in
            try await bench.ledger.append(30)
            let lane = RunningLane(sink(port: port, host: host), bench.ledger, bench.state)
            try await eventually { (try? await bench.control.sink("siem").lastFailure) != nil }
            #expect(try await bench.control.conservation("siem").holds)
            _ = try await receiver.start(on: host, port: port)
            try await bench.control.drained()
            await lane.end()
            try await bench.check(indexes(receiver))
        }
        try await receiver.stop()
    }

    /// A receiver that takes the connection and then neither reads nor speaks is left after the time-out, again and again.
    @Test(arguments: [false, true]) func aReceiverThatStallsIsLeft(isTLS: Bool) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        try await SinkBench.run { bench in
            try await bench.ledger.append(2000, note: String(repeating: "y", count: 4000))
            var settings = SyslogSink.Settings(
                host: "127.0.0.1",
                port: port,
                tls: isTLS ? TLSConfiguration.makeClientConfiguration() : nil
            )
            settings.timeout = .milliseconds(300)
            let sink = SyslogSink(settings, shaping: testShaping, on: MultiThreadedEventLoopGroup.singleton)
            let lane = RunningLane(sink, bench.ledger, bench.state)
            try await eventually { (try? await bench.control.sink("siem").lastFailure) != nil }
            let terms = try await bench.control.conservation("siem")
            #expect(terms.holds && terms.dead == 0)
            await lane.kill()
        }
        try await server.close()
    }

    @Test func overTLSOnlyToWhomIsTrusted() async throws {
        let own = try await TestCertificate(host: "localhost")
        let receiver = SyslogReceiver(tls: own.server)
        let port = try await receiver.start()
        try await SinkBench.run { bench in
            try await bench.ledger.append(30)
            let stranger = try await TestCertificate(host: "localhost")
            let wrong = RunningLane(
                sink(port: port, tls: stranger.client, host: "localhost"),
                bench.ledger,
                bench.state
            )
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            await wrong.end()
            #expect(receiver.messages.isEmpty)
            #expect(try await bench.control.conservation("siem").holds)
            let right = RunningLane(sink(port: port, tls: own.client, host: "localhost"), bench.ledger, bench.state)
            try await bench.control.resume("siem", actor: "op")
            try await bench.control.drained()
            await right.end()
            try await bench.check(indexes(receiver))
        }
        try await receiver.stop()
    }

    /// A receiver that asks for a certificate we do not have refuses only after the handshake: nothing may count as sent.
    @Test func aCertificateThatIsAskedForAndMissingStopsTheLane() async throws {
        let own = try await TestCertificate(host: "localhost")
        var server = own.server
        server.certificateVerification = .noHostnameVerification
        server.trustRoots = own.client.trustRoots ?? .default
        let receiver = SyslogReceiver(tls: server)
        let port = try await receiver.start()
        try await SinkBench.run { bench in
            try await bench.ledger.append(30)
            let lane = RunningLane(sink(port: port, tls: own.client, host: "localhost"), bench.ledger, bench.state)
            try await eventually { (try? await bench.control.sink("siem").lastFailure) != nil }
            let terms = try await bench.control.conservation("siem")
            #expect(terms.holds && terms.confirmed == 0 && terms.dead == 0)
            await lane.end()
            #expect(receiver.messages.isEmpty)
        }
        try await receiver.stop()
    }
}
