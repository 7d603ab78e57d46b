internal import WallTime

/// The platform's facts of the recent past, found by agent, by queue and by customer.
struct RelationshipStore: Codable, Sendable {
    /// How long a fact is of use after its end: reads may be judged again for a day.
    static let keptMilliseconds: Int64 = 36 * 3_600_000

    private var relationships: [String: Relationship] = [:]
    private var queuesOfAgent: [String: [String]] = [:]
    /// For each agent the shifts, as beginning and end.
    private var shifts: [String: [[Int64]]] = [:]

    // Made from the above.
    private var byAgent: [String: [String]] = [:]
    private var byQueue: [String: [String]] = [:]
    private var byCustomer: [String: [String]] = [:]

    enum CodingKeys: String, CodingKey { case relationships, queuesOfAgent, shifts }

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        relationships = try container.decode([String: Relationship].self, forKey: .relationships)
        queuesOfAgent = try container.decode([String: [String]].self, forKey: .queuesOfAgent)
        shifts = try container.decode([String: [[Int64]]].self, forKey: .shifts)
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

    mutating func addShift(_ agent: String, _ from: Int64, _ to: Int64) {
        var known = shifts[agent] ?? []
        guard to >= from, !known.contains([from, to]) else { return }
        known.append([from, to])
        shifts[agent] = known.sorted { $0[0] < $1[0] }
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

    /// Whether the agent was on shift, `unknown` when no shift of the day around is recorded.
    func shift(of agent: String, at time: Int64) -> String {
        let near = (shifts[agent] ?? []).filter {
            $0.count == 2 && $0[0] <= time + 86_400_000 && $0[1] >= time - 86_400_000
        }
        if near.isEmpty { return "unknown" }
        return near.contains { $0[0] <= time && time <= $0[1] } ? "on" : "off"
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
        if shifts.values.contains(where: { $0.contains { $0[1] < oldest } }) {
            shifts = shifts.mapValues { $0.filter { $0[1] >= oldest } }.filter { !$0.value.isEmpty }
        }
    }
}
