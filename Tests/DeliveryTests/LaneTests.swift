import DeliveryWire
import JSON
import MerkleLog
import Synchronization
import TestStores
import Testing
import WallTime

@testable import Delivery

@Suite("Lane", .timeLimit(.minutes(5))) struct LaneTests {
    @Test(arguments: Engine.allCases) func deliversEverythingOnce(engine: Engine) async throws {
        let (ledger, state, control) = try make(engine)
        try await ledger.append(95)
        let sink = ScriptedSink()
        let lane = RunningLane(sink, ledger, state)
        try await control.drained()
        try await ledger.append(30)
        try await control.drained()
        await lane.end()
        // The event that tells of the sink is an entry too.
        #expect(sink.indexes.sorted() == Array(0..<ledger.size))
        let status = try await control.sink("siem")
        #expect(status.conservation.confirmed == ledger.size)
        #expect(status.duplicates == 0)
        #expect(status.lowWatermark == ledger.size)
    }

    @Test(arguments: Engine.allCases) func countsWhatItLeavesOutAndWhatCannotBeSent(engine: Engine) async throws {
        let (ledger, state, control) = try make(engine)
        try await ledger.append(100)
        let sink = ScriptedSink(refused: { $0 % 10 == 3 ? .dead("too large") : $0 % 2 == 0 ? .leaveOut : nil })
        let lane = RunningLane(sink, ledger, state)
        try await control.drained()
        let terms = try await control.conservation("siem")
        let entries = 0..<ledger.size
        #expect(terms.dead == UInt64(entries.count { $0 % 10 == 3 }))
        #expect(terms.filtered == UInt64(entries.count { $0 % 2 == 0 }))
        #expect(sink.indexes.sorted() == entries.filter { $0 % 2 == 1 && $0 % 10 != 3 })
        let letters = try await control.deadLetters("siem", from: 10, limit: 2)
        #expect(letters.map(\.index) == [13, 23])
        #expect(letters.first?.reason == "too large")
        await lane.end()
    }

    /// A test is an entry like any other: what becomes of it says how the sink is.
    @Test(arguments: Engine.allCases) func aTestGoesTheWholeWay(engine: Engine) async throws {
        let (ledger, state, control) = try make(engine)
        try await ledger.append(10)
        await #expect(throws: DeliveryError.unknownSink("siem")) { try await control.test("siem", actor: "ann") }
        let sink = ScriptedSink(refused: { $0 == 3 ? .dead("too large") : $0 == 4 ? .leaveOut : nil })
        let lane = RunningLane(sink, ledger, state)
        try await control.drained()
        let arrived = try await control.test("siem", actor: "ann")
        try await control.drained()
        #expect(try await control.standing(of: arrived, for: "siem") == .confirmed && sink.indexes.contains(arrived))
        #expect(try await control.standing(of: 3, for: "siem") == .dead("too large"))
        #expect(try await control.standing(of: 4, for: "siem") == .filtered)
        await lane.end()
        // Nobody delivers any more.
        try await ledger.append(5)
        let waits = try await control.test("siem", actor: "ann")
        #expect(try await control.standing(of: waits, for: "siem") == .backlog(before: 5))
        let entry = try #require(try await ledger.entries(waits..<waits + 1, maximumBytes: 1).first)
        let event = try JSONValue(parsing: entry.bytes)
        #expect(event["eventType"] == "SINK_TESTED" && event["sink"] == "siem" && event["actor"] == "ann")
        #expect(try await control.conservation("siem").holds)
    }

    @Test(arguments: Engine.allCases) func setsPoisonAsideAndSendsItAgainWhenTold(engine: Engine) async throws {
        let (ledger, state, control) = try make(engine)
        try await ledger.append(50)
        let poison: Set<UInt64> = [7, 8, 31]
        let sink = ScriptedSink { indexes, store in
            guard poison.isDisjoint(with: indexes) else {
                return SinkReply(Verdict(.split, reason: "bad"), detail: DestinationWords("no", sent: []))
            }
            store(indexes)
            return .ok
        }
        let lane = RunningLane(sink, ledger, state)
        try await control.drained()
        #expect(try await control.deadLetters("siem").map(\.index) == [7, 8, 31])
        #expect(try await control.conservation("siem").dead == 3)
        sink.change { indexes, store in
            store(indexes)
            return .ok
        }
        #expect(try await control.redrive("siem", .range(8..<9), actor: "op") == 1)
        try await control.drained()
        #expect(try await control.deadLetters("siem").map(\.index) == [7, 31])
        #expect(try await control.redrive("siem", .all, actor: "op") == 2)
        try await control.drained()
        #expect(try await control.conservation("siem").dead == 0)
        #expect(sink.indexes.sorted() == Array(0..<ledger.size))
        await #expect(throws: DeliveryError.self) { try await control.redrive("siem", .all, actor: "op") }
        await lane.end()
    }

    @Test(arguments: Engine.allCases, [ReplyClass.auth, .config]) func stopsAndKeepsEverything(
        engine: Engine,
        replyClass: ReplyClass
    ) async throws {
        let (ledger, state, control) = try make(engine)
        try await ledger.append(40)
        let sink = ScriptedSink { _, _ in SinkReply(Verdict(replyClass, reason: "set another token")) }
        let lane = RunningLane(sink, ledger, state)
        try await eventually { (try? await control.sink("siem").state) == .stopped("set another token") }
        try await eventually { try await control.conservation("siem").inFlight == 0 }
        let terms = try await control.conservation("siem")
        #expect(terms.holds && terms.dead == 0 && terms.confirmed == 0 && terms.backlog == ledger.size)
        let last = try await control.sink("siem")
        #expect(ledger.text(at: last.conservation.head - 1).contains("SINK_STOPPED"))
        sink.change { indexes, store in
            store(indexes)
            return .ok
        }
        try await control.resume("siem", actor: "op")
        try await control.drained()
        #expect(Set(sink.indexes) == Set(0..<ledger.size))
        await lane.end()
    }

    @Test(arguments: Engine.allCases) func pauseKeepsAndResumeGoesOn(engine: Engine) async throws {
        let (ledger, state, control) = try make(engine)
        let sink = ScriptedSink()
        let lane = RunningLane(sink, ledger, state)
        try await ledger.append(20)
        try await control.drained()
        try await control.pause("siem", reason: "maintenance", actor: "op")
        await #expect(throws: DeliveryError.alreadyIn("siem", state: "paused")) {
            try await control.pause("siem", reason: nil, actor: "op")
        }
        try await eventually { try await control.conservation("siem").inFlight == 0 }
        let before = sink.requestCount
        try await ledger.append(20)
        for _ in 0..<20 { #expect(try await control.conservation("siem").holds) }
        #expect(sink.requestCount <= before + 1)
        #expect(try await control.sink("siem").state == .paused("maintenance"))
        try await control.resume("siem", actor: "op")
        try await control.drained()
        #expect(sink.indexes.sorted() == Array(0..<ledger.size))
        await lane.end()
    }

    @Test(arguments: Engine.allCases) func readsNoFasterThanItsRate(engine: Engine) async throws {
        let (ledger, state, control) = try make(engine)
        try await ledger.append(49)
        let sink = ScriptedSink()
        let steady = ManualClock(testTime)
        let lane = RunningLane(sink, ledger, state, rate: 50, steady: steady)
        // A tenth of a second's entries, and no more while no time passes; the event that tells of the sink is an entry too.
        for portion in 1...10 {
            let expected = UInt64(portion * 5)
            try await eventually { (try? await control.conservation("siem"))?.confirmed == expected }
            for _ in 0..<10 { #expect(try await control.conservation("siem").confirmed == expected) }
            steady.advance(seconds: 1)
        }
        #expect(sink.indexes.sorted() == Array(0..<50))
        await lane.end()
    }

    @Test(arguments: Engine.allCases) func takesOlderEntriesWhenTold(engine: Engine) async throws {
        let (ledger, state, control) = try make(engine)
        try await ledger.append(100)
        let sink = ScriptedSink()
        let lane = RunningLane(sink, ledger, state, start: .now)
        try await eventually { (try? await control.conservation("siem").start) == 100 }
        try await control.drained()
        await #expect(throws: DeliveryError.self) { try await control.backfill("siem", 100..<101, actor: "op") }
        await #expect(throws: DeliveryError.self) { try await control.backfill("siem", 100..<(1 << 60), actor: "op") }
        try await control.backfill("siem", 20..<70, actor: "op")
        try await control.drained()
        let terms = try await control.conservation("siem")
        #expect(terms.start == 20 && terms.filtered == 30)
        #expect(Set(sink.indexes) == Set(20..<70).union(100..<ledger.size))
        // What lay between can still be asked for, and only that is sent.
        #expect(try await control.backfillCount("siem", 60..<90) == 20)
        try await control.backfill("siem", 60..<90, actor: "op")
        try await control.backfill("siem", 0..<101, actor: "op")
        await #expect(throws: DeliveryError.self) { try await control.backfill("siem", 0..<100, actor: "op") }
        try await control.drained()
        let whole = try await control.conservation("siem")
        #expect(whole.start == 0 && whole.filtered == 0 && whole.holds)
        #expect(Set(sink.indexes) == Set(0..<ledger.size))
        #expect(sink.indexes.count == Set(sink.indexes).count)
        await lane.end()
    }

    /// Killed at random moments, in every kind of trouble: nothing is lost, and what is there twice was counted.
    @Test(arguments: Engine.allCases, 0..<6 as Range<UInt64>) func survivesKills(engine: Engine, seed: UInt64)
        async throws
    {
        let (ledger, state, control) = try make(engine)
        try await ledger.append(300)
        let random = Mutex(SeededGenerator(seed))
        let sink = ScriptedSink(
            answer: { indexes, store in
                switch random.withLock({ Int.random(in: 0..<6, using: &$0) }) {
                case 0: return SinkReply(Verdict(.retry, reason: "refused"))
                case 1:
                    store(indexes)
                    return SinkReply(Verdict(.retry, mayBeStored: true, reason: "no reply"))
                case 2: return SinkReply(Verdict(.throttle, reason: "busy"), retryAfter: .milliseconds(2))
                case 3 where indexes.contains(150): return SinkReply(Verdict(.split, reason: "bad"))
                default:
                    store(indexes)
                    return .ok
                }
            },
            refused: { $0 % 7 == 2 ? .leaveOut : nil }
        )
        for _ in 0..<12 {
            let lane = RunningLane(sink, ledger, state)
            let target = sink.requestCount + random.withLock { Int.random(in: 1...6, using: &$0) }
            try await eventually {
                let terms = try? await control.conservation("siem")
                return sink.requestCount >= target || (terms.map { $0.backlog + $0.inFlight == 0 } ?? false)
            }
            await lane.kill()
            let terms = try await control.conservation("siem")
            #expect(terms.holds, "\(terms)")
        }
        let lane = RunningLane(sink, ledger, state)
        try await control.drained()
        await lane.end()
        let dead = Set(try await control.deadLetters("siem").map(\.index))
        let wanted = Set((0..<ledger.size).filter { $0 % 7 != 2 }).subtracting(dead)
        #expect(Set(sink.indexes).isSuperset(of: wanted))
        let status = try await control.sink("siem")
        #expect(UInt64(sink.indexes.count - Set(sink.indexes).count) <= status.duplicates)
        #expect(status.conservation.holds)
    }

    /// Two nodes both believe that they hold the lease: the one that lost it can change nothing.
    @Test(arguments: Engine.allCases) func theOneWithoutTheLeaseChangesNothing(engine: Engine) async throws {
        let (ledger, state, control) = try make(engine)
        try await ledger.append(100)
        let gate = Gate()
        let first = ScriptedSink(concurrency: 1) { indexes, store in
            await gate.pass()
            store(indexes)
            return .ok
        }
        let lease = TestLease()
        let old = RunningLane(first, ledger, state, lease: lease)
        try await eventually { first.requestCount == 1 }
        lease.lose()
        let second = ScriptedSink()
        let new = RunningLane(second, ledger, state)
        try await control.drained()
        let before = try await control.conservation("siem")
        gate.open()
        try await eventually { !first.indexes.isEmpty }
        await old.end()
        #expect(try await control.conservation("siem") == before)
        #expect(Set(second.indexes) == Set(0..<ledger.size))
        await new.end()
    }

    /// What was in flight under the old filter is filtered anew under the new one, and every entry keeps one place.
    @Test(arguments: Engine.allCases) func aFilterChangedInMidFlight(engine: Engine) async throws {
        let (ledger, state, control) = try make(engine)
        try await ledger.append(60)
        let held = ScriptedSink { _, _ in
            await Gate().pass()
            return SinkReply(Verdict(.retry, mayBeStored: true, reason: "cancelled"))
        }
        let old = RunningLane(held, ledger, state, concurrency: 3)
        try await eventually { held.requestCount == 1 }
        await old.kill()
        #expect(try await control.conservation("siem").holds)
        let sink = ScriptedSink(refused: { $0 < 15 ? .leaveOut : nil })
        let new = RunningLane(sink, ledger, state, hash: "h2")
        try await control.drained()
        #expect(Set(sink.indexes) == Set(15..<ledger.size))
        #expect(try await control.conservation("siem").filtered == 15)
        #expect(try await control.sink("siem").definition == "h2")
        await new.end()
    }

    /// Manifests follow one another without gaps, and together with the filter they say exactly what must be there.
    @Test(arguments: Engine.allCases) func manifestsSayWhatMustBeThere(engine: Engine) async throws {
        let (ledger, state, control) = try make(engine)
        try await ledger.append(400)
        let sink = ScriptedSink(refused: { $0 % 3 == 1 ? .leaveOut : $0 % 50 == 0 ? .dead("never") : nil })
        let manifests = LaneDefinition.Manifests(entries: 100, interval: .seconds(3600))
        for _ in 0..<4 {
            let lane = RunningLane(sink, ledger, state, manifests: manifests)
            let before = sink.delivered.count
            try await ledger.append(110)
            try await eventually { sink.delivered.count > before }
            await lane.kill()
        }
        let lane = RunningLane(sink, ledger, state, manifests: manifests)
        try await control.drained()
        try await eventually { try await control.sink("siem").manifestFrom + 100 > ledger.size }
        await lane.end()
        var past: UInt64 = 0
        var seen: Set<String> = []
        // One that was sent twice is the same both times.
        for manifest in sink.delivered where seen.insert(manifest.recordID).inserted {
            #expect(manifest.covered.lowerBound == past)
            past = manifest.covered.upperBound
            for index in manifest.covered {
                let isDead = index % 3 != 1 && index % 50 == 0
                #expect(manifest.expected.contains(index) == (index % 3 != 1 && !isDead))
                #expect(manifest.dead.contains(index) == isDead)
            }
            #expect(manifest.checkpoint.size >= past)
            #expect(DeliveryManifest(json: manifest.json) == manifest)
        }
        #expect(past == (try await control.sink("siem").manifestFrom))
        #expect(Set(sink.indexes) == Set((0..<ledger.size).filter { $0 % 3 != 1 && $0 % 50 != 0 }))
    }

    /// However many gaps there are, and however little a destination takes at once, manifests get through and leave nothing out.
    @Test(arguments: [Int.max, 7]) func manifestsAreAsShortAsTheyMustBe(ranges: Int) async throws {
        let (ledger, state, control) = try make(.sqlite)
        try await ledger.append(2500)
        let sink = ScriptedSink(count: 100, refused: { $0 % 2 == 1 ? .dead("never") : nil })
        sink.take(manifestsOf: ranges)
        let often = LaneDefinition.Manifests(entries: 10, interval: .seconds(3600))
        var lane = RunningLane(sink, ledger, state, manifests: .init(entries: 1_000_000, interval: .seconds(3600)))
        try await control.drained()
        await lane.end()
        lane = RunningLane(sink, ledger, state, hash: "h2", manifests: often)
        try await eventually { try await control.sink("siem").manifestFrom + 20 > 2500 }
        #expect(try await control.sink("siem").state == .running)
        await lane.end()
        var past: UInt64 = 0
        for manifest in sink.delivered {
            #expect(manifest.covered.lowerBound == past)
            past = manifest.covered.upperBound
            #expect(manifest.covered.allSatisfy { manifest.dead.contains($0) == ($0 % 2 == 1) })
        }
        #expect(past >= 2480)
    }

    /// A destination that refuses everything is hardly the right one: the lane stops before the ledger is set aside.
    @Test func aDestinationThatTakesNothingStopsTheLane() async throws {
        let (ledger, state, control) = try make(.sqlite)
        try await ledger.append(400)
        let sink = ScriptedSink { _, _ in SinkReply(Verdict(.split, reason: "refused")) }
        let lane = RunningLane(sink, ledger, state)
        try await eventually { (try? await control.sink("siem").state.description) == "stopped" }
        await lane.end()
        let terms = try await control.conservation("siem")
        #expect(terms.holds && terms.dead >= 100 && terms.dead < 110)
        #expect(try await control.sink("siem").state.reason?.contains("redrive") == true)
    }

    /// The time of day jumps back and forth: nothing waits for it.
    @Test(arguments: Engine.allCases) func aClockThatJumpsHoldsNothingUp(engine: Engine) async throws {
        let (ledger, state, control) = try make(engine)
        let clock = ManualClock(testTime)
        let refusals = Mutex(6)
        let sink = ScriptedSink { indexes, store in
            let isRefused = refusals.withLock { left in
                left -= 1
                return left >= 0
            }
            if isRefused {
                clock.advance(seconds: -86_400)
                return SinkReply(Verdict(.throttle, reason: "busy"), retryAfter: .milliseconds(1))
            }
            store(indexes)
            return .ok
        }
        let lane = RunningLane(
            sink,
            ledger,
            state,
            manifests: LaneDefinition.Manifests(entries: 1000, interval: .seconds(60)),
            clock: clock
        )
        for seconds in [0, 86_400, -90_000, 3600] as [Int64] {
            clock.advance(seconds: seconds)
            try await ledger.append(25)
            try await control.drained()
        }
        #expect(Set(sink.indexes) == Set(0..<ledger.size))
        try await eventually { !sink.delivered.isEmpty }
        await lane.end()
    }

    /// A sink that never answers costs another nothing.
    @Test(arguments: Engine.allCases) func aDeadSinkCostsOthersNothing(engine: Engine) async throws {
        let (ledger, state, control) = try make(engine)
        try await ledger.append(200)
        let dead = ScriptedSink { _, _ in SinkReply(Verdict(.retry, reason: "no connection")) }
        let deadLane = RunningLane(dead, ledger, state, name: "dead")
        let sink = ScriptedSink()
        let lane = RunningLane(sink, ledger, state)
        try await control.drained()
        #expect(Set(sink.indexes) == Set(0..<ledger.size))
        let terms = try await control.conservation("dead")
        #expect(terms.holds && terms.confirmed == 0 && terms.backlog + terms.inFlight > 100)
        await deadLane.kill()
        await lane.end()
        await #expect(throws: DeliveryError.self) { try await control.forget("dead", givingUp: false, actor: "op") }
        try await control.forget("dead", givingUp: true, actor: "op")
        #expect(try await control.sinks().map(\.name) == ["siem"])
    }

    private func make(_ engine: Engine) throws -> (TestLedger, DeliveryState, DeliveryControl) {
        let ledger = try TestLedger(engine)
        let state = try ledger.makeState()
        return (ledger, state, DeliveryControl(state: state, ledger: ledger))
    }

    /// A sink that begins at an entry that the ledger does not have yet waits for it, and delivers nothing before it.
    @Test(arguments: Engine.allCases) func aStartBeyondTheLedgerIsWaitedFor(engine: Engine) async throws {
        let (ledger, state, control) = try makeLedger(engine)
        try await ledger.append(20)
        let sink = ScriptedSink()
        let manifests = LaneDefinition.Manifests(entries: 1, interval: .seconds(0))
        var lane = RunningLane(sink, ledger, state, start: .index(50), manifests: manifests)
        try await eventually { (try? await control.conservation("siem").start) == 50 }
        try await ledger.append(10)
        await lane.end()
        let terms = try await control.conservation("siem")
        #expect(terms.holds && terms.head < 50 && terms.backlog == 0)
        #expect(try await control.sink("siem").oldest == nil)
        await #expect(throws: DeliveryError.notBegun("siem", start: 50, head: ledger.size)) {
            try await control.backfill("siem", 0..<10, actor: "op")
        }
        #expect(sink.requestCount == 0)
        lane = RunningLane(sink, ledger, state, start: .index(50), manifests: manifests)
        try await ledger.append(40)
        try await eventually { sink.indexes.count >= Int(ledger.size) - 50 }
        try await control.drained()
        await lane.end()
        #expect(sink.indexes.sorted() == Array(50..<ledger.size))
    }
}
