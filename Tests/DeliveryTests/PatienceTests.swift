import DeliveryWire
import JSON
import Synchronization
import TestReceivers
import Testing
import WallTime

@testable import Delivery

/// A clock that the test moves, and that counts how often it is looked at.
private final class WatchedClock: WallClock {
    private let clock: ManualClock
    private let count = Mutex(0)

    init(_ start: Timestamp) { clock = ManualClock(start) }

    var looks: Int { count.withLock { $0 } }

    func now() -> Timestamp {
        count.withLock { $0 += 1 }
        return clock.now()
    }

    func advance(seconds: Int64) { clock.advance(seconds: seconds) }
}

/// A receiver that asks for patience, by clocks that the test moves.
@Suite("Patience", .timeLimit(.minutes(2))) struct PatienceTests {
    private func run(
        backoff: Backoff = Backoff(base: .milliseconds(1), cap: .milliseconds(5)),
        _ body: (SinkBench, WebhookReceiver, WatchedClock) async throws -> Void
    ) async throws {
        let receiver = WebhookReceiver([])
        let port = try await receiver.listen()
        try await SinkBench.run { bench in
            let steady = WatchedClock(testTime)
            var settings = WebhookSink.Settings(
                url: try DestinationURL("http://127.0.0.1:\(port)/hook"),
                signer: try WebhookSigner(keys: [WebhookSigningKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
            )
            settings.concurrency = 1
            // Dates are read by the time of day, waits are measured by the steady clock.
            let sink = WebhookSink(settings, shaping: testShaping, http: bench.http, clock: ManualClock(testTime))
            let lane = RunningLane(sink, bench.ledger, bench.state, steady: steady, backoff: backoff)
            try await body(bench, receiver, steady)
            await lane.end()
            let indexes = try receiver.messages.compactMap {
                recordIndex(try JSONValue(parsing: $0.body)["recordId"]?.string)
            }
            #expect(indexes == Array(0..<bench.ledger.size))
            try await bench.check(indexes, isExact: true)
        }
        try await receiver.stop()
    }

    /// It is 20:26:40 on the 28th of May 2026. What is asked for in `Retry-After` is waited for to the second, and at most an hour.
    @Test(
        arguments: [
            ("30", 30), ("Thu, 28 May 2026 20:56:40 GMT", 1800), ("1000000000", 3600),
            ("Fri, 02 Jul 2027 20:26:40 GMT", 3600),
        ]
    ) func whatIsAskedForIsGranted(header: String, seconds: Int64) async throws {
        try await run { bench, receiver, steady in
            receiver.ask { header }
            receiver.refuse(429, times: 1)
            try await bench.ledger.append(5)
            try await eventually { (try? await bench.control.sink("siem").lastFailure) != nil }
            steady.advance(seconds: seconds - 1)
            // Many looks of the lane at its clock later, nothing has come.
            let looks = steady.looks
            try await eventually { steady.looks > looks + 50 }
            #expect(receiver.messages.isEmpty)
            #expect(try await bench.control.conservation("siem").holds)
            steady.advance(seconds: 2)
            try await eventually { receiver.messages.count == 1 }
            try await bench.control.drained()
        }
    }

    /// A moment that has passed, nonsense and nothing are no reason to wait longer than the lane does by itself.
    @Test(arguments: ["Thu, 28 May 2026 19:26:40 GMT", "-5", "soon", "", "0"])
    func whatCannotBeGrantedHoldsNothingUp(header: String) async throws {
        try await run { bench, receiver, steady in
            receiver.ask { header }
            receiver.refuse(429, times: 3)
            try await bench.ledger.append(5)
            try await eventually {
                steady.advance(seconds: 1)
                return receiver.messages.count == 5
            }
            try await bench.control.drained()
        }
    }

    /// Refused for an hour and more: nothing is given up, the receiver is asked no oftener than once in a while, and afterwards all goes
    /// through once.
    @Test func refusedForAnHour() async throws {
        try await run(backoff: Backoff()) { bench, receiver, steady in
            receiver.ask { "60" }
            receiver.refuse(429, times: 1000)
            try await bench.ledger.append(30)
            var asked = receiver.refusalsLeft
            for _ in 0..<60 {
                let before = receiver.refusalsLeft
                try await eventually {
                    steady.advance(seconds: 10)
                    return receiver.refusalsLeft < before
                }
                let terms = try await bench.control.conservation("siem")
                #expect(terms.holds && terms.dead == 0 && terms.confirmed == 0)
            }
            asked -= receiver.refusalsLeft
            #expect(asked <= 61)
            #expect(try await bench.control.sink("siem").state == .running)
            receiver.refuse(429, times: 0)
            try await eventually {
                steady.advance(seconds: 10)
                return receiver.messages.count == 30
            }
            try await bench.control.drained()
        }
    }
}
