public import JSON
public import WallTime

/// A typed fact. Its canonical JSON bytes (RFC 8785), made once, are the ledger entry.
///
/// Members of every event: `eventId`, `eventType`, `producer`, `schemaVersion`, `timestamp`. The rest depends on the type and
/// is described in docs/events.md.
public struct Event: Sendable {
    /// The version of the envelope and of the fields of all types in ``EventType/all``.
    public static let schemaVersion = 1

    /// The kind of event.
    public var type: EventType
    /// The fields of this kind. Never a raw personal identifier: those go in as tokens.
    public var fields: [String: JSONValue]
    /// What names this event for its producer: offering the same again gives the same index.
    public var identity: EventIdentity
    /// When it happened, by the producer's clock.
    public var timestamp: Timestamp

    /// Makes an event.
    public init(type: EventType, identity: EventIdentity, timestamp: Timestamp, fields: [String: JSONValue] = [:]) {
        self.type = type
        self.fields = fields
        self.identity = identity
        self.timestamp = timestamp
    }

    /// The entry's bytes.
    /// - Throws: ``LedgerError`` when a field cannot be written canonically or the whole is over the size limit.
    public func encoded() throws(LedgerError) -> [UInt8] {
        var members = fields
        members["eventId"] = .string(identity.id)
        members["eventType"] = .string(type.rawValue)
        members["producer"] = .string(identity.producer)
        members["schemaVersion"] = .integer(Int64(Self.schemaVersion))
        members["timestamp"] = .string(timestamp.description)
        let bytes: [UInt8]
        do {
            bytes = try JSONValue.object(members).canonicalBytes()
        } catch {
            throw .invalidEntry("event \(type): \(error)")
        }
        if let error = Entry.sizeError(bytes.count) { throw error }
        return bytes
    }
}

/// The name of an event: unique for its producer, chosen by it.
public struct EventIdentity: Sendable, Hashable {
    /// What wrote the event, such as `gateway` or `cli`.
    public let producer: String
    /// The producer's own key for it; also its idempotency key.
    public let id: String

    /// Names an event.
    public init(producer: String, id: String) {
        self.producer = producer
        self.id = id
    }

    /// A name that nobody else has chosen: 128 random bits in hex.
    public static func random(producer: String) -> EventIdentity {
        var generator = SystemRandomNumberGenerator()
        return random(producer: producer, using: &generator)
    }

    /// A name drawn from a generator.
    public static func random(producer: String, using generator: inout some RandomNumberGenerator) -> EventIdentity {
        var bytes: [UInt8] = []
        EventIdentity.appendRandomID(to: &bytes, using: &generator)
        return EventIdentity(producer: producer, id: String(decoding: bytes, as: UTF8.self))
    }

    /// Appends 32 hex digits of randomness.
    public static func appendRandomID(to bytes: inout [UInt8], using generator: inout some RandomNumberGenerator) {
        for _ in 0..<2 {
            var word: UInt64 = generator.next()
            for _ in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: word & 0xf)
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
                word >>= 4
            }
        }
    }
}

/// Rules of the entries' bytes.
public enum Entry {
    /// The largest entry in bytes. The tile format could hold 65,535; larger payloads belong in a store of their own, with
    /// their hash in the entry.
    public static let maximumBytes = 32 * 1024

    /// Why an entry of this size is refused, or nil when it is not.
    static func sizeError(_ count: Int) -> LedgerError? {
        if count > maximumBytes { return .entryTooLarge(bytes: count) }
        return count > 0 ? nil : .invalidEntry("an entry cannot be empty")
    }
}
