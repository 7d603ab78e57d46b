import JSON
import Storage
public import WallTime

/// Which events to find. Every condition given must hold.
public struct EventQuery: Sendable {
    /// Fields with exact values; at least one.
    public var keys: [IndexKey]
    /// Kinds of event; empty for all.
    public var types: Set<String>
    /// The first moment, inclusive.
    public var from: Timestamp?
    /// The moment at which to stop, exclusive.
    public var to: Timestamp?
    /// Where a page goes on: only entries before this position. Newest first.
    public var before: UInt64?
    /// Events in a page at the most.
    public var limit: Int

    /// Makes a query.
    public init(
        keys: [IndexKey],
        types: Set<String> = [],
        from: Timestamp? = nil,
        to: Timestamp? = nil,
        before: UInt64? = nil,
        limit: Int = 100
    ) {
        self.keys = keys
        self.types = types
        self.from = from
        self.to = to
        self.before = before
        self.limit = limit
    }

    /// The times asked for, in milliseconds; nil when they do not matter.
    var times: ClosedRange<Int64>? {
        if from == nil, to == nil { return nil }
        let first = from?.milliseconds ?? .min
        return first...max(first, to?.milliseconds ?? .max)
    }

    /// Whether an entry meets every condition but `before`.
    func matches(_ entry: UnsafeRawBufferPointer) -> Bool {
        guard let summary = EntrySummary(entry) else { return false }
        for key in keys where summary[key.field]?.utf8.elementsEqual(key.value) != true { return false }
        if !types.isEmpty, !types.contains(summary[.eventType] ?? "") { return false }
        if let from, summary.timestamp.map({ $0 < from }) ?? true { return false }
        if let to, summary.timestamp.map({ $0 >= to }) ?? true { return false }
        return true
    }
}

/// An entry with its position.
public struct StoredEvent: Sendable {
    /// The position.
    public let index: UInt64
    /// The canonical JSON as hashed.
    public let bytes: [UInt8]
}

/// A page of events, newest first.
public struct EventPage: Sendable {
    /// The events.
    public let events: [StoredEvent]
    /// Where the next page goes on; nil when this is the last.
    public let next: UInt64?
    /// The answer misses no entry of a tree of this size.
    public let completeToTreeSize: UInt64

    /// Puts a page together from others.
    public init(events: [StoredEvent], next: UInt64?, completeToTreeSize: UInt64) {
        self.events = events
        self.next = next
        self.completeToTreeSize = completeToTreeSize
    }
}

extension Ledger {
    /// Finds events. What the index does not cover yet is read from the ledger itself, so nothing committed before the call is
    /// missed.
    public func events(_ query: EventQuery) async throws -> EventPage {
        try await database.read { try self.find(query, $0) }
    }

    /// As ``events(_:)``, on the calling thread.
    public func eventsBlocking(_ query: EventQuery) throws -> EventPage {
        try database.readBlocking { try find(query, $0) }
    }

    private func find(_ query: EventQuery, _ connection: any SQLConnection) throws -> EventPage {
        guard !query.keys.isEmpty else { throw LedgerError.invalidQuery("it names no field to look for") }
        guard query.limit > 0 else { throw LedgerError.invalidQuery("the limit must be 1 or more") }
        let size = try LedgerStore.head(connection)?.size ?? 0
        let indexed = min(try index.indexedSize(), size)
        let end = min(query.before ?? size, size)
        var page: [StoredEvent] = []
        var tail: [StoredEvent] = []
        if end > indexed {
            let hashes = Set(query.keys.map(\.hash))
            try LedgerStore.entries(connection, indexed..<end) { position, bytes in
                var hits = 0
                _ = EntryFields.visit(bytes) { _, hash in if hashes.contains(hash) { hits += 1 } }
                if hits > 0, query.matches(bytes) { tail.append(StoredEvent(index: position, bytes: [UInt8](bytes))) }
                return true
            }
        }
        for event in tail.reversed() {
            if page.count > query.limit { break }
            page.append(event)
        }
        if page.count <= query.limit {
            try index.search(query.keys.map(\.hash), times: query.times, below: min(end, indexed)) { position in
                guard let bytes = try LedgerStore.entry(connection, at: position) else {
                    throw LedgerError.inconsistent("entry \(position) is missing from the store")
                }
                if bytes.withUnsafeBytes({ query.matches($0) }) {
                    page.append(StoredEvent(index: position, bytes: bytes))
                }
                return page.count <= query.limit
            }
        }
        // One event more than asked for tells whether there is another page.
        let more = page.count > query.limit
        if more { page.removeLast(page.count - query.limit) }
        return EventPage(events: page, next: more ? page.last?.index : nil, completeToTreeSize: size)
    }

}

/// The indexed fields of one entry as text.
private struct EntrySummary {
    private var values: [IndexedField: String] = [:]
    private(set) var timestamp: Timestamp?

    subscript(field: IndexedField) -> String? { values[field] }

    init?(_ entry: UnsafeRawBufferPointer) {
        guard var members = try? JSONScanner.topLevelMembers(of: entry) else { return nil }
        var id: String?
        var producer: String?
        do {
            while let member = try members.next() {
                guard member.value.kind == .string else { continue }
                switch members.string(member.key) {
                case "agentId": values[.agent] = members.string(member.value)
                case "customerId": values[.customer] = members.string(member.value)
                case "interactionId": values[.interaction] = members.string(member.value)
                case "eventType": values[.eventType] = members.string(member.value)
                case "eventId": id = members.string(member.value)
                case "producer": producer = members.string(member.value)
                case "timestamp": timestamp = Timestamp(utf8: entry[member.value.contentRange])
                default: break
                }
            }
        } catch {
            return nil
        }
        if let id, let producer { values[.event] = producer + "\u{0}" + id }
    }
}
