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
import Synchronization
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

    /// A destination that can be asked what it holds.
    private struct OpenSink: Sink, ReadBack {
        let held: @Sendable () async throws -> [UInt64]
        var guarantee: DeliveryGuarantee { DeliveryGuarantee(.confirmed, because: "of the test") }
        var limits: BatchLimits { BatchLimits(bytes: 10_000, count: 1, age: .milliseconds(1)) }
        var concurrency: Int { 1 }

        func prepare(_ entry: LedgerEntry, now: Timestamp) -> Prepared<UInt64> { .send(entry.index, bytes: 1) }
        func prepare(_ manifest: DeliveryManifest) -> Prepared<UInt64>? { nil }
        func open(position: String?) async -> SinkReply { .ok }
        func close() async {}
        func deliver(_ batch: SinkBatch<UInt64>) async -> SinkReply { .ok }
        func arrivals(in range: Range<UInt64>, _ each: ([Arrival]) async throws -> Void) async throws {
            try await each(try await held().map { .record($0, leafHash: nil) })
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
        try await installation.test(.router, control(OpenSink { [0, 1, 1, 3] })) { client in
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

    @Test func whatTakesLongIsAJob() async throws {
        let installation = try Installation()
        try await installation.recordAccesses(3)
        try await drain(installation, refusing: [])
        let caller = try await installation.caller(.sinks)
        let isOpen = Mutex(false)
        let definition = LaneDefinition(name: "siem", kind: "webhook", hash: "h", destination: "siem.example")
        let slow = OpenSink {
            while !isOpen.withLock(\.self) {
                try Task.checkCancellation()
                await Task.yield()
            }
            return [0]
        }
        let control = installation.control(sinks: [ConfiguredSink(definition, slow)])
        try await installation.test(.router, control) { client in
            let path = "/api/v1/sinks/siem"
            func begin() async throws -> String {
                let begun = try await client.post(
                    "\(path)/reconcile",
                    caller.header,
                    ["last": 2, "first": 0, "wait": 0]
                )
                begun.expect(status: .accepted)
                let job = try begun.json()
                #expect(job["state"] == "running" && job["kind"] == "reconcile" && job["sink"] == "siem")
                #expect(job["actor"]?.string == caller.id && job["result"]?.isNull == true)
                return try #require(job["jobId"]?.string)
            }
            func job(_ id: String, until state: String) async throws -> JSONValue {
                var job: JSONValue
                repeat {
                    await Task.yield()
                    job = try await client.get("\(path)/jobs/\(id)", caller.header).json()
                } while job["state"]?.string == "running" && state != "running"
                #expect(job["state"]?.string == state)
                return job
            }
            var ids: [String] = []
            for _ in 0..<4 { ids.append(try await begin()) }
            // As many as may be; whatever is asked.
            let range: JSONValue = ["first": 0, "last": 2]
            try await client.post("\(path)/reconcile", caller.header, range).expect(.sinkJobsUnderWay)
            try await client.post("\(path)/statement", caller.header, range).expect(.sinkJobsUnderWay)
            let cancelled = try await client.post("\(path)/jobs/\(ids[0])/cancel", caller.header, [:]).json()
            #expect(cancelled["state"] == "cancelled" && cancelled["result"]?.isNull == true)
            // Its place is free as soon as its work has noticed.
            var statement = try await client.post("\(path)/statement", caller.header, range)
            while statement.status == .conflict {
                await Task.yield()
                statement = try await client.post("\(path)/statement", caller.header, range)
            }
            // What is short is answered at once, beside jobs that take long.
            let note = try statement.json()["statement"]?.string
            #expect(statement.status == .ok && note != nil)
            #expect(try await job(ids[1], until: "running")["result"]?.isNull == true)
            isOpen.withLock { $0 = true }
            for id in ids.dropFirst() {
                let done = try await job(id, until: "done")
                #expect(done["result"]?["result"]?["expected"]?.int == 3 && done["failure"]?.isNull == true)
                #expect(done["result"]?["indexes"]?["missing"] == [[1, 2]])
            }
            #expect(try await job(ids[0], until: "cancelled")["result"]?.isNull == true)
            // A finished job is cancelled by nobody.
            let late = try await client.post("\(path)/jobs/\(ids[1])/cancel", caller.header, [:]).json()
            #expect(late["state"] == "done")
            try await client.get("\(path)/jobs/sj_none", caller.header).expect(.unknownSinkJob)
            try await client.get("/api/v1/sinks/other/jobs/\(ids[1])", caller.header).expect(.unknownSinkJob)
            try await client.post("\(path)/jobs/sj_none/cancel", caller.header, [:]).expect(.unknownSinkJob)
            for wait: JSONValue in [-1, 26, "5"] {
                let refused = try await client.post("\(path)/reconcile", caller.header, ["wait": wait])
                #expect(refused.status == .badRequest)
            }
            let stranger = try await installation.caller(.audit)
            try await client.get("\(path)/jobs/\(ids[1])", stranger.header).expect(.forbidden)
        }
        // A comparison that was cancelled is no event.
        #expect(try await installation.events(.sinkReconciled).count == 3)
    }

    @Test func aJobThatFailsSaysWhyAsARequestDoes() async throws {
        let installation = try Installation()
        try await drain(installation, refusing: [])
        let caller = try await installation.caller(.sinks)
        let definition = LaneDefinition(name: "siem", kind: "webhook", hash: "h", destination: "siem.example")
        let control = installation.control(sinks: [
            ConfiguredSink(definition, OpenSink { throw ReadBackError.failed("status 502 of the search head") })
        ])
        try await installation.test(.router, control) { client in
            let path = "/api/v1/sinks/siem"
            try await client.post("\(path)/reconcile", caller.header, [:]).expect(.destinationUnavailable)
            var job = try await client.post("\(path)/reconcile", caller.header, ["wait": 0])
            // It may fail before it is looked at for the first time.
            guard job.status == .accepted else { return job.expect(status: .serviceUnavailable) }
            let id = try #require(try job.json()["jobId"]?.string)
            repeat {
                job = try await client.get("\(path)/jobs/\(id)", caller.header)
            } while try job.json()["state"] == "running"
            let failed = try job.json()
            #expect(failed["state"] == "failed" && failed["failure"]?["code"] == "destination-unavailable")
            #expect(failed["failure"]?["status"]?.int == 503 && failed["result"]?.isNull == true)
        }
        // What the destination said is for our own log.
        #expect(try installation.lines.parsed().contains { $0["message"] == "a question about a sink failed" })
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
