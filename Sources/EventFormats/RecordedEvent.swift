public import JSON
public import MerkleLog
public import WallTime

/// Why a ledger entry cannot be encoded for a destination as an event.
///
/// It names the entry by its index and the member by its name, never a value.
public struct RecordedEventError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// The bytes are not a JSON object.
        case notAnObject(JSONError)
        /// A member that every event has is missing or of another kind.
        case member(String)
    }

    /// Index of the entry in its ledger.
    public let index: UInt64
    /// What is wrong with it.
    public let reason: Reason

    /// One line for a log or a dead letter.
    public var description: String {
        switch reason {
        case .notAnObject(let error): "entry \(index) is not an event: \(error)"
        case .member(let name): "entry \(index) is not an event: its member \(name) is missing or of the wrong kind"
        }
    }
}

/// An event as it stands in the ledger: its canonical bytes, where they stand, and what they say.
public struct RecordedEvent: Sendable, Hashable {
    /// Origin of the ledger, the first line of its checkpoints.
    public let ledger: String
    /// Index of the entry, from 0, without gaps.
    public let index: UInt64
    /// The entry: canonical JSON (RFC 8785).
    public private(set) var entry: [UInt8]
    /// RFC 9162 leaf hash of ``entry``; with an inclusion proof it ties a delivered event to a checkpoint. Nil when people stand in
    /// the event under a recipient's own codes: the hash would prove nothing of it, and join it with what others hold.
    public private(set) var leafHash: Hash?
    /// All members of the event.
    public private(set) var members: [String: JSONValue]
    /// Kind of event, such as `CUSTOMER_DATA_ACCESSED`.
    public let type: String
    /// The producer's own id.
    public private(set) var eventID: String
    /// What wrote the event.
    public let producer: String
    /// When it happened, by the producer's clock.
    public let timestamp: Timestamp

    /// Whether something in its free text was replaced, so that it is not the entry any more.
    public private(set) var isRedacted = false

    /// Whether people stand in it under a recipient's own codes. Then ``entry`` is empty.
    public private(set) var isPseudonymised = false

    /// The event with a recipient's own codes in the place of those under which people stand in the record.
    public func pseudonymised(by pseudonyms: Pseudonymisation) -> RecordedEvent {
        var event = self
        event.members = pseudonyms.apply(to: members)
        event.eventID = pseudonyms.apply(to: eventID)
        event.entry = []
        event.leafHash = nil
        event.isPseudonymised = true
        return event
    }

    /// Members that people fill with words of their own.
    public static let freeText = ["deletionReason", "problem", "reason", "resolutionSource", "sentence", "source"]

    /// The event with its free text redacted.
    func redacted(by redaction: FreeTextRedaction) -> RecordedEvent {
        var event = self
        for name in Self.freeText {
            guard let text = members[name]?.string else { continue }
            let redacted = redaction.redact(text)
            guard redacted != text else { continue }
            event.members[name] = .string(redacted)
            event.isRedacted = true
        }
        return event
    }

    /// Members that every event has, that no projection removes.
    public static let envelope: Set<String> = ["eventId", "eventType", "producer", "schemaVersion", "timestamp"]

    /// Reads an entry.
    /// - Throws: ``RecordedEventError``.
    public init(ledger: String, index: UInt64, entry: [UInt8]) throws(RecordedEventError) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: entry)
        } catch {
            throw RecordedEventError(index: index, reason: .notAnObject(error))
        }
        guard let members = value.object else {
            throw RecordedEventError(index: index, reason: .notAnObject(JSONError(.notAnObject, at: 0)))
        }
        func text(_ name: String) throws(RecordedEventError) -> String {
            guard let text = members[name]?.string, !text.isEmpty else {
                throw RecordedEventError(index: index, reason: .member(name))
            }
            return text
        }
        self.ledger = ledger
        self.index = index
        self.entry = entry
        self.members = members
        leafHash = TreeHasher.leafHash(entry)
        type = try text("eventType")
        eventID = try text("eventId")
        producer = try text("producer")
        guard let timestamp = Timestamp(try text("timestamp")) else {
            throw RecordedEventError(index: index, reason: .member("timestamp"))
        }
        self.timestamp = timestamp
    }

    /// Names the event for every receiver, in every format: origin and index. It never changes over resends and is the only
    /// key by which a receiver may drop duplicates.
    public var recordID: String { "\(ledger)/\(index)" }

    /// The string value of a member, or nil.
    public func text(_ name: String) -> String? { members[name]?.string }
}
