import DeliveryWire
import EventFormats
import Foundation
import JSON
import MerkleLog
import Storage
import Synchronization
import TestStores
import Testing
import WallTime

@testable import Delivery

@Suite("Reconciling", .timeLimit(.minutes(5))) struct ReconcileTests {
    /// A destination that keeps what a scripted sink was given, until it is told to lose some.
    private final class Shelf: ReadBack {
        let held = Mutex<[UInt64]>([])

        func arrivals(in range: Range<UInt64>, _ each: ([Arrival]) async throws -> Void) async throws {
            let all = held.withLock { $0 }.filter(range.contains)
            for start in stride(from: 0, to: all.count, by: 7) {
                try await each(all[start..<min(start + 7, all.count)].map { .record($0, leafHash: nil) })
            }
        }

        var answer: ScriptedSink.Answer {
            { indexes, store in
                self.held.withLock { $0 += indexes }
                store(indexes)
                return .ok
            }
        }
    }

    /// Random entries are lost, doubled and slipped in: each is named for what it is, and none else. What is missing is sent again,
    /// once; then nothing is missing, and the account was kept at every step.
    @Test(arguments: Engine.allCases, 0..<6 as Range<UInt64>)
    func namesExactlyWhatIsWrong(engine: Engine, seed: UInt64) async throws {
        var random = SeededGenerator(seed)
        let (ledger, state, control) = try makeLedger(engine)
        let size = Int.random(in: 100...700, using: &random)
        try await ledger.append(size)
        let filtered = Set((0..<UInt64(size)).filter { _ in Int.random(in: 0..<5, using: &random) == 0 })
        let dead = Set((0..<UInt64(size)).filter { _ in Int.random(in: 0..<40, using: &random) == 0 })
        let shelf = Shelf()
        let sink = ScriptedSink(
            count: Int.random(in: 1...40, using: &random),
            answer: shelf.answer,
            refused: { filtered.contains($0) ? .leaveOut : dead.contains($0) ? .dead("never") : nil }
        )
        let manifests = LaneDefinition.Manifests(entries: 50, interval: .seconds(3600))
        var lane = RunningLane(sink, ledger, state, manifests: manifests)
        try await control.drained()
        await lane.end()
        let delivered = Set(shelf.held.withLock { $0 }.filter { $0 < size })

        let lost = delivered.sorted().filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
        let doubled = delivered.subtracting(lost).sorted().filter { _ in Int.random(in: 0..<9, using: &random) == 0 }
        let slipped = filtered.union(dead).sorted().filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
        shelf.held.withLock { held in
            held.removeAll(where: lost.contains)
            held += doubled + slipped
            held.shuffle(using: &random)
        }
        func reconcile(resending: Bool = false) async throws -> (Reconciliation, [Reconciliation.Finding: Set<UInt64>])
        {
            var found: [Reconciliation.Finding: Set<UInt64>] = [:]
            let result = try await control.reconcile(
                "siem",
                0..<UInt64(size),
                asking: shelf,
                resending: resending,
                actor: "op",
                atOnce: UInt64.random(in: 1...1000, using: &random)
            ) { finding, range in found[finding, default: []].formUnion(range) }
            return (result, found)
        }
        let (result, found) = try await reconcile(resending: true)
        #expect(found[.missing, default: []] == Set(lost))
        #expect(found[.doubled, default: []] == Set(doubled))
        #expect(found[.foreign, default: []] == Set(slipped))
        #expect(found[.altered] == nil)
        #expect(result[.missing] == UInt64(lost.count) && result.resent == UInt64(lost.count))
        #expect(result.isComplete == lost.isEmpty && result.unjudged == 0)
        let waiting = try await control.conservation("siem")
        #expect(waiting.holds && waiting.backlog >= UInt64(lost.count))

        let before = sink.indexes.count
        lane = RunningLane(sink, ledger, state, manifests: manifests)
        try await control.drained()
        await lane.end()
        // Nothing went again but what was missing, and the events that tell of it all.
        #expect(Set(sink.indexes[before...].filter { $0 < UInt64(size) }) == Set(lost))
        let (after, left) = try await reconcile()
        #expect(after.isComplete && left[.missing] == nil && left[.doubled, default: []] == Set(doubled))
        #expect(try await control.conservation("siem").holds)
    }

    /// A filter that was changed later says nothing of what was delivered before.
    @Test func whatWasDeliveredUnderAnotherFilterIsKnown() async throws {
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(100)
        let shelf = Shelf()
        let odd = ScriptedSink(answer: shelf.answer, refused: { $0 % 2 == 0 ? .leaveOut : nil })
        var lane = RunningLane(odd, ledger, state)
        try await control.drained()
        await lane.end()
        lane = RunningLane(ScriptedSink(answer: shelf.answer), ledger, state, hash: "h2")
        try await ledger.append(20)
        try await control.drained()
        await lane.end()
        let result = try await control.reconcile("siem", asking: shelf, actor: "op") { finding, range in
            Issue.record("\(finding) \(range)")
        }
        #expect(result.isComplete && result.expected == UInt64(shelf.held.withLock { $0.count }))
    }

    /// What was in flight, and what came to be delivered while the destination was asked, is neither missing nor foreign.
    @Test func whatIsUnderwayIsNeitherMissingNorForeign() async throws {
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(100)
        let shelf = Shelf()
        let held = ScriptedSink { indexes, _ in
            shelf.held.withLock { $0 += indexes }
            await Gate().pass()
            return SinkReply(Verdict(.retry, mayBeStored: true, reason: "cancelled"))
        }
        let lane = RunningLane(held, ledger, state, concurrency: 3)
        try await eventually { held.requestCount == 1 }
        let result = try await control.reconcile("siem", asking: shelf, actor: "op") { finding, range in
            Issue.record("\(finding) \(range)")
        }
        #expect(result.isComplete && result.expected == 0)
        await lane.kill()
    }

    /// A resend is noted in the manifests too: the one that follows does not claim what was lost, and names what died on the way.
    @Test func whatIsLostBeforeItsManifestIsNotClaimed() async throws {
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(100)
        let shelf = Shelf()
        let sink = ScriptedSink(answer: shelf.answer)
        let rare = LaneDefinition.Manifests(entries: 1_000_000, interval: .seconds(3600))
        var lane = RunningLane(sink, ledger, state, manifests: rare)
        try await control.drained()
        await lane.end()
        shelf.held.withLock { $0.removeAll { (40..<50).contains($0) } }
        let result = try await control.reconcile("siem", asking: shelf, resending: true, actor: "op") { _, _ in }
        #expect(result.resent == 10)
        // Now they can never be taken.
        let picky = ScriptedSink(answer: shelf.answer, refused: { (40..<50).contains($0) ? .dead("never") : nil })
        let often = LaneDefinition.Manifests(entries: 10, interval: .seconds(3600))
        lane = RunningLane(picky, ledger, state, manifests: often)
        try await control.drained()
        try await eventually { picky.delivered.last.map { $0.covered.upperBound >= 100 } ?? false }
        await lane.end()
        let lost = RangeSet<UInt64>(40..<50)
        #expect(picky.delivered.allSatisfy { $0.expected.isDisjoint(lost) })
        #expect(picky.delivered.reduce(into: RangeSet()) { $0.formUnion($1.dead) }.isSuperset(of: lost))
    }

    /// As after an upgrade: which of the older entries were confirmed was not kept, and of those nothing is claimed.
    @Test func whatWasDeliveredBeforeItWasKeptIsNotJudged() async throws {
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(100)
        let shelf = Shelf()
        let sink = ScriptedSink(answer: shelf.answer, refused: { $0 == 7 ? .dead("never") : $0 == 8 ? .leaveOut : nil })
        var lane = RunningLane(sink, ledger, state)
        try await control.drained()
        await lane.end()
        try await state.database.write { connection in
            try connection.run("DELETE FROM sink_confirmed")
            try connection.run("UPDATE sinks SET kept_from = 90")
        }
        try await ledger.append(20)
        lane = RunningLane(sink, ledger, state)
        try await control.drained()
        await lane.end()
        shelf.held.withLock { $0.removeAll { $0 == 3 || $0 == 110 } }
        let result = try await control.reconcile("siem", 0..<120, asking: shelf, resending: true, actor: "op") {
            // Those from 90 to 100 are what the test took away without saying so.
            #expect($0 == .missing && $1 == 110..<111 || $0 == .foreign && $1.lowerBound >= 90)
        }
        #expect(result.unjudged == 89 && !result.isComplete && result.resent == 1)
        #expect(try await control.counts("siem", 0..<90).places["unjudged"] == 89)
    }

    /// Of nothing nothing can be said: neither that it is complete, nor anything under a signature.
    @Test(arguments: [200..<300, 50..<50, 0..<0] as [Range<UInt64>])
    func aRangeWithoutEntriesIsRefused(range: Range<UInt64>) async throws {
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(100)
        let shelf = Shelf()
        let lane = RunningLane(ScriptedSink(answer: shelf.answer), ledger, state)
        try await control.drained()
        await lane.end()
        let size = ledger.size
        await #expect(throws: DeliveryError.noEntries("siem", head: size)) {
            _ = try await control.reconcile("siem", range, asking: shelf, actor: "op") { _, _ in }
        }
        #expect(ledger.size == size)
    }

    // MARK: Files

    /// Lines are lost, doubled and forged, and a half-written one stands at the end; a file that was moved away counts when it is
    /// named.
    @Test(arguments: [EventFormat.native, .ocsf(.v18), .ecs]) func linesOfAFile(format: EventFormat) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("events.ndjson")
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(300)
        let shaping = EventShaping(
            ledger: ledger.origin,
            encoder: EventEncoder(format: format, product: ProductIdentity(version: "1"))
        )
        let sink = NDJSONFileSink(path: path, shaping: shaping)
        let lane = RunningLane(sink, ledger, state, manifests: LaneDefinition.Manifests(entries: 100))
        try await control.drained()
        await lane.end()
        var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        func place(_ index: Int) throws -> Int {
            try #require(lines.firstIndex { $0.contains("\"\(ledger.origin)/\(index)\"") })
        }
        let moved = folder.path("moved.ndjson")
        let cut = try place(20)
        try (lines[..<cut].joined(separator: "\n") + "\n").write(toFile: moved, atomically: true, encoding: .utf8)
        lines.removeFirst(cut)
        lines.append(lines[try place(32)])
        lines.remove(at: try place(50))
        lines.append("{\"not\": \"a record\"}")
        let hash = TreeHasher.leafHash([1]).base64
        lines[try place(71)].replace(/"leafHash":"[^"]*"/, with: "\"leafHash\":\"\(hash)\"")
        try (lines.joined(separator: "\n") + "\n{\"half").write(toFile: path, atomically: true, encoding: .utf8)

        func reconcile(_ files: [String]) async throws -> [Reconciliation.Finding: RangeSet<UInt64>] {
            var found: [Reconciliation.Finding: RangeSet<UInt64>] = [:]
            let asked = NDJSONReadBack(paths: files, ledger: ledger.origin)
            let result = try await control.reconcile("siem", 0..<300, asking: asked, actor: "op") {
                found[$0, default: RangeSet()].insert(contentsOf: $1)
            }
            #expect(result.unknown == 1 && !result.isComplete)
            return found
        }
        let both = try await reconcile([moved, path])
        #expect(both[.missing] == RangeSet(50..<51))
        #expect(both[.doubled] == RangeSet(32..<33))
        #expect(both[.altered] == RangeSet(71..<72))
        #expect(try await reconcile([path])[.missing] == RangeSet([0..<20, 50..<51]))
        await #expect(throws: ReadBackError.self) { _ = try await reconcile([folder.path("none")]) }
    }
}
