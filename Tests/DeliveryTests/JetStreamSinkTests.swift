import DeliveryWire
import FoundationEssentials
import JSON
import NATS
import TestReceivers
import TestStores
import Testing

@testable import Delivery

@Suite(
    "NATS JetStream",
    .enabled(if: NATSServers.isInstalled, "needs nats-server"),
    .serialized,
    .timeLimit(.minutes(5))
)
struct JetStreamSinkTests {
    /// Killed at random moments and begun anew: within the stream's duplicate window nothing is there twice.
    @Test(arguments: Engine.allCases) func everyRecordOnce(engine: Engine) async throws {
        let bench = try await JetStreamBench()
        try await bench.configure()
        try await SinkBench.run(engine) { site in
            try await site.ledger.append(3000)
            for round in 1...5 {
                let lane = RunningLane(bench.sink(), site.ledger, site.state)
                try await eventually { try await bench.count() >= round * 500 }
                await lane.kill()
                #expect(try await site.control.conservation("siem").holds)
            }
            let lane = RunningLane(bench.sink(), site.ledger, site.state)
            try await site.control.drained()
            await lane.end()
            #expect(try await bench.indexes() == Array(0..<site.ledger.size))
            let status = try await site.control.sink("siem")
            #expect(status.guarantee == .accepted && status.conservation.confirmed == site.ledger.size)
        }
    }

    /// A record that comes again after the stream has forgotten its id is there twice; that was counted, and nothing is lost.
    @Test func beyondTheDuplicateWindowWhatIsTwiceWasCounted() async throws {
        let bench = try await JetStreamBench()
        try await bench.configure(["duplicate_window": 100_000_000])
        try await SinkBench.run { site in
            try await site.ledger.append(200)
            let proxy = try FaultProxy(to: bench.servers.ports[0], .cutReply, times: 2, skipping: 1500)
            let port = try await proxy.start()
            let lane = RunningLane(
                bench.sink(port: port, timeout: .seconds(1)) { $0.duplicateWindow = .milliseconds(100) },
                site.ledger,
                site.state
            )
            try await site.control.drained()
            await lane.end()
            try await site.check(try await bench.indexes())
            try await proxy.stop()
        }
    }

    @Test(
        arguments: [
            ("the subjects", ["subjects": ["other.>"]]), ("memory", ["storage": "memory"]),
            ("no_ack", ["no_ack": true]), ("duplicate_window", ["duplicate_window": 1_000_000_000]),
            ("nobody consumes", ["retention": "interest"]),
        ] as [(String, [String: JSONValue])]
    ) func aStreamThatIsNotAsItMustBeStopsTheLane(reason: String, config: [String: JSONValue]) async throws {
        let bench = try await JetStreamBench()
        try await bench.configure(config)
        try await stops(bench.sink(), reason)
        #expect(try await bench.count() == 0)
    }

    @Test func tooFewReplicasOrNoStreamStopTheLane() async throws {
        let bench = try await JetStreamBench()
        try await stops(bench.sink(), "no such stream")
        try await bench.configure()
        try await stops(bench.sink(replicas: 3), "is on 1 servers where 3 are wanted")
        let three = bench.sink(replicas: 3).guarantee
        #expect(three.level == .confirmed && three.reason.contains("duplicate window"))
        #expect(bench.sink(replicas: 1).guarantee.level == .accepted)
    }

    /// 0 as well before the lane has begun.
    private func confirmed(_ site: SinkBench) async -> UInt64 {
        (try? await site.control.conservation("siem").confirmed) ?? 0
    }

    private func stops(_ sink: JetStreamSink, _ reason: String) async throws {
        try await SinkBench.run { site in
            try await site.ledger.append(5)
            let lane = RunningLane(sink, site.ledger, site.state)
            try await eventually { (try? await site.control.sink("siem").state.description) == "stopped" }
            let said = try await site.control.sink("siem").state.reason ?? ""
            #expect(said.contains(reason), "\(said)")
            let terms = try await site.control.conservation("siem")
            #expect(terms.holds && terms.dead == 0 && terms.confirmed == 0)
            await lane.end()
        }
    }

    /// The server's limit and the stream's own: each finds the one record that is to blame.
    @Test(arguments: [nil, 5000] as [Int64?]) func aMessageThatIsTooLargeIsADeadLetter(limit: Int64?) async throws {
        let bench = try await JetStreamBench()
        try await bench.configure(limit.map { ["max_msg_size": .integer($0)] } ?? [:])
        try await SinkBench.run { site in
            try await site.ledger.append(50)
            try await site.ledger.append(1, note: String(repeating: "y", count: limit == nil ? 1_100_000 : 6000))
            try await site.ledger.append(49)
            let lane = RunningLane(bench.sink(), site.ledger, site.state)
            try await site.control.drained()
            await lane.end()
            #expect(try await site.control.deadLetters("siem").map(\.index) == [50])
            #expect(try await bench.indexes() == (0..<site.ledger.size).filter { $0 != 50 })
        }
    }

    /// A stream that takes no more holds the lane up and loses nothing; when there is room it goes on.
    @Test func aFullStreamIsWaitedFor() async throws {
        let bench = try await JetStreamBench()
        try await bench.configure(["max_msgs": 120, "discard": "new"])
        try await SinkBench.run { site in
            try await site.ledger.append(300)
            let lane = RunningLane(bench.sink(window: 50), site.ledger, site.state)
            try await eventually { (try? await site.control.sink("siem").lastFailure?.reason.contains("full")) == true }
            #expect(try await site.control.conservation("siem").holds)
            try await bench.configure(["max_msgs": 1000, "discard": "new"], isUpdate: true)
            try await site.control.drained()
            await lane.end()
            // Once each; what was refused may stand behind what was sent after it, when room came in between.
            #expect(try await bench.indexes().sorted() == Array(0..<site.ledger.size))
        }
    }

    /// The one server dies again and again in the middle.
    @Test func aServerThatIsKilledLosesNothing() async throws {
        let bench = try await JetStreamBench()
        try await bench.configure()
        try await SinkBench.run { site in
            let lane = RunningLane(bench.sink(), site.ledger, site.state)
            for _ in 0..<4 {
                try await site.ledger.append(1000)
                let before = await confirmed(site)
                try await eventually { await confirmed(site) > before }
                try await Blocking.run { try bench.servers.kill(1) }
                #expect(try await site.control.conservation("siem").holds)
                try await Blocking.run { try bench.servers.revive(1) }
            }
            try await site.control.drained()
            await lane.end()
            try await site.check(try await bench.indexes())
        }
    }

    /// The leader of a stream on three servers dies in the middle; another takes over, and everything is there once.
    @Test func aLeaderThatIsKilledLosesNothing() async throws {
        let bench = try await JetStreamBench(nodes: 3)
        try await bench.configure(replicas: 3)
        try await SinkBench.run { site in
            try await site.ledger.append(4000)
            let lane = RunningLane(bench.sink(replicas: 3, timeout: .seconds(2)), site.ledger, site.state)
            try await eventually { await confirmed(site) > 500 }
            let leader = try await Blocking.run { try bench.servers.leader(of: bench.stream.name) }
            try await Blocking.run { [node = try #require(leader)] in try bench.servers.kill(node) }
            #expect(try await site.control.conservation("siem").holds)
            try await site.control.drained()
            await lane.end()
            try await site.check(try await bench.indexes(), isExact: true)
            #expect(try await site.control.sink("siem").guarantee == .confirmed)
        }
    }
}

/// Who may connect, and to whom.
@Suite("NATS credentials and TLS", .enabled(if: NATSServers.isInstalled, "needs nats-server"), .timeLimit(.minutes(2)))
struct NATSConnectionTests {
    private func connect(_ settings: NATSSettings) async throws {
        try await Blocking.run { _ = try NATSConnection(settings) }
    }

    @Test func aPasswordThatIsWrongIsRefused() async throws {
        let servers = try await Blocking.run {
            try NATSServers(extra: "authorization { user: muniment, password: \"right\" }")
        }
        try await connect(NATSSettings(servers: servers.addresses, credential: .user("muniment", password: "right")))
        for credential in [NATSSettings.Credential.none, .user("muniment", password: "wrong"), .token("right")] {
            let error = await #expect(throws: NATSError.self) {
                try await connect(NATSSettings(servers: servers.addresses, credential: credential))
            }
            #expect(error?.code == .credentials && error?.description.contains("wrong") == false)
        }
    }

    @Test func aTokenIsTaken() async throws {
        let servers = try await Blocking.run { try NATSServers(extra: "authorization { token: \"s3cret\" }") }
        try await connect(NATSSettings(servers: servers.addresses, credential: .token("s3cret")))
    }

    @Test func aSubjectThatIsNotPermittedIsSaidToBe() async throws {
        let permissions = "permissions: { publish: \"$JS.API.STREAM.INFO.*\", subscribe: \"_INBOX.>\" }"
        let servers = try await Blocking.run {
            try NATSServers(extra: "authorization { users: [{ user: m, password: p, \(permissions) }] }")
        }
        let error = await #expect(throws: NATSError.self) {
            try await Blocking.run {
                let settings = NATSSettings(servers: servers.addresses, credential: .user("m", password: "p"))
                let connection = try NATSConnection(settings)
                try connection.publish("muniment.events.X", body: [1], answer: "1")
                for _ in 0..<100 where connection.refusal == nil { _ = try connection.answer(withinMilliseconds: 20) }
                if let refusal = connection.refusal { throw refusal }
            }
        }
        #expect(error?.code == .permission)
    }

    @Test func onlyWhoIsTrustedIsSpokenTo() async throws {
        let tls = "tls { cert_file: \"FOLDER/cert.pem\", key_file: \"FOLDER/key.pem\", timeout: 5 }"
        let own = try await TestCertificate(host: "localhost")
        let stranger = try await TestCertificate(host: "elsewhere.example")
        let servers = try await Blocking.run { try NATSServers(extra: tls, files: own.files) }
        let others = try await Blocking.run { try NATSServers(extra: tls, files: stranger.files) }
        let plain = try await Blocking.run { try NATSServers() }
        func connect(_ servers: NATSServers, trusting certificate: TestCertificate) async throws {
            let roots = NATSSettings.TLS(trustRoots: certificate.path("cert.pem"))
            try await self.connect(NATSSettings(servers: ["tls://localhost:\(servers.ports[0])"], tls: roots))
        }
        try await connect(servers, trusting: own)
        // Of another authority; of another name; in clear.
        for (servers, certificate) in [(servers, stranger), (others, stranger), (plain, own)] {
            let error = await #expect(throws: NATSError.self) { try await connect(servers, trusting: certificate) }
            #expect(error?.code == .tls, "\(error?.description ?? "")")
        }
    }
}
