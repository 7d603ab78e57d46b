import JSON
import Testing
import WallTime

@testable import Detection

@Suite("Shifts")
struct ShiftTests {
    private static let hour: Int64 = 3_600_000
    private static let grace = hour / 2

    private static func schedule(
        _ index: Int64,
        _ from: Double,
        _ to: Double,
        _ shifts: JSONValue? = nil,
        more: [String: JSONValue] = [:]
    ) -> LedgerEvent {
        var fields: [String: JSONValue] = ["agentId": "agent-1", "from": text(from), "to": text(to)]
        fields["shifts"] = shifts
        return event(index, "SCHEDULE_RECORDED", at: -7200, fields.merging(more) { $1 })
    }

    private static func span(_ from: Double, _ to: Double) -> JSONValue {
        .string("\(text(from).string ?? "")/\(text(to).string ?? "")")
    }

    /// Whether a read of a moment is found off shift after some events.
    private static func isOff(_ events: [LedgerEvent], at seconds: Double) throws -> Bool {
        var engine = try ExplanationTests.engine()
        let last = (events.last?.index ?? 0) + 1
        let output = engine.feed(
            events + [
                read(last, at: seconds), ExplanationTests.feed(last + 1, through: seconds + 60, at: seconds + 60),
            ]
        )
        return !ExplanationTests.raised(output, "D-10").isEmpty
    }

    @Test("a known day is on within its shifts and half an hour around them, off elsewhere, and no other day is known")
    func boundsOfADay() throws {
        let day = [Self.schedule(0, 0, 86_400, [Self.span(28_800, 57_600)])]
        for (at, isOff) in [
            (26_999.999, true), (27_000, false), (40_000, false), (59_400, false), (59_400.001, true),
            // Another day's shift may begin or have ended within the half hour.
            (1_799, false), (1_800, true), (84_599.998, true), (84_600, false), (90_000, false),
        ] {
            #expect(try Self.isOff(day, at: at) == isOff, "\(at)")
        }
    }

    @Test(
        "what cannot be read makes a schedule unknown, and nobody off",
        arguments: [
            ["x"], [""], ["/"], ["2026-03-02T10:00:00Z"], [1], [nil], "x", 7, [:], nil,
            ["2026-03-02T10:00:00Z/2026-03-02T11:00:00Z/2026-03-02T12:00:00Z"],
            ["2026-03-02T12:00:00Z/2026-03-02T11:00:00Z"], ["9999-99-99T00:00:00Z/9999-99-99T00:00:01Z"],
        ] as [JSONValue?]
    )
    func hostileShifts(shifts: JSONValue?) throws {
        let known = Self.schedule(0, 0, 86_400, [])
        #expect(try Self.isOff([known], at: 40_000))
        #expect(try !Self.isOff([known, Self.schedule(1, 0, 86_400, shifts)], at: 40_000))
    }

    @Test("an event without a period or an agent changes nothing")
    func hostilePeriods() throws {
        let known = Self.schedule(0, 0, 86_400, [Self.span(28_800, 57_600)])
        let broken: [[String: JSONValue]] = [
            ["from": "x"], ["to": nil], ["from": text(86_400), "to": text(0)], ["agentId": 5],
            ["from": text(0), "to": text(0)],
        ]
        for fields in broken {
            let event = Self.schedule(1, 0, 86_400, [], more: fields)
            #expect(try !Self.isOff([known, event], at: 40_000), "\(fields)")
        }
    }

    @Test("a later schedule of a part of a period replaces that part alone, however they overlap")
    func replacing() {
        var generator = SeededGenerator(7)
        for _ in 0..<200 {
            // Hour by hour: unknown, off or on.
            var model = [ShiftCalendar.Answer](repeating: .unknown, count: 24)
            var calendar = ShiftCalendar()
            for _ in 0..<8 {
                let from = Int(generator.next() % 24)
                let to = from + 1 + Int(generator.next() % UInt64(24 - from))
                var shifts: [(from: Int64, to: Int64)]?
                if generator.next() % 4 > 0 {
                    let working = (from..<to).filter { _ in generator.next() % 2 == 0 }
                    shifts = working.map { (Int64($0) * Self.hour, Int64($0 + 1) * Self.hour) }
                    for hour in from..<to { model[hour] = working.contains(hour) ? .on : .off }
                } else {
                    for hour in from..<to { model[hour] = .unknown }
                }
                calendar.record("a", from: Int64(from) * Self.hour, to: Int64(to) * Self.hour, shifts: shifts)
            }
            for hour in 0..<24 {
                let middle = Int64(hour) * Self.hour + Self.hour / 2
                #expect(calendar.answer(of: "a", at: middle, grace: 0) == model[hour])
            }
        }
    }

    @Test("what is over for long is forgotten, and a kept calendar is the same")
    func forgetting() throws {
        var calendar = ShiftCalendar()
        calendar.record("a", from: 0, to: 10, shifts: [(2, 4)])
        calendar.record("a", from: 10, to: 20, shifts: [])
        let kept = try StateDecoder.decode(ShiftCalendar.self, from: try StateEncoder.encode(calendar))
        #expect(kept.answer(of: "a", at: 3, grace: 0) == .on && kept.answer(of: "a", at: 5, grace: 0) == .off)
        calendar.forget(before: 11)
        #expect(calendar.answer(of: "a", at: 3, grace: 0) == .unknown)
        #expect(calendar.answer(of: "a", at: 15, grace: 0) == .off)
    }

    @Test("a group of peers alone takes no queue away, and no queues at all do")
    func queues() throws {
        func unexplained(_ agents: [[String: JSONValue]]) throws -> Bool {
            var engine = try ExplanationTests.engine()
            var events = [
                ExplanationTests.fact(0, .callback, from: -600, ["agentId": nil, "queueId": "q-1"])
            ]
            for (number, fields) in agents.enumerated() {
                events.append(
                    event(Int64(number) + 1, "AGENT_RECORDED", at: -60, fields.merging(["agentId": "agent-1"]) { $1 })
                )
            }
            events += [read(9, at: 0), ExplanationTests.feed(10, through: 9000, at: 100)]
            return !ExplanationTests.raised(engine.feed(events), "D-01").isEmpty
        }
        #expect(try unexplained([]))
        #expect(try !unexplained([["queueIds": ["q-1"]]]))
        #expect(try !unexplained([["queueIds": ["q-1"]], ["peerGroup": "g"]]))
        #expect(try unexplained([["queueIds": ["q-1"]], ["queueIds": [], "peerGroup": "g"]]))
    }
}
