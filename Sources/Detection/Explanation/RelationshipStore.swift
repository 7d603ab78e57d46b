internal import WallTime

/// The platform's facts of the recent past, found by agent, by queue and by customer.
struct RelationshipStore: Codable, Sendable {
    /// How long a fact is of use after its end: reads may be judged again for a day.
    static let keptMilliseconds: Int64 = 36 * 3_600_000

    private var relationships: [String: Relationship] = [:]
    private var queuesOfAgent: [String: [String]] = [:]
    /// When agents work.
    private(set) var calendar = ShiftCalendar()

    // Made from the above.
    private var byAgent: [String: [String]] = [:]
    private var byQueue: [String: [String]] = [:]
    private var byCustomer: [String: [String]] = [:]

    enum CodingKeys: String, CodingKey { case relationships, queuesOfAgent, calendar }

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        relationships = try container.decode([String: Relationship].self, forKey: .relationships)
        queuesOfAgent = try container.decode([String: [String]].self, forKey: .queuesOfAgent)
        calendar = try container.decode(ShiftCalendar.self, forKey: .calendar)
        for id in relationships.keys.sorted() {
            if let relationship = relationships[id] { index(relationship) }
        }
    }

    var count: Int { relationships.count }

    /// Takes in a fact; a later one of the same id replaces the earlier.
    mutating func put(_ relationship: Relationship) {
        if let old = relationships.updateValue(relationship, forKey: relationship.id) { unindex(old) }
        index(relationship)
    }

    mutating func setQueues(_ queues: [String], of agent: String) { queuesOfAgent[agent] = queues.sorted() }

    /// Takes in an agent's schedule of a period; a later one replaces it.
    mutating func recordSchedule(_ agent: String, from: Int64, to: Int64, shifts: [(from: Int64, to: Int64)]?) {
        calendar.record(agent, from: from, to: to, shifts: shifts)
    }

    private mutating func index(_ relationship: Relationship) {
        Self.insert(relationship.id, relationship.agent, &byAgent)
        if relationship.agent == nil { Self.insert(relationship.id, relationship.queue, &byQueue) }
        Self.insert(relationship.id, relationship.customer, &byCustomer)
    }

    private mutating func unindex(_ relationship: Relationship) {
        Self.remove(relationship.id, relationship.agent, &byAgent)
        if relationship.agent == nil { Self.remove(relationship.id, relationship.queue, &byQueue) }
        Self.remove(relationship.id, relationship.customer, &byCustomer)
    }

    /// Lists are kept sorted, so that they are the same however the store came to be.
    private static func insert(_ id: String, _ key: String?, _ index: inout [String: [String]]) {
        guard let key else { return }
        let list = index[key] ?? []
        let place = list.firstIndex { $0 > id } ?? list.count
        index[key, default: []].insert(id, at: place)
    }

    private static func remove(_ id: String, _ key: String?, _ index: inout [String: [String]]) {
        guard let key else { return }
        index[key]?.removeAll { $0 == id }
        if index[key]?.isEmpty == true { index[key] = nil }
    }

    // MARK: Finding

    /// What ties the agent to anybody, by name or through a queue.
    func ofAgent(_ agent: String, queue: String?) -> [Relationship] {
        var ids = byAgent[agent] ?? []
        for queue in Set((queuesOfAgent[agent] ?? []) + (queue.map { [$0] } ?? [])).sorted() {
            ids += byQueue[queue] ?? []
        }
        return ids.compactMap { relationships[$0] }
    }

    /// What ties anybody to the customer.
    func ofCustomer(_ customer: String) -> [Relationship] {
        (byCustomer[customer] ?? []).compactMap { relationships[$0] }
    }

    // MARK: Forgetting

    /// Drops facts that no read can ask for any more. A leg or window whose end never came is taken to be over after a day;
    /// reviews and cases stay open until they are closed.
    mutating func sweep(watermark: Timestamp) {
        let oldest = watermark.milliseconds - Self.keptMilliseconds
        let expired = relationships.values.filter { relationship in
            if let to = relationship.to { return to < oldest }
            return relationship.provider != .qualityReview && relationship.provider != .openCase
                && relationship.from < oldest
        }
        for relationship in expired {
            unindex(relationship)
            relationships[relationship.id] = nil
        }
        calendar.forget(before: oldest)
    }
}
