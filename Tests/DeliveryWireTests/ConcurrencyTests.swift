import DeliveryWire
import Testing

@Suite("Adaptive concurrency") struct ConcurrencyTests {
    /// Whatever is answered, in whatever order: at least one, never above the ceiling, and up by more than one only while it doubles.
    @Test(arguments: 0..<200 as Range<UInt64>) func theLimitKeepsItsBounds(seed: UInt64) {
        var random = Seeded(state: seed)
        let ceiling = Int.random(in: 1...40, using: &random)
        var control = AdaptiveConcurrency(ceiling: ceiling)
        var wasLowered = false
        for _ in 0..<500 {
            let before = control.limit
            let answer: AdaptiveConcurrency.Answer =
                switch Int.random(in: 0..<12, using: &random) {
                case 0: .slowed
                case 1: .neutral
                default: .taken(microseconds: random.next() >> UInt64.random(in: 0...63, using: &random))
                }
            control.answered(answer, underway: Int.random(in: -1...50, using: &random))
            #expect((1...ceiling).contains(control.limit))
            #expect(control.limit <= before * 2)
            if wasLowered { #expect(control.limit <= before + 1) }
            if control.limit < before { wasLowered = true }
        }
    }

    @Test func aFixedLimitStays() {
        var control = AdaptiveConcurrency(fixed: 3)
        for answer in [AdaptiveConcurrency.Answer.slowed, .failed, .taken(microseconds: 9), .neutral] {
            control.answered(answer, underway: 2)
            #expect(control.limit == 3)
        }
    }

    /// One refusal of many at once counts once: what was sent before the limit was lowered says nothing of the lower one.
    @Test func aBurstOfRefusalsHalvesOnce() {
        var control = AdaptiveConcurrency(ceiling: 16)
        Receiver(places: 16, latency: 20_000).serve(&control, answers: 400)
        #expect(control.limit == 16)
        for underway in (0..<16).reversed() { control.answered(.slowed, underway: underway) }
        #expect(control.limit == 8)
    }

    /// Requests that are not held back say nothing for a higher limit.
    @Test func anIdleLaneDoesNotGrow() {
        var control = AdaptiveConcurrency(ceiling: 16)
        for _ in 0..<100 { control.answered(.taken(microseconds: 20_000), underway: 0) }
        #expect(control.limit == 2)
    }

    /// A receiver of so many places and a fixed time for each request: what comes beyond waits in line. The throughput reaches the
    /// receiver's own, and the line stays short.
    @Test(arguments: [1, 2, 3, 5, 8, 12]) func growsToWhatTheReceiverTakes(places: Int) {
        var control = AdaptiveConcurrency(ceiling: 64)
        let receiver = Receiver(places: places, latency: 20_000)
        receiver.serve(&control, answers: 2000)
        let served = receiver.serve(&control, answers: 4000)
        let most = Double(places) / 20_000
        #expect(Double(served.answers) / Double(served.microseconds) > most * 0.93)
        #expect(served.highest <= places + places / 2 + 2, "\(served.highest) at once for \(places) places")
    }

    /// A receiver that refuses what is beyond its places: seldom, and most of its places are used.
    @Test(arguments: [2, 4, 8, 12]) func learnsFromRefusals(places: Int) {
        var control = AdaptiveConcurrency(ceiling: 64)
        let receiver = Receiver(places: places, latency: 20_000, refusesBeyond: true)
        receiver.serve(&control, answers: 500)
        let served = receiver.serve(&control, answers: 4000)
        #expect(Double(served.taken) / Double(served.microseconds) > Double(places) / 20_000 * 0.6)
        #expect(served.highest <= places + 1)
        #expect(served.taken * 10 > served.answers * 7)
    }

    /// What was unhurried once is so slow now: the limit falls to one, learns it, and grows again.
    @Test func followsAReceiverThatBecomesSlower() {
        var control = AdaptiveConcurrency(ceiling: 16)
        Receiver(places: 16, latency: 5000).serve(&control, answers: 500)
        let served = Receiver(places: 16, latency: 50_000).serve(&control, answers: 2000)
        #expect(control.limit > 8)
        #expect(served.lowest == 1)
    }
}

/// A receiver in time of its own, with as many senders as the limit allows.
private struct Receiver {
    /// Requests that it works on at once.
    let places: Int
    /// Microseconds for each.
    let latency: UInt64
    /// Whether what is beyond its places is refused, or waits.
    var refusesBeyond = false

    struct Served {
        var answers = 0
        var taken = 0
        var microseconds: UInt64 = 0
        var highest = 0
        var lowest = Int.max
    }

    @discardableResult
    func serve(_ control: inout AdaptiveConcurrency, answers: Int) -> Served {
        var served = Served()
        var free = [UInt64](repeating: 0, count: places)
        var underway: [(sent: UInt64, done: UInt64, isTaken: Bool)] = []
        var now: UInt64 = 0
        while served.answers < answers {
            while underway.count < control.limit {
                let place = free.indices.min { free[$0] < free[$1] } ?? 0
                if refusesBeyond, free[place] > now {
                    underway.append((now, now + 1000, false))
                } else {
                    free[place] = max(free[place], now) + latency
                    underway.append((now, free[place], true))
                }
            }
            served.highest = max(served.highest, underway.count)
            guard let next = underway.indices.min(by: { underway[$0].done < underway[$1].done }) else { break }
            let request = underway.remove(at: next)
            now = request.done
            served.answers += 1
            served.taken += request.isTaken ? 1 : 0
            control.answered(
                request.isTaken ? .taken(microseconds: now - request.sent) : .slowed,
                underway: underway.count
            )
            served.lowest = min(served.lowest, control.limit)
        }
        served.microseconds = now
        return served
    }
}
