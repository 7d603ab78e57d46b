/// Where an agent stands towards a conversation at an instant.
public enum AgentPresence: Sendable, Hashable {
    /// On the conversation, which still runs, since this instant.
    case live(since: Int64)
    /// Off the conversation but still finishing it, since this instant.
    case wrapUp(since: Int64)
    /// Done with the conversation since this instant.
    case left(at: Int64)
    /// Never on the conversation so far.
    case never
}

extension ConversationFacts {
    /// How far the platform's clock may run ahead of ours, in milliseconds, before a join counts as being in the
    /// future.
    static let clockTolerance: Int64 = 60_000

    /// Where an agent stands towards this conversation at an instant.
    ///
    /// Of several parts the agent took, the one closest to being on the conversation counts. An agent who is being
    /// called but has not answered was never on it.
    ///
    /// - Parameters:
    ///   - agentID: id of the agent's user, in any letter case.
    ///   - instant: milliseconds since 1970.
    ///   - wrapUpGrace: milliseconds after leaving that count as wrap-up when the platform reports no after-call work.
    public func presence(ofAgent agentID: String, at instant: Int64, wrapUpGrace: Int64) -> AgentPresence {
        parts(ofAgent: agentID)
            .map { presence(of: $0, at: instant, wrapUpGrace: wrapUpGrace) }
            .max { $0.rank < $1.rank } ?? .never
    }

    private func presence(of part: Participant, at instant: Int64, wrapUpGrace: Int64) -> AgentPresence {
        guard let joined = part.connected, joined <= instant + Self.clockTolerance else { return .never }
        guard let end = part.end ?? self.end, end <= instant else { return .live(since: joined) }
        if let start = part.wrapUpStart, start <= instant + Self.clockTolerance {
            guard let wrapUpEnd = part.wrapUpEnd, wrapUpEnd <= instant else { return .wrapUp(since: end) }
            return .left(at: max(end, wrapUpEnd))
        }
        return instant - end < wrapUpGrace ? .wrapUp(since: end) : .left(at: end)
    }
}

extension AgentPresence {
    /// Orders by closeness to the conversation, then by time.
    fileprivate var rank: (Int, Int64) {
        switch self {
        case .never: (0, 0)
        case .left(let instant): (1, instant)
        case .wrapUp(let instant): (2, instant)
        case .live(let instant): (3, instant)
        }
    }
}
