/// One person as first met: one global customer id, one key. Several of these may turn out to be one human being.
struct Person: Sendable, Hashable {
    let id: Int64
    /// The global customer id.
    let customer: String
    /// The oldest of those who are one with this person; its id stands for all of them.
    var survivor: Int64
    let created: Int64
    let key: SealedKey
}

/// A person's key as the store holds it.
struct SealedKey: Sendable, Hashable {
    /// The key epoch under which it is sealed.
    let epoch: Int
    let bytes: [UInt8]
}

/// That an identifier is a person's.
struct Link: Sendable, Hashable {
    let id: Int64
    let identifier: Int64
    let person: Int64
    let assurance: Assurance
    let decider: Decider
}

/// An identifier in the graph.
struct Node: Sendable, Hashable {
    let id: Int64
    let kind: IdentifierKind
    var sharing: Sharing
    /// Links in force.
    var links: [Link]
    /// People whose it is not, by a person's decision.
    var bars: Set<Int64>
}

/// A relation of two people.
struct Edge: Sendable, Hashable {
    let id: Int64
    let kind: EdgeKind
    let first: Int64
    let second: Int64
    let decider: Decider
    let rule: String
    let asserted: Int64
    let retracted: Int64?

    /// The other end.
    func other(than person: Int64) -> Int64 { person == first ? second : first }
}

/// What changed, for those who follow.
enum GraphChange: String, Sendable {
    /// A customer id was given out.
    case created
    /// A customer has one identifier more.
    case linked
    /// A customer has one identifier less.
    case unlinked
    /// `other` is now the same as the customer, under the customer's id.
    case merged
    /// `other` is no longer the same as the customer.
    case split
    /// The customer was forgotten; the id is not in use any more.
    case erased
    /// Two customers are kept apart.
    case keptApart = "kept-apart"
}
