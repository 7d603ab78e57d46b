import DeliveryWire
import EventFormats
import JSON
import Sandbox
import TestStores
import Testing
import WallTime

@testable import Delivery

/// Against the pretend Splunk, which knows the searches that are asked and answers as documented.
@Suite("Reading back from Splunk", .timeLimit(.minutes(5))) struct SplunkReadBackTests {
    private struct Bench {
        let bench: SinkBench
        let receiver: HECReceiver
        var settings: SplunkSink.Settings
        var shaping = testShaping

        var sink: SplunkSink { SplunkSink(settings, shaping: shaping, http: bench.http, sleep: shortened) }

        func deliver() async throws {
            let lane = RunningLane(sink, bench.ledger, bench.state)
            try await bench.control.drained()
            await lane.end()
        }

        func reconcile(
            resending: Bool = false
        ) async throws -> (Reconciliation, [Reconciliation.Finding: RangeSet<UInt64>]) {
            var found: [Reconciliation.Finding: RangeSet<UInt64>] = [:]
            let result = try await bench.control.reconcile(
                "siem",
                0..<bench.ledger.size,
                asking: sink,
                resending: resending,
                actor: "op"
            ) { finding, range in found[finding, default: RangeSet()].insert(contentsOf: range) }
            return (result, found)
        }
    }

    private static func findings(_ bench: Bench) async throws -> [Reconciliation.Finding: RangeSet<UInt64>] {
        try await bench.reconcile().1
    }

    private func run(_ count: Int, _ body: (inout Bench) async throws -> Void) async throws {
        let receiver = HECReceiver()
        try await receiver.start()
        let url = try DestinationURL(try #require(receiver.url))
        var settings = SplunkSink.Settings(url: url, token: HECReceiver.Configuration().token)
        settings.search = SplunkSink.Search(url: url, token: "sandbox-splunk-search")
        settings.origin.index = "audit"
        settings.limits = BatchLimits(bytes: 900_000, count: 100, age: .milliseconds(1))
        try await SinkBench.run { bench in
            try await bench.ledger.append(count)
            var all = Bench(bench: bench, receiver: receiver, settings: settings)
            try await all.deliver()
            try await body(&all)
        }
        await receiver.stop()
    }

    /// What is missing, doubled, foreign and altered is named for what it is, in each format, and only what is missing is sent again.
    @Test(arguments: [EventFormat.native, .ocsf(.v18), .ecs]) func namesWhatIsWrong(format: EventFormat) async throws {
        try await run(0) { bench in
            bench.shaping = EventShaping(
                ledger: testShaping.ledger,
                encoder: EventEncoder(format: format, product: ProductIdentity(version: "1"))
            )
            try await bench.bench.ledger.append(300)
            try await bench.deliver()
            let found1 = try await Self.findings(bench)
            #expect(found1.isEmpty)
            let lost = RangeSet<UInt64>([3..<4, 100..<130])
            bench.receiver.alter { events in
                events.removeAll { recordIndex($0.recordID).map(lost.contains) ?? false }
                events += events.filter { recordIndex($0.recordID) == 7 }
                if let position = events.firstIndex(where: { recordIndex($0.recordID) == 9 }),
                    let other = events.first(where: { recordIndex($0.recordID) == 10 })
                {
                    events[position].json = other.json.replacing("/10\"", with: "/9\"")
                        .replacing("\"ledgerIndex\":\"10\"", with: "\"ledgerIndex\":\"9\"")
                }
                if var stray = events.first {
                    stray.json =
                        #"{"event":"x","fields":{"ledger":"\#(testShaping.ledger)"},"#
                        + #""index":"audit","source":"muniment"}"#
                    events.append(stray)
                }
            }
            let (result, found) = try await bench.reconcile(resending: true)
            #expect(found[.missing] == lost && result.resent == 31 && result.unknown == 1)
            #expect(found[.doubled] == RangeSet([7..<8]) && found[.foreign] == nil)
            #expect(found[.altered] == RangeSet([9..<10]))
            try await bench.deliver()
            let after = try await Self.findings(bench)
            #expect(after[.missing] == nil)
        }
    }

    /// What was left out of a lane and stands there all the same is foreign.
    @Test func whatWasNeverDeliveredIsForeign() async throws {
        try await run(0) { bench in
            let filter = EventCondition.type(["OTHER"])
            bench.shaping = EventShaping(ledger: testShaping.ledger, filter: filter, encoder: testShaping.encoder)
            try await bench.bench.ledger.append(5)
            try await bench.bench.ledger.append(5, type: "OTHER")
            try await bench.deliver()
            bench.receiver.alter { events in
                guard var event = events.first(where: { recordIndex($0.recordID) != nil }),
                    let index = recordIndex(event.recordID)
                else { return }
                event.json = event.json.replacing("/\(index)\"", with: "/2\"")
                    .replacing("\"ledgerIndex\":\"\(index)\"", with: "\"ledgerIndex\":\"2\"")
                events.append(event)
            }
            let found = try await Self.findings(bench)
            #expect(found[.foreign] == RangeSet([2..<3]))
        }
    }

    /// A Splunk before 9.0.1, and one that gives few rows.
    @Test func olderAndSmallerOnesAnswerToo() async throws {
        try await run(1500) { bench in
            bench.receiver.change {
                $0.hasSearchVersion2 = false
                $0.maximumRows = 1000
            }
            let found2 = try await Self.findings(bench)
            #expect(found2.isEmpty)
            bench.receiver.change { $0.maximumRows = 999 }
            let limited = ReadBackError.failed("\(SplunkSearchError.limited)")
            await #expect(throws: limited) {
                _ = try await bench.reconcile()
            }
        }
    }

    /// Whatever goes wrong while asking is an error, and nothing is missing for it.
    @Test(
        arguments: [
            .cut(bytes: 0), .cut(bytes: 70), .cut(bytes: 100), .refuse(status: 403), .refuse(status: 500),
            .refuse(status: 404),
            .message(type: "ERROR", text: "a peer is down"), .message(type: "WARN", text: "results may be incomplete"),
        ] as [SplunkSearchFault]
    ) func anAnswerInPartIsNone(fault: SplunkSearchFault) async throws {
        try await run(50) { bench in
            bench.receiver.fail(searches: fault)
            await #expect(throws: ReadBackError.self) { _ = try await bench.reconcile(resending: true) }
            bench.receiver.fail(searches: .message(type: "INFO", text: "all is well"))
            let all = try await bench.reconcile().0
            #expect(all.isComplete)
        }
    }

    @Test func whoMayNotSearchIsToldSo() async throws {
        try await run(20) { bench in
            bench.settings.search?.token = "another"
            await #expect(throws: ReadBackError.self) { _ = try await bench.reconcile() }
            bench.settings.search?.token = "sandbox-splunk-search"
            // An index that the role may not search looks empty.
            bench.receiver.change { $0.indexes = ["main"] }
            await #expect(throws: ReadBackError.self) { _ = try await bench.reconcile(resending: true) }
            bench.receiver.change { $0.indexes = nil }
            let all = try await bench.reconcile().0
            #expect(all.isComplete)
            bench.settings.origin.source = "x\" | delete"
            let written = bench.receiver.events.count
            await #expect(throws: ReadBackError.self) { _ = try await bench.reconcile() }
            #expect(bench.receiver.events.count == written)
            bench.settings.search = nil
            await #expect(throws: ReadBackError.self) { _ = try await bench.reconcile() }
        }
    }
}
