import Detection
import Genesys
import JSON
import Ledger
import Sandbox
import TestStores
import Testing
import WallTime

@testable import PlatformFacts
@testable import Storage

extension Centre {
    /// The first moment of the day that is some days after the test's first.
    func day(_ days: Int64) -> Timestamp { Timestamp(milliseconds: Self.start).dayStart.adding(seconds: days * 86_400) }

    /// A shift on that day.
    func shift(_ day: Int64, _ hour: Int64, hours: Int) -> SandboxShift {
        SandboxShift(from: self.day(day).adding(seconds: hour * 3600), minutes: hours * 60)
    }

    func shifts(_ change: (inout ShiftFeed.Settings) -> Void = { _ in }) -> ShiftFeed {
        var settings = ShiftFeed.Settings()
        change(&settings)
        return ShiftFeed(client, settings: settings)
    }

    /// What the record says last of an agent's day: its shifts; nil when its schedule is not known.
    func recorded(_ agent: String, _ day: Int64) async throws -> [String]? {
        let from = self.day(day).description.prefix(10)
        let events = try await events(.scheduleRecorded).filter {
            $0["agentId"]?.string == agent && $0["from"]?.string?.hasPrefix(from) == true
        }
        return events.last?["shifts"]?.array?.compactMap { text in
            text.string.map { $0.replacing("\(from)T", with: "").replacing(":00.000Z", with: "") }
        }
    }
}

@Suite struct ShiftFeedTests {
    /// A week that began four days ago, and the one before, with a shift each day.
    private static func publish(_ centre: Centre, agent: String) {
        centre.sandbox.publish("w1", week: centre.day(-11))
        centre.sandbox.publish("w2", week: centre.day(-4))
        centre.sandbox.schedule(agent, (-11...2).map { centre.shift($0, 8, hours: 8) })
    }

    @Test(arguments: Engine.allCases)
    func aScheduleIsRecordedOnceAndItsCorrectionOnceMore(engine: Engine) async throws {
        try await Centre.run(engine) { centre in
            let agent = centre.directory.otherAgent
            Self.publish(centre, agent: agent)
            try await centre.round(centre.shifts())
            let first = try await centre.events(.scheduleRecorded)
            #expect(first.count == 4)
            #expect(first.allSatisfy { $0["producer"] == "genesys" && $0["agentId"]?.string == agent })
            #expect(try await centre.recorded(agent, 0) == ["08:00/16:00"])
            // Nothing but ids and times.
            #expect(
                Set(first.flatMap { $0.object.map { Array($0.keys) } ?? [] })
                    == [
                        "agentId", "eventId", "eventType", "from", "producer", "schemaVersion", "shifts", "timestamp",
                        "to",
                    ]
            )
            // Another process knows nothing but what is stored.
            centre.pass(60)
            try await centre.round(centre.shifts())
            #expect(try await centre.events(.scheduleRecorded).count == 4)
            // Moved today, split yesterday, off tomorrow.
            centre.sandbox.schedule(
                agent,
                [centre.shift(-1, 6, hours: 4), centre.shift(-1, 14, hours: 4), centre.shift(0, 12, hours: 8)]
            )
            centre.pass(60)
            try await centre.round(centre.shifts { $0.rereadDays = 1 })
            #expect(try await centre.events(.scheduleRecorded).count == 7)
            #expect(try await centre.recorded(agent, 0) == ["12:00/20:00"])
            #expect(try await centre.recorded(agent, -1) == ["06:00/10:00", "14:00/18:00"])
            #expect(try await centre.recorded(agent, 1) == [])
            #expect(try await centre.events(.platformFeedAdvanced).count == 3)
            let report = try #require(try await centre.store.states().first)
            #expect(report.feed == "shifts" && report.problem == nil && report.facts == 7)
        }
    }

    @Test func aProcessThatDiesBetweenTwoDaysRecordsTheRestOnce() async throws {
        try await Centre.run { centre in
            let agent = centre.directory.otherAgent
            Self.publish(centre, agent: agent)
            let lease = try await centre.lease("one")
            let recorder = FactRecorder(store: centre.store, feed: "shifts", now: centre.now, lease: lease)
            _ = try await centre.shifts().round(after: nil, now: centre.now, record: recorder)
            // The round did not end: it is done again by another.
            try await centre.round(centre.shifts())
            #expect(try await centre.events(.scheduleRecorded).count == 4)
            let late = Fact(key: "late", type: .scheduleRecorded, timestamp: centre.now, fields: ["agentId": "a"])
            await #expect(throws: StorageError.self) { try await recorder([late]) }
        }
    }

    @Test func whoStandsInNoPublishedScheduleIsNotKnown() async throws {
        try await Centre.run { centre in
            let (agent, other) = (centre.directory.otherAgent, centre.directory.chatAgent)
            // Nothing is published, then a week in which one of them stands.
            centre.sandbox.schedule(agent, [centre.shift(0, 8, hours: 8)])
            centre.sandbox.schedule(other, [])
            try await centre.round(centre.shifts())
            #expect(try await centre.events(.scheduleRecorded).isEmpty)
            centre.sandbox.publish("w", week: centre.day(-3))
            try await centre.round(centre.shifts())
            #expect(try await centre.events(.scheduleRecorded).allSatisfy { $0["agentId"]?.string == agent })
            // A day of the week without a shift is known, too.
            #expect(try await centre.recorded(agent, -1) == [])
            #expect(try await centre.recorded(agent, 0) == ["08:00/16:00"])
            // A day off shows that the agent stands in it.
            centre.sandbox.schedule(other, [], daysOff: [centre.day(0)])
            try await centre.round(centre.shifts())
            #expect(try await centre.recorded(other, 0) == [])
            // What is withdrawn is not known any more, and that is said once.
            centre.sandbox.withdraw("w")
            for _ in 0..<2 { try await centre.round(centre.shifts()) }
            for user in [agent, other] { #expect(try await centre.recorded(user, 0) == nil) }
            let before = try await centre.events(.scheduleRecorded).count
            try await centre.round(centre.shifts())
            #expect(try await centre.events(.scheduleRecorded).count == before)
        }
    }

    @Test func atTheEdgeOfWhatIsPublishedNothingIsKnownUntilEveryZoneHasTheDate() async throws {
        try await Centre.run { centre in
            let agent = centre.directory.otherAgent
            centre.sandbox.publish("w", week: centre.day(-1))
            centre.sandbox.schedule(agent, [centre.shift(-1, 6, hours: 8), centre.shift(0, 22, hours: 8)])
            try await centre.round(centre.shifts())
            let first = try #require(try await centre.events(.scheduleRecorded).first)
            #expect(first["from"]?.string == centre.day(-1).adding(seconds: 43_200).description)
            #expect(first["to"]?.string == centre.day(0).description)
            // A shift over midnight stands in both days, cut at midnight.
            #expect(try await centre.recorded(agent, 0)?.count == 1)
            #expect(try await centre.recorded(agent, 1) == ["00:00/06:00"])
        }
    }

    @Test func timeOffIsCutOutOfAShift() async throws {
        try await Centre.run { centre in
            let agent = centre.directory.otherAgent
            Self.publish(centre, agent: agent)
            var shift = centre.shift(0, 8, hours: 8)
            shift.timeOff = [
                .init(from: centre.day(0).adding(seconds: 8 * 3600), minutes: 60),
                .init(from: centre.day(0).adding(seconds: 12 * 3600), minutes: 60),
            ]
            centre.sandbox.schedule(agent, [shift])
            try await centre.round(centre.shifts())
            #expect(try await centre.recorded(agent, 0) == ["09:00/12:00", "13:00/16:00"])
        }
    }

    @Test func whoIsInTwoBusinessUnitsWorksInBoth() async throws {
        try await Centre.run { centre in
            let agent = centre.directory.otherAgent
            for (unit, hour) in [("unit-a", 6), ("unit-b", 14)] as [(String, Int64)] {
                centre.sandbox.publish("week-\(unit)", week: centre.day(-3), unit: unit)
                centre.sandbox.schedule(agent, [centre.shift(0, hour, hours: 4)], unit: unit)
            }
            try await centre.round(centre.shifts())
            #expect(try await centre.recorded(agent, 0) == ["06:00/10:00", "14:00/18:00"])
            // One of them alone, when it is named.
            try await centre.round(centre.shifts { $0.businessUnits = ["unit-b"] })
            #expect(try await centre.recorded(agent, 0) == ["14:00/18:00"])
            // A unit that is not there ends the round before anything is taken back.
            let importer = centre.importer(centre.shifts { $0.businessUnits = ["gone", "unit-b"] })
            let lease = try await centre.lease()
            await #expect(throws: GenesysError.self) { try await importer.round(lease) }
            #expect(try await centre.recorded(agent, 0) == ["14:00/18:00"])
        }
    }

    @Test(arguments: [1, 5, 30, nil] as [Int64?])
    func whatDoesNotFitIntoAReplyIsAskedForInParts(hours: Int64?) async throws {
        try await Centre.run { centre in
            let agent = centre.directory.otherAgent
            Self.publish(centre, agent: agent)
            centre.sandbox.answerSchedules(upToHours: hours)
            let feed = centre.shifts()
            try await centre.round(feed)
            #expect(try await centre.events(.scheduleRecorded).count == 4)
            #expect(try await centre.recorded(agent, 0) == ["08:00/16:00"])
            let route = "POST /api/v2/workforcemanagement/businessunits/{id}/agentschedules/search"
            let first = try #require(centre.sandbox.requestCounts[route])
            try await centre.round(feed)
            let second = try #require(centre.sandbox.requestCounts[route]) - first
            // The next round begins with parts that fit, of which there are at most twice as many as needed, in nine days.
            #expect(second <= 2 * (216 / (hours ?? 216)) + 1 && second <= first)
        }
    }

    @Test func anAnswerThatNeverComesIsSaid() async throws {
        try await Centre.run { centre in
            centre.sandbox.answerSchedules(upToHours: 0)
            let importer = centre.importer(centre.shifts())
            let lease = try await centre.lease()
            await #expect(throws: FeedError.schedulesTooLarge) { try await importer.round(lease) }
            #expect(try await centre.events(.scheduleRecorded).isEmpty)
            #expect("\(FeedError.noBusinessUnit)".contains("wfm:publishedSchedule:view"))
        }
    }

    @Test(arguments: [Int64.min, -1, 0, 86_399_999, .max])
    func daysBeginAtMidnight(milliseconds: Int64) {
        let bounded = min(max(milliseconds, -8_000_000_000_000_000), 8_000_000_000_000_000)
        let start = Timestamp(milliseconds: bounded).dayStart
        #expect(start.milliseconds <= bounded && bounded - start.milliseconds < 86_400_000)
        #expect(start.milliseconds % 86_400_000 == 0)
    }

    @Test func spansAgreeWithASetOfHours() {
        var generator = SeededNumbers(state: 11)
        func some() -> [Range<Int64>] {
            (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                let from = Int64.random(in: 0..<40, using: &generator)
                return from..<from + Int64.random(in: 0..<9, using: &generator)
            }
        }
        func hours(_ ranges: [Range<Int64>]) -> Set<Int64> { Set(ranges.flatMap { Array($0) }) }
        for _ in 0..<500 {
            let (left, right) = (some(), some())
            let (a, b) = (TimeSpans(left), TimeSpans(right))
            #expect(hours(a.ranges) == hours(left))
            #expect(hours(a.union(b).ranges) == hours(left).union(hours(right)))
            #expect(hours(a.subtracting(b).ranges) == hours(left).subtracting(hours(right)))
            #expect(hours(a.clamped(to: 10..<20).ranges) == hours(left).filter { (10..<20).contains($0) })
            // In order, and apart.
            #expect(zip(a.ranges, a.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
        }
    }
}

@Suite struct QueueTests {
    @Test(arguments: Engine.allCases)
    func agentsHaveTheirQueuesAsLongAsTheyAreIn(engine: Engine) async throws {
        try await Centre.run(engine) { centre in
            let (queue, agent) = (centre.directory.queue, centre.directory.otherAgent)
            func queues() async throws -> JSONValue? {
                try await centre.events(.agentRecorded).last { $0["agentId"]?.string == agent }?["queueIds"]
            }
            try await centre.round(AgentFeed(centre.client))
            #expect(try await queues() == [.string(queue)])
            let count = try await centre.events(.agentRecorded).count
            try await centre.round(AgentFeed(centre.client))
            #expect(try await centre.events(.agentRecorded).count == count)
            centre.sandbox.setMember(agent, of: queue, false)
            try await centre.round(AgentFeed(centre.client))
            #expect(try await queues() == [])
            #expect(try await centre.events(.agentRecorded).count == count + 1)
        }
    }

    @Test func withoutThePermissionThereAreGroupsAndANote() async throws {
        try await Centre.run(limited: true) { centre in
            try await centre.round(AgentFeed(centre.client))
            let agents = try await centre.events(.agentRecorded)
            #expect(!agents.isEmpty && agents.allSatisfy { $0["queueIds"] == nil && $0["peerGroup"] != nil })
            let problem = try #require(try await centre.store.states().first?.problem)
            #expect(problem.contains("routing:queue:view"))
        }
    }

    @Test func queuesThatAreNotWantedAreNotAskedFor() async throws {
        try await Centre.run { centre in
            var settings = AgentFeed.Settings()
            settings.queues = false
            try await centre.round(AgentFeed(centre.client, settings: settings))
            #expect(centre.sandbox.requestCounts["GET /api/v2/routing/queues"] == nil)
            #expect(try await centre.events(.agentRecorded).allSatisfy { $0["queueIds"] == nil })
        }
    }
}

/// Shifts and queues make rules speak that are silent without them.
@Suite struct DetectionByShiftsTests {
    /// A read at an hour of the test's day, with the platform's facts before and after it.
    private static func alerts(
        _ centre: Centre,
        hour: Int64,
        binding: String = "unverifiable",
        prepare: (String) -> Void
    ) async throws -> [String] {
        let agent = centre.directory.otherAgent
        prepare(agent)
        let start = centre.now
        try await centre.round(centre.conversations())
        try await centre.round(centre.shifts())
        let at = centre.day(1).adding(seconds: hour * 3600)
        centre.pass((at.milliseconds - start.milliseconds) / 1000)
        try await centre.round(centre.shifts())
        try await centre.read(centre.directory.otherCustomer, by: agent, on: "elsewhere", binding: binding)
        centre.pass(1200)
        try await centre.round(centre.conversations())
        return try await centre.alerts().filter { $0.hasPrefix("D-10") }
    }

    @Test(arguments: [(10, false), (7, true), (17, true), (15, false)] as [(Int64, Bool)], Engine.allCases)
    func aReadOutsideTheShiftIsAnAlertAndOneInsideIsNot(read: (Int64, Bool), engine: Engine) async throws {
        try await Centre.run(engine) { centre in
            let alerts = try await Self.alerts(centre, hour: read.0) { agent in
                centre.sandbox.publish("w", week: centre.day(-2))
                centre.sandbox.schedule(agent, (-2...4).map { centre.shift($0, 8, hours: 8) })
            }
            #expect(alerts == (read.1 ? ["D-10 \(centre.directory.otherAgent)"] : []))
        }
    }

    @Test func withoutAPublishedScheduleNobodyIsOff() async throws {
        try await Centre.run { centre in
            let alerts = try await Self.alerts(centre, hour: 3) { agent in
                centre.sandbox.schedule(agent, [centre.shift(1, 8, hours: 8)])
            }
            #expect(alerts.isEmpty)
        }
    }

    @Test func aDayOffIsOffShiftAndAConfirmedConversationIsOvertime() async throws {
        for (binding, expected) in [("unverifiable", 1), ("verified", 0)] {
            try await Centre.run { centre in
                let alerts = try await Self.alerts(centre, hour: 12, binding: binding) { agent in
                    centre.sandbox.publish("w", week: centre.day(-2))
                    centre.sandbox.schedule(agent, [centre.shift(0, 8, hours: 8)], daysOff: [centre.day(1)])
                }
                #expect(alerts.count == expected)
            }
        }
    }

    @Test func aShiftThatWasSwappedBeforeTheReadCounts() async throws {
        try await Centre.run { centre in
            let agent = centre.directory.otherAgent
            centre.sandbox.publish("w", week: centre.day(-2))
            centre.sandbox.schedule(agent, [centre.shift(1, 8, hours: 8)])
            try await centre.round(centre.shifts())
            let alerts = try await Self.alerts(centre, hour: 18) { agent in
                centre.sandbox.schedule(agent, [centre.shift(1, 14, hours: 8)])
            }
            #expect(alerts.isEmpty)
        }
    }

    @Test(arguments: [true, false])
    func aCallbackOfAQueueExplainsTheReadsOfItsAgents(isMember: Bool) async throws {
        try await Centre.run { centre in
            let directory = centre.directory
            let (agent, customer) = (directory.otherAgent, directory.otherCustomer)
            _ = try centre.sandbox.scheduleCallback(queue: directory.queue, customer: customer, inSeconds: 600)
            if !isMember { centre.sandbox.setMember(agent, of: directory.queue, false) }
            try await centre.round(AgentFeed(centre.client))
            centre.pass(660)
            try await centre.read(customer, by: agent, on: "elsewhere")
            centre.pass(720)
            try await centre.round(centre.conversations())
            let alerts = try await centre.alerts(requiring: ["conversations"])
            #expect(alerts == (isMember ? [] : ["D-01 \(agent) token:\(customer)"]))
        }
    }
}

/// SplitMix64: the same numbers from the same seed.
private struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
