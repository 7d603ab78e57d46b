import Foundation
import JSON
import Sandbox
import Synchronization
import Testing

/// kill -9 at any moment, again and again.
@Suite(.serialized) struct KillTests {
    private struct Released: Sendable {
        let receipt: UInt64
        let event: String
    }

    private final class Answers: Sendable {
        private let all = Mutex<[Released]>([])

        func add(_ answer: Released) { all.withLock { $0.append(answer) } }
        var list: [Released] { all.withLock { $0 } }
    }

    /// Clients that read until a number of answers has come, and then kill the server under each other's feet.
    private final class Load: Sendable {
        private let target: Int
        private let stopped = Atomic<Bool>(false)
        private let served = Atomic<Int>(0)

        init(target: Int) { self.target = target }

        func run(against server: RunningServer, _ bearer: String, _ people: SandboxDirectory, into answers: Answers)
            async
        {
            while !stopped.load(ordering: .relaxed) {
                guard
                    let answer = try? await server.read(
                        bearer,
                        customer: people.customer,
                        agent: people.agentWithLiveCall,
                        interaction: people.liveConversation
                    )
                else { return }
                if answer.status == 200, let receipt = answer.receipt.flatMap({ UInt64($0) }), let event = answer.event
                {
                    answers.add(Released(receipt: receipt, event: event))
                }
                if served.wrappingAdd(1, ordering: .relaxed).newValue >= target {
                    stopped.store(true, ordering: .relaxed)
                    await server.kill()
                }
            }
        }
    }

    /// `MUNIMENT_KILLS` sets the number of rounds; 200 when it is not set.
    @Test func nothingReleasedIsUnrecordedAndNothingRecordedIsLost() async throws {
        let rounds = ProcessInfo.processInfo.environment["MUNIMENT_KILLS"].flatMap { Int($0) } ?? 200
        let site = try await Site()
        let people = site.sandbox.directory
        let bearer = try await site.client("read:customer-profile")
        let auditor = try await site.client("audit", "ledger")
        let released = Answers()
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<rounds {
            let server = try await site.start()
            let load = Load(target: Int.random(in: 1...60, using: &generator))
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { await load.run(against: server, bearer, people, into: released) }
                }
            }
            await server.kill()
            let outcome = try await Binary.run(
                ["ledger", "verify", site.folder + "/data/ledger.db", "--key", site.folder + "/keys/ledger.vkey"])
            #expect(outcome.status == 0, "\(outcome.output)")
        }
        let all = released.list
        #expect(all.count > rounds)
        let server = try await site.start()
        var checked = 0
        for answer in all {
            let found = try await server.get("/api/v1/events/\(answer.receipt)", auditor)
            guard found.status == 200 else {
                Issue.record("a released read has no event at \(answer.receipt)")
                continue
            }
            #expect(found.json?["event"]?["eventId"]?.string == answer.event)
            checked += 1
        }
        #expect(checked == all.count)
        let starts = try await site.succeed("events", "SERVER_STARTED", "--format", "json", "--limit", "1")
        #expect(starts.contains("unclean"))
        await server.stop()
        await site.end()
    }
}
