import Storage

/// What an identification came to.
public enum ResolutionOutcome: String, Sendable {
    /// One customer.
    case resolved
    /// Nobody has these identifiers. No customer is made up.
    case anonymous
    /// They belong to more than one customer, or are shared by several.
    case ambiguous
    /// They belong to a customer, but are not sure enough for the purpose.
    case insufficient
}

/// Who it is, and why that is believed.
public struct Resolution: Sendable {
    /// What it came to.
    public let outcome: ResolutionOutcome
    /// The global customer id, when one customer was found.
    public let customer: String?
    /// The kind of identifier that decided.
    public let decidedBy: IdentifierKind?
    /// How sure the deciding link is.
    public let assurance: Assurance?
    /// Whether an identifier was used that several people share.
    public let isShared: Bool
    /// The person as first met whose identifier decided.
    let person: Person?
}

/// Answers who it is, from the store alone: one short statement for each identifier and epoch.
struct Resolver {
    private struct Hit {
        let kind: IdentifierKind
        let sharing: Sharing
        let assurance: Assurance
        let survivor: Int64
        let customer: String
        let person: Person
    }

    private static let statement = """
        SELECT i.kind, i.sharing, l.assurance, p.survivor, s.customer, p.id, p.customer, p.created, p.key_epoch, p.key_sealed
        FROM identity_tokens t JOIN identity_identifiers i ON i.id = t.identifier
        JOIN identity_links l ON l.identifier = i.id JOIN identity_people p ON p.id = l.person
        JOIN identity_people s ON s.id = p.survivor
        WHERE t.token = $1 AND l.retracted IS NULL ORDER BY l.id
        """

    let rules: IdentityRules
    let tokens: TokenMaker

    func resolve(
        _ identifiers: [Identifier],
        for purpose: IdentityPurpose,
        _ connection: any SQLConnection
    ) throws -> Resolution {
        var hits: [Hit] = []
        for identifier in identifiers { hits += try find(identifier, connection) }
        let needed = rules.needed(for: purpose)
        // A shared line may bring a call to a queue. It never opens an account.
        let usable = hits.filter { $0.assurance >= needed && (purpose == .routing || $0.sharing == .personal) }
        guard let best = choose(usable, for: purpose) else {
            let outcome: ResolutionOutcome =
                if !usable.isEmpty { .ambiguous } else if hits.contains(where: { $0.sharing != .personal }) {
                    .ambiguous
                } else if hits.isEmpty { .anonymous } else { .insufficient }
            return Resolution(
                outcome: outcome,
                customer: nil,
                decidedBy: nil,
                assurance: nil,
                isShared: hits.contains { $0.sharing != .personal },
                person: nil
            )
        }
        return Resolution(
            outcome: .resolved,
            customer: best.customer,
            decidedBy: best.kind,
            assurance: best.assurance,
            isShared: best.sharing != .personal,
            person: best.person
        )
    }

    /// To disclose, everything that is known must point to one customer. To route or serve, the strongest kind decides.
    private func choose(_ hits: [Hit], for purpose: IdentityPurpose) -> Hit? {
        if purpose == .disclosure || purpose == .privacyRequest {
            guard Set(hits.map(\.survivor)).count == 1 else { return nil }
            return hits.max { $0.assurance < $1.assurance }
        }
        for kind in rules.matching.flatMap({ $0.sorted { $0.code < $1.code } }) {
            let ofKind = hits.filter { $0.kind == kind }
            if ofKind.isEmpty { continue }
            guard Set(ofKind.map(\.survivor)).count == 1 else { return nil }
            return ofKind.max { $0.assurance < $1.assurance }
        }
        return nil
    }

    private func find(_ identifier: Identifier, _ connection: any SQLConnection) throws -> [Hit] {
        for digest in tokens.digests(identifier) {
            var hits: [Hit] = []
            try connection.rows(Self.statement, [.blob(digest.bytes)]) { row in
                hits.append(
                    Hit(
                        kind: identifier.kind,
                        sharing: Sharing(code: row.integer(1)),
                        assurance: Assurance(level: row.integer(2)),
                        survivor: row.integer(3),
                        customer: row.text(4),
                        person: Person(
                            id: row.integer(5),
                            customer: row.text(6),
                            survivor: row.integer(3),
                            created: row.integer(7),
                            key: SealedKey(epoch: Int(row.integer(8)), bytes: row.blob(9))
                        )
                    )
                )
                return true
            }
            if !hits.isEmpty { return hits }
        }
        return []
    }
}
