import JSON
import Testing

@testable import Detection

@Suite("Sliding windows against counting everything")
struct SlidingWindowTests {
    struct Seen {
        let time: Int64
        let value: Int
    }

    /// The most values that any window holds which the event at `time` is in, of all events seen.
    static func mostAround(_ time: Int64, _ seen: [Seen], span: Int64, distinct: Bool) -> Int {
        var most = 0
        for anchor in seen where anchor.time >= time && anchor.time <= time + span {
            let inside = seen.filter { $0.time >= anchor.time - span && $0.time <= anchor.time }
            most = max(most, distinct ? Set(inside.map(\.value)).count : inside.count)
        }
        return most
    }

    @Test("any order within the lateness, until the bound is met", arguments: [true, false])
    func anyOrder(distinct: Bool) {
        var generator = SeededGenerator(distinct ? 11 : 12)
        var fired = 0
        for _ in 0..<1500 {
            let span = Int64.random(in: 1...40, using: &generator)
            let bound = Int.random(in: 2...6, using: &generator)
            let plan = SlidingWindow.Plan(span: span, lateness: 1_000, capacity: bound + 1, isDistinct: distinct)
            var window = SlidingWindow()
            var seen: [Seen] = []
            var now: Int64 = 500
            for index in 0..<120 {
                now += Int64([0, 0, 1, 3, 9, span].randomElement(using: &generator) ?? 0)
                let late =
                    Int.random(in: 0..<4, using: &generator) == 0 ? Int64.random(in: 0...120, using: &generator) : 0
                let value = Int.random(in: 0..<12, using: &generator)
                let entry = SlidingWindow.Entry(
                    time: now - late,
                    index: Int64(index),
                    identity: Int64(index),
                    value: distinct ? String(value) : "",
                    number: nil
                )
                seen.append(Seen(time: now - late, value: value))
                guard let place = window.insert(entry, plan) else {
                    Issue.record("an event within the lateness was not taken")
                    return
                }
                let ours = window.fullest(around: place, plan).count
                let theirs = Self.mostAround(now - late, seen, span: span, distinct: distinct)
                #expect((ours >= bound) == (theirs >= bound), "span \(span), bound \(bound), at \(index)")
                window.trim(plan)
                if theirs >= bound {
                    fired += 1
                    break
                }
            }
        }
        #expect(fired > 500)
    }

    @Test("in order, exactly at every event, however long the bound has been met", arguments: [true, false])
    func inOrder(distinct: Bool) {
        var generator = SeededGenerator(distinct ? 21 : 22)
        for _ in 0..<150 {
            let span = Int64.random(in: 1...60, using: &generator)
            let bound = Int.random(in: 2...8, using: &generator)
            let plan = SlidingWindow.Plan(span: span, lateness: 20, capacity: bound + 1, isDistinct: distinct)
            var window = SlidingWindow()
            var seen: [Seen] = []
            var now: Int64 = 0
            for index in 0..<600 {
                now += Int64([0, 0, 0, 1, 2, span + 1].randomElement(using: &generator) ?? 0)
                let value = Int.random(in: 0..<40, using: &generator)
                seen.append(Seen(time: now, value: value))
                seen.removeAll { $0.time < now - span }
                let entry = SlidingWindow.Entry(
                    time: now,
                    index: Int64(index),
                    identity: Int64(index),
                    value: distinct ? String(value) : "",
                    number: nil
                )
                _ = window.insert(entry, plan)
                let theirs = distinct ? Set(seen.map(\.value)).count : seen.count
                #expect((window.current(plan) >= bound) == (theirs >= bound))
                #expect((window.current(plan) > bound) == (theirs > bound))
                window.trim(plan)
            }
        }
    }

    @Test("a million different customers take no more room than the bound")
    func millionValues() {
        let plan = SlidingWindow.Plan(span: 600_000, lateness: 900_000, capacity: 201, isDistinct: true)
        var window = SlidingWindow()
        var largest = 0
        for index in 0..<1_000_000 {
            let entry = SlidingWindow.Entry(
                time: Int64(index) / 100,
                index: Int64(index),
                identity: Int64(index),
                value: "c\(index)",
                number: nil
            )
            _ = window.insert(entry, plan)
            window.trim(plan)
            largest = max(largest, window.entries.count)
        }
        #expect(window.current(plan) >= 201)
        #expect(largest <= 2 * (4 * 201 + 16))
    }

    @Test("one customer a million times takes no more room either")
    func oneValue() {
        let plan = SlidingWindow.Plan(span: 600_000, lateness: 900_000, capacity: 201, isDistinct: true)
        var window = SlidingWindow()
        for index in 0..<200_000 {
            let entry = SlidingWindow.Entry(
                time: Int64(index),
                index: Int64(index),
                identity: Int64(index),
                value: "c",
                number: nil
            )
            _ = window.insert(entry, plan)
            window.trim(plan)
            #expect(window.entries.count <= 2 * (4 * 201 + 16))
        }
        #expect(window.current(plan) == 1)
    }

    @Test("the same event delivered twice counts once; an event beyond the lateness does not count")
    func duplicatesAndLateness() {
        let plan = SlidingWindow.Plan(span: 10, lateness: 5, capacity: 4, isDistinct: false)
        var window = SlidingWindow()
        func entry(_ time: Int64, _ identity: Int64) -> SlidingWindow.Entry {
            SlidingWindow.Entry(time: time, index: identity, identity: identity, value: "", number: nil)
        }
        #expect(window.insert(entry(100, 1), plan) == 0)
        #expect(window.insert(entry(100, 1), plan) == nil)
        #expect(window.insert(entry(85, 2), plan) == 0)
        #expect(window.insert(entry(84, 3), plan) == nil)
        #expect(window.current(plan) == 1)
    }
}

@Suite("Customers that are one")
struct LinkedCustomerTests {
    static let rules = RuleReadingTests.correlation(
        "type: value_count\nrules: test\ngroup-by: [agentId]\ntimespan: 10m\ncondition: {field: customerId, gte: 3}"
    ).replacing("route: x", with: "route: profile")

    /// A token as the gateway writes it: longer than what is kept as it is.
    static func token(_ epoch: Int, _ customer: Int) -> String {
        "hmac-sha256:\(epoch):customer:" + String(repeating: "\(epoch)\(customer)", count: 32)
    }

    static func fires(_ events: [LedgerEvent]) throws -> Bool {
        var engine = DetectionEngine(rules: try pack(rules), configuration: DetectionConfiguration())
        return engine.feed(events).contains { $0.kind == .alertRaised }
    }

    static func link(_ index: Int64, _ token: String, _ other: String) -> LedgerEvent {
        event(index, "CUSTOMERS_LINKED", at: Double(index), ["customerId": .string(token), "sameAs": .string(other)])
    }

    static func reading(_ index: Int64, _ token: String) -> LedgerEvent {
        read(index, at: Double(index), customer: token)
    }

    @Test("a token that changes its epoch in the middle of a window counts once, whenever the link comes")
    func epochChange() throws {
        let (old, new, other) = (Self.token(1, 1), Self.token(2, 1), Self.token(2, 2))
        let third = Self.token(2, 3)
        #expect(try Self.fires([Self.reading(0, old), Self.reading(1, new), Self.reading(2, other)]))
        let before = [Self.link(0, old, new), Self.reading(1, old), Self.reading(2, new), Self.reading(3, other)]
        #expect(try !Self.fires(before))
        let between = [Self.reading(0, old), Self.reading(1, new), Self.link(2, old, new), Self.reading(3, other)]
        #expect(try !Self.fires(between))
        #expect(try Self.fires(between + [Self.reading(4, third)]))
    }

    @Test("merged customers count once, through further merges, and apart again when the merge is undone")
    func merge() throws {
        let tokens = (0..<4).map { Self.token(1, $0) }
        let merged: [LedgerEvent] = [
            Self.reading(0, tokens[0]), Self.reading(1, tokens[1]), Self.link(2, tokens[0], tokens[1]),
            Self.link(3, tokens[1], tokens[2]), Self.reading(4, tokens[2]), Self.reading(5, tokens[3]),
        ]
        #expect(try !Self.fires(merged))
        let undone = event(6, "CUSTOMERS_UNLINKED", at: 6, ["customerId": .string(tokens[1])])
        #expect(try Self.fires(merged + [undone, Self.reading(7, tokens[1])]))
    }
}
