import DeliveryWire
import NIOPosix
import NIOSSL
import TestReceivers
import TestStores
import Testing

@testable import Delivery

/// Against a real rsyslog.
@Suite(
    "RELP",
    .enabled(if: RsyslogServer.isInstalled, "needs rsyslog and rsyslog-relp"),
    .serialized,
    .timeLimit(.minutes(5))
)
struct RELPSinkTests {
    private func sink(_ port: Int, tls: TLSConfiguration? = nil, host: String = "127.0.0.1") -> SyslogSink {
        var settings = SyslogSink.Settings(host: host, port: port, tls: tls)
        settings.exchange = .relp
        settings.timeout = .seconds(5)
        return SyslogSink(settings, shaping: testShaping, on: MultiThreadedEventLoopGroup.singleton)
    }

    private func indexes(_ receiver: RsyslogServer) -> [UInt64] { receiver.recordIDs.compactMap { recordIndex($0) } }

    /// A receiver that answers when the message is in its file is killed again and again: nothing is lost, and what is there twice
    /// was counted.
    @Test(arguments: Engine.allCases) func aReceiverThatIsKilledLosesNothing(engine: Engine) async throws {
        let receiver = try await Blocking.run { try RsyslogServer() }
        try await SinkBench.run(engine) { bench in
            let lane = RunningLane(sink(receiver.relp), bench.ledger, bench.state)
            for _ in 0..<4 {
                try await bench.ledger.append(1500)
                let before = receiver.recordIDs.count
                try await eventually { receiver.recordIDs.count > before + 200 }
                try await Blocking.run { try receiver.command("kill") }
                #expect(try await bench.control.conservation("siem").holds)
                try await Blocking.run { try receiver.command("start") }
            }
            try await bench.control.drained()
            await lane.end()
            try await bench.check(indexes(receiver))
            let status = try await bench.control.sink("siem")
            #expect(status.guarantee == .accepted && status.conservation.dead == 0)
        }
    }

    /// Each record once and in order while nothing breaks; manifests come along.
    @Test func inOrderWithoutFaults() async throws {
        let receiver = try await Blocking.run { try RsyslogServer() }
        try await SinkBench.run { bench in
            try await bench.ledger.append(3000)
            let lane = RunningLane(sink(receiver.relp), bench.ledger, bench.state)
            try await bench.control.drained()
            await lane.end()
            #expect(indexes(receiver) == Array(0..<bench.ledger.size))
            #expect(try await bench.control.sink("siem").duplicates == 0)
        }
    }

    @Test func overTLSOnlyToWhomIsTrusted() async throws {
        let own = try await TestCertificate(host: "localhost")
        let stranger = try await TestCertificate(host: "localhost")
        let receiver = try await Blocking.run { try RsyslogServer(files: own.files) }
        let port = try #require(receiver.tls)
        try await SinkBench.run { bench in
            try await bench.ledger.append(300)
            let wrong = RunningLane(sink(port, tls: stranger.client, host: "localhost"), bench.ledger, bench.state)
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            await wrong.end()
            #expect(receiver.recordIDs.isEmpty)
            let right = RunningLane(sink(port, tls: own.client, host: "localhost"), bench.ledger, bench.state)
            try await bench.control.resume("siem", actor: "op")
            try await bench.control.drained()
            await right.end()
            try await bench.check(indexes(receiver))
        }
    }

    /// A process that dies says no goodbye in TLS: its connection breaks as any other, and its certificate is not to blame.
    @Test func aReceiverThatIsKilledUnderTLSIsWaitedFor() async throws {
        let own = try await TestCertificate(host: "localhost")
        let receiver = try await Blocking.run { try RsyslogServer(files: own.files) }
        let port = try #require(receiver.tls)
        try await SinkBench.run { bench in
            let lane = RunningLane(sink(port, tls: own.client, host: "localhost"), bench.ledger, bench.state)
            for _ in 0..<2 {
                try await bench.ledger.append(1500)
                let before = receiver.recordIDs.count
                try await eventually { receiver.recordIDs.count > before + 200 }
                try await Blocking.run { try receiver.command("kill") }
                try await eventually { (try? await bench.control.sink("siem").lastFailure) != nil }
                #expect(try await bench.control.sink("siem").state == .running)
                try await Blocking.run { try receiver.command("start") }
            }
            try await bench.control.drained()
            await lane.end()
            try await bench.check(indexes(receiver))
        }
    }

    /// Whatever else answers at the address, nothing counts as sent.
    @Test func somethingElseAtTheAddressTakesNothing() async throws {
        let receiver = WebhookReceiver([])
        let port = try await receiver.listen()
        try await SinkBench.run { bench in
            try await bench.ledger.append(30)
            let lane = RunningLane(sink(port), bench.ledger, bench.state)
            try await eventually { (try? await bench.control.sink("siem").lastFailure) != nil }
            let terms = try await bench.control.conservation("siem")
            #expect(terms.holds && terms.confirmed == 0 && terms.dead == 0)
            await lane.kill()
        }
        try await receiver.stop()
    }
}
