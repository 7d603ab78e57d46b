import Synchronization

/// What agents may see less than the policy allows, while they are contained.
public enum AgentRestriction: String, Sendable, Hashable {
    /// Every field that the policy shows is masked.
    case maskOnly = "mask_only"
    /// Every read is refused.
    case block
}

/// The agents that are contained now, looked up by every read.
public final class AgentRestrictions: Sendable {
    private let restricted = Mutex<[String: AgentRestriction]>([:])
    /// Nearly always nobody is, and then a read pays for one relaxed load.
    private let isEmpty = Atomic<Bool>(true)

    /// Nobody is restricted.
    public init() {}

    /// Puts these restrictions in place of those before. Agents' ids are compared without regard to case, as the platform does.
    public func replace(with restrictions: [String: AgentRestriction]) {
        let lowercased = Dictionary(
            restrictions.map { ($0.lowercased(), $1) },
            uniquingKeysWith: { $0 == .block ? $0 : $1 }
        )
        restricted.withLock { $0 = lowercased }
        isEmpty.store(lowercased.isEmpty, ordering: .releasing)
    }

    /// What restricts an agent, whose id is in lower case.
    func of(_ agent: String) -> AgentRestriction? {
        if isEmpty.load(ordering: .acquiring) { return nil }
        return restricted.withLock { $0[agent] }
    }
}
