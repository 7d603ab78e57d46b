import Crypto
import DeliveryWire
import NIOHTTP1
import TestReceivers
import TestStores
import Testing
import WallTime

@testable import Delivery

extension WebhookReceiver {
    /// Listens, and says where.
    func start() async throws -> DestinationURL { try DestinationURL("http://127.0.0.1:\(try await listen())/hook") }
}

@Suite("Webhooks", .timeLimit(.minutes(5))) struct WebhookSinkTests {
    private static let secret = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func run(
        _ statuses: [Int],
        _ body: (SinkBench, WebhookReceiver, WebhookSink) async throws -> Void
    ) async throws {
        let receiver = WebhookReceiver(statuses)
        let url = try await receiver.start()
        let signer = try WebhookSigner(keys: [WebhookSigningKey(Self.secret)])
        try await SinkBench.run { bench in
            let sink = WebhookSink(
                WebhookSink.Settings(url: url, signer: signer),
                shaping: testShaping,
                http: bench.http
            )
            try await body(bench, receiver, sink)
        }
        try await receiver.stop()
    }

    @Test func everyMessageIsSignedAndKeepsItsIDOverAttempts() async throws {
        try await run([500, 429, 503, 409, 502]) { bench, receiver, sink in
            try await bench.ledger.append(20)
            let lane = RunningLane(sink, bench.ledger, bench.state)
            try await bench.control.drained()
            await lane.end()
            let verifier = WebhookVerifier(keys: [try .init(Self.secret)])
            var ids: Set<String> = []
            for message in receiver.messages {
                let headers = WebhookSigner.Headers(
                    id: try #require(message.headers.first(name: "webhook-id")),
                    timestamp: try #require(message.headers.first(name: "webhook-timestamp")),
                    signature: try #require(message.headers.first(name: "webhook-signature"))
                )
                try verifier.verify(headers, body: message.body, now: SystemClock().now())
                ids.insert(headers.id)
            }
            let wanted = (0..<bench.ledger.size).map { WebhookSigner.messageID(ledger: bench.ledger.origin, index: $0) }
            #expect(ids == Set(wanted))
            #expect(try await bench.control.conservation("siem").holds)
        }
    }

    @Test func aRefusedMessageIsADeadLetterAndTheOthersGoOn() async throws {
        try await run([204, 422, 400]) { bench, receiver, sink in
            try await bench.ledger.append(20)
            let lane = RunningLane(sink, bench.ledger, bench.state)
            try await bench.control.drained()
            await lane.end()
            let terms = try await bench.control.conservation("siem")
            #expect(terms.holds && terms.dead == 2)
            #expect(receiver.messages.count == Int(bench.ledger.size) - 2)
        }
    }

    @Test(arguments: [401, 403, 404, 301, 410]) func stopsAndKeepsEverything(status: Int) async throws {
        try await run(Array(repeating: status, count: 1000)) { bench, _, sink in
            try await bench.ledger.append(20)
            let lane = RunningLane(sink, bench.ledger, bench.state)
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            try await eventually { try await bench.control.conservation("siem").inFlight == 0 }
            let terms = try await bench.control.conservation("siem")
            #expect(terms.holds && terms.dead == 0 && terms.confirmed == 0)
            await lane.end()
        }
    }
}

@Suite("Destination addresses") struct DestinationURLTests {
    @Test(arguments: [
        "https://siem.example.com", "https://siem.example.com:8088/a/b", "http://127.0.0.1:8088", "http://localhost",
        "http://[::1]:9", "https://[2001:db8::1]/x",
    ]) func accepts(text: String) throws { #expect(try DestinationURL(text).description == text) }

    @Test(
        arguments: [
            ("http://siem.example.com", .plaintext), ("http://127.0.0.1.example.com", .plaintext),
            ("http://localhost.example.com", .plaintext), ("http://10.0.0.1", .plaintext), ("ftp://x", .form),
            ("https://", .form), ("https://user:secret@host", .form), ("https://host?x=1", .form),
            ("https://host#x", .form),
            ("https://ho st", .form), ("https://host:0", .form), ("https://host:99999", .form),
            ("https://2852039166/", .number), ("https://0xa9fea9fe/", .number),
            ("https://0251.0376.0251.0376", .number),
            ("https://169.254.43518", .number), ("https://169.254.169.254./", .linkLocal),
            ("https://[64:ff9b::a9fe:a9fe]", .linkLocal), ("https://metadata.google.internal", .linkLocal),
            ("https://169.254.169.254/latest", .linkLocal), ("https://[fe80::1]", .linkLocal),
            ("https://[fd00:ec2::254]", .linkLocal), ("https://[::ffff:169.254.169.254]", .linkLocal),
        ] as [(String, DestinationURLError)]
    ) func refuses(text: String, error: DestinationURLError) {
        #expect(throws: error) { try DestinationURL(text) }
    }

    @Test func plaintextOnlyWhenPermitted() throws {
        #expect(try !DestinationURL("http://siem.example.com", allowingPlaintext: true).isEncrypted)
        #expect(throws: DestinationURLError.linkLocal) {
            try DestinationURL("http://169.254.169.254", allowingPlaintext: true)
        }
    }
}
