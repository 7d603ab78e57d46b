import Approvals
import Detection
import JSON
import Ledger
import Sandbox
import TestStores
import Testing
import WallTime

@testable import Monitoring

@Suite(.timeLimit(.minutes(3))) struct AutomaticContainmentTests {
    private static let both = ContainmentPolicy(
        enabled: [.maskOnly, .block],
        protected: ["emergency"],
        automatic: [.maskOnly, .block]
    )
    private static let masks = ContainmentPolicy(protected: ["emergency"], automatic: [.maskOnly])

    private func desk(_ watched: Watched, _ policy: ContainmentPolicy) throws -> ContainmentDesk {
        try ContainmentDesk(ledger: watched.ledger, policy: policy, clock: watched.clock, producer: "test")
    }

    /// An alert as detection tells of it.
    private func raise(
        _ watched: Watched,
        _ rule: String,
        _ agent: String,
        _ step: ContainmentStep? = .maskOnly,
        about entity: String? = nil,
        unexplained: Int? = nil
    ) async throws {
        let id = "\(rule)-\(watched.ledger.health.head.size)-\(agent)"
        var fields: [String: JSONValue] = [
            "alertId": .string(id), "ruleCode": .string(rule), "agentId": .string(agent),
            "entity": [.string(entity ?? agent)], "status": "open",
        ]
        fields["suggestedStep"] = step.map { .string($0.rawValue) }
        fields["unexplainedReads"] = unexplained.map { .integer(Int64($0)) }
        try await watched.ledger.append(
            Event(
                type: .detectionAlertRaised,
                identity: EventIdentity(producer: DetectionEvent.producer, id: "\(id)/1"),
                timestamp: watched.clock.now(),
                fields: fields
            )
        )
    }

    /// Another process each time: what it knows is in the record.
    private func look(_ watched: Watched, _ policy: ContainmentPolicy) async throws {
        let desk = try desk(watched, policy)
        var automatic = AutomaticContainment(desk)
        for _ in 0..<2 { try await automatic.look() }
        while try await desk.work([.gateway]) {}
    }

    private func restrictions(_ watched: Watched) async throws -> Set<LocalRestriction> {
        Set(try await desk(watched, Self.both).restrictions())
    }

    @Test(arguments: Engine.allCases)
    func aBurstIsMaskedByItselfOnceAndEndsByItself(engine: Engine) async throws {
        let watched = try Watched(engine)
        let follower = try watched.follower()
        var state = try await follower.restore()
        for number in 0..<230 { try await watched.read(number, agent: number % 20 == 19 ? "calm" : "scraper") }
        while try await follower.step(&state) {}
        // D-03 names a block, which may not be made by itself here: the mask is the most.
        try await look(watched, Self.masks)
        #expect(try await restrictions(watched) == [LocalRestriction(agent: "scraper", step: .maskOnly)])
        let book = try await desk(watched, Self.masks).book()
        let found = try #require(book.cases.values.first)
        #expect(book.cases.count == 1 && found.approval.requester == "automatic" && found.alerts.count == 1)
        #expect(found.alerts.first?.hasPrefix("D-03-") == true && found.phase == .effective)
        // Restarts do nothing again, also once it has ended.
        try await look(watched, Self.masks)
        watched.clock.advance(seconds: 3599)
        try await look(watched, Self.masks)
        #expect(try await restrictions(watched).count == 1)
        watched.clock.advance(seconds: 1)
        try await look(watched, Self.masks)
        try await look(watched, Self.masks)
        #expect(try await restrictions(watched).isEmpty)
        #expect(try await desk(watched, Self.masks).book().cases.count == 1)
    }

    @Test func nothingHappensByItselfUnlessItIsSwitchedOn() async throws {
        let watched = try Watched(.sqlite)
        try await raise(watched, "D-07", "scraper")
        try await raise(watched, "D-03", "scraper", .block)
        let size = watched.ledger.health.head.size
        try await look(watched, ContainmentPolicy(enabled: Set(ContainmentStep.allCases)))
        #expect(watched.ledger.health.head.size == size)
    }

    @Test func oneRuleMasksASecondBlocks() async throws {
        let watched = try Watched(.sqlite)
        try await raise(watched, "D-07", "a")
        try await raise(watched, "D-07", "a")
        try await look(watched, Self.both)
        #expect(try await restrictions(watched) == [LocalRestriction(agent: "a", step: .maskOnly)])
        watched.clock.advance(seconds: 60)
        try await raise(watched, "D-08", "A")
        try await raise(watched, "D-03", "b", .block)
        try await look(watched, Self.both)
        #expect(
            try await restrictions(watched) == [
                LocalRestriction(agent: "a", step: .maskOnly), LocalRestriction(agent: "a", step: .block),
                LocalRestriction(agent: "b", step: .block),
            ]
        )
        let block = try await desk(watched, Self.both).book().cases.values.first {
            $0.step == .block && $0.target.id == "a"
        }
        #expect(Set(block?.alerts.map { String($0.prefix(4)) } ?? []) == ["D-07", "D-08"])
    }

    /// That detection counted many reads which nothing explains.
    private func count(_ watched: Watched, _ agent: String, _ reads: Int) async throws {
        try await watched.ledger.append(
            Event(
                type: .detectionReadsUnexplained,
                identity: EventIdentity(
                    producer: DetectionEvent.producer,
                    id: "unexplained/\(watched.ledger.health.head.size)-\(agent)"
                ),
                timestamp: watched.clock.now(),
                fields: ["agentId": .string(agent), "reads": .integer(Int64(reads)), "seconds": 3600, "evidence": []]
            )
        )
    }

    @Test(arguments: Engine.allCases)
    func oneRuleAndManyUnexplainedReadsBlock(engine: Engine) async throws {
        let watched = try Watched(engine)
        try await raise(watched, "D-01", "a", unexplained: 19)
        try await raise(watched, "D-01", "b", unexplained: 20)
        // Without any rule's alert they are no ground for anything.
        try await count(watched, "c", 400)
        try await look(watched, Self.both)
        #expect(
            try await restrictions(watched) == [
                LocalRestriction(agent: "a", step: .maskOnly), LocalRestriction(agent: "b", step: .block),
            ]
        )
        watched.clock.advance(seconds: 60)
        try await count(watched, "A", 20)
        try await look(watched, Self.both)
        try await look(watched, Self.both)
        #expect(try await restrictions(watched).contains(LocalRestriction(agent: "a", step: .block)))
        let blocks = try await desk(watched, Self.both).book().cases.values.filter { $0.step == .block }
        #expect(blocks.count == 2 && blocks.allSatisfy { $0.alerts.count == 1 })
        #expect(
            blocks.allSatisfy { $0.reason == "an alert of rule D-01, and 20 reads of this agent that nothing explains" }
        )
    }

    @Test func manyUnexplainedReadsOfFewerThanTheConfiguredNumberMask() async throws {
        let watched = try Watched(.sqlite)
        var policy = Self.both
        policy.unexplainedReads = 100
        try await raise(watched, "D-01", "a", unexplained: 99)
        watched.clock.advance(seconds: 1)
        try await count(watched, "a", 99)
        try await look(watched, policy)
        #expect(try await restrictions(watched) == [LocalRestriction(agent: "a", step: .maskOnly)])
    }

    /// Half a minute later, by a person.
    @discardableResult
    private func closeTheAlert(_ watched: Watched) async throws -> (AlertDesk, alertID: String) {
        let raised = try JSONValue(parsing: try #require(try await watched.events(.detectionAlertRaised).first))
        watched.clock.advance(seconds: 30)
        let alerts = try AlertDesk(
            ledger: watched.ledger,
            rules: BuiltInRules.pack(),
            clock: watched.clock,
            producer: "test"
        )
        let id = raised["alertId"]?.string ?? ""
        _ = try await alerts.decide(.resolve(reason: "a drill"), on: id, by: "ann")
        return (alerts, id)
    }

    @Test func manyUnexplainedReadsAfterTheAlertWasClosedBlockNobody() async throws {
        let watched = try Watched(.sqlite)
        try await raise(watched, "D-01", "a")
        try await closeTheAlert(watched)
        try await count(watched, "a", 25)
        try await look(watched, Self.both)
        #expect(try await restrictions(watched).isEmpty)
    }

    @Test func whatIsNotAboutAnAgentOrForTheGatewayIsLeftToPeople() async throws {
        let watched = try Watched(.sqlite)
        try await raise(watched, "D-11", "a", .deleteTokens)
        try await raise(watched, "D-22", "b", nil)
        // The last of many who read a customer.
        try await raise(watched, "D-98", "c", about: "customer-1")
        watched.clock.advance(seconds: 1)
        try await look(watched, Self.both)
        #expect(try await restrictions(watched).isEmpty)
        #expect(try await desk(watched, Self.both).book().cases.isEmpty)
    }

    @Test(arguments: Engine.allCases)
    func twoNodesDoItOnce(engine: Engine) async throws {
        let watched = try Watched(engine)
        for agent in ["a", "b"] { try await raise(watched, "D-07", agent) }
        let desks = [try desk(watched, Self.masks), try desk(watched, Self.masks)]
        try await withThrowingTaskGroup { group in
            for desk in desks {
                group.addTask {
                    var automatic = AutomaticContainment(desk)
                    try await automatic.look()
                    while try await desk.work([.gateway]) {}
                }
            }
            try await group.waitForAll()
        }
        while try await desks[0].work([.gateway]) {}
        let cases = try await desks[0].book().cases.values
        #expect(cases.count == 2 && cases.allSatisfy { $0.phase == .effective })
        #expect(try await restrictions(watched).count == 2)
        #expect(try await watched.events(EventType(rawValue: "CONTAINMENT_PROPOSED")).count == 2)
    }

    /// Made-up ids use up nobody's place; a platform that cannot be asked holds nothing up.
    @Test func agentsWhomThePlatformDoesNotKnowAreLeftAlone() async throws {
        try await PlatformBench.run(policy: Self.masks) { bench in
            let watched = bench.watched
            for agent in ["ghost-1", "ghost-2", "ghost-3", bench.agent] { try await raise(watched, "D-13", agent) }
            var automatic = AutomaticContainment(try bench.desk(), patience: .seconds(60))
            try await automatic.look()
            while try await bench.desk().work([.gateway]) {}
            #expect(try await restrictions(watched).map(\.agent) == [bench.agent.lowercased()])
            let held = try await watched.events(.containmentHeldBack).map { try JSONValue(parsing: $0) }
            #expect(held.map { $0["targetId"]?.string } == ["ghost-1", "ghost-2", "ghost-3"])
            #expect(held.allSatisfy { $0["reason"] == "unknown_agent" })

            bench.sandbox.inject(PlatformFault(route: "GET /api/v2/users", status: 503))
            try await raise(watched, "D-13", "ghost-4")
            try await automatic.look()
            #expect(try await bench.desk().book().cases.values.contains { $0.target.id == "ghost-4" })
        }
    }

    @Test func theCapHoldsAndSaysSoAndTheProtectedAreLeftAlone() async throws {
        let watched = try Watched(.sqlite)
        let follower = try watched.follower()
        for agent in ["emergency", "a", "b", "c", "d"] {
            try await raise(watched, "D-07", agent)
            watched.clock.advance(seconds: 1)
        }
        try await look(watched, Self.masks)
        try await look(watched, Self.masks)
        #expect(Set(try await restrictions(watched).map(\.agent)) == ["a", "b", "c"])
        let held = try await watched.events(.containmentHeldBack).map { try JSONValue(parsing: $0) }
        #expect(held.map { $0["targetId"]?.string } == ["emergency", "d"])
        #expect(held.map { $0["reason"]?.string } == ["protected", "cap_reached"])
        var state = try await follower.restore()
        while try await follower.step(&state) {}
        let alerts = try await watched.events(.detectionAlertRaised).map { try JSONValue(parsing: $0) }
        let told = alerts.filter { $0["ruleCode"] == "D-29" }
        #expect(told.map { $0["entity"]?[0]?.string } == ["d"])
        // Room within the hour does not bring it about behind people's backs.
        watched.clock.advance(seconds: 3590)
        try await look(watched, Self.masks)
        #expect(try await restrictions(watched).contains { $0.agent == "d" } == false)
    }

    @Test func whoeverTakesItBackSpeaksForWhatWasFoundBeforeAndNotForLater() async throws {
        let watched = try Watched(.sqlite)
        try await raise(watched, "D-07", "a")
        try await look(watched, Self.masks)
        watched.clock.advance(seconds: 60)
        try await raise(watched, "D-08", "a")
        try await look(watched, Self.masks)
        let desk = try desk(watched, Self.masks)
        let id = try #require(try await desk.book().cases.keys.first)
        watched.clock.advance(seconds: 60)
        _ = try await desk.command(.undo(caseID: id, reason: "a drill"), by: "ann")
        while try await desk.work([.gateway]) {}
        try await look(watched, Self.masks)
        #expect(try await restrictions(watched).isEmpty)
        watched.clock.advance(seconds: 60)
        try await raise(watched, "D-09", "a")
        try await look(watched, Self.masks)
        #expect(try await restrictions(watched).map(\.agent) == ["a"])
        #expect(try await desk.book().cases.count == 2)
    }

    @Test func anAlertThatPeopleClosedMeanwhileCallsForNothing() async throws {
        let watched = try Watched(.sqlite)
        try await raise(watched, "D-07", "a")
        let (alerts, id) = try await closeTheAlert(watched)
        try await look(watched, Self.masks)
        #expect(try await restrictions(watched).isEmpty)
        _ = try await alerts.decide(.reopen(reason: "no drill"), on: id, by: "ann")
        try await look(watched, Self.masks)
        #expect(try await restrictions(watched).map(\.agent) == ["a"])
    }
}
