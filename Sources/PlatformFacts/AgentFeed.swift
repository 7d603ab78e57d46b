public import Genesys
internal import JSON
internal import Ledger
public import WallTime

/// Which agents are peers, whose reads are compared with each other's, and in which queues they are, whose callbacks explain them.
public actor AgentFeed: FactFeed {
    /// What makes users peers.
    public enum PeerGroup: String, Sendable, Hashable, CaseIterable {
        case division, department, title
    }

    /// How it asks.
    public struct Settings: Sendable, Hashable {
        /// How long to wait between two listings.
        public var interval: Duration = .seconds(3600)
        /// What makes users peers.
        public var peerGroup = PeerGroup.department
        /// Whether the members of queues are listed: a request for each queue, and one more for each further hundred of its members.
        public var queues = true

        /// Every hour, by department, with queues.
        public init() {}
    }

    /// More queues than this of one agent are not recorded.
    private static let mostQueues = 500

    public nonisolated let name = "agents"
    public nonisolated var interval: Duration { settings.interval }

    private let client: GenesysClient
    private nonisolated let settings: Settings

    /// Makes a feed; nothing is asked before its first round.
    public init(_ client: GenesysClient, settings: Settings = Settings()) {
        self.client = client
        self.settings = settings
    }

    public func round(after through: Timestamp?, now: Timestamp, record: FactRecorder) async throws -> FeedRound {
        let (queues, note) = try await queues()
        var number = 1
        while true {
            let page = try await client.users(page: number, size: 100, priority: .background, deadline: .seconds(60))
            try await record(page.users.filter(\.isActive).compactMap { fact($0, queues, at: now) })
            if number >= page.pageCount || page.users.isEmpty { break }
            number += 1
        }
        let crowded = queues?.values.contains { $0.count > Self.mostQueues } ?? false
        let cut = crowded ? "of agents in more than \(Self.mostQueues) queues not all are recorded" : nil
        return FeedRound(through: now, note: note ?? cut)
    }

    /// The queues of each user; nil when they are not asked for or may not be seen, which takes nothing from the groups.
    private func queues() async throws -> (ofUser: [String: [String]]?, note: String?) {
        guard settings.queues else { return (nil, nil) }
        do {
            var found: [String: [String]] = [:]
            for queue in try await client.queues() {
                for member in try await members(queue) { found[member, default: []].append(queue) }
            }
            return (found, nil)
        } catch let error as GenesysError {
            guard case .missingPermissions = error.kind else { throw error }
            return (nil, "agents' queues are not known: \(error)")
        }
    }

    /// The members of a queue; none when it was deleted meanwhile.
    private func members(_ queue: String) async throws -> [String] {
        do {
            return try await client.members(ofQueue: queue)
        } catch let error as GenesysError where error.kind == .notFound {
            return []
        }
    }

    private func fact(_ user: User, _ queues: [String: [String]]?, at now: Timestamp) -> Fact? {
        let id = user.id.lowercased()
        let group: String? =
            switch settings.peerGroup {
            case .division: user.divisionID
            case .department: user.department
            case .title: user.title
            }
        var fields: [String: JSONValue] = ["agentId": .string(id)]
        if let group, !group.isEmpty { fields["peerGroup"] = .string(String(group.prefix(128))) }
        // In none is a fact, too: it ends that the agent was in one.
        if let queues {
            fields["queueIds"] = .array((queues[id] ?? []).sorted().prefix(Self.mostQueues).map { .string($0) })
        }
        guard fields.count > 1 else { return nil }
        return Fact(key: id, type: .agentRecorded, timestamp: now, fields: fields)
    }
}
