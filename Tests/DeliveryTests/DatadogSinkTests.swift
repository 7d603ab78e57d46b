import DeliveryWire
import JSON
import Sandbox
import TestStores
import Testing
import WallTime

@testable import Delivery

@Suite("Datadog", .timeLimit(.minutes(5))) struct DatadogSinkTests {
    private func run(
        _ engine: Engine = .sqlite,
        hoursLater: Int64 = 0,
        _ body: (SinkBench, DatadogReceiver, DatadogSink.Settings, ManualClock) async throws -> Void
    ) async throws {
        let clock = ManualClock(testTime.adding(seconds: hoursLater * 3600))
        let receiver = DatadogReceiver(DatadogReceiver.Configuration { clock.now().milliseconds })
        try await receiver.start()
        let url = try DestinationURL(try #require(receiver.url) + "/api/v2/logs")
        var settings = DatadogSink.Settings(url: url, apiKey: "sandbox-datadog-key")
        settings.timeout = .seconds(2)
        settings.limits = BatchLimits(bytes: 100_000, count: 10, age: .milliseconds(1))
        try await SinkBench.run(engine) { try await body($0, receiver, settings, clock) }
        await receiver.stop()
    }

    private func indexes(_ receiver: DatadogReceiver) -> [UInt64] {
        receiver.entries.compactMap { recordIndex($0.recordID) }
    }

    @Test(
        arguments: Engine.allCases,
        [.cutBefore, .cutAfter, .refuse(status: 429, retryAfter: 0), .refuse(status: 503), .refuse(status: 408)]
            as [ReceiverFault]
    ) func faultsLoseNothing(engine: Engine, fault: ReceiverFault) async throws {
        try await run(engine) { bench, receiver, settings, _ in
            try await bench.ledger.append(60)
            receiver.inject(fault, times: 5)
            let lane = RunningLane(
                DatadogSink(settings, shaping: testShaping, http: bench.http),
                bench.ledger,
                bench.state
            )
            try await bench.control.drained()
            await lane.end()
            try await bench.check(indexes(receiver))
            let status = try await bench.control.sink("siem")
            #expect(status.guarantee == .accepted && status.conservation.dead == 0)
        }
    }

    /// Logs are lost and doubled: the search names them; without a key for searching nothing is said.
    @Test func searchedForWhatArrived() async throws {
        try await run { bench, receiver, settings, _ in
            try await bench.ledger.append(1200)
            var settings = settings
            let lane = RunningLane(
                DatadogSink(settings, shaping: testShaping, http: bench.http),
                bench.ledger,
                bench.state
            )
            try await bench.control.drained()
            await lane.end()
            let lost = RangeSet<UInt64>([3..<4, 500..<600, 1199..<1200])
            receiver.lose { recordIndex($0.recordID).map(lost.contains) ?? false }
            func reconcile() async throws -> RangeSet<UInt64> {
                var missing = RangeSet<UInt64>()
                let sink = DatadogSink(settings, shaping: testShaping, http: bench.http)
                _ = try await bench.control.reconcile("siem", 0..<1200, asking: sink, actor: "op") { finding, range in
                    // What Datadog has twice, for want of an answer in time, is there.
                    #expect(finding == .missing || finding == .doubled)
                    if finding == .missing { missing.insert(contentsOf: range) }
                }
                return missing
            }
            await #expect(throws: ReadBackError.self) { _ = try await reconcile() }
            let url = try DestinationURL(try #require(receiver.url))
            settings.search = DatadogSink.Search(url: url, applicationKey: "another")
            await #expect(throws: ReadBackError.self) { _ = try await reconcile() }
            settings.search = DatadogSink.Search(url: url, applicationKey: "sandbox-datadog-application")
            #expect(try await reconcile() == lost)
        }
    }

    @Test(arguments: ["key", "html"]) func stopsRatherThanGuess(fault: String) async throws {
        try await run { bench, receiver, settings, _ in
            if fault == "key" { receiver.change { $0.apiKey = "another" } } else { receiver.inject(.html, times: 100) }
            try await bench.ledger.append(20)
            let lane = RunningLane(
                DatadogSink(settings, shaping: testShaping, http: bench.http),
                bench.ledger,
                bench.state
            )
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            try await eventually { try await bench.control.conservation("siem").inFlight == 0 }
            let terms = try await bench.control.conservation("siem")
            #expect(terms.holds && terms.dead == 0 && terms.confirmed == 0)
            await lane.end()
        }
    }

    /// What is too old for Datadog's clock goes where the policy says, and never into a 202 unseen.
    @Test(arguments: DatadogStalePolicy.allCases) func oldEntriesFollowThePolicy(policy: DatadogStalePolicy)
        async throws
    {
        try await run(hoursLater: 19) { bench, receiver, settings, clock in
            var settings = settings
            settings.stale = policy
            try await bench.ledger.append(12)
            let sink = DatadogSink(settings, shaping: testShaping, http: bench.http, clock: clock)
            let lane = RunningLane(sink, bench.ledger, bench.state, clock: clock)
            try await bench.control.drained()
            await lane.end()
            let terms = try await bench.control.conservation("siem")
            let old: UInt64 = 12
            switch policy {
            case .send:
                #expect(receiver.entries.count { $0.lostItsTime } == Int(old))
                #expect(receiver.entries.allSatisfy { $0.json.contains("originalTimestamp") })
            case .leaveOut: #expect(terms.filtered == old)
            case .deadLetter: #expect(terms.dead == old)
            }
            #expect(terms.holds)
        }
    }
}
