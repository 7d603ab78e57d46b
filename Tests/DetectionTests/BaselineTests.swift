import JSON
import Testing
import WallTime

@testable import Detection

@Suite("Baselines")
struct BaselineTests {
    @Test("the median and the spread do not follow a wild value")
    func robust() {
        let calm: [Double] = [10, 11, 9, 10, 12, 10, 9]
        let wild = calm + [5000]
        #expect(RobustStatistics.median(calm) == 10)
        #expect(RobustStatistics.median(wild) == 10)
        #expect(RobustStatistics.spread(wild, median: 10) < 4)
        #expect(RobustStatistics.percentile([1, 2, 3, 4], 50) == 2.5)
        #expect(RobustStatistics.percentile([1, 2, 3, 4], 100) == 4)
        #expect(RobustStatistics.percentile([], 50) == 0)
        #expect(RobustStatistics.score(25, median: 10, spread: 3) == 5)
    }

    @Test("hours of the week follow daylight saving")
    func daylightSaving() throws {
        let spring = try #require(Timestamp("2026-03-29T01:00:00Z"))
        let berlin = LocalTime(before: 3600, changes: [.init(from: spring, offsetSeconds: 7200)])
        func hourOfWeek(_ text: String) throws -> Int64 {
            LocalTime.hourOfWeek(berlin.hour(try #require(Timestamp(text))))
        }
        // Nine in the morning of two Mondays, an hour apart by UTC.
        #expect(try hourOfWeek("2026-03-23T08:00:00Z") == 9)
        #expect(try hourOfWeek("2026-03-30T07:00:00Z") == 9)
        #expect(try hourOfWeek("2026-03-22T22:59:59Z") == 167)
        #expect(LocalTime.hourOfWeek(-72) == 0)
        #expect(berlin.day(spring) == LocalTime.utc.day(spring))
    }

    static func measured(_ days: [Int], today: Int, local: LocalTime = .utc) -> JSONValue? {
        var baselines = ActivityBaselines()
        var last: JSONValue?
        var index: Int64 = 0
        for (day, count) in (days + [today]).enumerated() {
            for number in 0..<count {
                let at = Double(day) * 86_400 + Double(number) * 30
                let event = read(index, at: at, customer: "c-\(index)")
                last = baselines.count(event, customer: "c-\(index)", explained: true, local)?.fields
                index += 1
            }
        }
        return last
    }

    @Test("a day in line with the others is not measured at all; three times as much is")
    func ownNorm() throws {
        #expect(Self.measured([20, 22, 19, 21, 20, 23], today: 24) == nil)
        let high = try #require(Self.measured([20, 22, 19, 21, 20, 23], today: 60))
        #expect(high["ownMedian"] == .number(20.5))
        #expect((high["ownScore"]?.double ?? 0) > 8)
        #expect(high["customersToday"] == 60)
    }

    @Test("a slow drip moves the norm, but a single huge day does not")
    func winsorised() throws {
        let days = [20, 20, 20, 20, 20, 20, 4000, 20, 20]
        let high = try #require(Self.measured(days, today: 60))
        #expect(high["ownMedian"] == .number(20))
        #expect((high["ownScore"]?.double ?? 0) > 8)
    }

    @Test("an hour far above the same hour of other weeks stands out within a quiet day")
    func hourOfWeek() throws {
        var baselines = ActivityBaselines()
        var found: JSONValue?
        var index: Int64 = 0
        for week in 0..<6 {
            for hour in 0..<8 {
                let count = week == 5 && hour == 2 ? 14 : hour == 2 ? 2 : 6
                for number in 0..<count {
                    let at = Double(week) * 604_800 + Double(hour) * 3600 + Double(number) * 60
                    let event = read(index, at: at, customer: "c-\(index)")
                    if let fields = baselines.count(event, customer: "c-\(index)", explained: true, .utc)?.fields,
                        fields["hourScore"] != nil
                    {
                        found = fields
                    }
                    index += 1
                }
            }
        }
        let fields = try #require(found)
        #expect(fields["customersThisHour"] == 14)
        #expect((fields["hourScore"]?.double ?? 0) > 2)
    }

    @Test("hours are stored as text and read back", arguments: [0, 1, 50])
    func hourHistory(count: Int) throws {
        var history = HourHistory()
        for number in 0..<count { history.add(hour: 490_000 + Int64(number) * 24, count: number) }
        let back = try StateDecoder.decode([String: HourHistory].self, from: try StateEncoder.encode(["h": history]))
        #expect(back["h"]?.counts(like: 492_000) == history.counts(like: 492_000))
        #expect(throws: DecodingError.self) {
            try StateDecoder.decode([String: HourHistory].self, from: Array("{\"h\":\"zz:!\"}".utf8))
        }
    }

    @Test("a thousand customers in a day are counted, a hundred thousand are not kept")
    func bounded() throws {
        var baselines = ActivityBaselines()
        for index in 0..<6000 {
            _ = baselines.count(read(Int64(index)), customer: "c-\(index)", explained: false, .utc)
        }
        let state = try JSONValue(parsing: try StateEncoder.encode(baselines))
        #expect(state["agents"]?["agent-1"]?["t"]?.array?.count == ActivityBaselines.maximumCustomers)
    }
}
