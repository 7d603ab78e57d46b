import Credentials
import Delivery
import DeliveryWire
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Ledger
import MerkleLog
import Storage
import Testing
import WallTime

@testable import Server

@Suite(.timeLimit(.minutes(2))) struct SinkTests {
    /// Takes everything but the entries named.
    private struct PickySink: Sink {
        let refused: Set<UInt64>
        var guarantee: DeliveryGuarantee { DeliveryGuarantee(.accepted, because: "of the test") }
        var limits: BatchLimits { BatchLimits(bytes: 10_000, count: 1, age: .milliseconds(1)) }
        var concurrency: Int { 1 }

        func prepare(_ entry: LedgerEntry, now: Timestamp) -> Prepared<UInt64> { .send(entry.index, bytes: 1) }
        func prepare(_ manifest: DeliveryManifest) -> Prepared<UInt64>? { nil }
        func open(position: String?) async -> SinkReply { .ok }
        func close() async {}
        func deliver(_ batch: SinkBatch<UInt64>) async -> SinkReply {
            guard refused.isDisjoint(with: batch.payloads) else {
                return SinkReply(
                    Verdict(.poison, reason: "the receiver refuses the message"),
                    detail: DestinationWords("status 422", sent: [])
                )
            }
            return .ok
        }
    }

    private struct OpenLease: LeaseHolding { func confirm(_ connection: any SQLConnection) throws {} }

    /// Runs a sink until nothing is left for it.
    private func drain(_ installation: Installation, refusing refused: Set<UInt64>, start: LaneStart = .beginning)
        async throws
    {
        let lane = Lane(
            LaneParts(
                definition: LaneDefinition(name: "siem", kind: "webhook", hash: "h", start: start, manifests: nil),
                sink: PickySink(refused: refused),
                ledger: installation.ledger,
                state: installation.deliveryState,
                lease: OpenLease()
            )
        )
        let control = DeliveryControl(state: installation.deliveryState, ledger: installation.ledger)
        async let running: Void = lane.run()
        while (try? await control.conservation("siem")).map({ $0.backlog + $0.inFlight > 0 }) ?? true {
            try await Task.sleep(for: .milliseconds(5))
        }
        lane.end()
        await running
    }

    @Test func whereEveryEntryStands() async throws {
        let installation = try Installation()
        try await installation.recordAccesses(5)
        try await drain(installation, refusing: [3])
        let caller = try await installation.caller(.sinks)
        try await installation.test { client in
            let answer = try await client.get("/api/v1/sinks", caller.header)
            #expect(answer.status == .ok)
            let sink = try #require(try answer.json()["sinks"]?[0])
            let terms = try #require(sink["conservation"])
            #expect(terms["holds"]?.bool == true && terms["dead"]?.int == 1)
            #expect(sink["guarantee"] == "accepted" && sink["state"] == "running")
            let one = try await client.get("/api/v1/sinks/siem", caller.header)
            #expect(try one.json() == sink)
            let letters = try await client.get("/api/v1/sinks/siem/dead-letters", caller.header).json()
            #expect(letters["deadLetters"]?[0]?["index"]?.int == 3)
            #expect(letters["deadLetters"]?[0]?["detail"] == "status 422")
            let metrics = try await client.get("/metrics").text
            #expect(metrics.contains("muniment_sink_entries{sink=\"siem\",place=\"dead\"} 1"))
            #expect(metrics.contains("muniment_sink_conserved{sink=\"siem\"} 1"))
        }
    }

    @Test func aTestIsAnEntryWhoseStandingCanBeAskedFor() async throws {
        let installation = try Installation()
        try await installation.recordAccesses(5)
        try await drain(installation, refusing: [3])
        let caller = try await installation.caller(.sinks)
        try await installation.test { client in
            let made = try await client.execute(uri: "/api/v1/sinks/siem/test", method: .post, headers: caller.header) {
                $0
            }
            made.expect(status: .created)
            let index = try #require(try made.json()["index"]?.int)
            for (entry, standing) in [(0, "confirmed"), (3, "dead"), (index, "backlog")] {
                let answer = try await client.get("/api/v1/sinks/siem/entries/\(entry)", caller.header)
                #expect(try answer.json()["standing"]?.string == standing && answer.json()["index"]?.int == entry)
            }
            for wrong in ["\(index + 1)", "-1", "x", "18446744073709551616"] {
                try await client.get("/api/v1/sinks/siem/entries/\(wrong)", caller.header).expect(.unknownEntry)
            }
            try await client.get("/api/v1/sinks/none/entries/0", caller.header).expect(.unknownSink)
            try await client.post("/api/v1/sinks/none/test", caller.header, [:]).expect(.unknownSink)
        }
        let events = try await installation.events(.sinkTested)
        #expect(events.count == 1 && events[0]["actor"]?.string == caller.id)
    }

    @Test func everyActIsAnEventByItsCaller() async throws {
        let installation = try Installation()
        try await installation.recordAccesses(5)
        try await drain(installation, refusing: [3, 4], start: .index(2))
        let caller = try await installation.caller(.sinks)
        try await installation.test { client in
            let paused = try await client.post("/api/v1/sinks/siem/pause", caller.header, ["reason": "maintenance"])
            #expect(try paused.json()["state"] == "paused")
            #expect(try paused.json()["stateReason"] == "maintenance")
            try await client.post("/api/v1/sinks/siem/pause", caller.header, [:]).expect(.sinkConflict)
            let resumed = try await client.execute(
                uri: "/api/v1/sinks/siem/resume",
                method: .post,
                headers: caller.header
            ) { $0 }
            #expect(try resumed.json()["state"] == "running")
            let one = try await client.post("/api/v1/sinks/siem/redrive", caller.header, ["first": 4, "last": 4])
            #expect(try one.json()["redriven"]?.int == 1)
            let rest = try await client.post("/api/v1/sinks/siem/redrive", caller.header, [:])
            #expect(try rest.json()["redriven"]?.int == 1)
            try await client.post("/api/v1/sinks/siem/redrive", caller.header, [:]).expect(.sinkConflict)
            let filled = try await client.post("/api/v1/sinks/siem/backfill", caller.header, ["first": 0, "last": 1])
            #expect(try filled.json()["conservation"]?["start"]?.int == 0)
            #expect(try filled.json()["conservation"]?["holds"]?.bool == true)
        }
        for type in [EventType.sinkPaused, .sinkResumed, .sinkRedriven, .sinkBackfilled] {
            #expect(try await installation.events(type).first?["actor"]?.string == caller.id)
        }
        try await drain(installation, refusing: [])
        let control = DeliveryControl(state: installation.deliveryState, ledger: installation.ledger)
        #expect(try await control.conservation("siem").dead == 0)
    }

    /// A destination that holds a given set.
    private struct OpenSink: Sink, ReadBack {
        let held: [UInt64]
        var guarantee: DeliveryGuarantee { DeliveryGuarantee(.confirmed, because: "of the test") }
        var limits: BatchLimits { BatchLimits(bytes: 10_000, count: 1, age: .milliseconds(1)) }
        var concurrency: Int { 1 }

        func prepare(_ entry: LedgerEntry, now: Timestamp) -> Prepared<UInt64> { .send(entry.index, bytes: 1) }
        func prepare(_ manifest: DeliveryManifest) -> Prepared<UInt64>? { nil }
        func open(position: String?) async -> SinkReply { .ok }
        func close() async {}
        func deliver(_ batch: SinkBatch<UInt64>) async -> SinkReply { .ok }
        func arrivals(in range: Range<UInt64>, _ each: ([Arrival]) async throws -> Void) async throws {
            try await each(held.map { .record($0, leafHash: nil) })
        }
    }

    @Test func aDestinationIsAskedAndAStatementMade() async throws {
        let installation = try Installation()
        try await installation.recordAccesses(5)
        try await drain(installation, refusing: [3])
        let caller = try await installation.caller(.sinks)
        func control(_ sink: some Sink) -> ControlPlane {
            let definition = LaneDefinition(name: "siem", kind: "webhook", hash: "h", destination: "siem.example")
            return installation.control(sinks: [ConfiguredSink(definition, sink)])
        }
        try await installation.test(.router, control(OpenSink(held: [0, 1, 1, 3]))) { client in
            let range: JSONValue = ["first": 0, "last": 4]
            let answer = try await client.post("/api/v1/sinks/siem/reconcile", caller.header, range).json()
            #expect(answer["result"]?["expected"]?.int == 4 && answer["result"]?["complete"]?.bool == false)
            #expect(answer["indexes"]?["missing"] == [[2, 2], [4, 4]])
            #expect(answer["indexes"]?["doubled"] == [[1, 1]] && answer["indexes"]?["foreign"] == [[3, 3]])
            #expect(answer["indexesWhole"]?.bool == true && answer["result"]?["resent"]?.int == 0)
            let resent = try await client.post(
                "/api/v1/sinks/siem/reconcile",
                caller.header,
                ["first": 0, "last": 2, "resend": true]
            )
            #expect(try resent.json()["result"]?["resent"]?.int == 1)
            let made = try await client.post("/api/v1/sinks/siem/statement", caller.header, range).json()
            let note = try #require(made["statement"]?.string)
            let statement = try DeliveryStatement(verifying: Array(note.utf8), by: installation.signer.verifier)
            #expect(statement.body["range"]?["confirmed"]?.int == 3 && statement.body["range"]?["backlog"]?.int == 1)
            #expect(statement.body["acts"]?["SINK_RESENT"]?.int == 1 && statement.body["actor"]?.string == caller.id)
            try await client.post("/api/v1/sinks/siem/statement", caller.header, [:]).expect(.missingField)
            try await client.post("/api/v1/sinks/none/statement", caller.header, range).expect(.unknownSink)
            try await client.post("/api/v1/sinks/none/reconcile", caller.header, range).expect(.unknownSink)
        }
        for type in [EventType.sinkReconciled, .sinkResent, .deliveryStatementMade] {
            #expect(try await installation.events(type).first?["actor"]?.string == caller.id)
        }
        try await installation.test(.router, control(PickySink(refused: []))) { client in
            try await client.post("/api/v1/sinks/siem/reconcile", caller.header, [:]).expect(.sinkConflict)
        }
    }

    @Test func whatMakesNoSenseIsRefused() async throws {
        let installation = try Installation()
        try await drain(installation, refusing: [])
        let caller = try await installation.caller(.sinks)
        let stranger = try await installation.caller(.audit, .admin)
        try await installation.test { client in
            try await client.get("/api/v1/sinks/none", caller.header).expect(.unknownSink)
            try await client.get("/api/v1/sinks/none/dead-letters", caller.header).expect(.unknownSink)
            try await client.post("/api/v1/sinks/none/pause", caller.header, [:]).expect(.unknownSink)
            try await client.post("/api/v1/sinks/siem/backfill", caller.header, [:]).expect(.missingField)
            try await client.post("/api/v1/sinks/siem/backfill", caller.header, ["first": 3]).expect(.invalidField)
            try await client.post("/api/v1/sinks/siem/backfill", caller.header, ["first": 0, "last": 1])
                .expect(.invalidField)
            // Beyond what JSON carries exactly (2^53 - 1), and just below: neither can become an event, nor an error of ours.
            for last in [36_028_797_018_963_969, 9_007_199_254_740_991] {
                let body = #"{"first": 3, "last": \#(last)}"#
                try await client.post("/api/v1/sinks/siem/backfill", caller.header, body).expect(.invalidField)
            }
            try await client.post("/api/v1/sinks/siem/redrive", caller.header, ["first": 3, "last": 1])
                .expect(.invalidField)
            try await client.get("/api/v1/sinks/siem/dead-letters?limit=0", caller.header).expect(.invalidParameter)
            try await client.get("/api/v1/sinks", stranger.header).expect(.forbidden)
            try await client.post("/api/v1/sinks/siem/pause", stranger.header, [:]).expect(.forbidden)
        }
    }
}
