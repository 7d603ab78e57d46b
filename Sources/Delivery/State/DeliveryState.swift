import JSON
public import Ledger
public import MerkleLog
public import Storage
import WallTime

/// The ledger as followers read it.
public protocol FollowedLedger: Sendable {
    /// Its name, the first line of its checkpoints.
    var origin: String { get }
    /// Entries from the front of a range, in order, until their bytes pass a limit; at least one.
    func entries(_ range: Range<UInt64>, maximumBytes: Int) async throws -> [LedgerEntry]
    /// The newest checkpoint, checked, and its note.
    func head() async throws -> (checkpoint: Checkpoint, note: String)
}

extension Ledger: FollowedLedger {
    public var origin: String { verifier.name }

    public func entries(_ range: Range<UInt64>, maximumBytes: Int) async throws -> [LedgerEntry] {
        try await entries(in: range, maximumBytes: maximumBytes).map { LedgerEntry(index: $0.index, bytes: $0.bytes) }
    }

    public func head() async throws -> (checkpoint: Checkpoint, note: String) {
        let note = try await checkpoint()
        let opened = try SignedNote(note).open(verifiers: [verifier])
        return (try Checkpoint(text: opened.text), note)
    }
}

/// Where delivery keeps its state: tables in the ledger's own database, changed together with the events that tell of it.
public struct DeliveryState: Sendable {
    /// Changes tables, and records events in the same transaction when there are any.
    public typealias Commit =
        @Sendable ([Event], @escaping @Sendable (any SQLConnection) throws -> Void) async throws -> Void

    /// The ledger's database.
    public let database: any Database
    let commit: Commit
    private let producer: String

    /// State beside a ledger; makes the tables when they are missing.
    /// - Parameter producer: the name under which events are written.
    public init(ledger: Ledger, producer: String) throws {
        let dialect = try ledger.database.readBlocking { $0.dialect }
        try self.init(database: ledger.database, producer: producer) { [database = ledger.database] events, body in
            // SQLite has one writer: a change rides along with the next group of appends and waits for no lock. PostgreSQL has
            // many, and appends need not wait for this one.
            if events.isEmpty, dialect == .postgres {
                try await database.write(body)
            } else {
                try await ledger.record(events, changing: body)
            }
        }
    }

    /// State in any database that also has the ledger's head.
    public init(database: any Database, producer: String, commit: @escaping Commit) throws {
        self.database = database
        self.commit = commit
        self.producer = producer
        try DeliverySchema.migrate(try database.makeConnection())
    }

    func event(_ type: EventType, _ sink: String, _ now: Timestamp, _ fields: [String: JSONValue]) -> Event {
        Event(
            type: type,
            identity: .random(producer: producer),
            timestamp: now,
            fields: fields.merging(["sink": .string(sink)]) { own, _ in own }
        )
    }
}
