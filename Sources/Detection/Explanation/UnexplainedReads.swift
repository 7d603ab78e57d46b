internal import JSON
internal import WallTime

/// Each agent's latest reads that nothing explains, and which agents have so many of them that detection said so.
struct UnexplainedReads: Codable, Sendable {
    /// What is kept of an agent. Beyond it the number stands still, which is far more than any bound asks for.
    static let most = 1000

    private struct Agent: Codable, Sendable {
        /// Indexes in the ledger and times of reads, in the order in which they were judged.
        var indexes: [Int64] = []
        var times: [Int64] = []
        /// Whether it was told that there are many.
        var isTold = false

        enum CodingKeys: String, CodingKey {
            case indexes = "i"
            case times = "t"
            case isTold = "x"
        }

        mutating func drop(_ isGone: (_ index: Int64, _ time: Int64) -> Bool) {
            let kept = indexes.indices.filter { !isGone(indexes[$0], times[$0]) }
            guard kept.count < indexes.count else { return }
            (indexes, times) = (kept.map { indexes[$0] }, kept.map { times[$0] })
        }
    }

    private var agents: [String: Agent] = [:]

    /// How many reads of an agent nothing explains, of those later than a moment.
    func count(_ agent: String, after start: Int64) -> Int {
        agents[agent]?.times.reduce(into: 0) { if $1 > start { $0 += 1 } } ?? 0
    }

    /// Takes in a read that nothing explains.
    /// - Returns: the indexes of the agent's reads, once, when they have become as many as the bound.
    mutating func add(_ access: Access, after start: Int64, bound: Int) -> [Int64]? {
        var agent = agents[access.agent] ?? Agent()
        agents[access.agent] = nil  // so that it is changed in place
        defer { agents[access.agent] = agent }
        guard !agent.indexes.contains(access.index) else { return nil }
        if agent.indexes.count >= Self.most || agent.times.first.map({ $0 <= start }) ?? false {
            agent.drop { $1 <= start }
            if agent.indexes.count < bound { agent.isTold = false }
        }
        guard agent.indexes.count < Self.most else { return nil }
        agent.indexes.append(access.index)
        agent.times.append(access.time)
        guard !agent.isTold, agent.indexes.count >= bound else { return nil }
        // Among them may be some that came late and are older.
        let recent = agent.indexes.indices.filter { agent.times[$0] > start }.map { agent.indexes[$0] }
        guard recent.count >= bound else { return nil }
        agent.isTold = true
        return recent
    }

    /// Takes out a read that is explained after all.
    mutating func remove(_ access: Access, bound: Int) {
        guard var agent = agents[access.agent] else { return }
        agent.drop { index, _ in index == access.index }
        if agent.indexes.count < bound { agent.isTold = false }
        agents[access.agent] = agent.indexes.isEmpty ? nil : agent
    }

    /// Forgets reads that are older than a moment.
    mutating func sweep(before start: Int64) {
        for (name, agent) in agents where agent.times.contains(where: { $0 <= start }) {
            var agent = agent
            agent.drop { $1 <= start }
            agents[name] = agent.indexes.isEmpty ? nil : agent
        }
    }
}

extension DetectionEngine {
    /// Counts a verdict for or against its agent.
    /// - Returns: what is to be told when the agent's reads that nothing explains have become many.
    mutating func weigh(_ judgement: Judgement, _ event: LedgerEvent) -> DetectionEvent? {
        switch judgement.verdict {
        case .explained:
            if judgement.previous == Verdict.unexplained.name {
                state.unexplained.remove(judgement.access, bound: configuration.unexplainedReads)
            }
            return nil
        case .unverifiable: return nil
        case .unexplained:
            let access = judgement.access
            guard
                let reads = state.unexplained.add(
                    access,
                    after: unexplainedSince,
                    bound: configuration.unexplainedReads
                )
            else { return nil }
            return DetectionEvent(
                kind: .readsUnexplained,
                eventID: "unexplained/\(access.index)-\(access.agent)",
                timestamp: event.timestamp,
                fields: [
                    "agentId": .string(Text.bounded(access.agent, to: 256)), "reads": .integer(Int64(reads.count)),
                    "seconds": .integer(configuration.unexplainedSeconds),
                    "evidence": .array(reads.suffix(100).map { .integer($0) }),
                ]
            )
        }
    }

    /// How many reads of an event's agent nothing explains at present.
    func unexplainedReads(_ event: LedgerEvent) -> Int {
        event.text("agentId").map { state.unexplained.count($0, after: unexplainedSince) } ?? 0
    }

    private var unexplainedSince: Int64 { (state.watermark ?? 0) - configuration.unexplainedSeconds * 1000 }
}
