import DeliveryWire
import EventFormats
import JSON
import NIOPosix
import Sandbox
import Storage
import TestReceivers
import TestStores
import Testing
import WallTime

@testable import Delivery

/// Each fault of the network crossed with each kind of destination that has one, while the process is killed, the lease is lost and
/// the sink is paused: nothing is lost, what is there twice was counted, and the identity holds at every look.
@Suite("Fault matrix", .serialized, .timeLimit(.minutes(10))) struct FaultMatrixTests {
    enum Destination: String, CaseIterable, Sendable {
        case splunk, datadog, webhook, syslog, relp, postgres, nats
    }

    /// PostgreSQL is there when MUNIMENT_TEST_POSTGRES names a server, NATS and rsyslog when they are installed.
    private static let destinations = Destination.allCases.filter { destination in
        switch destination {
        case .postgres: PostgresSchema.server != nil
        case .nats: NATSServers.isInstalled
        case .relp: RsyslogServer.isInstalled
        default: true
        }
    }

    /// A receiver of syslog never replies, and what it read and then forgot nobody can tell: only a connection that breaks can strike.
    private static let cases = destinations.flatMap { destination in
        NetworkFault.allCases.filter { destination != .syslog || [.refuse, .cutRequest].contains($0) }
            .map { (destination, $0) }
    }

    @Test(arguments: cases) func nothingIsLost(destination: Destination, fault: NetworkFault) async throws {
        switch destination {
        case .splunk: try await splunk(fault)
        case .datadog: try await datadog(fault)
        case .webhook: try await webhook(fault)
        case .syslog: try await syslog(fault)
        case .relp: try await relp(fault)
        case .postgres: try await postgres(fault)
        case .nats: try await nats(fault)
        }
    }

    /// Runs lane after lane over a network that breaks, until all is delivered.
    private func endure<Destination: Sink>(
        _ fault: NetworkFault,
        receiver port: Int,
        isBestEffort: Bool = false,
        skipping: Int = 0,
        _ makeSink: (SinkBench, _ port: Int) throws -> Destination,
        arrived: () async throws -> [UInt64]
    ) async throws {
        let proxy = try FaultProxy(to: port, fault, times: 6, skipping: skipping)
        let proxied = try await proxy.start()
        try await SinkBench.run { bench in
            // What was found out about a host outlives a lane.
            let host = HostConcurrency(AdaptiveConcurrency(ceiling: 8))
            func makeLane(lease: TestLease = TestLease()) throws -> RunningLane<Destination> {
                let sink = try makeSink(bench, proxied)
                return RunningLane(
                    sink,
                    bench.ledger,
                    bench.state,
                    host: sink.concurrency > 1 ? host : nil,
                    lease: lease
                )
            }
            try await bench.ledger.append(60)
            // Killed in the middle of the first trouble.
            var lane = try makeLane()
            // A reply that drips or comes twice does come: its connection may be none the worse.
            let more = [.dripReply, .repeatReply].contains(fault) ? 0 : 1
            try await eventually("no connection broke") { proxy.strikes > more }
            await lane.kill()
            #expect(try await bench.control.conservation("siem").holds)
            // Another node took over; this one does not know yet.
            let lease = TestLease()
            lane = try makeLane(lease: lease)
            try await eventually("no further connection broke") { proxy.strikes > 2 * more }
            lease.lose()
            await lane.kill()
            #expect(try await bench.control.conservation("siem").holds)
            // Paused and resumed under way.
            try await bench.ledger.append(20)
            lane = try makeLane()
            try await bench.control.pause("siem", reason: nil, actor: "op")
            try await eventually { try await bench.control.conservation("siem").inFlight == 0 }
            try await bench.control.resume("siem", actor: "op")
            if fault == .repeatReply {
                // What stands in the place of another reply may make no sense there: the lane stops rather than guesses.
                try await eventually {
                    let status = try await bench.control.sink("siem")
                    if status.state != .running { try? await bench.control.resume("siem", actor: "op") }
                    return status.state == .running && status.conservation.backlog + status.conservation.inFlight == 0
                }
            } else {
                try await bench.control.drained()
            }
            await lane.end()
            let status = try await bench.control.sink("siem")
            #expect(status.conservation.holds && status.conservation.dead == 0)
            #expect(status.conservation.confirmed == bench.ledger.size)
            // What a receiver of syslog lost with its connection nobody can know: that is what best effort means.
            #expect((1...8).contains(status.concurrency))
            if isBestEffort {
                #expect(status.guarantee == .bestEffort)
            } else {
                try await bench.check(try await arrived())
            }
        }
        try await proxy.stop()
    }

    private static let timeout = Duration.milliseconds(300)
    private static let limits = BatchLimits(bytes: 100_000, count: 10, age: .milliseconds(1))

    private func splunk(_ fault: NetworkFault) async throws {
        let receiver = HECReceiver()
        try await receiver.start()
        try await endure(fault, receiver: try port(receiver.url)) { bench, port in
            var settings = SplunkSink.Settings(
                url: try DestinationURL("http://127.0.0.1:\(port)"),
                token: HECReceiver.Configuration().token
            )
            settings.limits = Self.limits
            settings.timeout = Self.timeout
            // Splunk says once that something is indexed: where that is lost with its reply, it is sent again.
            settings.acknowledgementTimeout = .seconds(3)
            return SplunkSink(settings, shaping: testShaping, http: bench.http, sleep: shortened)
        } arrived: {
            receiver.events.compactMap { recordIndex($0.recordID) }
        }
        await receiver.stop()
    }

    private func datadog(_ fault: NetworkFault) async throws {
        let receiver = DatadogReceiver(DatadogReceiver.Configuration { testTime.milliseconds })
        try await receiver.start()
        try await endure(fault, receiver: try port(receiver.url)) { bench, port in
            var settings = DatadogSink.Settings(
                url: try DestinationURL("http://127.0.0.1:\(port)/api/v2/logs"),
                apiKey: "sandbox-datadog-key"
            )
            settings.limits = Self.limits
            settings.timeout = Self.timeout
            return DatadogSink(settings, shaping: testShaping, http: bench.http, clock: ManualClock(testTime))
        } arrived: {
            receiver.entries.compactMap { recordIndex($0.recordID) }
        }
        await receiver.stop()
    }

    private func webhook(_ fault: NetworkFault) async throws {
        let receiver = WebhookReceiver([])
        let url = try await receiver.start()
        let signer = try WebhookSigner(keys: [WebhookSigningKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
        try await endure(fault, receiver: try port(url.description)) { bench, port in
            var settings = WebhookSink.Settings(
                url: try DestinationURL("http://127.0.0.1:\(port)/hook"),
                signer: signer
            )
            settings.timeout = Self.timeout
            return WebhookSink(settings, shaping: testShaping, http: bench.http)
        } arrived: {
            try receiver.messages.compactMap { recordIndex(try JSONValue(parsing: $0.body)["recordId"]?.string) }
        }
        try await receiver.stop()
    }

    private func syslog(_ fault: NetworkFault) async throws {
        let receiver = SyslogReceiver()
        let port = try await receiver.start()
        try await endure(fault, receiver: port, isBestEffort: true) { _, port in
            var settings = SyslogSink.Settings(host: "127.0.0.1", port: port, tls: nil)
            settings.timeout = Self.timeout
            settings.probation = .milliseconds(20)
            return SyslogSink(settings, shaping: testShaping, on: MultiThreadedEventLoopGroup.singleton)
        } arrived: {
            []
        }
        try await receiver.stop()
    }

    /// A session of RELP begins with offers; it breaks among the messages and their answers.
    private func relp(_ fault: NetworkFault) async throws {
        let receiver = try await Blocking.run { try RsyslogServer() }
        try await endure(fault, receiver: receiver.relp, skipping: 60) { _, port in
            var settings = SyslogSink.Settings(host: "127.0.0.1", port: port, tls: nil)
            settings.exchange = .relp
            settings.timeout = Self.timeout
            return SyslogSink(settings, shaping: testShaping, on: MultiThreadedEventLoopGroup.singleton)
        } arrived: {
            receiver.recordIDs.compactMap { recordIndex($0) }
        }
    }

    private func postgres(_ fault: NetworkFault) async throws {
        let server = try #require(PostgresSchema.server)
        let schema = try PostgresSchema()
        let warehouse = try PostgresDatabase(schema.settings)
        let table = try #require(WarehouseTable("events"))
        let connection = try warehouse.makeConnection()
        for statement in table.definition(role: "postgres").split(separator: ";") {
            let text = statement.trimmingPrefix { $0.isWhitespace }
            if !text.isEmpty { try connection.run(String(text)) }
        }
        let real = try #require(server.split(separator: ":").last?.prefix { $0.isNumber })
        try await endure(fault, receiver: try #require(Int(real))) { _, port in
            let address = server.replacing(":\(real)/", with: ":\(port)/")
            return WarehouseSink(table: table, mayBeMutable: true, shaping: testShaping) {
                var settings = PostgresSettings(address: schema.address(on: address))
                settings.timeoutMilliseconds = 300
                return try PostgresDatabase(settings)
            }
        } arrived: {
            try await warehouse.read {
                try $0.all("SELECT entry_index FROM events WHERE entry_index IS NOT NULL") { $0.position(0) }
            }
        }
    }

    /// A connection of NATS begins with a conversation; it breaks among the messages and their acknowledgements.
    private func nats(_ fault: NetworkFault) async throws {
        let stream = try await JetStreamBench()
        try await stream.configure()
        try await endure(fault, receiver: stream.servers.ports[0], skipping: 1000) { _, port in
            stream.sink(port: port, window: 10, timeout: Self.timeout)
        } arrived: {
            try await stream.indexes()
        }
    }

    /// The port of an address such as `http://127.0.0.1:8088/hook`.
    private func port(_ url: String?) throws -> Int {
        let authority = try #require(url?.split(separator: "/").dropFirst().first)
        return try #require(authority.split(separator: ":").last.flatMap { Int($0) })
    }
}
