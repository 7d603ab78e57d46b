public import Approvals

/// What a person can decide about who is whom.
public enum IdentityDecision: Sendable {
    /// Two customers are one.
    case merge(CustomerReference, CustomerReference)
    /// One merge was wrong: the newest in force when none is named. Rules do not make them one again if they are to be kept apart.
    case unmerge(CustomerReference, merge: Int64?, keepApart: Bool)
    /// Two customers are two, whatever is found.
    case apart(CustomerReference, CustomerReference)
    /// They need not be kept apart any longer.
    case together(CustomerReference, CustomerReference)
    /// Identifiers are one person's.
    case link(IdentityRecord)
    /// An identifier is not this customer's.
    case unlink(Identifier, from: CustomerReference)
    /// How many people use an identifier. A shared one decides nothing, so this is how a value is blocked.
    case share(Identifier, Sharing)
    /// A conflict that rules found needs nothing more.
    case settle(conflict: Int64)
    /// A customer is to be forgotten, as a privacy request asks.
    case forget(CustomerReference, request: String?)

    /// The kinds of decision, for the rules on who has to agree.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case merge, unmerge, apart, together, link, unlink, share, unshare, settle, forget
    }

    /// Of which kind it is.
    public var kind: Kind {
        switch self {
        case .merge: .merge
        case .unmerge: .unmerge
        case .apart: .apart
        case .together: .together
        case .link: .link
        case .unlink: .unlink
        case .share(_, .personal): .unshare
        case .share: .share
        case .settle: .settle
        case .forget: .forget
        }
    }

    /// The customers whom it names.
    var customers: [CustomerReference] {
        switch self {
        case .merge(let first, let second), .apart(let first, let second), .together(let first, let second):
            [first, second]
        case .unmerge(let customer, _, _), .unlink(_, let customer), .forget(let customer, _): [customer]
        case .link, .share, .settle: []
        }
    }

    /// The identifiers whose owners it changes.
    var identifiers: [Identifier] {
        switch self {
        case .link(let record): record.identifiers
        case .unlink(let identifier, _), .share(let identifier, _): [identifier]
        default: []
        }
    }
}

/// How many people besides the one who decides have to agree, and for how long they can be asked.
public struct DecisionApprovals: Sendable, Hashable {
    /// By kind.
    public var needed: [IdentityDecision.Kind: Int]
    /// Seconds for which a proposal stands.
    public var proposalSeconds: Int64

    /// The usual rule: what brings people or identifiers together, and what destroys, needs somebody else, for a mistake shows one
    /// person's record to another or cannot be taken back. What takes apart needs nobody: it can be taken back, and a wrong merge
    /// must not wait for a second person.
    public static let usual = DecisionApprovals(needed: [.merge: 1, .link: 1, .together: 1, .unshare: 1, .forget: 1])

    /// Nobody else has to agree to anything.
    public static let none = DecisionApprovals(needed: [:])

    /// - Parameter needed: kinds that are left out need nobody.
    public init(needed: [IdentityDecision.Kind: Int], proposalSeconds: Int64 = Approval.usualSeconds) {
        self.needed = needed
        self.proposalSeconds = proposalSeconds
    }

    /// How many others have to agree to a kind of decision.
    public func needed(for kind: IdentityDecision.Kind) -> Int { needed[kind] ?? 0 }
}
