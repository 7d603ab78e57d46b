public import Genesys
internal import JSON
internal import Ledger
public import WallTime

/// Which agents are peers: their reads are compared with each other's.
public actor AgentFeed: FactFeed {
    /// What makes users peers.
    public enum PeerGroup: String, Sendable, Hashable, CaseIterable {
        case division, department, title
    }

    public nonisolated let name = "agents"
    public nonisolated let interval: Duration
    private let client: GenesysClient
    private let peerGroup: PeerGroup

    /// - Parameter interval: how long to wait between two listings of all users.
    public init(_ client: GenesysClient, peerGroup: PeerGroup, interval: Duration = .seconds(3600)) {
        self.client = client
        self.peerGroup = peerGroup
        self.interval = interval
    }

    public func round(
        after through: Timestamp?,
        now: Timestamp,
        record: @Sendable ([Fact]) async throws -> Void
    ) async throws -> FeedRound {
        var number = 1
        while true {
            let page = try await client.users(page: number, size: 100, priority: .background, deadline: .seconds(60))
            try await record(page.users.filter(\.isActive).compactMap { fact($0, at: now) })
            if number >= page.pageCount || page.users.isEmpty { break }
            number += 1
        }
        return FeedRound(through: now)
    }

    private func fact(_ user: User, at now: Timestamp) -> Fact? {
        let group: String? =
            switch peerGroup {
            case .division: user.divisionID
            case .department: user.department
            case .title: user.title
            }
        guard let group, !group.isEmpty else { return nil }
        return Fact(
            key: user.id.lowercased(),
            type: .agentRecorded,
            timestamp: now,
            fields: ["agentId": .string(user.id.lowercased()), "peerGroup": .string(String(group.prefix(128)))]
        )
    }
}
