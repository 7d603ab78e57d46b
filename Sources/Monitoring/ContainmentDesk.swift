public import Detection
import JSON
public import Ledger
public import Storage
import Synchronization
public import WallTime

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
            ),
            Migration(
                version: 2,
                statements: [
                    "CREATE TABLE containment_messages (message_id TEXT PRIMARY KEY, case_id TEXT NOT NULL)"
                ]
            ),
        ],
        appendOnly: ["containment_events", "containment_messages"]
    )

    /// What may be done, and how much of it.
    public let policy: ContainmentPolicy
    let ledger: Ledger
    let clock: any WallClock
    let platform: PlatformContainment?
    let liveCallsSeen = LiveCalls()
    let notices: NoticeStanding.Question
    private let latest = Latest()
    private let producer: String

    /// - Parameters:
    ///   - platform: where the steps beyond our own gateway are taken; nil when there is none.
    ///   - notices: where a notice stands on its way to a sink's destination.
    ///   - producer: named in the events as what wrote them.
    public init(
        ledger: Ledger,
        policy: ContainmentPolicy,
        platform: PlatformContainment? = nil,
        notices: @escaping NoticeStanding.Question = { _, sink in .never("there is no sink '\(sink)'") },
        clock: any WallClock,
        producer: String
    ) throws {
        self.ledger = ledger
        self.policy = policy
        self.platform = platform
        self.notices = notices
        self.clock = clock
        self.producer = producer
        try Schema.migrate(ledger.database.makeConnection(), Self.schema)
    }

    // MARK: Questions

    /// All cases as they stand.
    public func book() async throws -> ContainmentBook { try await read().book }

    /// What happened to a case, oldest first; empty for an unknown one.
    public func history(of id: String) async throws -> [ContainmentEvent] {
        let texts = try await ledger.database.read { connection in
            try connection.all("SELECT event FROM containment_events WHERE case_id = $1 ORDER BY number", [.text(id)]) {
                $0.text(0)
            }
        }
        return try texts.map(Self.event)
    }

    // MARK: Commands

    /// Carries out a command: checked against all cases, recorded, and then due. What looks like personal data in its reason is masked.
    /// - Parameter messageID: of the signed message that it came in, which is taken once.
    /// - Throws: ``ContainmentError`` when it is refused; nothing is recorded then.
    public func command(
        _ command: ContainmentCommand,
        by actor: String,
        messageID: String? = nil
    ) async throws -> ContainmentCase {
        let command = try await informed(command.masked, by: actor)
        for attempt in 1... {
            let (book, size) = try await read()
            let event = try book.plan(command, by: actor, at: clock.now())
            do {
                try await record(event) { connection in
                    // The bounds were checked against all cases: nobody may have changed one since.
                    guard try Self.size(connection) == size else { throw Overtaken() }
                    guard let messageID else { return }
                    let earlier = try connection.first(
                        "SELECT 1 FROM containment_messages WHERE message_id = $1",
                        [.text(messageID)]
                    ) { _ in true }
                    guard earlier == nil else { throw ContainmentError.decisionRepeated }
                    try connection.run(
                        "INSERT INTO containment_messages (message_id, case_id) VALUES ($1, $2)",
                        [.text(messageID), .text(event.caseID)]
                    )
                }
            } catch is Overtaken where attempt < 20 {
                continue
            }
            if let found = try await self.book().cases[event.caseID] { return found }
            throw ContainmentError.unknownCase(event.caseID)
        }
        throw Overtaken()
    }

    /// Whether a signed message was taken.
    public func hasTaken(messageID: String) async throws -> Bool {
        try await ledger.database.read { connection in
            try connection.first("SELECT 1 FROM containment_messages WHERE message_id = $1", [.text(messageID)]) { _ in
                true
            } ?? false
        }
    }

    // MARK: The store

    /// What was read last; copies of a desk share it.
    private final class Latest: Sendable {
        private let known = Mutex<(book: ContainmentBook, size: Int64)?>(nil)

        func withLock<Value: Sendable>(
            _ body: (inout sending (book: ContainmentBook, size: Int64)?) -> sending Value
        ) -> Value { known.withLock(body) }
    }

    /// Thrown when another process recorded something of containment first.
    struct Overtaken: Error {}

    /// All cases, and how many events they have, which grows with every change: as long as it has not, what was read last holds.
    func read() async throws -> (book: ContainmentBook, size: Int64) {
        let known = latest.withLock { $0 }
        let texts: [String]? = try await ledger.database.read { connection in
            if let known, try Self.size(connection) == known.size { return nil }
            return try connection.all("SELECT event FROM containment_events ORDER BY case_id, number") { $0.text(0) }
        }
        if let known, texts == nil { return known }
        var book = ContainmentBook(policy: policy)
        for text in texts ?? [] { book.apply(try Self.event(text)) }
        let found = (book: book, size: Int64(texts?.count ?? 0))
        latest.withLock { $0 = found }
        return found
    }

    private static func event(_ text: String) throws -> ContainmentEvent {
        guard let value = try? JSONValue(parsing: Array(text.utf8)), let event = ContainmentEvent(value) else {
            throw LedgerError.inconsistent("a containment event in the store cannot be read")
        }
        return event
    }

    private static func size(_ connection: any SQLConnection) throws -> Int64 {
        try connection.first("SELECT COUNT(*) FROM containment_events") { $0.integer(0) } ?? 0
    }

    /// - Parameter body: runs in the transaction that records the event.
    /// - Throws: ``Overtaken`` when the case has an event of this number already; then nothing of this is kept.
    func record(
        _ event: ContainmentEvent,
        _ body: @escaping @Sendable (any SQLConnection) throws -> Void = { _ in }
    ) async throws {
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
            let earlier = try connection.first(
                "SELECT 1 FROM containment_events WHERE case_id = $1 AND number = $2",
                [.text(event.caseID), .integer(Int64(event.number))]
            ) { _ in true }
            guard earlier == nil else { throw Overtaken() }
            try body(connection)
            try connection.run(
                "INSERT INTO containment_events (case_id, number, event) VALUES ($1, $2, $3)",
                [.text(event.caseID), .integer(Int64(event.number)), .text(text)]
            )
        }
    }
}
