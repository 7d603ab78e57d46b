import Ledger
import Storage

/// Whom a recipient's pseudonym stands for.
public struct PseudonymMatch: Sendable, Hashable {
    /// The global customer id that stands for the person today.
    public let customer: String
    /// The code under which the person stands in the ledger: the name of the question's own record.
    public let subject: String
}

extension IdentityRegistry {
    /// People who are looked at with one read of the store.
    private static let pseudonymPage = 10_000

    /// Finds who stands behind a recipient's pseudonym.
    ///
    /// A pseudonym cannot be turned back: everybody who is known is tried, so that there is no table by which a copy of the store
    /// joins recipients, and nobody who was forgotten is found. One search runs at a time.
    /// - Parameter recipient: the sink, or the name that the export was made for.
    /// - Returns: nil when nobody known has this pseudonym there.
    /// - Throws: ``IdentityError/invalid(_:)`` when it is of a kind that names no person, ``IdentityError/conflict(_:)`` when
    ///   the key of its epoch is gone.
    public func person(behind pseudonym: Pseudonym, of recipient: String) async throws -> PseudonymMatch? {
        let keyring = tokens.keyring
        guard let key = keyring[pseudonym.epoch] else {
            throw IdentityError.conflict(
                "the keyring has no key of epoch \(pseudonym.epoch): what was made with it leads nowhere any more"
            )
        }
        let maker = PseudonymMaker(key: key, recipient: recipient)
        let sealing = PersonKey.sealingKeys(keyring)
        return try await searches.take {
            if pseudonym.kind == PseudonymMaker.subject {
                return try await search { reader, after in
                    let page = try reader.people(after: after, limit: Self.pseudonymPage)
                    for person in page {
                        let subject = try PersonKey.open(person, sealing[person.key.epoch]).subject
                        guard maker.digest(of: subject) == pseudonym.digest else { continue }
                        return .found(try reader.people([person.survivor]).first ?? person, subject)
                    }
                    return page.last.map { .next($0.id) } ?? .nobody
                }
            }
            guard let kind = IdentifierKind(rawValue: pseudonym.kind) else {
                throw IdentityError.invalid("a pseudonym of this kind names no person: take that of the customer")
            }
            return try await search { reader, after in
                let page = try reader.tokens(of: kind, after: after, limit: Self.pseudonymPage)
                for token in page where maker.digest(of: token.text) == pseudonym.digest {
                    guard let owner = try reader.nodes([token.identifier])[token.identifier]?.links.first?.person,
                        let person = try reader.people([owner]).first
                    else { return .nobody }
                    let subject = try PersonKey.open(person, keyring).subject
                    return .found(try reader.people([person.survivor]).first ?? person, subject)
                }
                return page.last.map { .next($0.identifier) } ?? .nobody
            }
        }
    }

    private enum Step: Sendable {
        case found(Person, String)
        case next(Int64)
        case nobody
    }

    private func search(
        _ step: @escaping @Sendable (GraphReader, Int64) throws -> Step
    ) async throws -> PseudonymMatch? {
        var place: Int64 = 0
        while true {
            try Task.checkCancellation()
            let after = place
            switch try await ledger.database.read({ try step(GraphReader(connection: $0), after) }) {
            case .found(let person, let subject):
                return PseudonymMatch(customer: person.customer, subject: subject)
            case .next(let id): place = id
            case .nobody: return nil
            }
        }
    }
}

extension GraphReader {
    /// The tokens, of every epoch, of a page of identifiers of one kind.
    func tokens(
        of kind: IdentifierKind,
        after id: Int64,
        limit: Int
    ) throws -> [(identifier: Int64, text: String)] {
        try connection.all(
            """
            SELECT t.identifier, t.epoch, t.token FROM identity_tokens t
            WHERE t.identifier IN (
                SELECT i.id FROM identity_identifiers i WHERE i.id > $1 AND i.kind = $2 ORDER BY i.id LIMIT $3)
            ORDER BY t.identifier
            """,
            [.integer(id), .integer(kind.code), .integer(Int64(limit))]
        ) {
            ($0.integer(0), TokenDigest(bytes: $0.blob(2)).text(kind, epoch: Int($0.integer(1))))
        }
    }
}
