public import JSON
public import WallTime

/// A committed event of the ledger, as the engine is fed it.
public struct LedgerEvent: Sendable {
    /// The entry's index in the ledger. Events that the engine derives carry the index of what they were derived from.
    public let index: Int64
    /// When it happened, by its producer's clock.
    public let timestamp: Timestamp
    /// `eventType`.
    public let type: String
    /// The event, or as much of it as some rule looks at.
    public let fields: JSONValue
    /// What tells it from a second delivery of the same event.
    let identity: Int64

    /// Takes an event apart.
    /// - Returns: nil when it is no object or lacks a type or a readable timestamp: such entries are not of our making.
    public init?(index: Int64, fields: JSONValue) {
        guard let type = fields["eventType"]?.string, let text = fields["timestamp"]?.string,
            let timestamp = Timestamp(text)
        else { return nil }
        self.index = index
        self.timestamp = timestamp
        self.type = type
        self.fields = fields
        identity = StableHash.of(
            (fields["producer"]?.string ?? "") + "\u{0}" + (fields["eventId"]?.string ?? String(index))
        )
    }

    /// Reads an entry's bytes, building only the members in `interests`.
    public init?(index: Int64, entry: UnsafeRawBufferPointer, interests: Set<String>) {
        guard var members = try? JSONScanner.topLevelMembers(of: entry) else { return nil }
        var fields: [String: JSONValue] = [:]
        do {
            while let member = try members.next() {
                let name = members.string(member.key)
                guard interests.contains(name) else { continue }
                if member.value.kind == .string {
                    fields[name] = .string(members.string(member.value))
                } else {
                    fields[name] = try JSONValue(parsing: UnsafeRawBufferPointer(rebasing: entry[member.valueRange]))
                }
            }
        } catch { return nil }
        self.init(index: index, fields: .object(fields))
    }

    /// An event that follows from this one.
    /// - Parameter key: tells several of one type that follow from one event.
    func deriving(
        _ type: String,
        at timestamp: Timestamp? = nil,
        key: String = "",
        _ more: [String: JSONValue]
    ) -> LedgerEvent {
        var members = more
        members["eventType"] = .string(type)
        members["timestamp"] = .string((timestamp ?? self.timestamp).description)
        let eventID = key.isEmpty ? "\(type)/\(index)" : "\(type)/\(index)/\(key)"
        members["eventId"] = .string(eventID)
        return LedgerEvent(
            index: index,
            timestamp: timestamp ?? self.timestamp,
            type: type,
            fields: .object(members),
            identity: StableHash.of(type + key) ^ identity
        )
    }

    init(index: Int64, timestamp: Timestamp, type: String, fields: JSONValue, identity: Int64) {
        self.index = index
        self.timestamp = timestamp
        self.type = type
        self.fields = fields
        self.identity = identity
    }

    /// The same with other members.
    func replacing(_ fields: JSONValue) -> LedgerEvent {
        LedgerEvent(index: index, timestamp: timestamp, type: type, fields: fields, identity: identity)
    }

    func text(_ field: String) -> String? { fields[field]?.string }

    /// The texts of a list; those of a single text, too.
    func texts(_ field: String) -> [String] {
        fields[field]?.array?.compactMap(\.string) ?? text(field).map { [$0] } ?? []
    }

    func moment(_ field: String) -> Timestamp? { fields[field]?.string.flatMap { Timestamp($0) } }
}
