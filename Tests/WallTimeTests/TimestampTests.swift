import Testing

@testable import WallTime

struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00.000Z", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2000-02-29T12:34:56.789Z", 951_827_696_789),
        ("2001-09-09T01:46:40.000Z", 1_000_000_000_000),
        ("1900-03-01T00:00:00.000Z", -2_203_891_200_000),
        ("2038-01-19T03:14:08.000Z", 2_147_483_648_000),
        ("0000-01-01T00:00:00.000Z", -62_167_219_200_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ])
    func vectors(text: String, milliseconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        ("2026-01-02", "2026-01-02T00:00:00.000Z"),
        ("2026-01-02t03:04:05z", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02 03:04:05.6Z", "2026-01-02T03:04:05.600Z"),
        ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123Z"),
        ("2026-01-02T03:04:05.9999Z", "2026-01-02T03:04:05.999Z"),
        ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z"),
        ("2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00.000Z"),
        ("2026-01-02T03:04:05-00:00", "2026-01-02T03:04:05.000Z"),
    ])
    func otherSpellings(text: String, canonical: String) {
        #expect(Timestamp(text)?.description == canonical)
    }

    @Test(arguments: [
        "", "2026", "2026-1-2", "2026-01-02T", "2026-01-02T03:04Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05.1234567890Z", "2026-01-02T24:00:00Z", "2026-01-02T03:60:00Z", "2026-12-31T23:59:60Z",
        "2026-00-01", "2026-13-01", "2026-01-00", "2026-04-31", "2023-02-29", "1900-02-29", "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05+0100", "2026-01-02T03:04:05Z ", " 2026-01-02", "２０２６-01-02", "-001-01-01", "+2026-01-02",
        "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
    ])
    func refusals(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func everyDayOfFourCenturiesFollowsTheOneBefore() throws {
        var expected: [(Int, Int, Int)] = []
        for year in 1999..<2401 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for (month, days) in [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated()
            where year % 7 == 0 || leap {
                for day in [1, days] { expected.append((year, month + 1, day)) }
            }
        }
        var previous = Int64.min
        for (year, month, day) in expected {
            let text = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
            let moment = try #require(Timestamp(text))
            #expect(moment.description == text + "T00:00:00.000Z")
            #expect(moment.milliseconds > previous)
            previous = moment.milliseconds
        }
        // 400 years have 146,097 days.
        let start = try #require(Timestamp("2000-01-01"))
        let end = try #require(Timestamp("2400-01-01"))
        #expect(end.milliseconds - start.milliseconds == 146_097 * 86_400_000)
    }

    @Test func randomMomentsRoundTripAndSortAsText() throws {
        var generator = SplitMix64(state: 7)
        var moments = (0..<5000).map { _ in
            Timestamp(milliseconds: Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &generator))
        }
        for moment in moments { #expect(Timestamp(moment.description) == moment) }
        moments.sort()
        let texts = moments.map(\.description)
        #expect(texts == texts.sorted())
    }

    @Test func momentsThatCannotBeWrittenAreWrittenAsTheNearest() {
        #expect(Timestamp(milliseconds: .min).description == "0000-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: 0).adding(seconds: .max).milliseconds == .max)
        #expect(Timestamp(milliseconds: 0).adding(seconds: .min).milliseconds == .min)
        #expect(Timestamp(milliseconds: 500).adding(seconds: -2).milliseconds == -1500)
    }

    @Test func clocks() {
        let clock = ManualClock(Timestamp(milliseconds: 10_000))
        clock.advance(seconds: -3)
        #expect(clock.now().milliseconds == 7000)
        // After this was written, and before the format's end.
        #expect(SystemClock().now() > Timestamp(milliseconds: 1_700_000_000_000))
        #expect(Timestamp(SystemClock().now().description) != nil)
    }

    @Test func mutatedTextsNeverCrash() {
        var generator = SplitMix64(state: 8)
        let text = Array("2026-01-02T03:04:05.678+01:30".utf8)
        for _ in 0..<20_000 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                if Bool.random(using: &generator) {
                    bytes[place] = UInt8.random(in: 0...255, using: &generator)
                } else {
                    bytes.remove(at: place)
                }
            }
            if let moment = Timestamp(utf8: bytes) { #expect(Timestamp(moment.description) == moment) }
        }
    }
}

/// A seeded generator, so that a failing case can be repeated.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
