import DeliveryWire
import Testing

@Suite struct BisectionTests {
    /// A destination that refuses every request which holds a bad record, and says what the case at hand says.
    static func run(
        count: Int,
        bad: Set<Int>,
        hint: (Range<Int>) -> Verdict.Hint = { _ in .none }
    ) -> (taken: [Int], poison: [Int], requests: Int, requestsToFirstPoison: Int?) {
        var taken: [Int] = Array(Bisection.settled(by: hint(0..<count), count: count))
        var poison: [Int] = []
        var first: Int?
        var bisection = Bisection(count: count, hint: hint(0..<count))
        while let next = bisection.next {
            let isBad = next.contains { bad.contains($0) }
            let verdict = isBad ? Verdict(.split, hint: hint(next), reason: "") : Verdict(.ok, reason: "")
            for fate in bisection.record(verdict) ?? [] {
                switch fate {
                case .taken(let range): taken += range
                case .poison(let position):
                    poison.append(position)
                    first = first ?? bisection.requests
                }
            }
        }
        return (taken, poison, bisection.requests, first)
    }

    /// Ceiling of log2, by counting.
    static func log2(_ count: Int) -> Int {
        var bits = 0
        while 1 << bits < count { bits += 1 }
        return bits
    }

    @Test func oneBadRecordIsFoundWithinLog2PlusOneAndTheRestGoesInOneMore() {
        for count in 1...130 {
            for bad in 0..<count {
                let result = Self.run(count: count, bad: [bad])
                #expect(result.poison == [bad])
                #expect(result.taken == (0..<count).filter { $0 != bad }, "in order, each once")
                let bound = Self.log2(count) + 1
                #expect((result.requestsToFirstPoison ?? .max) <= bound, "count \(count) bad \(bad)")
                #expect(result.requests <= bound + 1)
            }
        }
    }

    @Test(arguments: 0..<300)
    func anySetOfBadRecordsIsFoundExactly(seed: UInt64) {
        var generator = Seeded(state: seed)
        let count = Int.random(in: 1...200, using: &generator)
        let density = Double.random(in: 0...1, using: &generator)
        let bad = Set((0..<count).filter { _ in Double.random(in: 0..<1, using: &generator) < density })
        let result = Self.run(count: count, bad: bad)
        #expect(result.poison == bad.sorted())
        #expect(result.taken == (0..<count).filter { !bad.contains($0) })
        #expect(result.requests <= max(bad.count, 1) * (Self.log2(count) + 2) + 2)
    }

    /// Splunk stores what stands before the event it names: those are not sent again, and each bad event costs two requests.
    @Test(arguments: 0..<200)
    func whatARefusalSaysIsStoredIsNotSentAgain(seed: UInt64) {
        var generator = Seeded(state: seed)
        let count = Int.random(in: 2...200, using: &generator)
        let bad = Set(
            (0..<Int.random(in: 1...5, using: &generator)).map { _ in Int.random(in: 0..<count, using: &generator) }
        )
        let result = Self.run(count: count, bad: bad) { sent in
            let position = (sent.first { bad.contains($0) } ?? sent.lowerBound) - sent.lowerBound
            return position == 0 ? .none : .stored(prefix: position)
        }
        #expect(result.poison == bad.sorted())
        #expect(result.taken == (0..<count).filter { !bad.contains($0) }, "each exactly once, in order")
    }

    /// A hint may be wrong in any way; it may cost requests, never a record.
    @Test(arguments: 0..<300)
    func aLyingHintNeverCondemnsAGoodRecord(seed: UInt64) {
        var generator = Seeded(state: seed)
        let count = Int.random(in: 1...60, using: &generator)
        let bad = Set((0..<3).map { _ in Int.random(in: 0..<count, using: &generator) })
        let hints = (0..<500).map { _ in Int.random(in: -5...70, using: &generator) }
        var asked = 0
        let result = Self.run(count: count, bad: bad) { _ in
            asked += 1
            return .near(hints[asked % hints.count])
        }
        #expect(result.poison == bad.sorted())
        #expect(result.taken == (0..<count).filter { !bad.contains($0) })
    }

    @Test func otherClassesSayNothingOfTheRecords() {
        var bisection = Bisection(count: 8)
        let before = bisection
        for replyClass in [ReplyClass.retry, .throttle, .auth, .config] {
            #expect(bisection.record(Verdict(replyClass, reason: "")) == nil)
            #expect(bisection == before)
        }
    }

    @Test func aRefusalThatDoesNotComeBackCondemnsNobody() {
        // Refused once, as a proxy does when it has a bad moment; then everything is taken.
        let result = Self.run(count: 16, bad: [])
        #expect(result.poison.isEmpty)
        #expect(result.taken == Array(0..<16))
    }

    @Test func nothingToSendIsNoRequest() {
        #expect(Bisection(count: 0).next == nil)
        #expect(Bisection(count: -1).next == nil)
    }
}
