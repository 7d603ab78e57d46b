import Detection
import Testing
import WallTime

@testable import Settings

@Suite struct DetectionTimeTests {
    private func read(_ detection: String) throws -> (DetectionConfiguration?, [String]) {
        let site = try Site()
        let text = site.text + "\ndetection: \(detection)\n"
        let problems = site.problems(text).map { "\($0)" }
        return (problems.isEmpty ? try site.read(text).detection.configuration : nil, problems)
    }

    @Test func theCentresClockFollowsDaylightSaving() throws {
        let clock = try #require(try read("{timeZone: Europe/Berlin}").0?.localTime)
        func change(_ text: String, _ offset: Int64) throws -> LocalTime.Change {
            LocalTime.Change(from: try #require(Timestamp(text)), offsetSeconds: offset)
        }
        // Directive 2000/84/EC: the last Sundays of March and October, at 01:00 UTC.
        for expected in [
            try change("2026-03-29T01:00:00.000Z", 7200), try change("2026-10-25T01:00:00.000Z", 3600),
            try change("2027-03-28T01:00:00.000Z", 7200),
        ] {
            #expect(clock.changes.contains(expected))
        }
        let kolkata = try #require(try read("{timeZone: Asia/Kolkata}").0?.localTime)
        #expect(kolkata == LocalTime(before: 19_800, changes: []))
        #expect(try read("{timeZone: UTC}").0?.localTime == .utc)
        #expect(try read("{}").0?.localTime == .utc)
    }

    @Test(arguments: ["Europe/Nowhere", "CET", "GMT+2", "../etc/passwd"])
    func aZoneThatIsNoneIsNamed(zone: String) throws {
        #expect(try read("{timeZone: \"\(zone)\"}").1.contains { $0.contains("detection.timeZone") })
    }

    @Test func explanationsAndTheSecondReadHaveTimes() throws {
        let configuration = try #require(
            try read("{secondRead: 90s, explanationTimes: {callback: {before: 1h}, open_case: {after: 2h}}}").0
        )
        #expect(configuration.secondReadSeconds == 90)
        var expected = ExplanationTimes.standard
        expected.lead[.callback] = 3600
        expected.life[.openCase] = 7200
        #expect(configuration.explanationTimes == expected)
        for (text, place) in [
            ("{secondRead: 1s}", "detection.secondRead"),
            ("{explanationTimes: {telepathy: {after: 1m}}}", "detection.explanationTimes.telepathy"),
            ("{explanationTimes: {recent_interaction: {after: 1m}}}", "detection.explanationTimes.recent_interaction"),
            ("{explanationTimes: {callback: {during: 1m}}}", "detection.explanationTimes.callback.during"),
            ("{explanationTimes: {callback: {after: 2}}}", "detection.explanationTimes.callback.after"),
        ] {
            #expect(try read(text).1.contains { $0.contains(place) }, "\(text)")
        }
    }
}
