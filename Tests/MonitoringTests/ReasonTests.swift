import Detection
import JSON
import Ledger
import Storage
import TestStores
import Testing
import WallTime

@testable import Monitoring

/// Reasons stay in the record for ever, so they hold no personal data that can be found.
@Suite struct ReasonTests {
    private static let words = "Mr Smith +49 170 1234567, smith@example.com"

    /// What is said in the record, of all events, and of what the store keeps besides.
    private func isClean(_ watched: Watched) async throws -> Bool {
        let size = watched.ledger.health.head.size
        let entries = try await watched.ledger.entries(in: 0..<size, maximumBytes: 1 << 20)
        let kept = try await watched.ledger.database.read { connection in
            try connection.all("SELECT event FROM containment_events") { $0.text(0) }
        }
        let texts = entries.map { String(decoding: $0.bytes, as: UTF8.self) } + kept
        return !texts.contains { $0.contains("1234567") || $0.contains("smith@") }
    }

    @Test func whatPeopleSayAboutAlertsIsMasked() async throws {
        let watched = try Watched(.sqlite)
        let follower = try watched.follower()
        var state = try await follower.restore()
        try await watched.read(0, agent: "snoop", grade: "contradicted")
        while try await follower.step(&state) {}
        _ = try ContainmentDesk(
            ledger: watched.ledger,
            policy: ContainmentPolicy(),
            clock: watched.clock,
            producer: "test"
        )
        let desk = try AlertDesk(
            ledger: watched.ledger,
            rules: BuiltInRules.pack(),
            clock: watched.clock,
            producer: "test"
        )
        let id = try #require(try await desk.alerts([.open]).alerts.first?.id)
        let until = watched.clock.now().adding(seconds: 3600)
        _ = try await desk.note(id, Self.words, by: "ann")
        for command: AlertCommand in [
            .acknowledge(reason: Self.words), .resolve(reason: Self.words), .reopen(reason: Self.words),
            .dismiss(reason: Self.words, until: until),
        ] {
            let shown = try await desk.decide(command, on: id, by: "ann").history.last?.reason
            #expect(shown?.hasPrefix("Mr Smith ") == true && shown?.contains("1234567") == false)
        }
        let set = try await desk.suppress(rule: "*", entity: "snoop", reason: Self.words, until: until, by: "ann")
        _ = try await desk.lift(set.id, reason: Self.words, by: "ann")
        #expect(try await isClean(watched))
    }

    @Test func whatPeopleSayAboutContainmentIsMasked() async throws {
        let watched = try Watched(.sqlite)
        let desk = try ContainmentDesk(
            ledger: watched.ledger,
            policy: ContainmentPolicy(enabled: [.maskOnly, .deleteTokens]),
            clock: watched.clock,
            producer: "test"
        )
        for (id, step) in [("c1", ContainmentStep.maskOnly), ("c2", .deleteTokens)] {
            let target = ContainmentTarget(id: "agent-1")
            let proposal = ContainmentProposal(id: id, step: step, target: target, reason: Self.words)
            let made = try await desk.command(.propose(proposal), by: "ann")
            #expect(made.reason.hasPrefix("Mr Smith ") && !made.reason.contains("1234567"))
        }
        while try await desk.work([.gateway]) {}
        _ = try await desk.command(.undo(caseID: "c1", reason: Self.words), by: "ann")
        _ = try await desk.command(.refuse(caseID: "c2", reason: Self.words), by: "ann")
        #expect(try await isClean(watched))
    }
}
