import JSON
import WallTime

/// The fields by which entries are found again.
public enum IndexedField: UInt8, Sendable, CaseIterable {
    /// The customer's token, `customerId`.
    case customer = 1
    /// The agent, `agentId`.
    case agent = 2
    /// The interaction, `interactionId`.
    case interaction = 3
    /// The kind of event, `eventType`.
    case eventType = 4
    /// Producer and event id together.
    case event = 5
}

/// What to look for: a field and its exact value.
public struct IndexKey: Sendable, Hashable {
    /// The field.
    public let field: IndexedField
    /// The value's UTF-8 bytes.
    public let value: [UInt8]
    /// What the index is sorted by. Two values may share it, so every hit is compared with the entry itself.
    let hash: UInt64

    /// Looks for a value of a field other than ``IndexedField/event``.
    public init(_ field: IndexedField, _ value: String) {
        self.field = field
        self.value = Array(value.utf8)
        hash = self.value.withUnsafeBytes { IndexKey.hash(field, $0) }
    }

    /// Looks for one event.
    public static func event(_ identity: EventIdentity) -> IndexKey {
        IndexKey(.event, identity.producer + "\u{0}" + identity.id)
    }

    /// The hash of ``event(_:)`` without its value.
    static func hash(of identity: EventIdentity) -> UInt64 {
        var text = identity.producer + "\u{0}" + identity.id
        return text.withUTF8 { hash(.event, UnsafeRawBufferPointer($0)) }
    }

    /// FNV-1a over the field's number and the value, finished with a multiply-xorshift so that all bits depend on all bytes.
    static func hash(_ field: IndexedField, _ value: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        hash = (hash ^ UInt64(field.rawValue)) &* 0x100_0000_01b3
        for byte in value { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var mixed = hash
        mixed = (mixed ^ (mixed >> 32)) &* 0xd6e8_feb8_6659_fd93
        mixed ^= mixed >> 32
        // The lowest bit tells events from values of other fields; see ``EventFilter``.
        return field == .event ? mixed | 1 : mixed & ~1
    }
}

/// Reads the indexed fields of an entry without building values.
enum EntryFields {
    /// Calls `each` with the field, and the bytes of its value, of every indexed field; then returns the event's timestamp.
    /// Returns nil when the entry is not a JSON object; such entries are not indexed.
    static func visit(
        _ entry: UnsafeRawBufferPointer,
        _ each: (IndexedField, UInt64) -> Void
    ) -> Timestamp? {
        guard var members = try? JSONScanner.topLevelMembers(of: entry) else { return nil }
        var timestamp: Timestamp?
        var eventID: Range<Int>?
        do {
            while let member = try members.next() {
                guard member.value.kind == .string, let field = field(named: entry, member.key) else { continue }
                let content = member.value.contentRange
                switch field {
                case .indexed(let indexed):
                    if member.value.isEscaped {
                        var text: [UInt8] = []
                        JSONText.appendUnescaped(entry, content, to: &text)
                        text.withUnsafeBytes { each(indexed, IndexKey.hash(indexed, $0)) }
                    } else {
                        each(indexed, IndexKey.hash(indexed, UnsafeRawBufferPointer(rebasing: entry[content])))
                    }
                case .eventID: eventID = content
                case .producer:
                    // Canonical order puts the id before the producer.
                    if let eventID { each(.event, eventHash(entry, producer: content, id: eventID)) }
                case .timestamp: timestamp = Timestamp(utf8: entry[content])
                }
            }
        } catch {
            return nil
        }
        return timestamp ?? Timestamp(milliseconds: 0)
    }

    /// The event's name, or nil when the entry has none.
    static func identity(of entry: UnsafeRawBufferPointer) -> EventIdentity? {
        guard var members = try? JSONScanner.topLevelMembers(of: entry) else { return nil }
        var producer: String?
        var id: String?
        while let member = try? members.next() {
            guard member.value.kind == .string else { continue }
            if members.matches(member.key, "eventId") { id = members.string(member.value) }
            if members.matches(member.key, "producer") { producer = members.string(member.value) }
        }
        guard let producer, let id else { return nil }
        return EventIdentity(producer: producer, id: id)
    }

    private enum Field {
        case indexed(IndexedField)
        case eventID, producer, timestamp
    }

    private static func field(named entry: UnsafeRawBufferPointer, _ key: JSONToken) -> Field? {
        let name = entry[key.contentRange]
        switch name.count {
        case 7:
            return name.elementsEqual("agentId".utf8)
                ? .indexed(.agent) : name.elementsEqual("eventId".utf8) ? .eventID : nil
        case 8: return name.elementsEqual("producer".utf8) ? .producer : nil
        case 9:
            return name.elementsEqual("eventType".utf8)
                ? .indexed(.eventType) : name.elementsEqual("timestamp".utf8) ? .timestamp : nil
        case 10: return name.elementsEqual("customerId".utf8) ? .indexed(.customer) : nil
        case 13: return name.elementsEqual("interactionId".utf8) ? .indexed(.interaction) : nil
        default: return nil
        }
    }

    private static func eventHash(_ entry: UnsafeRawBufferPointer, producer: Range<Int>, id: Range<Int>) -> UInt64 {
        var text: [UInt8] = []
        text.reserveCapacity(producer.count + id.count + 1)
        JSONText.appendUnescaped(entry, producer, to: &text)
        text.append(0)
        JSONText.appendUnescaped(entry, id, to: &text)
        return text.withUnsafeBytes { IndexKey.hash(.event, $0) }
    }
}
