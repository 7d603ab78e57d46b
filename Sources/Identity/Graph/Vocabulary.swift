/// How sure it is that an identifier is a person's, weakest first.
public enum Assurance: String, Sendable, CaseIterable, Comparable {
    /// Somebody said so.
    case claimed
    /// The channel showed it, such as a caller's number, which can be forged.
    case observed
    /// The system of record holds it.
    case matched
    /// The person proved it.
    case verified

    var level: Int64 { Int64(Self.allCases.firstIndex(of: self) ?? 0) }

    init(level: Int64) { self = Self.allCases[Int(min(max(level, 0), Int64(Self.allCases.count - 1)))] }

    public static func < (left: Assurance, right: Assurance) -> Bool { left.level < right.level }
}

/// What an identification is for. What is good enough to route a call is not good enough to show an account.
public enum IdentityPurpose: String, Sendable, CaseIterable {
    /// To bring the interaction to the right queue.
    case routing
    /// To greet, to show history.
    case service
    /// To show or hand out personal data.
    case disclosure
    /// To act on a person's request about their own data.
    case privacyRequest
}

/// Whether an identifier is one person's. A shared one is kept with everybody it belongs to, and never makes two people one.
public enum Sharing: String, Sendable, CaseIterable {
    /// One person's.
    case personal
    /// A family's line or mailbox.
    case household
    /// An account with several holders.
    case joint
    /// A company's switchboard or mailbox.
    case company
    /// Found with more people than the rules allow for one person's identifier.
    case hub

    var code: Int64 { Int64(Self.allCases.firstIndex(of: self) ?? 0) }

    init(code: Int64) { self = Self.allCases.indices.contains(Int(code)) ? Self.allCases[Int(code)] : .hub }
}

/// Who decided. A rule never undoes what a person decided.
public enum Decider: Int64, Sendable {
    /// A rule, from what a source reported.
    case rule = 0
    /// A person, with a reason.
    case human = 1
}

/// How identifiers make people.
public struct IdentityRules: Sendable, Hashable {
    /// Which identifiers, found together on one person, say that a record is about that person; the first that fits decides.
    public var matching: [Set<IdentifierKind>] = [[.customer], [.account], [.external], [.email], [.phone]]
    /// How many identifiers of a kind one person has at most. Two people with more between them are not made one by a rule.
    public var mostPerPerson: [IdentifierKind: Int] = [.customer: 1]
    /// From which assurance on a record that fits two people makes them one; nil for never.
    public var mergesFrom: Assurance? = .matched
    /// An identifier found with more people than these is taken for shared from then on.
    public var mostPeoplePerIdentifier = 4
    /// The weakest link that counts for a purpose.
    public var needed: [IdentityPurpose: Assurance] = [
        .routing: .claimed, .service: .observed, .disclosure: .matched, .privacyRequest: .verified,
    ]
    /// Whether identifiers are kept, sealed under their person's key. Without them a new key epoch reaches an identifier only
    /// when it is met again.
    public var keepsSealedIdentifiers = true

    /// The rules as described at each.
    public init() {}

    func needed(for purpose: IdentityPurpose) -> Assurance { needed[purpose] ?? .verified }
}
