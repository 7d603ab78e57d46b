import DeliveryWire
import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TestReceivers
import Testing

@testable import Delivery

/// What a receiver's TLS does that is no fault of its certificate, and what is.
@Suite("TLS of receivers", .timeLimit(.minutes(2))) struct TLSFaultTests {
    /// The connection ends without the notice that TLS has for it, before or in the middle of a reply: what was sent is sent
    /// again, and the lane runs on.
    @Test(arguments: [NetworkFault.endBeforeReply, .endReply]) func anEndWithoutNoticeIsABrokenConnection(
        fault: NetworkFault
    ) async throws {
        let own = try await TestCertificate(host: "localhost")
        let receiver = WebhookReceiver([], tls: own.server)
        // Past the handshake.
        let proxy = try FaultProxy(to: try await receiver.listen(), fault, times: 5, skipping: 1400)
        let port = try await proxy.start()
        try await SinkBench.run(tls: own.client) { bench in
            let lane = RunningLane(try sink(port, bench), bench.ledger, bench.state)
            try await bench.ledger.append(200)
            try await bench.control.drained()
            await lane.end()
            #expect(proxy.strikes == 5)
            try await bench.check(try indexes(receiver))
        }
        try await proxy.stop()
        try await receiver.stop()
    }

    /// Another certificate that is trusted too takes over; then one that is not: the lane stops, says so, and keeps everything.
    @Test func aCertificateIsReplaced() async throws {
        let (first, second) = (
            try await TestCertificate(host: "localhost"), try await TestCertificate(host: "localhost")
        )
        let stranger = try await TestCertificate(host: "localhost")
        var trust = TLSConfiguration.makeClientConfiguration()
        trust.trustRoots = .certificates(first.certificates + second.certificates)
        // An address at which nobody else takes its port while it is away.
        let host = "127.0.0.2"
        let receiver = WebhookReceiver([], tls: first.server)
        let port = try await receiver.listen(on: host)
        try await SinkBench.run(tls: trust) { bench in
            let lane = RunningLane(try sink(port, bench, host: host), bench.ledger, bench.state)
            try await bench.ledger.append(50)
            try await bench.control.drained()
            try await receiver.stop()
            try await bench.ledger.append(50)
            try await receiver.listen(on: host, port: port, tls: second.server)
            try await bench.control.drained()
            try await receiver.stop()
            try await bench.ledger.append(50)
            try await receiver.listen(on: host, port: port, tls: stranger.server)
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            let terms = try await bench.control.conservation("siem")
            #expect(terms.holds && terms.dead == 0 && terms.confirmed < bench.ledger.size)
            try await receiver.stop()
            try await receiver.listen(on: host, port: port, tls: second.server)
            // What was still under way with the stranger may be answered after a resumption, and then stops the lane once more.
            try await eventually {
                if try await bench.control.sink("siem").state != .running {
                    try? await bench.control.resume("siem", actor: "op")
                }
                let terms = try await bench.control.conservation("siem")
                return terms.backlog == 0 && terms.inFlight == 0
            }
            await lane.end()
            try await bench.check(try indexes(receiver))
        }
        try await receiver.stop()
    }

    private func sink(_ port: Int, _ bench: SinkBench, host: String = "localhost") throws -> WebhookSink {
        var settings = WebhookSink.Settings(
            url: try DestinationURL("https://\(host):\(port)/hook"),
            signer: try WebhookSigner(keys: [WebhookSigningKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
        )
        settings.timeout = .seconds(2)
        return WebhookSink(settings, shaping: testShaping, http: bench.http)
    }

    private func indexes(_ receiver: WebhookReceiver) throws -> [UInt64] {
        try receiver.messages.compactMap { recordIndex(try JSONValue(parsing: $0.body)["recordId"]?.string) }
    }
}
