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
        var answer: Bool?
        for id in interactions {
            do {
                let facts = try await client.conversation(id: id, priority: .urgent)
                let presence = facts.presence(ofAgent: agent, at: now.milliseconds, wrapUpGrace: 0)
                if case .live = presence { return true }
                answer = false
            } catch let error as GenesysError where error.kind == .notFound {
                answer = false
            } catch is GenesysError {}
        }
        return answer
    }
}

extension ContainmentDesk {
    /// Whether an agent is in a conversation now; nil when nobody can tell.
    func hasLiveCall(_ agent: String) async throws -> Bool? {
        try await liveCallsSeen.isLive(agent, ledger: ledger, client: platform?.client, now: clock.now())
    }

    /// The agents in conversations, among those whose containment waits for the end of a call.
    func liveCalls(in book: ContainmentBook) async throws -> Set<String> {
        var live: Set<String> = []
        for found in book.cases.values where found.waitsForCallEnd && found.phase == .executing {
            if try await hasLiveCall(found.target.id) == true { live.insert(found.target.id) }
        }
        return live
    }
}
