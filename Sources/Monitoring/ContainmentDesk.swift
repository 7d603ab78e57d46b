public import Detection
import JSON
public import Ledger
public import Storage
public import WallTime

/// What contains an agent at our own gateway.
public struct LocalRestriction: Sendable, Hashable {
    /// The agent.
    public let agent: String
    /// The step: ``ContainmentStep/maskOnly`` or ``ContainmentStep/block``.
    public let step: ContainmentStep

    /// Names a restriction.
    public init(agent: String, step: ContainmentStep) {
        self.agent = agent
        self.step = step
    }
}

/// The cases of containment: people's commands, the state in the store, and what has to be done about them.
///
/// Each change is an event in the ledger and a row in the store, in one transaction.
public struct ContainmentDesk: Sendable {
    /// The tables, for whoever prepares a database.
    public static let schema = SchemaComponent(
        "containment",
        [
            Migration(
                version: 1,
                statements: [
                    """
                    CREATE TABLE containment_events (
                        case_id TEXT NOT NULL, number BIGINT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (case_id, number))
                    """,
                    """
                    CREATE TABLE containment_restrictions (
                        case_id TEXT PRIMARY KEY, agent TEXT NOT NULL, step TEXT NOT NULL)
                    """,
                ]
            )
        ],
        appendOnly: ["containment_events"]
    )

    /// What may be done, and how much of it.
    public let policy: ContainmentPolicy
    private let ledger: Ledger
    private let clock: any WallClock
    private let producer: String

    /// - Parameter producer: named in the events as what wrote them.
    public init(ledger: Ledger, policy: ContainmentPolicy, clock: any WallClock, producer: String) throws {
        self.ledger = ledger
        self.policy = policy
        self.clock = clock
        self.producer = producer
        try Schema.migrate(ledger.database.makeConnection(), Self.schema)
    }

    /// All cases as they stand.
    public func book() async throws -> ContainmentBook {
        let events = try await ledger.database.read { connection in
            try connection.all("SELECT event FROM containment_events ORDER BY case_id, number") { $0.text(0) }
        }
        var book = ContainmentBook(policy: policy)
        for text in events {
            guard let value = try? JSONValue(parsing: Array(text.utf8)), let event = ContainmentEvent(value) else {
                throw LedgerError.inconsistent("a containment event in the store cannot be read")
            }
            book.apply(event)
        }
        return book
    }

    /// Carries out a command: checked against all cases, recorded, and then due.
    /// - Throws: ``ContainmentError`` when it is refused; nothing is recorded then.
    public func command(_ command: ContainmentCommand, by actor: String) async throws -> ContainmentCase {
        let book = try await book()
        let event = try book.plan(command, by: actor, at: clock.now())
        try await record(event)
        guard let found = try await self.book().cases[event.caseID] else {
            throw ContainmentError.unknownCase(event.caseID)
        }
        return found
    }

    /// Brings about what is due at our own gateway, and ends what has run out.
    /// - Returns: whether a case has moved on.
    @discardableResult
    public func work() async throws -> Bool {
        let book = try await book()
        let now = clock.now()
        let expired = book.expired(at: now)
        for event in expired { try await record(event) }
        var moved = !expired.isEmpty
        let due = book.due(at: now).filter { $0.effect.step.isLocal }
        for (id, effect) in due {
            let report = try await perform(effect, of: id)
            if let event = book.record(report, of: id, at: clock.now()) {
                try await record(event)
                moved = true
            }
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

    // MARK: Effects

    /// Doing it twice is as doing it once: a row of the case's own is there, or it is not.
    private func perform(_ effect: ContainmentEffect, of id: String) async throws -> ContainmentReport {
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
                if try isThere(connection) { return }
                try connection.run(
                    "INSERT INTO containment_restrictions (case_id, agent, step) VALUES ($1, $2, $3)",
                    [.text(id), .text(agent), .text(step)]
                )
            }
            return .performed
        case .readBack: return .readBack(holds: try await ledger.database.read(isThere))
        case .undo:
            try await ledger.database.write { connection in
                _ = try connection.run("DELETE FROM containment_restrictions WHERE case_id = $1", [.text(id)])
            }
            return .performed
        }
    }

    private func record(_ event: ContainmentEvent) async throws {
        guard case .object(var fields) = event.json else { return }
        for name in ["eventType", "eventId", "timestamp"] { fields[name] = nil }
        let text = String(decoding: try event.json.canonicalBytes(), as: UTF8.self)
        _ = try await ledger.record([
            Event(
                type: EventType(rawValue: event.kind.rawValue),
                identity: EventIdentity(producer: producer, id: "\(event.caseID)/\(event.number)"),
                timestamp: event.time,
                fields: fields
            )
        ]) { connection in
            // Somebody else was quicker where the row is there already: then nothing of this is kept.
            try connection.run(
                "INSERT INTO containment_events (case_id, number, event) VALUES ($1, $2, $3)",
                [.text(event.caseID), .integer(Int64(event.number)), .text(text)]
            )
        }
    }
}
