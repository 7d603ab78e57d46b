public import Detection
import JSON
import Ledger
import Storage
import WallTime

/// What contains an agent at our own gateway.
public struct LocalRestriction: Sendable, Hashable {
    /// The agent.
    public let agent: String
    /// The step: ``ContainmentStep/justify``, ``ContainmentStep/maskOnly`` or ``ContainmentStep/block``.
    public let step: ContainmentStep

    /// Names a restriction.
    public init(agent: String, step: ContainmentStep) {
        self.agent = agent
        self.step = step
    }
}

extension ContainmentDesk {
    /// Where steps are taken. Each has an executor of its own, so that a platform that is away holds up no mask and no block.
    public enum Reach: Sendable, Hashable, CaseIterable {
        /// Our own gateway.
        case gateway
        /// The contact centre's platform.
        case platform

        func covers(_ step: ContainmentStep) -> Bool { step.isLocal == (self == .gateway) }
    }

    /// Brings about what is due, and ends what has run out.
    ///
    /// The state in the store says what is next, so this may be called by another process after a crash at any point.
    /// - Returns: whether a case has moved on.
    @discardableResult
    public func work(_ reaches: Set<Reach> = Set(Reach.allCases)) async throws -> Bool {
        let book = try await book()
        let now = clock.now()
        func isOurs(_ step: ContainmentStep) -> Bool { reaches.contains { $0.covers(step) } }
        let expired = book.expired(at: now).filter { event in book.cases[event.caseID].map { isOurs($0.step) } ?? false
        }
        var moved = !expired.isEmpty
        for event in expired { try await recordUnlessOvertaken(event) }
        var over = Set(expired.map(\.caseID))
        let calls = reaches.contains(.platform) ? try await calls(in: book) : [:]
        if reaches.contains(.platform) {
            for event in book.awaiting(calls, at: now) where over.insert(event.caseID).inserted {
                try await recordUnlessOvertaken(event)
                moved = true
            }
        }
        let due = book.due(at: now, calls: calls)
            .filter { isOurs($0.effect.step) && !over.contains($0.caseID) }
        for (id, effect) in due {
            guard let report = try await bringAbout(effect, of: id) else { continue }
            guard let event = book.record(report, of: id, at: clock.now()) else { continue }
            try await recordUnlessOvertaken(event)
            moved = true
        }
        return moved
    }

    /// The agents that are contained at the gateway now.
    public func restrictions() async throws -> [LocalRestriction] {
        try await ledger.database.read { connection in
            try connection.all("SELECT agent, step FROM containment_restrictions") { row in
                ContainmentStep(rawValue: row.text(1)).map { LocalRestriction(agent: row.text(0), step: $0) }
            }.compactMap(\.self)
        }
    }

    /// A person, or another executor, was quicker: what is due is seen anew at the next look.
    private func recordUnlessOvertaken(_ event: ContainmentEvent) async throws {
        do { try await record(event) } catch is Overtaken {}
    }

    private func bringAbout(_ effect: ContainmentEffect, of id: String) async throws -> ContainmentReport? {
        if effect.step == .notify { return try await notify(effect, of: id) }
        if effect.step.isLocal { return try await bringAboutHere(effect, of: id) }
        return try await platform?.bringAbout(effect)
    }

    /// Doing it twice is as doing it once: a row of the case's own is there, or it is not.
    private func bringAboutHere(_ effect: ContainmentEffect, of id: String) async throws -> ContainmentReport {
        let isThere: @Sendable (any SQLConnection) throws -> Bool = { connection in
            try connection.first(
                "SELECT 1 FROM containment_restrictions WHERE case_id = $1",
                [.text(id)]
            ) { _ in true } ?? false
        }
        switch effect.action {
        case .readState:
            let others = try await restrictions().filter { $0.agent == effect.target.id }
            return .state(.array(others.map { .string($0.step.rawValue) }), isDone: false)
        case .perform:
            let (agent, step) = (effect.target.id, effect.step.rawValue)
            try await ledger.database.write { connection in
                // Another node may be about to do the same.
                _ = try connection.run(
                    """
                    INSERT INTO containment_restrictions (case_id, agent, step) VALUES ($1, $2, $3)
                    ON CONFLICT (case_id) DO NOTHING
                    """,
                    [.text(id), .text(agent), .text(step)]
                )
            }
            return .performed(evidence: .null)
        case .readBack: return .readBack(holds: try await ledger.database.read(isThere))
        case .undo:
            try await ledger.database.write { connection in
                _ = try connection.run("DELETE FROM containment_restrictions WHERE case_id = $1", [.text(id)])
            }
            return .performed(evidence: .null)
        }
    }
}
