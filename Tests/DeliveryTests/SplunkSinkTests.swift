import AsyncHTTPClient
import DeliveryWire
import JSON
import Sandbox
import TestStores
import Testing
import WallTime

@testable import Delivery

/// Against the pretend collector, which answers as Splunk was recorded to.
@Suite("Splunk", .timeLimit(.minutes(5))) struct SplunkSinkTests {
    /// A collector, a ledger and a client for one test.
    private struct Bench {
        let receiver: HECReceiver
        let ledger: TestLedger
        let state: DeliveryState
        let control: DeliveryControl
        let http: HTTPClient
        let url: DestinationURL
        var acknowledges = true
        var acknowledgementTimeout: Duration = .seconds(60)

        func lane(count: Int = 10, manifests: LaneDefinition.Manifests? = nil) -> RunningLane<SplunkSink> {
            var settings = SplunkSink.Settings(
                url: url,
                token: HECReceiver.Configuration().token
            )
            settings.limits = BatchLimits(bytes: 900_000, count: count, age: .milliseconds(1))
            settings.timeout = .seconds(2)
            settings.acknowledges = acknowledges
            settings.acknowledgementTimeout = acknowledgementTimeout
            let sink = SplunkSink(settings, shaping: testShaping, http: http, sleep: shortened)
            return RunningLane(sink, ledger, state, manifests: manifests, concurrency: 3)
        }

        /// What Splunk holds: how often each index.
        var counts: [UInt64: Int] {
            receiver.events.reduce(into: [:]) { counts, event in
                guard event.recordID?.contains("/manifest/") != true,
                    let index = event.recordID?.split(separator: "/").last.flatMap({ UInt64($0) })
                else { return }
                counts[index, default: 0] += 1
            }
        }

        /// Nothing is missing, and what is there twice was counted.
        func check(sourceLocation: SourceLocation = #_sourceLocation) async throws {
            let status = try await control.sink("siem")
            #expect(status.conservation.holds, sourceLocation: sourceLocation)
            let dead = Set(try await control.deadLetters("siem").map(\.index))
            let counts = self.counts
            let missing = (0..<ledger.size).filter { counts[$0] == nil && !dead.contains($0) }
            #expect(missing.isEmpty, "missing: \(missing)", sourceLocation: sourceLocation)
            let twice = counts.values.reduce(0) { $0 + $1 - 1 }
            #expect(twice <= Int(status.duplicates), sourceLocation: sourceLocation)
        }
    }

    private func run(
        _ engine: Engine,
        _ configuration: HECReceiver.Configuration = HECReceiver.Configuration(),
        _ body: (inout Bench) async throws -> Void
    ) async throws {
        let receiver = HECReceiver(configuration)
        try await receiver.start()
        let http = HTTPClient(configuration: SinkHTTP.configuration())
        let (ledger, state, control) = try makeLedger(engine)
        var bench = Bench(
            receiver: receiver,
            ledger: ledger,
            state: state,
            control: control,
            http: http,
            url: try DestinationURL(try #require(receiver.url))
        )
        do {
            try await body(&bench)
        } catch {
            await receiver.stop()
            try await http.shutdown()
            throw error
        }
        await receiver.stop()
        try await http.shutdown()
    }

    @Test(arguments: Engine.allCases) func confirmsWhatIsAcknowledged(engine: Engine) async throws {
        try await run(engine) { bench in
            try await bench.ledger.append(100)
            let lane = bench.lane()
            try await bench.control.drained()
            await lane.end()
            try await bench.check()
            #expect(bench.counts.count == Int(bench.ledger.size))
            let status = try await bench.control.sink("siem")
            #expect(status.duplicates == 0 && status.guarantee == .confirmed)
        }
    }

    /// Received and not yet indexed is in flight, not confirmed.
    @Test func receivedIsNotConfirmed() async throws {
        var configuration = HECReceiver.Configuration()
        configuration.settlesAtOnce = false
        try await run(.sqlite, configuration) { bench in
            let lane = bench.lane()
            // Until a first batch is confirmed, one at a time is sent.
            try await eventually { bench.receiver.requestCount >= 1 }
            bench.receiver.settle()
            try await bench.control.drained()
            let (before, taken) = (bench.ledger.size, bench.receiver.requestCount)
            try await bench.ledger.append(25)
            try await eventually { bench.receiver.requestCount >= taken + 3 }
            let terms = try await bench.control.conservation("siem")
            #expect(terms.holds && terms.confirmed == before && terms.inFlight == bench.ledger.size - before)
            bench.receiver.settle()
            try await bench.control.drained()
            await lane.end()
            try await bench.check()
        }
    }

    /// A refusal stores what stands before the refused event; it is confirmed when Splunk acknowledges that, and not before.
    @Test func whatARefusalStoredIsConfirmedByItsAcknowledgement() async throws {
        var configuration = HECReceiver.Configuration()
        configuration.settlesAtOnce = false
        configuration.refusedRecords = ["\(testShaping.ledger)/5"]
        try await run(.sqlite, configuration) { bench in
            try await bench.ledger.append(10)
            let lane = bench.lane(count: 20)
            try await eventually { bench.receiver.requestCount >= 1 }
            let terms = try await bench.control.conservation("siem")
            #expect(terms.holds && terms.confirmed == 0 && terms.dead == 0)
            try await eventually {
                bench.receiver.settle()
                return try await bench.control.conservation("siem").backlog
                    + bench.control.conservation("siem").inFlight == 0
            }
            await lane.end()
            try await bench.check()
            #expect(try await bench.control.deadLetters("siem").map(\.index) == [5])
        }
    }

    /// The receiver's faults, one after another, on one lane.
    @Test(
        arguments: Engine.allCases,
        [
            .cutBefore, .cutAfter, .refuse(status: 429, retryAfter: 0), .refuse(status: 503), .refuse(status: 500),
        ] as [ReceiverFault]
    ) func faultsLoseNothing(engine: Engine, fault: ReceiverFault) async throws {
        try await run(engine) { bench in
            try await bench.ledger.append(60)
            bench.receiver.inject(fault, times: 5)
            let lane = bench.lane()
            try await bench.control.drained()
            await lane.end()
            try await bench.check()
            #expect(try await bench.control.conservation("siem").dead == 0)
        }
    }

    /// Down, up again, and down in between with what it had not indexed lost.
    @Test(arguments: Engine.allCases) func aRestartedReceiverGetsWhatItLost(engine: Engine) async throws {
        var configuration = HECReceiver.Configuration()
        configuration.settlesAtOnce = false
        try await run(engine, configuration) { bench in
            bench.acknowledgementTimeout = .seconds(2)
            try await bench.ledger.append(50)
            let lane = bench.lane()
            try await eventually { bench.receiver.requestCount >= 3 }
            await bench.receiver.stop()
            #expect(try await bench.control.conservation("siem").holds)
            bench.receiver.change { $0.settlesAtOnce = true }
            try await bench.receiver.start()
            try await bench.control.drained()
            await lane.end()
            try await bench.check()
            #expect(try await bench.control.sink("siem").duplicates > 0)
        }
    }

    /// What is sent after Splunk restarted is sent once, whether or not anybody saw that it was down.
    @Test(arguments: [true, false]) func nothingIsDoubledByARestart(isSeen: Bool) async throws {
        try await run(.sqlite) { bench in
            try await bench.ledger.append(40)
            let lane = bench.lane()
            try await bench.control.drained()
            await bench.receiver.stop()
            if isSeen {
                try await bench.ledger.append(5)
                try await eventually { try await bench.control.sink("siem").lastFailure != nil }
            }
            try await bench.receiver.start()
            try await bench.ledger.append(5)
            try await bench.control.drained()
            await lane.end()
            try await bench.check()
            #expect(bench.counts.values.allSatisfy { $0 == 1 })
        }
    }

    /// Forgets its acknowledgements while it serves, and asks the wrong node for a while.
    @Test(arguments: Engine.allCases) func lostAcknowledgementsAreSentAgain(engine: Engine) async throws {
        try await run(engine) { bench in
            bench.acknowledgementTimeout = .seconds(1)
            bench.receiver.answerFalse(true)
            try await bench.ledger.append(30)
            let lane = bench.lane()
            try await eventually { bench.receiver.requestCount >= 4 }
            bench.receiver.forget()
            bench.receiver.answerFalse(false)
            try await bench.control.drained()
            await lane.end()
            try await bench.check()
        }
    }

    /// A token that does not acknowledge, or is disabled, or an address at which a login page answers: the lane stops.
    @Test(arguments: ["acknowledgement", "disabled", "html"]) func stopsRatherThanGuess(fault: String) async throws {
        try await run(.sqlite) { bench in
            switch fault {
            case "acknowledgement": bench.receiver.change { $0.acknowledges = false }
            case "disabled": bench.receiver.change { $0.tokenIsDisabled = true }
            default: bench.receiver.inject(.html, times: 100)
            }
            try await bench.ledger.append(20)
            let lane = bench.lane()
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            try await eventually { try await bench.control.conservation("siem").inFlight == 0 }
            let terms = try await bench.control.conservation("siem")
            #expect(terms.holds && terms.dead == 0 && terms.confirmed == 0)
            await lane.end()
        }
    }

    @Test func withoutAcknowledgementItIsAcceptedAtMost() async throws {
        var configuration = HECReceiver.Configuration()
        configuration.acknowledges = false
        try await run(.sqlite, configuration) { bench in
            bench.acknowledges = false
            try await bench.ledger.append(20)
            let lane = bench.lane()
            try await bench.control.drained()
            await lane.end()
            try await bench.check()
            #expect(try await bench.control.sink("siem").guarantee == .accepted)
        }
    }

    /// The limit of Splunk Cloud looks like a bad first event; the batch is halved until it fits.
    @Test func aBodyOverTheLimitIsHalved() async throws {
        var configuration = HECReceiver.Configuration()
        configuration.flavour = .cloud
        configuration.maximumBytes = 8000
        try await run(.sqlite, configuration) { bench in
            try await bench.ledger.append(40, note: String(repeating: "y", count: 300))
            let lane = bench.lane(count: 40)
            try await bench.control.drained()
            await lane.end()
            try await bench.check()
            #expect(try await bench.control.conservation("siem").dead == 0)
        }
    }

    /// Killed at random; then every record is there, and the manifests name all of them.
    @Test(arguments: Engine.allCases) func survivesKills(engine: Engine) async throws {
        try await run(engine) { bench in
            try await bench.ledger.append(300)
            let manifests = LaneDefinition.Manifests(entries: 50, interval: .seconds(3600))
            for round in 1...6 {
                let lane = bench.lane(manifests: manifests)
                try await eventually { bench.receiver.requestCount >= round * 5 }
                await lane.kill()
                #expect(try await bench.control.conservation("siem").holds)
            }
            let lane = bench.lane(manifests: manifests)
            try await bench.control.drained()
            try await eventually { try await bench.control.sink("siem").manifestFrom + 50 > bench.ledger.size }
            await lane.end()
            try await bench.check()
            let texts = bench.receiver.events.filter { $0.recordID?.contains("/manifest/") == true }.map(\.json)
            let manifest = try texts.map { try JSONValue(parsing: $0) }.compactMap { $0["event"] }
                .compactMap { DeliveryManifest(json: $0) }
            let expected = manifest.reduce(RangeSet<UInt64>()) { $0.union($1.expected) }
            #expect(expected == RangeSet(0..<(try await bench.control.sink("siem").manifestFrom)))
        }
    }
}

/// Rests are shortened, not slept through.
@Sendable func shortened(_ duration: Duration) async throws {
    try await Task.sleep(for: min(duration, .milliseconds(5)))
}
