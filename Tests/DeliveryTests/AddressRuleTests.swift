import Addresses
import AsyncHTTPClient
import DeliveryWire
import NATS
import NIOCore
import NIOPosix
import NIOSSL
import ObjectStorage
import Storage
import Synchronization
import TestReceivers
import TestStores
import Testing

@testable import Delivery

/// Counts who connects, and what they send. It never answers.
private final class SilentReceiver: Sendable {
    private let state = Mutex((connections: 0, bytes: 0))
    private let server = Mutex<(any Channel)?>(nil)

    var connections: Int { state.withLock { $0.connections } }
    var bytes: Int { state.withLock { $0.bytes } }

    func start() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(receiver: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        server.withLock { $0 = channel }
        return try #require(channel.localAddress?.port)
    }

    func stop() async throws { try await server.withLock { $0 }?.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let receiver: SilentReceiver

        init(receiver: SilentReceiver) { self.receiver = receiver }

        func channelActive(context: ChannelHandlerContext) { receiver.state.withLock { $0.connections += 1 } }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            receiver.state.withLock { $0.bytes += unwrapInboundIn(data).readableBytes }
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// A name that leads where the test says, and the rule that judges it.
private final class MovingName: Sendable {
    private let address: Mutex<String>
    private let asked = Mutex<[String]>([])

    init(_ address: String) { self.address = Mutex(address) }

    func move(to address: String) { self.address.withLock { $0 = address } }
    /// The names that were looked up.
    var names: Set<String> { Set(asked.withLock { $0 }) }

    var rule: AddressRule {
        AddressRule(lookUp: { name in
            self.asked.withLock { $0.append(name) }
            return [self.address.withLock { $0 }].compactMap { MachineAddress($0) }
        })
    }
}

/// Addresses are judged when a connection comes about, wherever its name came from.
@Suite("Addresses", .timeLimit(.minutes(3))) struct AddressRuleTests {
    /// As if this machine's own address were one that hands out credentials.
    private static let forbidding = AddressRule(forbids: \.isLoopback, lookUp: AddressRule.systemLookUp)
    private static let reason = "link-local"

    // MARK: The addresses

    @Test(arguments: [
        ("169.254.0.0", true), ("169.254.169.254", true), ("169.254.255.255", true), ("169.253.255.255", false),
        ("169.255.0.0", false), ("10.0.0.1", false), ("172.16.0.1", false), ("192.168.1.1", false),
        ("127.0.0.1", false),
        ("100.64.0.1", false), ("fe80::1", true), ("febf::1", true), ("fec0::1", false), ("fd00:ec2::254", true),
        ("fd00:ec3::254", false), ("fd12:3456::1", false), ("::1", false), ("::ffff:169.254.169.254", true),
        ("::ffff:10.0.0.1", false), ("64:ff9b::a9fe:a9fe", true), ("64:ff9b::a00:1", false),
        ("64:ff9b:1::a9fe:a9fe", false),
    ]) func whatIsForbiddenIsWhatDestinationsMayNotBeCalled(text: String, isForbidden: Bool) throws {
        let address = try #require(MachineAddress(text))
        #expect(address.isLinkLocal == isForbidden)
        #expect(MachineAddress(address.description) == address)
        let written = text.contains(":") ? "[\(text)]" : text
        #expect(((try? DestinationURL("https://\(written)")) == nil) == isForbidden)
        if isForbidden {
            let error = #expect(throws: ForbiddenAddress.self) { try AddressRule.standard.addresses(of: text) }
            #expect(error?.description.contains(address.description) == true)
        } else {
            #expect(try AddressRule.standard.addresses(of: text) == [address.description])
        }
    }

    @Test(arguments: ["", "169.254.1", "::g", "1.2.3.4.5", "fe80::1%eth0", "[::1]"])
    func whatIsNoAddressIsNone(text: String) { #expect(MachineAddress(text) == nil) }

    @Test func namesAreResolvedAsTheSystemDoes() throws {
        let found = try AddressRule.standard.addresses(of: "localhost")
        #expect(!found.isEmpty && found.allSatisfy { $0 == "127.0.0.1" || $0 == "::1" })
        #expect(throws: ForbiddenAddress.self) { try Self.forbidding.addresses(of: "localhost") }
        // What the C library takes for a number is judged by what it makes of it.
        #expect(throws: ForbiddenAddress.self) { try AddressRule.standard.addresses(of: "0xa9fea9fe") }
        #expect(try AddressRule.standard.addresses(of: "no-such-name.invalid") == [])
        let one = AddressRule(lookUp: { _ in ["10.0.0.1", "169.254.169.254"].compactMap { MachineAddress($0) } })
        #expect(throws: ForbiddenAddress.self) { try one.addresses(of: "siem.example") }
    }

    // MARK: Connections of our own

    /// Runs a sink against a receiver at a forbidden address: the lane stops and says why, and not a byte is sent.
    private func stops<S: Sink>(
        rule: AddressRule = forbidding,
        _ sink: (_ port: Int, HTTPClient) throws -> S
    ) async throws {
        let receiver = SilentReceiver()
        let port = try await receiver.start()
        var configuration = SinkHTTP.configuration(addresses: rule)
        configuration.dnsOverride = ["siem.example": "127.0.0.1"]
        let http = HTTPClient(configuration: configuration)
        try await SinkBench.run { bench in
            try await bench.ledger.append(5)
            let lane = RunningLane(try sink(port, http), bench.ledger, bench.state)
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            let status = try await bench.control.sink("siem")
            #expect(status.state.reason?.contains(Self.reason) == true)
            #expect(status.conservation.holds && status.conservation.backlog == bench.ledger.size)
            await lane.end()
        }
        #expect(receiver.connections > 0 && receiver.bytes == 0)
        try await http.shutdown()
        try await receiver.stop()
    }

    private func url(_ port: Int) throws -> DestinationURL {
        try DestinationURL("http://siem.example:\(port)", allowingPlaintext: true)
    }

    private func webhook(_ url: DestinationURL, _ http: HTTPClient) throws -> WebhookSink {
        let signer = try WebhookSigner(keys: [WebhookSigningKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
        var settings = WebhookSink.Settings(url: url, signer: signer)
        settings.timeout = .seconds(5)
        return WebhookSink(settings, shaping: testShaping, http: http)
    }

    @Test func aWebhookIsNotPostedThere() async throws {
        try await stops { port, http in try webhook(url(port), http) }
    }

    @Test func splunkIsNotSpokenToThere() async throws {
        try await stops { port, http in
            SplunkSink(SplunkSink.Settings(url: try url(port), token: "t"), shaping: testShaping, http: http)
        }
    }

    @Test func datadogIsNotSpokenToThere() async throws {
        try await stops { port, http in
            DatadogSink(DatadogSink.Settings(url: try url(port), apiKey: "k"), shaping: testShaping, http: http)
        }
    }

    /// Not even the first message of a handshake goes out.
    @Test(arguments: [SyslogSink.Exchange.syslog, .relp], [false, true])
    func syslogIsNotSpokenThere(exchange: SyslogSink.Exchange, isEncrypted: Bool) async throws {
        try await stops { port, _ in
            let tls: TLSConfiguration? = isEncrypted ? .makeClientConfiguration() : nil
            var settings = SyslogSink.Settings(host: "localhost", port: port, tls: tls)
            settings.exchange = exchange
            settings.timeout = .seconds(5)
            settings.addresses = Self.forbidding
            return SyslogSink(settings, shaping: testShaping, on: MultiThreadedEventLoopGroup.singleton)
        }
    }

    @Test func anObjectIsNotPutThere() async throws {
        let receiver = SilentReceiver()
        let port = try await receiver.start()
        var configuration = S3Client.httpConfiguration()
        Self.forbidding.apply(to: &configuration)
        let http = HTTPClient(configuration: configuration)
        let client = S3Client(
            endpoint: try S3Endpoint(
                url: "http://localhost:\(port)",
                region: "r",
                bucket: "bucket",
                addressing: .path
            ),
            credentials: S3Credentials(accessKeyID: "a", secretAccessKey: "s"),
            http: http
        )
        let error = await #expect(throws: S3Error.self) { try await client.head("key") }
        #expect(error?.description.contains(Self.reason) == true && error?.isTransient == false)
        #expect(receiver.connections > 0 && receiver.bytes == 0)
        try await http.shutdown()
        try await receiver.stop()
    }

    /// A name that was good and then leads elsewhere: the next connection is judged anew. Behind TLS a certificate was shown
    /// for the name by then, and still no request is sent.
    @Test func aNameThatMovesIsJudgedAgain() async throws {
        let certificate = try await TestCertificate(host: "localhost")
        let receiver = WebhookReceiver([])
        let port = try await receiver.listen(tls: certificate.server)
        let isMoved = Mutex(false)
        let rule = AddressRule(forbids: { $0.isLoopback && isMoved.withLock(\.self) }, lookUp: { _ in [] })
        let http = HTTPClient(configuration: SinkHTTP.configuration(tls: certificate.client, addresses: rule))
        try await SinkBench.run { bench in
            try await bench.ledger.append(20)
            let sink = try webhook(try DestinationURL("https://localhost:\(port)/hook"), http)
            let lane = RunningLane(sink, bench.ledger, bench.state)
            try await bench.control.drained()
            let before = receiver.messages.count
            isMoved.withLock { $0 = true }
            // The connections that there are end; the name is asked again.
            try await receiver.stop()
            try await receiver.listen(on: "127.0.0.1", port: port, tls: certificate.server)
            try await bench.ledger.append(5)
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            #expect(try await bench.control.sink("siem").state.reason?.contains(Self.reason) == true)
            #expect(receiver.messages.count == before)
            // Corrected, it goes on where it was.
            isMoved.withLock { $0 = false }
            try await bench.control.resume("siem", actor: "op")
            try await bench.control.drained()
            await lane.end()
            #expect(try await bench.control.conservation("siem").holds)
        }
        try await http.shutdown()
        try await receiver.stop()
    }

    // MARK: Clients that connect by themselves

    @Test(.enabled(if: PostgresSchema.server != nil, "set MUNIMENT_TEST_POSTGRES"))
    func aWarehouseIsNotConnectedToThere() async throws {
        let receiver = SilentReceiver()
        let port = try await receiver.start()
        let name = MovingName("127.0.0.1")
        var settings = PostgresSettings(address: "postgresql://muniment@warehouse.example:\(port)/events")
        settings.resolve = name.rule.addresses(of:)
        // The name leads to the receiver, which is no PostgreSQL and says nothing.
        let silent = await #expect(throws: StorageError.self) {
            try await Blocking.run { [settings] in _ = try PostgresDatabase(settings).makeConnection() }
        }
        #expect(silent?.code == .unavailable && receiver.connections > 0 && name.names == ["warehouse.example"])
        name.move(to: "169.254.169.254")
        let before = receiver.connections
        try await SinkBench.run { [settings] bench in
            try await bench.ledger.append(5)
            let sink = WarehouseSink(table: try #require(WarehouseTable("events")), shaping: testShaping) {
                try PostgresDatabase(settings)
            }
            let lane = RunningLane(sink, bench.ledger, bench.state)
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            #expect(try await bench.control.sink("siem").state.reason?.contains(Self.reason) == true)
            await lane.end()
        }
        #expect(receiver.connections == before)
        try await receiver.stop()
    }

    /// A real server by a name of ours, over TLS: its certificate is checked against the name and not the address.
    @Test(.enabled(if: NATSServers.isInstalled, "needs nats-server"))
    func natsIsConnectedToByAddressAndTrustedByName() async throws {
        let tls = "tls { cert_file: \"FOLDER/cert.pem\", key_file: \"FOLDER/key.pem\", timeout: 5 }"
        let own = try await TestCertificate(host: "nats.example")
        let servers = try await Blocking.run { try NATSServers(extra: tls, files: own.files) }
        func connect(_ host: String, _ name: MovingName) async throws {
            var settings = NATSSettings(
                servers: ["tls://\(host):\(servers.ports[0])"],
                tls: NATSSettings.TLS(trustRoots: own.path("cert.pem"))
            )
            settings.resolve = name.rule.addresses(of:)
            try await Blocking.run { [settings] in _ = try NATSConnection(settings) }
        }
        let name = MovingName("127.0.0.1")
        try await connect("nats.example", name)
        let stranger = await #expect(throws: NATSError.self) { try await connect("elsewhere.example", name) }
        #expect(stranger?.code == .tls)
        #expect(name.names == ["nats.example", "elsewhere.example"])
        name.move(to: "169.254.169.254")
        let error = await #expect(throws: NATSError.self) { try await connect("nats.example", name) }
        #expect(error?.code == .forbidden)
    }

    @Test func aNATSServerThereStopsTheLane() async throws {
        try await SinkBench.run { bench in
            try await bench.ledger.append(5)
            let name = MovingName("fd00:ec2::254")
            var servers = NATSSettings(servers: ["nats://nats.example:4222"])
            servers.resolve = name.rule.addresses(of:)
            let sink = JetStreamSink(.init(servers: servers, stream: "S", subject: "s"), shaping: testShaping)
            let lane = RunningLane(sink, bench.ledger, bench.state)
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            #expect(try await bench.control.sink("siem").state.reason?.contains(Self.reason) == true)
            await lane.end()
        }
    }
}
