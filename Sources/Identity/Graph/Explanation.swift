import Storage
public import WallTime

/// One identifier of a customer, by its token.
public struct KnownIdentifier: Sendable {
    /// What it is.
    public let kind: IdentifierKind
    /// Its tokens, newest epoch first; the identifier itself is not shown.
    public let tokens: [String]
    /// Whether it is this customer's alone.
    public let sharing: Sharing
    /// How sure it is.
    public let assurance: Assurance
    /// Who said so.
    public let source: String
    /// Whether a person decided it.
    public let isHumanDecision: Bool
    /// The id under which the person was met with it.
    public let metAs: String
    /// Since when.
    public let since: Timestamp
    /// Until when, of a link no longer in force.
    public let until: Timestamp?
}

/// One merge.
public struct KnownMerge: Sendable, Hashable {
    /// The assertion by which it can be taken back.
    public let id: Int64
    /// The two ids that it makes one.
    public let first: String
    /// The other of the two.
    public let second: String
    /// By which rule or decision.
    public let rule: String
    /// Whether a person decided it.
    public let isHumanDecision: Bool
    /// Since when.
    public let since: Timestamp
    /// Until when, of a merge that was taken back.
    public let until: Timestamp?
}

/// Everything that makes a customer who they are.
public struct CustomerExplanation: Sendable {
    /// The global customer id.
    public let customer: String
    /// Every id that stands for the customer, oldest first; all but one redirect.
    public let ids: [String]
    /// The identifiers.
    public let identifiers: [KnownIdentifier]
    /// The merges, those taken back too.
    public let merges: [KnownMerge]
    /// Ids of customers that are kept apart from this one by decision.
    public let apart: [String]
}

/// Reads the reasons.
struct Explainer {
    let reader: GraphReader

    private static let links = """
        SELECT l.identifier, i.kind, i.sharing, l.assurance, l.source, l.decider, l.asserted, l.retracted
        FROM identity_links l JOIN identity_identifiers i ON i.id = l.identifier WHERE l.person = $1 ORDER BY l.id
        """
    private static let tokens = "SELECT token, epoch FROM identity_tokens WHERE identifier = $1 ORDER BY epoch DESC"

    /// - Parameter moment: what was believed then; nil for now.
    func explain(_ person: Person, asOf moment: Int64?) throws -> CustomerExplanation {
        let members = try group(of: person, asOf: moment)
        let names = Dictionary(members.map { ($0.id, $0.customer) }) { first, _ in first }
        var identifiers: [KnownIdentifier] = []
        for member in members {
            try reader.connection.rows(Self.links, [.integer(member.id)]) { row in
                guard let kind = IdentifierKind(code: row.integer(1)) else { return true }
                let (asserted, retracted) = (row.integer(6), row.optionalInteger(7))
                if let moment, !Self.holds(asserted, retracted, at: moment) { return true }
                identifiers.append(
                    KnownIdentifier(
                        kind: kind,
                        tokens: try tokens(of: row.integer(0), kind),
                        sharing: Sharing(code: row.integer(2)),
                        assurance: Assurance(level: row.integer(3)),
                        source: row.text(4),
                        isHumanDecision: row.integer(5) == Decider.human.rawValue,
                        metAs: member.customer,
                        since: Timestamp(milliseconds: asserted),
                        until: retracted.map { Timestamp(milliseconds: $0) }
                    )
                )
                return true
            }
        }
        let edges = try reader.edges(of: members.map(\.id))
        var known = names
        let strangers = Set(edges.flatMap { [$0.first, $0.second] }).subtracting(names.keys)
        for other in try reader.people(strangers) { known[other.id] = other.customer }
        let shown = edges.filter { edge in moment.map { edge.asserted <= $0 } ?? true }
        return CustomerExplanation(
            customer: members.min { $0.id < $1.id }?.customer ?? person.customer,
            ids: members.map(\.customer),
            identifiers: identifiers,
            merges: shown.filter { $0.kind == .same }.map { merge($0, known, asOf: moment) },
            apart: shown.filter { $0.kind == .apart && Self.holds($0.asserted, $0.retracted, at: moment ?? .max - 1) }
                .compactMap {
                    known[names[$0.first] == nil ? $0.first : $0.second]
                }
        )
    }

    private func merge(_ edge: Edge, _ names: [Int64: String], asOf moment: Int64?) -> KnownMerge {
        KnownMerge(
            id: edge.id,
            first: names[edge.first] ?? "",
            second: names[edge.second] ?? "",
            rule: edge.rule,
            isHumanDecision: edge.decider == .human,
            since: Timestamp(milliseconds: edge.asserted),
            until: edge.retracted.flatMap { end in
                moment.map { end > $0 } == true ? nil : Timestamp(milliseconds: end)
            }
        )
    }

    private func tokens(of identifier: Int64, _ kind: IdentifierKind) throws -> [String] {
        try reader.connection.all(Self.tokens, [.integer(identifier)]) {
            TokenDigest(bytes: $0.blob(0)).text(kind, epoch: Int($0.integer(1)))
        }
    }

    private static func holds(_ asserted: Int64, _ retracted: Int64?, at moment: Int64) -> Bool {
        asserted <= moment && (retracted.map { $0 > moment } ?? true)
    }

    /// Everybody who was one with a person at a moment, oldest first.
    func group(of person: Person, asOf moment: Int64?) throws -> [Person] {
        guard let moment else { return try reader.members(ofSurvivors: [person.survivor]) }
        var reached: Set<Int64> = [person.id]
        var frontier: Set<Int64> = [person.id]
        while !frontier.isEmpty {
            var next: Set<Int64> = []
            for edge in try reader.edges(of: frontier)
            where edge.kind == .same && Self.holds(edge.asserted, edge.retracted, at: moment) {
                for end in [edge.first, edge.second] where reached.insert(end).inserted { next.insert(end) }
            }
            frontier = next
        }
        return try reader.people(reached)
    }

    /// The chain of merges between two people who are one, from the first to the second.
    func path(from first: Person, to second: Person) throws -> [KnownMerge]? {
        let members = try reader.members(ofSurvivors: [first.survivor])
        guard first.survivor == second.survivor else { return nil }
        let names = Dictionary(members.map { ($0.id, $0.customer) }) { first, _ in first }
        let merges = try reader.edges(of: members.map(\.id)).filter { $0.kind == .same && $0.retracted == nil }
        var arrived: [Int64: Edge] = [:]
        var waiting = [first.id]
        var seen: Set<Int64> = [first.id]
        while let next = waiting.first {
            waiting.removeFirst()
            for edge in merges where edge.first == next || edge.second == next {
                let other = edge.other(than: next)
                if seen.insert(other).inserted {
                    arrived[other] = edge
                    waiting.append(other)
                }
            }
        }
        var path: [KnownMerge] = []
        var place = second.id
        while place != first.id, let edge = arrived[place] {
            path.insert(merge(edge, names, asOf: nil), at: 0)
            place = edge.other(than: place)
        }
        return path
    }
}
