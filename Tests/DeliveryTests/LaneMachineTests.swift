import DeliveryWire
import Testing
import WallTime

@testable import Delivery

/// The pure step against ``LaneAccount``, which only knows places, and a destination that only knows what it stored.
@Suite("Lane machine") struct LaneMachineTests {
    /// One random life of a lane: batches of random stretches, random answers, until everything has its fate.
    @Test(arguments: 0..<300 as Range<UInt64>) func everyRecordHasOneFate(seed: UInt64) throws {
        var random = SeededGenerator(seed)
        let head = UInt64.random(in: 1...200, using: &random)
        let poison = Set((0..<head).filter { _ in Int.random(in: 0..<20, using: &random) == 0 })
        let filtered = Set((0..<head).filter { _ in Int.random(in: 0..<4, using: &random) == 0 })
        var account = LaneAccount(start: 0, head: head)
        var machine = LaneMachine(
            limits: BatchLimits(bytes: 1000, count: Int.random(in: 1...40, using: &random), age: .zero),
            concurrency: Int.random(in: 1...4, using: &random),
            backoff: Backoff(base: .milliseconds(1), cap: .seconds(1)),
            countsDuplicates: true
        )
        var stored: [UInt64: Int] = [:]
        var duplicates: UInt64 = 0
        var now = testTime
        var cursor: UInt64 = 0
        var steps = 0
        while account.count(.backlog) + account.count(.inFlight) > 0 {
            steps += 1
            try #require(steps < 20_000)
            while machine.freeSlots > 0, cursor < head {
                let end = min(head, cursor + UInt64.random(in: 1...30, using: &random))
                let indexes = (cursor..<end).filter { !filtered.contains($0) }
                try account.filter(RangeSet(indexes: (cursor..<end).filter { filtered.contains($0) }))
                try account.send(RangeSet(indexes: indexes))
                if !indexes.isEmpty {
                    let stretch = Stretch(first: cursor, past: end, records: UInt64(indexes.count))
                    _ = machine.admit([stretch], indexes: indexes, now: now)
                }
                cursor = end
            }
            for (id, positions) in machine.takeDue(now: now).shuffled(using: &random) {
                let flight = try #require(machine.flights[id])
                let sent = Array(flight.indexes[positions])
                let reply = Self.reply(to: sent, poison: poison, &stored, &random)
                let outcome = machine.answered(id, reply, now: now, using: &random)
                for change in outcome.changes {
                    switch change {
                    case .confirm(let first, let to, let records):
                        let confirmed = (first..<to).filter { !filtered.contains($0) }
                        #expect(UInt64(confirmed.count) == records)
                        try account.confirm(RangeSet(indexes: confirmed))
                    case .bury(_, let index, _, _): try account.bury(RangeSet(indexes: [index]))
                    case .duplicates(let count): duplicates += count
                    default: Issue.record("\(change)")
                    }
                }
                #expect(account.isConserved)
            }
            now = max(now, machine.nextDue ?? now)
        }
        #expect(account.dead == RangeSet(indexes: poison.subtracting(filtered)))
        #expect(account.count(.filtered) == UInt64(filtered.count))
        for index in 0..<head where !filtered.contains(index) && !poison.contains(index) {
            #expect(stored[index, default: 0] >= 1, "entry \(index) was never stored")
        }
        let extra = stored.values.reduce(0) { $0 + $1 - 1 }
        #expect(extra <= Int(duplicates), "\(extra) are there twice and \(duplicates) were counted")
    }

    /// A destination that refuses poison, sometimes with a hint, and fails in every other way now and then.
    private static func reply(
        to sent: [UInt64],
        poison: Set<UInt64>,
        _ stored: inout [UInt64: Int],
        _ random: inout SeededGenerator
    ) -> SinkReply {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return SinkReply(Verdict(.retry, reason: "no connection"))
        case 1:
            // Part of it was stored and nobody said so.
            for index in sent.prefix(Int.random(in: 0...sent.count, using: &random)) where !poison.contains(index) {
                stored[index, default: 0] += 1
            }
            return SinkReply(Verdict(.retry, mayBeStored: true, reason: "no reply"))
        case 2: return SinkReply(Verdict(.throttle, reason: "busy"), retryAfter: .seconds(2))
        default: break
        }
        guard let bad = sent.firstIndex(where: poison.contains) else {
            for index in sent { stored[index, default: 0] += 1 }
            return SinkReply(Verdict(.ok, asksToSlowDown: Bool.random(using: &random), reason: "taken"))
        }
        if bad > 0, Bool.random(using: &random) {
            for index in sent[..<bad] { stored[index, default: 0] += 1 }
            return SinkReply(Verdict(.split, hint: .stored(prefix: bad), reason: "refused"))
        }
        return SinkReply(Verdict(sent.count == 1 ? .poison : .split, hint: .near(bad), reason: "refused"))
    }

    @Test func oneBadRecordIsFoundWithinTheBound() {
        for bad in 0..<64 {
            var machine = Self.machine(count: 64)
            var random = SeededGenerator(UInt64(bad))
            let id = machine.admit([Stretch(first: 0, past: 64, records: 64)], indexes: Array(0..<64), now: testTime)
            var requests = 0
            while let (_, positions) = machine.takeDue(now: testTime).first {
                requests += 1
                let isRefused = positions.contains(bad)
                let verdict = Verdict(isRefused ? .split : .ok, reason: "")
                _ = machine.answered(id, SinkReply(verdict), now: testTime, using: &random)
            }
            // The refusal, at most log2(64) + 1 to find it, and one for the rest.
            #expect(requests <= 1 + 7 + 1)
            #expect(machine.flights.isEmpty)
        }
    }

    @Test func askedForPatienceItIsPatient() throws {
        var (machine, random) = (Self.machine(count: 4), SeededGenerator(1))
        Self.wake(&machine, &random)
        let id = Self.admit(0, &machine)
        _ = Self.admit(1, &machine)
        #expect(machine.takeDue(now: testTime).count == 2)
        let busy = SinkReply(Verdict(.throttle, reason: "busy"), retryAfter: .seconds(30))
        _ = machine.answered(id, busy, now: testTime, using: &random)
        let due = try #require(machine.nextDue)
        #expect(due >= testTime.adding(.seconds(30)))
        #expect(machine.takeDue(now: due.adding(.milliseconds(-1))).isEmpty)
        #expect(machine.takeDue(now: due).map(\.id) == [id])
    }

    @Test func refusedCredentialsUseNothingUp() {
        var machine = Self.machine(count: 4)
        var random = SeededGenerator(1)
        let id = machine.admit([Stretch(first: 3, past: 9, records: 4)], indexes: [3, 4, 6, 8], now: testTime)
        _ = machine.takeDue(now: testTime)
        let outcome = machine.answered(id, SinkReply(Verdict(.auth, reason: "refused")), now: testTime, using: &random)
        #expect(outcome.stop == "refused")
        #expect(outcome.changes.isEmpty)
        #expect(machine.putBack() == [.putBack(Stretch(first: 3, past: 9, records: 4))])
        #expect(machine.flights.isEmpty)
    }

    @Test func onlyOneRequestAsksWhetherADestinationIsThere() {
        var (machine, random) = (Self.machine(count: 4), SeededGenerator(1))
        var now = testTime
        #expect(machine.freeSlots == 2)
        let ids = [Self.admit(0, &machine), Self.admit(1, &machine)]
        var asked: [Int] = []
        for _ in 0..<20 {
            let due = machine.takeDue(now: now)
            #expect(due.count == 1)
            #expect(machine.takeDue(now: now.adding(.seconds(3600))).isEmpty, "another went while one was under way")
            asked += due.map(\.id)
            for (id, _) in due { _ = machine.answered(id, Self.failed, now: now, using: &random) }
            #expect(machine.freeSlots == 0)
            now = machine.nextDue ?? now
        }
        #expect(Set(asked) == Set(ids), "one that fails by itself must not stand for all")
        Self.answer(.ok, to: machine.takeDue(now: now), &machine, now, &random)
        #expect(machine.freeSlots == 3)
    }

    @Test func aDestinationThatFallsSilentIsProbedAndComesBackWithAll() {
        var (machine, random) = (Self.machine(count: 4), SeededGenerator(1))
        Self.wake(&machine, &random)
        for index in 0..<4 { _ = Self.admit(UInt64(index), &machine) }
        let sent = machine.takeDue(now: testTime)
        #expect(sent.count == 4)
        Self.answer(.retry, to: sent, &machine, testTime, &random)
        #expect(machine.freeSlots == 0)
        let later = testTime.adding(.seconds(5))
        let probe = machine.takeDue(now: later)
        #expect(probe.count == 1)
        Self.answer(.ok, to: probe, &machine, later, &random)
        #expect(machine.takeDue(now: later).count == 3)
        #expect(machine.freeSlots == 1)
    }

    /// One failure among successes is no reason to send less.
    @Test func aFailureNowAndThenIsNoSilence() {
        var (machine, random) = (Self.machine(count: 4), SeededGenerator(1))
        Self.wake(&machine, &random)
        for round in 0..<20 {
            let now = testTime.adding(.seconds(UInt64(round) * 10))
            for index in 0..<4 where machine.freeSlots > 0 { _ = Self.admit(UInt64(round * 4 + index), &machine) }
            let sent = machine.takeDue(now: now)
            #expect(sent.count == 4)
            Self.answer(.retry, to: Array(sent.prefix(2)), &machine, now, &random)
            Self.answer(.ok, to: Array(sent.dropFirst(2)), &machine, now, &random)
        }
    }

    private static let failed = SinkReply(Verdict(.retry, reason: "no connection"))

    /// The destination takes a first record.
    private static func wake(_ machine: inout LaneMachine, _ random: inout SeededGenerator) {
        _ = admit(1000, &machine)
        answer(.ok, to: machine.takeDue(now: testTime), &machine, testTime, &random)
    }

    private static func admit(_ index: UInt64, _ machine: inout LaneMachine) -> Int {
        machine.admit([Stretch(first: index, past: index + 1, records: 1)], indexes: [index], now: testTime)
    }

    private static func answer(
        _ replyClass: ReplyClass,
        to requests: [(id: Int, positions: Range<Int>)],
        _ machine: inout LaneMachine,
        _ now: Timestamp,
        _ random: inout SeededGenerator
    ) {
        for (id, _) in requests {
            _ = machine.answered(id, SinkReply(Verdict(replyClass, reason: "")), now: now, using: &random)
        }
    }

    private static func machine(count: Int) -> LaneMachine {
        LaneMachine(
            limits: BatchLimits(bytes: 1000, count: count, age: .zero),
            concurrency: 4,
            backoff: Backoff(base: .milliseconds(1), cap: .seconds(1)),
            countsDuplicates: true
        )
    }
}
