internal import JSON

/// A read whose verdict may change still: no more of it than that needs.
struct OpenRead: Codable, Sendable {
    var access: Access
    /// Of the event's id, to find it by.
    let eventHash: Int64
    /// What tells its event from a second delivery.
    let identity: Int64
    /// The members that rules look at and that do not follow from ``access``.
    let fields: JSONBox
    /// Nil while it waits for facts.
    var verdict: String?

    /// Members that stand in ``access``, or that every derived event has anyway.
    private static let known: Set<String> = [
        "agentId", "customerId", "interactionId", "queueId", "binding", "timestamp", "eventType", "eventId",
    ]

    init(_ access: Access, _ event: LedgerEvent, interests: Set<String>, verdict: String?) {
        self.access = access
        self.verdict = verdict
        eventHash = StableHash.of(event.text("eventId") ?? String(event.index))
        identity = event.identity
        let members = event.fields.object ?? [:]
        fields = JSONBox(.object(members.filter { interests.contains($0.key) && !Self.known.contains($0.key) }))
    }
}

/// The reads that may be judged again, found by index, by agent and by event. They are few fields each and no more than a bound.
struct OpenReads: Codable, Sendable {
    private var reads: [Int64: OpenRead] = [:]

    // Made from the above.
    /// In the order of the ledger; may name reads that are gone.
    private var order: [Int64] = []
    private var byAgent: [String: Set<Int64>] = [:]
    private var byEvent: [Int64: Int64] = [:]

    init() {}

    init(from decoder: any Decoder) throws {
        for read in try [OpenRead](from: decoder) { insert(read) }
    }

    func encode(to encoder: any Encoder) throws { try all.compactMap { reads[$0] }.encode(to: encoder) }

    var count: Int { reads.count }
    /// Their indexes, in order.
    var all: [Int64] { order.filter { reads[$0] != nil } }

    func contains(_ index: Int64) -> Bool { reads[index] != nil }
    func ofAgent(_ agent: String) -> [Int64] { (byAgent[agent] ?? []).sorted() }
    func index(ofEvent id: String) -> Int64? { byEvent[StableHash.of(id)] }

    subscript(index: Int64) -> OpenRead? {
        get { reads[index] }
        // Who read what never changes, so that the indexes hold.
        set { if let newValue, reads[index] != nil { reads[index] = newValue } }
    }

    mutating func insert(_ read: OpenRead) {
        let index = read.access.index
        guard reads.updateValue(read, forKey: index) == nil else { return }
        if index > order.last ?? .min {
            order.append(index)
        } else if !order.contains(index) {
            order.insert(index, at: order.firstIndex { $0 > index } ?? order.endIndex)
        }
        byAgent[read.access.agent, default: []].insert(index)
        byEvent[read.eventHash] = index
    }

    @discardableResult
    mutating func remove(_ index: Int64) -> OpenRead? {
        guard let read = reads.removeValue(forKey: index) else { return nil }
        byAgent[read.access.agent]?.remove(index)
        if byAgent[read.access.agent]?.isEmpty == true { byAgent[read.access.agent] = nil }
        if byEvent[read.eventHash] == index { byEvent[read.eventHash] = nil }
        if order.count > 2 * reads.count + 64 { order = all }
        return read
    }

    /// Makes room: of those that nobody is blamed for, the oldest goes.
    mutating func removeOldest() -> OpenRead? {
        let oldest = order.first { reads[$0].map { $0.verdict != "unexplained" } ?? false }
        return (oldest ?? order.first { reads[$0] != nil }).flatMap { remove($0) }
    }
}
