import JSON
import Testing
import WallTime

@testable import Detection

/// Planted customers: a read is an alert at once, and no part of what is usual or of what is compared.
@Suite struct HoneyTests {
    private func engine(_ code: @escaping DetectionConfiguration.HoneyCode = { name, _ in name }) throws
        -> DetectionEngine
    {
        var configuration = DetectionConfiguration()
        configuration.honeyCode = code
        return DetectionEngine(rules: try BuiltInRules.pack(), configuration: configuration)
    }

    private func planted(_ index: Int64, _ codes: [String], epoch: Int64 = 1, at seconds: Double = -60) -> LedgerEvent {
        event(
            index,
            "HONEY_CUSTOMER_PLANTED",
            at: seconds,
            ["honeyId": "honey-1", "codes": .array(codes.map { .string($0) }), "epoch": .integer(epoch)]
        )
    }

    private func alerts(_ events: [DetectionEvent]) -> [DetectionEvent] {
        events.filter { $0.kind == .alertRaised && $0.text("ruleCode") == "D-30" }
    }

    @Test func theSentenceSaysThatNoWorkCanNeedIt() throws {
        var engine = try engine()
        _ = engine.observe(planted(0, ["c-9"]))
        let told = alerts(engine.observe(read(1, customer: "c-9")))
        #expect(told.count == 1 && told.first?.text("severity") == "critical")
        #expect(
            told.first?.text("sentence") == "Agent agent-1 asked for the record of honey-1 on profile, in conversation "
                + "i-1: released. The record is planted and no work can need it."
        )
    }

    /// Names become codes under the key of the epoch that the plant names.
    @Test func namesAreComparedAsCodesOfTheirEpoch() throws {
        var engine = try engine { name, epoch in epoch == 3 ? nil : "code \(epoch) of \(name)" }
        _ = engine.observe(planted(0, ["code 1 of c-9"]))
        _ = engine.observe(planted(1, ["code 3 of c-8"], epoch: 3))
        #expect(alerts(engine.observe(read(2, customer: "code 1 of c-9"))).isEmpty)
        // The key of epoch 3 is gone.
        #expect(alerts(engine.observe(read(3, customer: "c-8"))).isEmpty)
        #expect(alerts(engine.observe(read(4, customer: "c-9"))).count == 1)
        var again = try DetectionEngine(
            rules: engine.rules,
            configuration: engine.configuration,
            restoring: engine.encodedState()
        )
        #expect(alerts(again.observe(read(5, agent: "agent-2", customer: "c-9"))).count == 1)
        let state = String(decoding: try again.encodedState(), as: UTF8.self)
        #expect(state.contains("code 1 of c-9"))
    }

    /// Thirty days of ten reads each, in one centre with a read of a planted customer every day and in one without.
    @Test func theNormsAreTheSameAsWithoutThem() throws {
        var (with, without) = (try engine(), try engine())
        var index: Int64 = 0
        _ = with.observe(planted(index, ["c-9"]))
        _ = without.observe(event(index, "DETECTION_HEARTBEAT", at: -60))
        for day in 0..<30 {
            for number in 0..<10 {
                index += 1
                let moment = Double(day * 86_400 + number * 600)
                let read = read(index, at: moment, customer: "c-\(100 + number)", binding: "verified")
                _ = with.observe(read)
                _ = without.observe(read)
            }
            index += 1
            _ = with.observe(read(index, at: Double(day * 86_400 + 6001), customer: "c-9", binding: "verified"))
        }
        #expect(try StateEncoder.encode(with.state.baselines) == StateEncoder.encode(without.state.baselines))
        #expect(try StateEncoder.encode(with.state.rhythm) == StateEncoder.encode(without.state.rhythm))
    }

    /// - Parameter executions: what the platform counted of the minute after nine.
    private func missing(_ reads: [String], executions: Int64) throws -> (missing: Int, audited: JSONValue?) {
        var engine = try engine()
        var told = engine.observe(planted(0, ["c-9"]))
        for (number, customer) in reads.enumerated() {
            told += engine.observe(
                read(
                    Int64(number + 1),
                    at: Double(number),
                    customer: customer,
                    binding: "verified",
                    ["interactionId": .null]
                )
            )
        }
        told += engine.observe(
            event(
                100,
                "PLATFORM_EXECUTIONS_COUNTED",
                at: 61,
                [
                    "route": "profile", "actionId": "a-1", "from": text(0), "to": text(60),
                    "executions": .integer(executions),
                ]
            )
        )
        for number in 1...12 {
            told += engine.observe(event(100 + Int64(number), "DETECTION_HEARTBEAT", at: 61 + Double(number) * 60))
        }
        let found = told.filter { $0.kind == .alertRaised && $0.text("ruleCode") == "D-27" }
        return (found.count, found.first?.fields["sentence"])
    }

    @Test func theyAreNeitherMissingReadsNorHideAny() throws {
        // Two ordinary reads and one of a planted customer, all run by the platform.
        #expect(try missing(["c-1", "c-9", "c-2"], executions: 3).missing == 0)
        // One ordinary read was never audited.
        let one = try missing(["c-1", "c-9"], executions: 3)
        #expect(one.missing == 1 && one.audited?.string?.contains("2 times and 1 reads") == true)
        // The planted customer was read past the platform: three executions, three ordinary reads.
        #expect(try missing(["c-1", "c-9", "c-2", "c-3"], executions: 3).missing == 0)
    }

    @Test func aReadOfOneIsNoReadOfTheConversation() throws {
        var engine = try engine()
        var told = engine.observe(planted(0, ["c-9"]))
        told += engine.observe(read(1, at: 0, customer: "c-9"))
        told += engine.observe(
            ExplanationTests.fact(
                2,
                .liveParticipant,
                from: 10,
                at: 11,
                [
                    "agentId": "agent-2", "interactionId": "i-1", "mode": "transfer",
                ]
            )
        )
        for number in 3...8 {
            told += engine.observe(event(Int64(number), "DETECTION_HEARTBEAT", at: Double(number) * 60))
        }
        #expect(!told.contains { $0.text("ruleCode") == "D-28" })
    }
}
