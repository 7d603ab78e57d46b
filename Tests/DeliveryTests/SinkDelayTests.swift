import JSON
import Ledger
import MerkleLog
import Storage
import TestStores
import Testing
import WallTime

@testable import Delivery

@Suite struct SinkDelayTests {
    /// A lease that is held, or lost.
    private struct Right: LeaseHolding {
        struct Lost: Error {}
        var isHeld = true

        func confirm(_ connection: any SQLConnection) throws { if !isHeld { throw Lost() } }
    }

    /// A ledger with three entries, and a sink that has confirmed none of them.
    private final class Site {
        let ledger: Ledger
        let control: DeliveryControl
        private let folder: TemporaryFolder
        private let schema: PostgresSchema?

        init(_ engine: Engine) async throws {
            folder = try TemporaryFolder()
            schema = engine == .postgres ? try PostgresSchema() : nil
            let location = LedgerLocation(
                directory: folder.path("data"),
                anchor: folder.path("anchor/checkpoint"),
                engine: schema.map { .postgres($0.settings) } ?? .sqlite
            )
            let signer = try NoteSigner(origin: Origin("delays.example/test"), seed: [UInt8](repeating: 3, count: 32))
            let first = Event(type: .ledgerCreated, identity: .random(producer: "test"), timestamp: testTime)
            try Ledger.create(at: location, signer: signer, first: first)
            ledger = try Ledger(at: location, signer: signer)
            control = DeliveryControl(state: try DeliveryState(ledger: ledger, producer: "test"), ledger: ledger)
            try await change(
                """
                INSERT INTO sinks (name, kind, definition, guarantee, start_index, cursor_index, filtered, confirmed,
                    duplicates, state, since, delivered, manifest_from, manifest_at)
                VALUES ('siem', 'file', 'h', 'confirmed', 0, 0, 0, 0, 0, 'running', \(testTime.milliseconds), '', 0, 0)
                """
            )
        }

        deinit { ledger.close() }

        func change(_ statement: String) async throws {
            try await ledger.database.write { _ = try $0.run(statement) }
        }

        /// A look by a process that has only just begun.
        func look(after seconds: Int64, _ right: Right = Right()) async throws {
            let watch = try SinkDelayWatch(control: control, limits: ["siem": 900])
            try await watch.look(at: testTime.adding(seconds: seconds), right)
        }

        func told() async throws -> [JSONValue] {
            var told: [JSONValue] = []
            for index in 0..<ledger.health.head.size {
                let event = try JSONValue(parsing: try await ledger.entry(at: index))
                if event["eventType"]?.string?.hasPrefix("SINK_") == true { told.append(event) }
            }
            return told
        }

        var delays: [JSONValue] {
            get async throws { try await told().filter { $0["eventType"] == "SINK_DELAYED" } }
        }

        var types: [String] {
            get async throws { try await told().compactMap { $0["eventType"]?.string } }
        }
    }

    @Test(arguments: Engine.allCases)
    func aSilentSinkIsToldOnceAndSoIsItsRecovery(engine: Engine) async throws {
        let site = try await Site(engine)
        try await site.look(after: 899)
        #expect(try await site.told().isEmpty)
        // Whoever has lost the lease tells nothing.
        await #expect(throws: Right.Lost.self) { try await site.look(after: 900, Right(isHeld: false)) }
        #expect(try await site.told().isEmpty)
        for seconds: Int64 in [900, 930, 5000] { try await site.look(after: seconds) }
        let told = try await site.told()
        #expect(told.map { $0["eventType"] } == ["SINK_DELAYED"])
        #expect(told[0]["sink"] == "siem" && told[0]["seconds"] == 900 && told[0]["entryIndex"] == 0)
        try await site.change("UPDATE sinks SET confirmed_at = \(testTime.adding(seconds: 5010).milliseconds)")
        try await site.look(after: 5020)
        try await site.look(after: 5050)
        #expect(try await site.types == ["SINK_DELAYED", "SINK_RECOVERED"])
        // The next stretch is told again.
        try await site.look(after: 5909)
        #expect(try await site.types.count == 2)
        try await site.look(after: 5910)
        #expect(try await site.types.count == 3)
    }

    @Test func faultsAddUp() async throws {
        let site = try await Site(.sqlite)
        func faults(after seconds: Int64, limit: Int64? = 900) async throws -> SinkFaults {
            try await site.control.sink("siem").faults(delayedAfter: limit, at: testTime.adding(seconds: seconds))
        }
        #expect(try await faults(after: 899) == [])
        #expect(try await faults(after: 900) == .delayed)
        // To a sink that is not configured nobody sends.
        #expect(try await faults(after: 900, limit: nil) == [])
        #expect(try await faults(after: 60, limit: 60) == .delayed)
        try await site.change("UPDATE sinks SET confirmed = confirmed + 1")
        #expect(try await faults(after: 0) == .unconserved)
        let both = try await faults(after: 900)
        #expect(both == [.delayed, .unconserved] && both.rawValue == 12 && both.words == ["delayed", "unconserved"])
        for (state, expected) in [
            ("paused", SinkFaults([.delayed, .unconserved])), ("stopped", [.stopped, .unconserved]),
        ] {
            try await site.change("UPDATE sinks SET state = '\(state)'")
            #expect(try await faults(after: 5000) == expected)
        }
        try await site.change("UPDATE sinks SET confirmed = confirmed - 1")
        let stopped = try await faults(after: 5000)
        #expect(stopped == .stopped && stopped.rawValue == 2 && stopped.words == ["stopped"])
    }

    /// Nobody makes a destination blind without a word by pausing its sink, not even a little at a time.
    @Test(arguments: Engine.allCases) func pausesAreDelaysAndDoNotBeginThemAnew(engine: Engine) async throws {
        let site = try await Site(engine)
        var minutes: Int64 = 0
        // As at 14, 28, …: each pause is shorter than the limit, and nothing gets through in between.
        for round in 0..<6 where try await site.delays.isEmpty {
            let at = testTime.adding(seconds: minutes * 60).milliseconds
            let state =
                round % 2 == 0 ? "state = 'paused', state_actor = 'mallory', reason = 'upgrade'" : "state = 'running'"
            try await site.change("UPDATE sinks SET \(state), since = \(at)")
            minutes += 14
            try await site.look(after: minutes * 60)
        }
        #expect(minutes == 28)
        let told = try #require(try await site.delays.first)
        #expect(told["seconds"] == 1680 && told["reason"] == "nothing was confirmed")
    }

    @Test func aDelayByAPauseSaysWhosePauseItIs() async throws {
        let site = try await Site(.sqlite)
        try await site.control.pause("siem", reason: "call erika.mustermann@example.com", actor: "mallory")
        try await site.look(after: 900)
        let reason = try #require(try await site.delays.first?["reason"]?.string)
        #expect(reason.hasPrefix("paused by mallory since 2"))
        #expect(reason.contains(": call ") && !reason.contains("erika.mustermann@"))
        // Nothing is recovered by going on, but by what arrives.
        try await site.control.resume("siem", actor: "mallory")
        try await site.look(after: 930)
        #expect(try await site.types.last == "SINK_RESUMED")
    }

    /// What a destination says may be anything: it is for the operator, and not for the record.
    @Test func aDestinationsWordsAreNotInTheRecord() async throws {
        let site = try await Site(.sqlite)
        try await site.change(
            "UPDATE sinks SET failure = 'the destination is busy', failure_detail = 'status 503: Erika', failed_at = 1"
        )
        try await site.look(after: 900)
        #expect(try await site.delays.first?["reason"] == "the destination is busy")
    }

    /// A sink that begins with old entries has as long for the first of them as for any.
    @Test func aNewSinkHasItsTime() async throws {
        let site = try await Site(.sqlite)
        try await site.change("UPDATE sinks SET made_at = \(testTime.adding(seconds: 5000).milliseconds)")
        try await site.look(after: 5899)
        #expect(try await site.told().isEmpty)
        try await site.look(after: 5900)
        #expect(try await site.types == ["SINK_DELAYED"])
    }

    @Test func whatStoppedOrIsUnknownIsNoDelay() async throws {
        let site = try await Site(.sqlite)
        try await site.change("UPDATE sinks SET state = 'stopped'")
        try await site.look(after: 5000)
        #expect(try await site.told().isEmpty)
        try await site.change("UPDATE sinks SET state = 'running'")
        try await site.look(after: 5000)
        #expect(try await site.types == ["SINK_DELAYED"])
        try await site.change("DELETE FROM sinks")
        try await site.look(after: 6000)
        let left = try await site.ledger.database.read { connection in
            try connection.all("SELECT sink FROM sink_delays") { $0.text(0) }
        }
        #expect(left.isEmpty)
    }
}
