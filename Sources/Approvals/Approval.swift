public import WallTime

/// Whether enough people, none of them the one who asked and none twice, have agreed to something in time.
///
/// A value: whoever keeps it says who the people are, and records what becomes of it.
public struct Approval: Sendable, Hashable {
    /// Who asked.
    public let requester: String
    /// How many others have to agree.
    public let needed: Int
    /// From when on nobody can agree any more.
    public let expiresAt: Timestamp
    /// Who agreed, in order.
    public private(set) var approvers: [String] = []

    /// Seconds for which a proposal stands unless the configuration says otherwise: three days, so that one made on a Friday
    /// evening can be looked at on Monday.
    public static let usualSeconds: Int64 = 72 * 3600

    /// Asks others to agree.
    /// - Parameter needed: how many; what is below zero is none.
    public init(requester: String, needed: Int, expiresAt: Timestamp) {
        self.requester = requester
        self.needed = max(needed, 0)
        self.expiresAt = expiresAt
    }

    /// How many still have to agree.
    public var missing: Int { max(needed - approvers.count, 0) }

    /// Whether enough have agreed.
    public var isComplete: Bool { missing == 0 }

    /// Whether its time was over before enough had agreed.
    public func isExpired(at now: Timestamp) -> Bool { !isComplete && now >= expiresAt }

    /// Takes in that somebody agrees.
    /// - Throws: ``ApprovalObstacle`` when it does not count; then nothing has changed.
    public mutating func agree(_ actor: String, at now: Timestamp) throws(ApprovalObstacle) {
        if let obstacle = obstacle(to: actor, at: now) { throw obstacle }
        approvers.append(actor)
    }

    /// Why somebody's agreement would not count, if it would not.
    public func obstacle(to actor: String, at now: Timestamp) -> ApprovalObstacle? {
        if actor == requester { return .isRequester }
        if approvers.contains(actor) { return .agreedBefore }
        if isExpired(at: now) { return .expired(expiresAt) }
        return nil
    }
}

/// Why somebody's agreement does not count.
public enum ApprovalObstacle: Error, Sendable, Hashable, CustomStringConvertible {
    /// Whoever asks never approves.
    case isRequester
    /// Nobody approves twice.
    case agreedBefore
    /// The proposal stood until then.
    case expired(Timestamp)

    /// One line that says what to do.
    public var description: String {
        switch self {
        case .isRequester: "whoever asked for it cannot approve it: somebody else must"
        case .agreedBefore: "you approved this before: somebody else must approve too"
        case .expired(let moment): "the proposal stood until \(moment): make it anew if it is still wanted"
        }
    }
}
