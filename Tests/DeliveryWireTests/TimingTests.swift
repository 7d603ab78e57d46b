import DeliveryWire
import Testing
import WallTime

@Suite struct TimingTests {
    static let now = Timestamp(milliseconds: 784_111_777_000)  // Sun, 06 Nov 1994 08:49:37 GMT

    /// The three forms of RFC 9110 section 5.6.7, its own examples.
    @Test(arguments: ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
    func dates(text: String) { #expect(HTTPDate.parse(text) == Self.now) }

    @Test(arguments: [
        "", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 30 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "soon",
        "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT",
    ])
    func whatIsNoDate(text: String) { #expect(HTTPDate.parse(text) == nil) }

    @Test(arguments: [
        ("0", Duration.zero), ("120", .seconds(120)), (" 7\t", .seconds(7)), ("1000000000", .seconds(3600)),
        ("99999999999999999999999", .seconds(3600)), ("Sun, 06 Nov 1994 08:50:37 GMT", .seconds(60)),
        ("Sun, 06 Nov 1994 08:00:00 GMT", .zero), ("Fri, 31 Dec 9999 23:59:59 GMT", .seconds(3600)),
    ])
    func waits(header: String, wait: Duration) { #expect(RetryAfter.wait(header, now: Self.now) == wait) }

    @Test(arguments: ["", " ", "-1", "1.5", "+5", "1e3", "five", "\u{0661}"])
    func whatSaysNothing(header: String) { #expect(RetryAfter.wait(header, now: Self.now) == nil) }

    @Test func backoffIsEvenWithinItsBound() {
        let rule = Backoff(base: .milliseconds(100), cap: .seconds(10))
        #expect(rule.bound(retry: 0) == .milliseconds(100))
        #expect(rule.bound(retry: 3) == .milliseconds(800))
        #expect(rule.bound(retry: 7) == .seconds(10))
        #expect(rule.bound(retry: .max) == .seconds(10))
        #expect(rule.bound(retry: .min) == .milliseconds(100))
        var generator = Seeded(state: 1)
        let waits = (0..<4000).map { _ in rule.wait(retry: 3, using: &generator) / .milliseconds(800) }
        #expect(waits.allSatisfy { (0..<1).contains($0) })
        // Full jitter: each fifth of the range gets its share.
        for fifth in 0..<5 {
            let share = waits.filter { Int($0 * 5) == fifth }.count
            #expect((680...920).contains(share), "\(share) of 4000")
        }
    }

    @Test func whatTheDestinationAsksIsALowerBound() {
        let rule = Backoff(base: .milliseconds(100), cap: .seconds(10))
        var generator = Seeded(state: 2)
        for retry in 0..<50 {
            let wait = rule.wait(retry: retry, atLeast: .seconds(30), using: &generator)
            #expect(wait >= .seconds(30) && wait <= .seconds(40))
        }
    }

    @Test(arguments: 0..<200)
    func batchesKeepEverythingInOrderWithinTheirLimits(seed: UInt64) {
        var generator = Seeded(state: seed)
        let limits = BatchLimits(
            bytes: Int.random(in: 1...500, using: &generator),
            count: Int.random(in: 1...20, using: &generator),
            age: .milliseconds(Int64.random(in: 1...1000, using: &generator))
        )
        var builder = BatchBuilder<(number: Int, bytes: Int)>(limits: limits)
        var now = Self.now
        var batches: [BatchBuilder<(number: Int, bytes: Int)>.Batch] = []
        for number in 0..<300 {
            now = now.after(Int64.random(in: 0...200, using: &generator))
            if let due = builder.takeDue(now: now) {
                #expect(due.reason == .age)
                batches.append(due)
            }
            #expect(builder.due.map { $0 > now } ?? true)
            let size = Int.random(in: 1...120, using: &generator)
            batches += builder.add((number, size), bytes: size, now: now)
        }
        if let rest = builder.flush() { batches.append(rest) }
        #expect(batches.flatMap { $0.elements.map(\.number) } == Array(0..<300))
        for batch in batches {
            #expect(!batch.elements.isEmpty && batch.elements.count <= limits.count)
            #expect(batch.bytes == batch.elements.reduce(0) { $0 + $1.bytes })
            #expect(batch.bytes <= limits.bytes || batch.elements.count == 1)
        }
    }

    @Test func aThrottledLaneSendsLessAndRecovers() {
        let ceiling = BatchLimits(bytes: 1_000_000, count: 1000, age: .seconds(1))
        var limits = ceiling
        for _ in 0..<30 { limits = limits.adapted(slower: true, ceiling: ceiling) }
        #expect(limits.count == 1 && limits.bytes == 1)
        var steps = 0
        while limits != ceiling {
            limits = limits.adapted(slower: false, ceiling: ceiling)
            steps += 1
            if steps > 1000 { break }
        }
        #expect(limits == ceiling)
    }
}
