import JSON
import Testing
import WallTime

@testable import Detection

/// Many reads that nothing explains are as good as a second rule's alert.
@Suite struct UnexplainedReadsTests {
    private static let configuration = DetectionConfiguration(
        requiredFeeds: ["conversations"],
        unexplainedReads: 5,
        unexplainedSeconds: 600
    )

    private struct Centre {
        var engine: DetectionEngine
        var index: Int64 = 0
        var told: [DetectionEvent] = []

        init() throws { engine = try ExplanationTests.engine(UnexplainedReadsTests.configuration) }

        mutating func take(_ event: (Int64) -> LedgerEvent) {
            told += engine.observe(event(index))
            index += 1
        }

        /// Reads by an agent of whom the platform knows nothing, to the last second.
        mutating func snoop(_ seconds: [Double], agent: String = "agent-1") {
            for second in seconds {
                take { ExplanationTests.feed($0, through: second + 1, at: second) }
                take { read($0, at: second, agent: agent, customer: "c-\(second)") }
            }
        }

        var many: [DetectionEvent] { told.filter { $0.kind == .readsUnexplained } }
    }

    @Test func theyAreToldOnceWhenTheyAreMany() throws {
        var centre = try Centre()
        centre.snoop([0, 10, 20, 30])
        #expect(centre.many.isEmpty)
        centre.snoop([40, 50, 60])
        #expect(centre.many.count == 1)
        let told = try #require(centre.many.first)
        #expect(told.text("agentId") == "agent-1" && told.fields["reads"] == 5 && told.fields["seconds"] == 600)
        #expect(told.fields["evidence"] == [1, 3, 5, 7, 9])
        #expect(told.timestamp == Timestamp(milliseconds: monday.milliseconds + 40_000))
    }

    @Test func onlyThoseOfTheTimeCountAndEachAgentForItself() throws {
        var centre = try Centre()
        centre.snoop([0, 10, 20, 30])
        centre.snoop([35], agent: "agent-2")
        // At 600 s the first is out of the time.
        centre.snoop([600])
        #expect(centre.many.isEmpty)
        centre.snoop([605])
        #expect(centre.many.map { $0.fields["evidence"] } == [[3, 5, 7, 11, 13]])
    }

    @Test func whatIsExplainedLaterCountsNoLonger() throws {
        var centre = try Centre()
        centre.snoop([0, 10, 20, 30])
        centre.take {
            ExplanationTests.fact($0, .callback, from: -60, to: 60, at: 31, ["customerId": "c-0.0"])
        }
        centre.snoop([40])
        #expect(centre.many.isEmpty)
        centre.snoop([50])
        #expect(centre.many.count == 1)
        // Below the bound again, and above it: that is news.
        centre.take {
            ExplanationTests.fact($0, .callback, from: -60, to: 60, at: 51, ["customerId": "c-10.0"])
        }
        centre.snoop([60])
        #expect(centre.many.count == 2)
    }

    @Test func alertsSayHowManyThereAre() throws {
        var centre = try Centre()
        centre.snoop([0, 10, 20])
        let own = centre.told.filter { $0.text("ruleCode") == "D-01" }
        #expect(own.map(\.kind) == [.alertRaised, .alertRaised, .alertRaised])
        // The read that raised it is one of them.
        #expect(own.map { $0.fields["unexplainedReads"] } == [1, 2, 3])
    }

    /// A state that is stored and read back at every event says the same.
    @Test func aRestartAnywhereSaysTheSame() throws {
        var whole = try Centre()
        var pieces = try Centre()
        let seconds = (0..<40).map { Double($0 * 25) }
        whole.snoop(seconds)
        for second in seconds {
            pieces.snoop([second])
            pieces.engine = try DetectionEngine(
                rules: BuiltInRules.pack(),
                configuration: Self.configuration,
                restoring: pieces.engine.encodedState()
            )
        }
        #expect(!whole.many.isEmpty && whole.told == pieces.told)
    }

    @Test func whereNothingCanBeJudgedNothingIsCounted() throws {
        var engine = try ExplanationTests.engine(DetectionConfiguration(unexplainedReads: 1))
        let told = (0..<50).flatMap { engine.observe(read($0, at: Double($0))) }
        #expect(told.allSatisfy { $0.kind != .readsUnexplained && $0.fields["unexplainedReads"] == nil })
    }

    @Test func oneRuleAndManyReadsBlock() throws {
        let policy = ContainmentPolicy(enabled: [.maskOnly, .block], automatic: [.maskOnly, .block])
        func finding(_ reads: Int, _ rule: String = "D-01") throws -> AgentFinding {
            try #require(
                AgentFinding([
                    "eventType": "DETECTION_ALERT_RAISED", "alertId": .string("\(rule)-1"), "ruleCode": .string(rule),
                    "agentId": "agent-1", "entity": ["agent-1"], "suggestedStep": "mask_only",
                    "timestamp": "2026-03-02T09:00:00.000Z", "unexplainedReads": .integer(Int64(reads)),
                ])
            )
        }
        #expect(policy.automaticStep(for: try finding(19), among: [])?.step == .maskOnly)
        #expect(policy.automaticStep(for: try finding(20), among: [])?.step == .block)
        // Another alert of the same rule is no second opinion.
        #expect(policy.automaticStep(for: try finding(19), among: [try finding(19)])?.step == .maskOnly)
        #expect(policy.automaticStep(for: try finding(0), among: [try finding(0, "D-02")])?.step == .block)
        let masks = ContainmentPolicy(automatic: [.maskOnly])
        #expect(masks.automaticStep(for: try finding(500), among: [])?.step == .maskOnly)
    }
}
