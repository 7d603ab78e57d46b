import DeliveryWire
import JSON
import MerkleLog
import TestReceivers
import TestStores
import Testing

@testable import Delivery

@Suite(
    "Reading back from NATS JetStream",
    .enabled(if: NATSServers.isInstalled, "needs nats-server"),
    .serialized,
    .timeLimit(.minutes(5))
)
struct JetStreamReadBackTests {
    /// Messages are deleted, doubled, changed and slipped in on a real server: each is named for what it is, and what is missing is
    /// sent again.
    @Test func namesWhatIsWrong() async throws {
        let bench = try await JetStreamBench()
        // What is sent again within the stream's window would be dropped as known.
        try await bench.configure(["duplicate_window": 100_000_000])
        func sink() -> JetStreamSink { bench.sink { $0.duplicateWindow = .milliseconds(100) } }
        try await SinkBench.run { site in
            func deliver() async throws {
                let lane = RunningLane(sink(), site.ledger, site.state)
                try await site.control.drained()
                await lane.end()
            }
            func reconcile(resending: Bool = false) async throws -> (
                result: Reconciliation, found: [Reconciliation.Finding: RangeSet<UInt64>]
            ) {
                var found: [Reconciliation.Finding: RangeSet<UInt64>] = [:]
                let result = try await site.control.reconcile(
                    "siem",
                    0..<site.ledger.size,
                    asking: sink(),
                    resending: resending,
                    actor: "op"
                ) { finding, range in found[finding, default: RangeSet()].insert(contentsOf: range) }
                return (result, found)
            }
            try await site.ledger.append(700)
            try await deliver()
            let whole = try await reconcile()
            #expect(whole.found.isEmpty && whole.result.isComplete)
            let lost = Set([3, 300, 301, 302] as [UInt64])
            let order = try await bench.indexes()
            let ledger = site.ledger.origin
            let past = site.ledger.size + 5
            try await Blocking.run { [stream = bench.stream] in
                try stream.delete(order.indices.filter { lost.contains(order[$0]) }.map { $0 + 1 })
                func add(_ id: String, _ hash: String? = nil) throws {
                    let hash = hash.map { [(name: "Muniment-Leaf-Hash", value: $0)] } ?? []
                    try stream.add("muniment.events.X", [(name: "Nats-Msg-Id", value: id)] + hash)
                }
                let other = TreeHasher.leafHash([1, 2, 3]).base64
                try add("\(ledger)/9", other)
                try add("\(ledger)/x")
                try add("another/4")
                try add("\(ledger)/\(past)")
                // Not one of ours.
                try stream.add("muniment.other", [(name: "Nats-Msg-Id", value: "\(ledger)/10")])
            }
            let (result, found) = try await reconcile(resending: true)
            #expect(found[.missing] == RangeSet([3..<4, 300..<303]) && result.resent == 4 && result.unknown == 1)
            #expect(found[.doubled] == RangeSet([9..<10]) && found[.altered] == RangeSet([9..<10]))
            #expect(found[.foreign] == nil)
            try await deliver()
            let after = try await reconcile()
            #expect(after.found[.missing] == nil)
        }
    }

    /// A server that is not there, a stream that is not there: an error, and nothing is missing for it.
    @Test func whatCannotBeAskedIsAnError() async throws {
        let bench = try await JetStreamBench()
        try await bench.configure()
        var told = 0
        try await bench.sink().arrivals(in: 0..<10) { told += $0.count }
        #expect(told == 0)
        for sink in [bench.sink(port: 1, timeout: .seconds(1)), bench.sink { $0.stream = "NONE" }] {
            await #expect(throws: ReadBackError.self) { try await sink.arrivals(in: 0..<10) { _ in } }
        }
    }
}
