import FoundationEssentials
import Genesys
import Testing
import WallTime

@testable import PlatformFacts

/// What replies come to, without a platform.
@Suite struct PublishedShiftsTests {
    private static func reply(_ agents: String, weeks: String = #"{"id":"w","weekDate":"2026-03-02"}"#) throws
        -> AgentSchedules
    {
        let text = #"{"agentSchedules":[\#(agents)],"publishedSchedules":[\#(weeks)]}"#
        return try JSONDecoder().decode(AgentSchedules.self, from: Data(text.utf8))
    }

    private static func agent(_ shifts: String...) -> String {
        let list = shifts.map { #"{"startDate":"2026-03-\#($0):00:00Z","lengthMinutes":60}"# }
        return #"{"user":{"id":"a"},"shifts":[\#(list.joined(separator: ","))]}"#
    }

    @Test func repliesThatOverlapSayAShiftOnce() throws {
        var shifts = PublishedShifts()
        try shifts.add(Self.reply(Self.agent("03T08", "04T08")))
        try shifts.add(Self.reply(Self.agent("04T08", "05T08")))
        let calendar = try #require(shifts.calendars()["a"])
        #expect(calendar.shifts.ranges.count == 3 && calendar.known.ranges.count == 1)
    }

    @Test func whoIsUnreadableInOneReplyIsToldApart() throws {
        var shifts = PublishedShifts()
        try shifts.add(Self.reply(Self.agent("03T08")))
        try shifts.add(Self.reply(#"{"user":{"id":"A"},"shifts":[{"startDate":"soon"}]},{"shifts":[]}"#))
        #expect(shifts.unreadable == ["a"] && shifts.nameless == 1 && shifts.replies == 2)
    }

    @Test(arguments: ["0000-01-01", "9999-12-31", "2026-03-02"])
    func weeksAtTheEndsOfTimeTrapNothing(date: String) throws {
        var shifts = PublishedShifts()
        let week = #"{"id":"w","weekDate":"\#(date)","weekCount":26}"#
        let shift = #"{"startDate":"9999-12-31T23:59:59Z","lengthMinutes":10080,"schedule":{"id":"W"}}"#
        try shifts.add(Self.reply(#"{"user":{"id":"a"},"shifts":[\#(shift)]}"#, weeks: week))
        let calendar = try #require(shifts.calendars()["a"])
        let day = try #require(Timestamp("2026-03-03"))
        let fields = calendar.fields(day.until(day.adding(seconds: 86_400)), of: "a")
        #expect((fields != nil) == (date == "2026-03-02"))
    }

    @Test func moreShiftsThanAPersonHasAreNoSchedule() throws {
        func calendar(_ count: Int64) -> PublishedShifts.Calendar {
            let shifts = (0..<count).map { $0 * 60_000..<$0 * 60_000 + 1 }
            return PublishedShifts.Calendar(known: TimeSpans([0..<86_400_000]), shifts: TimeSpans(shifts))
        }
        #expect(calendar(48).fields(0..<86_400_000, of: "a") != nil)
        #expect(calendar(49).fields(0..<86_400_000, of: "a") == nil)
        #expect(calendar(1).fields(86_400_000..<172_800_000, of: "a") == nil)
    }
}
