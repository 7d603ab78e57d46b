import Detection
import Genesys
import JSON
import Ledger
import Synchronization
import WallTime

/// Whether agents are in conversations now, as far as can be told: the platform has no call that lists a user's conversations, so
/// those are looked at for which the agent read records lately.
final class LiveCalls: Sendable {
    /// How long an answer is good for, so that waiting for the end of a call costs few requests.
    private static let seconds: Int64 = 10
    /// Conversations looked at, the latest first.
    private static let conversations = 3
    /// Reads that are older tell nothing of now.
    private static let hours: Int64 = 4

    private let answers = Mutex<[String: (isLive: Bool?, at: Timestamp)]>([:])

    /// - Returns: nil when nothing can be told.
    func isLive(_ agent: String, ledger: Ledger, client: GenesysClient?, now: Timestamp) async throws -> Bool? {
        if let known = answers.withLock({ $0[agent] }), now < known.at.adding(seconds: Self.seconds), known.at <= now {
            return known.isLive
        }
        let found = try await look(agent, ledger, client, now)
        answers.withLock { $0[agent] = (found, now) }
        return found
    }

    private func look(_ agent: String, _ ledger: Ledger, _ client: GenesysClient?, _ now: Timestamp) async throws
        -> Bool?
    {
        guard let client else { return nil }
        let query = EventQuery(
            keys: [IndexKey(.agent, agent)],
            types: [EventType.customerDataAccessed.rawValue],
            from: now.adding(seconds: -Self.hours * 3600),
            limit: 50
        )
        var interactions: [String] = []
        for event in try await ledger.events(query).events {
            guard let id = (try? JSONValue(parsing: event.bytes))?["interactionId"]?.string,
                !interactions.contains(id)
            else { continue }
            interactions.append(id)
            if interactions.count == Self.conversations { break }
        }
        // One that cannot be read may be the live one.
        var isUnknown = interactions.isEmpty
        for id in interactions {
            do {
                let facts = try await client.conversation(id: id, priority: .urgent)
                let presence = facts.presence(ofAgent: agent, at: now.milliseconds, wrapUpGrace: 0)
                if case .live = presence { return true }
            } catch let error as GenesysError where error.kind == .notFound {
                continue
            } catch is GenesysError { isUnknown = true }
        }
        return isUnknown ? nil : false
    }
}

extension ContainmentDesk {
    /// Whether an agent is in a conversation now; nil when nobody can tell.
    func hasLiveCall(_ agent: String) async throws -> Bool? {
        try await liveCallsSeen.isLive(agent, ledger: ledger, client: platform?.client, now: clock.now())
    }

    /// Whether the agents are in conversations whose containment waits for the end of a call; without those of whom nobody can tell.
    func calls(in book: ContainmentBook) async throws -> [String: Bool] {
        var calls: [String: Bool] = [:]
        for found in book.cases.values where found.waitsForCallEnd && found.phase == .executing {
            calls[found.target.id] = try await hasLiveCall(found.target.id)
        }
        return calls
    }
}
