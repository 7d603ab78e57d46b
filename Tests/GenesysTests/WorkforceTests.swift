import FoundationEssentials
import Sandbox
import Testing
import WallTime

@testable import Genesys

@Suite struct WorkforceReadingTests {
    private static func search(_ text: String) throws -> ScheduleSearch {
        try JSONDecoder().decode(ScheduleSearch.self, from: Data(text.utf8))
    }

    private static func result(_ agents: String, _ published: String = "[]") throws -> AgentSchedules {
        let text = #"{"status":"Complete","result":{"agentSchedules":[\#(agents)],"publishedSchedules":\#(published)}}"#
        return try #require(try search(text).result)
    }

    private static func agent(_ shift: String, more: String = "") -> String {
        #"{"user":{"id":"U1"},"shifts":[\#(shift)]\#(more)}"#
    }

    @Test func readsShiftsAcrossMidnightAndTimeOff() throws {
        let shift = """
            {"id":"s","startDate":"2026-10-24T22:00:00Z","lengthMinutes":480,"schedule":{"id":"W1"},"manuallyEdited":null,
             "activities":[{"startDate":"2026-10-24T22:00:00.000Z","lengthMinutes":60,"activityCodeId":"0"},
              {"startDate":"2026-10-25T04:00:00.000Z","lengthMinutes":120,"timeOffRequestId":"r","description":"private"}]}
            """
        let markers =
            #","fullDayTimeOffMarkers":[{"businessUnitDate":"2026-10-26","lengthMinutes":480,"description":"x"}]"#
        let weeks = #"[{"id":"W1","weekDate":"2026-10-19","weekCount":2}]"#
        let read = try Self.result(Self.agent(shift, more: markers), weeks)
        let agent = try #require(read.agents.first)
        #expect(agent.userID == "u1" && read.unreadable.isEmpty && read.nameless == 0)
        let found = try #require(agent.shifts.first)
        // The clock of Europe is set back in this night; eight hours are eight hours.
        #expect(found.span.to == Timestamp("2026-10-25T06:00:00Z") && found.scheduleID == "w1")
        #expect(found.timeOff.map(\.from) == [Timestamp("2026-10-25T04:00:00Z")])
        #expect(agent.daysOff == [Timestamp("2026-10-26")])
        #expect(read.published.map(\.to) == [Timestamp("2026-11-02")])
    }

    @Test(arguments: [
        #"{"startDate":"2026-10-24T22:00:00Z"}"#, #"{"lengthMinutes":480}"#, "7", "null", "[]",
        #"{"startDate":"yesterday","lengthMinutes":480}"#, #"{"startDate":5,"lengthMinutes":480}"#,
        #"{"startDate":"2026-10-24T22:00:00Z","lengthMinutes":-1}"#,
        #"{"startDate":"2026-10-24T22:00:00Z","lengthMinutes":9223372036854775807}"#,
        #"{"startDate":"2026-10-24T22:00:00Z","lengthMinutes":1e300}"#,
        #"{"startDate":"2026-10-24T22:00:00Z","lengthMinutes":"480"}"#,
        #"{"startDate":"2026-10-24T22:00:00Z","lengthMinutes":480,"activities":[{"timeOffRequestId":"r"}]}"#,
    ])
    func oneShiftThatCannotBeReadMakesItsAgentUnreadableAndNobodyElse(shift: String) throws {
        let good = #"{"startDate":"2026-10-24T08:00:00Z","lengthMinutes":480}"#
        let other = #"{"user":{"id":"U2"},"shifts":[\#(good)]}"#
        let read = try Self.result("\(Self.agent(good + "," + shift)),\(other)")
        #expect(read.agents.map(\.userID) == ["u2"])
        #expect(read.unreadable == ["u1"] && read.nameless == 0)
    }

    @Test(arguments: [
        #"{"shifts":[]}"#, #"{"user":null}"#, #"{"user":{"id":""}}"#, #"{"user":{"id":7}}"#, "null", "3",
        #"{"user":{"id":"\#(String(repeating: "x", count: 200))"}}"#, #"{"user":{"id":"u"},"shifts":"none"}"#,
        #"{"user":{"id":"u"},"fullDayTimeOffMarkers":[{}]}"#,
    ])
    func anAgentWhoCannotBeReadIsCounted(agent: String) throws {
        let read = try Self.result(agent)
        #expect(read.agents.isEmpty && read.unreadable.count + read.nameless == 1)
        #expect(read.unreadable.allSatisfy { $0 == "u" })
    }

    @Test(arguments: [
        #"{"weekDate":"2026-10-19"}"#, #"{"id":"w","weekDate":"soon"}"#,
        #"{"id":"w","weekDate":"2026-10-19","weekCount":0}"#,
        #"{"id":"w","weekDate":"2026-10-19","weekCount":4000000000000000000}"#, "null", "[]",
    ])
    func aScheduleThatCannotBeReadIsNotPublished(schedule: String) throws {
        #expect(try Self.result("", "[\(schedule)]").published.isEmpty)
    }

    @Test(arguments: [
        #"{"status":"Processing","operationId":"o"}"#, #"{"status":"Complete","downloadUrl":"https://x.example"}"#,
        "{}",
        #"{"status":"Error","result":{}}"#, #"{"status":5}"#,
    ])
    func anAnswerThatIsElsewhereIsNone(text: String) throws {
        #expect(try Self.search(text).result == nil)
    }

    @Test(arguments: [
        #"{"status":"Complete","result":[]}"#, #"{"status":"Complete","result":{"agentSchedules":"x"}}"#, "[]",
    ])
    func anAnswerOfAnotherShapeIsAnError(text: String) {
        #expect(throws: (any Error).self) { try Self.search(text) }
    }
}

@Suite struct WorkforceCallTests {
    @Test func listsUnitsQueuesAndMembers() async throws {
        try await Bench.run { bench in
            let (client, directory) = (bench.client(), bench.sandbox.directory)
            #expect(try await client.businessUnits() == [directory.businessUnit])
            #expect(try await client.queues().contains(directory.queue))
            #expect(try await client.members(ofQueue: directory.queue) == directory.agents.sorted())
            let error = try await #require(throws: GenesysError.self) { try await client.members(ofQueue: "nothing") }
            #expect(error.kind == .notFound)
        }
    }

    @Test func everyPageOfMembersIsRead() async throws {
        try await Bench.run { bench in
            let directory = bench.sandbox.directory
            let queue = directory.queue
            for number in 0..<250 { bench.sandbox.setMember("member-\(number)", of: queue) }
            let members = try await bench.client().members(ofQueue: queue)
            #expect(members.count == 250 + directory.agents.count)
            #expect(bench.sandbox.requestCounts["GET /api/v2/routing/queues/{id}/members"] == 3)
        }
    }

    @Test func schedulesNeedTheirPermission() async throws {
        try await Bench.run { bench in
            let now = Timestamp(milliseconds: Bench.start)
            let unit = bench.sandbox.directory.businessUnit
            let error = try await #require(throws: GenesysError.self) {
                try await bench.client(limited: true).agentSchedules(
                    businessUnit: unit,
                    from: now,
                    to: now.adding(seconds: 3600)
                )
            }
            #expect(error.kind == .missingPermissions(["wfm:publishedSchedule:view"]))
        }
    }

    @Test func answersThatAreElsewhereAreTold() async throws {
        try await Bench.run { bench in
            let now = Timestamp(milliseconds: Bench.start)
            let (client, unit) = (bench.client(), bench.sandbox.directory.businessUnit)
            bench.sandbox.answerSchedules(upToHours: 4)
            for (hours, isThere) in [(4, true), (5, false), (9, false)] as [(Int64, Bool)] {
                let answer = try await client.agentSchedules(
                    businessUnit: unit,
                    from: now,
                    to: now.adding(seconds: hours * 3600)
                )
                #expect((answer != nil) == isThere, "\(hours) h")
            }
            // One that is larger than this client takes is no other.
            let small = bench.client { $0.maximumReplyBytes = 40 }
            let answer = try await small.agentSchedules(businessUnit: unit, from: now, to: now.adding(seconds: 3600))
            #expect(answer == nil)
        }
    }
}
