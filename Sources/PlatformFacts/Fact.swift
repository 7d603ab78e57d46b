internal import Crypto
public import JSON
public import Ledger
public import WallTime

/// Something that the platform says, on its way into the ledger.
public struct Fact: Sendable {
    /// What tells it from the other facts of its feed. The same key with other fields is a newer version of the fact.
    public let key: String
    /// The type of its event.
    public let type: EventType
    /// When it happened, or when it was asked for where it has no moment of its own.
    public let timestamp: Timestamp
    /// What it says.
    public let fields: [String: JSONValue]
    /// Fields that are new each time it is asked for, and make no new version of it.
    public let passing: [String: JSONValue]

    /// Makes a fact.
    public init(
        key: String,
        type: EventType,
        timestamp: Timestamp,
        fields: [String: JSONValue],
        passing: [String: JSONValue] = [:]
    ) {
        self.key = key
        self.type = type
        self.timestamp = timestamp
        self.fields = fields
        self.passing = passing
    }

    /// What its fields come to, in 32 hex digits.
    func digest() throws -> String {
        let bytes = try JSONValue.object(fields).canonicalBytes()
        return SHA256.hash(data: bytes).prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    func event(of feed: String, digest: String) -> Event {
        Event(
            type: type,
            identity: EventIdentity(producer: FactStore.producer, id: "\(feed)/\(key)/\(digest)"),
            timestamp: timestamp,
            fields: fields.merging(passing) { first, _ in first }
        )
    }
}
