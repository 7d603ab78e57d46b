import Detection
import JSON
import Ledger
import Synchronization
import TestStores
import Testing
import WallTime

@testable import Monitoring

/// Telling people: done when the destinations have it, and not a moment earlier.
@Suite struct NoticeTests {
    /// How far notices have come, as a test wants it.
    private final class Sinks: Sendable {
        private let standings = Mutex<[String: NoticeStanding]>([:])

        func set(_ sink: String, _ standing: NoticeStanding) { standings.withLock { $0[sink] = standing } }
        func standing(_ sink: String) -> NoticeStanding { standings.withLock { $0[sink] ?? .underWay } }
    }

    private func desk(_ watched: Watched, _ sinks: Sinks, _ names: [String] = ["soar", "pager"]) throws
        -> ContainmentDesk
    {
        try ContainmentDesk(
            ledger: watched.ledger,
            policy: ContainmentPolicy(
                enabled: [.notify, .justify],
                noticeSinks: names,
                automatic: [.notify]
            ),
            notices: { _, sink in sinks.standing(sink) },
            clock: watched.clock,
            producer: "test"
        )
    }

    private func propose(_ desk: ContainmentDesk, _ id: String = "n1", alerts: [String] = []) async throws {
        _ = try await desk.command(
            .propose(
                ContainmentProposal(
                    id: id,
                    step: .notify,
                    target: ContainmentTarget(id: "snoop"),
                    reason: "look at this",
                    alerts: alerts
                )
            ),
            by: "ann"
        )
    }

    /// Works until nothing is due at present.
    private func work(_ desk: ContainmentDesk) async throws { while try await desk.work([.gateway]) {} }

    @Test(arguments: Engine.allCases)
    func itIsDoneWhenEverySinkHasIt(engine: Engine) async throws {
        let watched = try Watched(engine)
        let sinks = Sinks()
        let follower = try watched.follower()
        var state = try await follower.restore()
        try await watched.read(0, agent: "snoop", grade: "contradicted")
        while try await follower.step(&state) {}
        let raised = try JSONValue(parsing: try #require(try await watched.events(.detectionAlertRaised).first))
        let alert = try #require(raised["alertId"]?.string)
        try await propose(try desk(watched, sinks), alerts: [alert])
        // A process that dies after each step, and another that goes on.
        for _ in 0..<4 { _ = try await desk(watched, sinks).work([.gateway]) }
        try await work(try desk(watched, sinks))
        let notices = try await watched.events(.containmentNoticeGiven).map { try JSONValue(parsing: $0) }
        #expect(notices.count == 1)
        let notice = try #require(notices.first)
        #expect(notice["targetId"] == "snoop" && notice["reason"] == "look at this" && notice["actor"] == "ann")
        #expect(notice["findings"]?[0]?["alertId"]?.string == alert)
        #expect(notice["findings"]?[0]?["sentence"] == raised["sentence"])
        #expect(try await desk(watched, sinks).book().cases["n1"]?.effect == "unknown")

        sinks.set("soar", .arrived)
        watched.clock.advance(seconds: 60)
        try await work(try desk(watched, sinks))
        let waiting = try await desk(watched, sinks).book().cases["n1"]
        #expect(waiting?.effect == "unknown" && waiting?.problem == "the notice has not arrived yet: pager")
        sinks.set("pager", .arrived)
        watched.clock.advance(seconds: 60)
        try await work(try desk(watched, sinks))
        let done = try await desk(watched, sinks).book().cases["n1"]
        #expect(done?.phase == .effective && done?.effect == "shown" && done?.isOver == true)
        // Nothing at all was done to the agent.
        #expect(try await desk(watched, sinks).restrictions().isEmpty)
        #expect(try await watched.events(.containmentNoticeGiven).count == 1)
    }

    /// A crash between the entry and its being noted leaves one entry.
    @Test func aNoticeIsGivenOnce() async throws {
        let watched = try Watched(.sqlite)
        let desk = try desk(watched, Sinks())
        try await propose(desk)
        _ = try await desk.work([.gateway])
        let effect = try #require(try await desk.book().due(at: watched.clock.now()).first?.effect)
        let first = try await desk.notify(effect, of: "n1")
        watched.clock.advance(seconds: 5)
        #expect(try await desk.notify(effect, of: "n1") == first)
        try await work(desk)
        #expect(try await watched.events(.containmentNoticeGiven).count == 1)
    }

    @Test func whoeverCannotBeToldIsAnAlert() async throws {
        let watched = try Watched(.sqlite)
        let sinks = Sinks()
        sinks.set("soar", .never("the sink leaves such events out"))
        let desk = try desk(watched, sinks)
        try await propose(desk)
        try await work(desk)
        let failed = try await desk.book().cases["n1"]
        #expect(failed?.phase == .failed)
        #expect(failed?.problem == "the notice does not arrive at 'soar': the sink leaves such events out")
        let follower = try watched.follower()
        var state = try await follower.restore()
        while try await follower.step(&state) {}
        let codes = try await watched.events(.detectionAlertRaised).map { try JSONValue(parsing: $0)["ruleCode"] }
        #expect(codes == ["D-29"])
    }

    /// Of every alert that calls for it, whoever is contained already.
    @Test func eachAlertTellsByItself() async throws {
        let watched = try Watched(.sqlite)
        let sinks = Sinks()
        for number in 0..<3 {
            let id = "D-30-\(number)-snoop"
            try await watched.ledger.append(
                Event(
                    type: .detectionAlertRaised,
                    identity: EventIdentity(producer: DetectionEvent.producer, id: "\(id)/1"),
                    timestamp: watched.clock.now(),
                    fields: [
                        "alertId": .string(id), "ruleCode": "D-30", "agentId": "snoop", "entity": ["snoop"],
                        "suggestedStep": "notify", "sentence": .string("sentence \(number)"),
                    ]
                )
            )
            var automatic = AutomaticContainment(try desk(watched, sinks))
            try await automatic.look()
            try await automatic.look()
            try await work(try desk(watched, sinks))
            watched.clock.advance(seconds: 30)
        }
        let notices = try await watched.events(.containmentNoticeGiven).map { try JSONValue(parsing: $0) }
        #expect(notices.map { $0["findings"]?[0]?["sentence"]?.string } == ["sentence 0", "sentence 1", "sentence 2"])
        #expect(notices.allSatisfy { $0["actor"] == "automatic" })
    }

    @Test(arguments: Engine.allCases)
    func justifyingHasATimerAndAnUndoingAsMaskingHas(engine: Engine) async throws {
        let watched = try Watched(engine)
        let desk = try desk(watched, Sinks())
        for (id, agent, seconds) in [("j1", "a", Int64(60)), ("j2", "b", 3600)] {
            _ = try await desk.command(
                .propose(
                    ContainmentProposal(
                        id: id,
                        step: .justify,
                        target: ContainmentTarget(id: agent),
                        reason: "many reads",
                        undoAt: watched.clock.now().adding(seconds: seconds)
                    )
                ),
                by: "ann"
            )
        }
        try await work(desk)
        #expect(
            Set(try await desk.restrictions()) == [
                LocalRestriction(agent: "a", step: .justify), LocalRestriction(agent: "b", step: .justify),
            ]
        )
        watched.clock.advance(seconds: 61)
        try await work(desk)
        #expect(try await desk.restrictions() == [LocalRestriction(agent: "b", step: .justify)])
        _ = try await desk.command(.undo(caseID: "j2", reason: "a drill"), by: "bob")
        try await work(desk)
        #expect(try await desk.restrictions().isEmpty)
        #expect(try await desk.book().cases.values.allSatisfy { $0.phase == .undone })
    }
}
