import DeliveryWire
import Synchronization
import TestStores
import Testing

@testable import Delivery

@Suite("Concurrency of lanes", .timeLimit(.minutes(5))) struct HostConcurrencyTests {
    /// A receiver with four places of 8 ms each, in real time: more goes at once than one, the throughput is that of more than one
    /// place, and what is found out is stored.
    @Test func growsToWhatTheReceiverTakes() async throws {
        func drain(_ concurrency: Int?) async throws -> (time: Duration, highest: Int, stored: Int) {
            let (ledger, state, control) = try makeLedger(.sqlite)
            try await ledger.append(1200)
            let places = Places(4)
            let sink = ScriptedSink(count: 5, concurrency: 32) { indexes, store in
                await places.enter()
                try? await Task.sleep(for: .milliseconds(8))
                places.leave()
                store(indexes)
                return .ok
            }
            let began = ContinuousClock.now
            let lane = RunningLane(sink, ledger, state, concurrency: concurrency)
            try await control.drained()
            let time = began.duration(to: .now)
            await lane.end()
            #expect(sink.indexes.sorted() == Array(0..<ledger.size))
            return (time, places.highest, try await control.sink("siem").concurrency)
        }
        let alone = try await drain(1)
        #expect(alone.highest == 1 && alone.stored == 1)
        let adaptive = try await drain(nil)
        #expect(adaptive.highest > 1 && adaptive.highest < 32)
        #expect(adaptive.stored > 1)
        #expect(adaptive.time < alone.time)
    }

    /// Two lanes on one host that refuses beyond three at once: both drain, and neither starves.
    @Test func lanesOnOneHostShare() async throws {
        let host = HostConcurrency(AdaptiveConcurrency(ceiling: 16))
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(600)
        let busy = Mutex(0)
        let answer: ScriptedSink.Answer = { indexes, store in
            let taken = busy.withLock { busy in
                busy += 1
                return busy <= 3
            }
            await Task.yield()
            busy.withLock { $0 -= 1 }
            guard taken else { return SinkReply(Verdict(.throttle, reason: "busy")) }
            store(indexes)
            return .ok
        }
        let sinks = ["a", "b"].map { _ in ScriptedSink(concurrency: 16, answer: answer) }
        let lanes = zip(["a", "b"], sinks).map { RunningLane($1, ledger, state, name: $0, host: host) }
        try await control.drained("a")
        try await control.drained("b")
        for lane in lanes { await lane.end() }
        for sink in sinks { #expect(Set(sink.indexes).isSuperset(of: 0..<600)) }
        #expect(host.begin(isOnly: false), "every right was given back")
    }
}

/// Places that are taken one after the other.
private final class Places: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
        var inside = 0
        var highest = 0
    }
    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    /// Most that were inside or in line at once.
    var highest: Int { state.withLock { $0.highest } }

    func enter() async {
        await withCheckedContinuation { continuation in
            let mayEnter = state.withLock { state in
                state.inside += 1
                state.highest = max(state.highest, state.inside)
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if mayEnter { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.inside -= 1
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
