import Synchronization

/// What agents may see less than the policy allows, while they are contained.
public struct AgentRestriction: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Every read needs a reason.
    public static let justify = AgentRestriction(rawValue: 1)
    /// Every field that the policy shows is masked.
    public static let maskOnly = AgentRestriction(rawValue: 2)
    /// Every read is refused.
    public static let block = AgentRestriction(rawValue: 4)

    /// The gravest of them, as events name it; nil for none.
    var name: StaticString? {
        if contains(.block) { return "block" }
        if contains(.maskOnly) { return "mask_only" }
        return contains(.justify) ? "justify" : nil
    }
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
            uniquingKeysWith: { $0.union($1) }
        )
        restricted.withLock { $0 = lowercased }
        isEmpty.store(lowercased.isEmpty, ordering: .releasing)
    }

    /// What restricts an agent, whose id is in lower case.
    func of(_ agent: String) -> AgentRestriction {
        if isEmpty.load(ordering: .acquiring) { return [] }
        return restricted.withLock { $0[agent] ?? [] }
    }
}
