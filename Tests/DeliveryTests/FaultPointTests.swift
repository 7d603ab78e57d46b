import DeliveryWire
import Sandbox
import Storage
import Synchronization
import TestStores
import Testing
import WallTime

@testable import Delivery

/// Points at which a lane may end, one after the other, and what a receiver and an operator may do to it.
@Suite("Fault points", .timeLimit(.minutes(5))) struct FaultPointTests {
    /// A lease that is lost at one of the lane's writes: to the store that is a process which dies before or in the middle of it.
    private final class LostAtWrite: LeaseHolding {
        private let left: Mutex<Int>

        init(_ number: Int) { left = Mutex(number) }

        var isLost: Bool { left.withLock { $0 < 0 } }

        func confirm(_ connection: any SQLConnection) throws {
            let isLost = left.withLock { left in
                left -= 1
                return left < 0
            }
            if isLost { throw StorageError(.fenced, "another holds it") }
        }
    }

    /// Ends at the first, the second and so on of all writes of a run in which batches are halved, and then of one in which dead
    /// letters are sent again.
    @Test(arguments: Engine.allCases) func endsAtEachOfItsWrites(engine: Engine) async throws {
        var isLost = true
        var number = 0
        while isLost {
            let (ledger, state, control) = try makeLedger(engine)
            try await ledger.append(40)
            let halving: ScriptedSink.Answer = { indexes, store in
                guard Set([7, 31]).isDisjoint(with: indexes) else { return SinkReply(Verdict(.split, reason: "bad")) }
                store(indexes)
                return .ok
            }
            let sink = ScriptedSink(answer: halving)
            /// Runs until the write at which it ends, and then without trouble.
            func run() async throws -> Bool {
                let lease = LostAtWrite(number)
                let first = RunningLane(sink, ledger, state, lease: lease)
                try await eventually {
                    guard !lease.isLost, let terms = try? await control.conservation("siem") else {
                        return lease.isLost
                    }
                    return terms.backlog == 0 && terms.inFlight == 0
                }
                await first.kill()
                // Before the first write it is not known.
                #expect((try? await control.conservation("siem"))?.holds ?? (number == 0))
                let second = RunningLane(sink, ledger, state)
                try await control.drained()
                await second.end()
                return lease.isLost
            }
            isLost = try await run()
            #expect(try await control.deadLetters("siem").map(\.index) == [7, 31])
            sink.change { indexes, store in
                store(indexes)
                return .ok
            }
            #expect(try await control.redrive("siem", .all, actor: "op") == 2)
            isLost = try await run() || isLost
            let status = try await control.sink("siem")
            #expect(status.conservation.holds && status.conservation.confirmed == ledger.size, "write \(number)")
            #expect(Set(sink.indexes) == Set(0..<ledger.size), "write \(number)")
            #expect(sink.indexes.count - Set(sink.indexes).count <= Int(status.duplicates), "write \(number)")
            number += 1
        }
        // Or nothing was tried.
        #expect(number > 5)
    }

    /// Every class of reply in any order, in part with something stored, while an operator resumes what stops.
    @Test(arguments: 0..<16 as Range<UInt64>) func everyClassInAnyOrder(seed: UInt64) async throws {
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(60)
        let random = Mutex(SeededGenerator(seed))
        let sink = ScriptedSink { indexes, store in
            let (choice, part) = random.withLock {
                (Int.random(in: 0..<12, using: &$0), Int.random(in: 0...indexes.count, using: &$0))
            }
            switch choice {
            case 0: return SinkReply(Verdict(.retry, reason: "no connection"))
            case 1:
                store(Array(indexes.prefix(part)))
                return SinkReply(Verdict(.retry, mayBeStored: true, reason: "no reply"))
            case 2: return SinkReply(Verdict(.throttle, reason: "busy"), retryAfter: .milliseconds(2))
            case 3: return SinkReply(Verdict(.auth, reason: "token"))
            case 4: return SinkReply(Verdict(.config, reason: "index"))
            case 5: return SinkReply(Verdict(indexes.count == 1 ? .poison : .split, reason: "bad"))
            default:
                store(indexes)
                return .ok
            }
        }
        let lane = RunningLane(sink, ledger, state)
        try await eventually {
            guard let status = try? await control.sink("siem") else { return false }
            #expect(status.conservation.holds, "\(status.conservation)")
            // It may have been resumed by what another look saw.
            if status.state != .running { try? await control.resume("siem", actor: "op") }
            return status.state == .running && status.conservation.backlog == 0 && status.conservation.inFlight == 0
        }
        let dead = Set(try await control.deadLetters("siem").map(\.index))
        #expect(dead.union(sink.indexes) == Set(0..<ledger.size))
        let status = try await control.sink("siem")
        #expect(sink.indexes.count - Set(sink.indexes).count <= Int(status.duplicates))
        await lane.end()
    }

    /// The token is replaced at Splunk while batches are under way: the lane stops and keeps everything, and goes on with the new one.
    @Test(arguments: Engine.allCases) func aTokenIsSwapped(engine: Engine) async throws {
        let receiver = HECReceiver()
        try await receiver.start()
        let url = try #require(receiver.url)
        try await SinkBench.run(engine) { bench in
            func lane(_ token: String) throws -> RunningLane<SplunkSink> {
                var settings = SplunkSink.Settings(url: try DestinationURL(url), token: token)
                settings.limits = BatchLimits(bytes: 100_000, count: 10, age: .milliseconds(1))
                return RunningLane(
                    SplunkSink(settings, shaping: testShaping, http: bench.http, sleep: shortened),
                    bench.ledger,
                    bench.state
                )
            }
            try await bench.ledger.append(200)
            let old = try lane(HECReceiver.Configuration().token)
            try await eventually { receiver.requestCount >= 5 }
            let token = "00000000-0000-4000-8000-000000000002"
            receiver.change { $0.token = token }
            try await bench.ledger.append(100)
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            await old.end()
            let terms = try await bench.control.conservation("siem")
            #expect(terms.holds && terms.dead == 0 && terms.confirmed < bench.ledger.size)
            let new = try lane(token)
            try await bench.control.resume("siem", actor: "op")
            try await bench.control.drained()
            await new.end()
            try await bench.check(receiver.events.compactMap { recordIndex($0.recordID) })
            #expect(try await bench.control.conservation("siem").confirmed == bench.ledger.size)
        }
        await receiver.stop()
    }
}
