import Storage

/// One change of the tables. Planned while reading, applied in the transaction that also records the events.
enum GraphWrite: Sendable {
    case token(TokenDigest, identifier: Int64, epoch: Int)
    case identifier(id: Int64, IdentifierKind, Sharing)
    case sharing(identifier: Int64, Sharing)
    case person(Person)
    case survivor(person: Int64, Int64)
    case link(Link, source: String, sealed: [UInt8]?, at: Int64)
    case retractLink(id: Int64, at: Int64)
    case edge(Edge)
    case retractEdge(id: Int64, at: Int64)
    case bar(identifier: Int64, person: Int64)
    case unbar(identifier: Int64, person: Int64)
    case conflict(id: Int64, identifier: Int64, first: Int64, second: Int64, cause: String, at: Int64)
    case settle(conflict: Int64, at: Int64)
    case change(id: Int64, GraphChange, person: Int64, other: Int64?, at: Int64)
    /// The id of somebody who is gone, for those who must let go of it too.
    case erased(id: Int64, customer: String, at: Int64)
    case tombstone(TokenDigest, epoch: Int, at: Int64)
    case liftTombstone(TokenDigest)
    case eraseIdentifier(id: Int64)
    case erasePerson(id: Int64)
    case personKey(person: Int64, SealedKey)
    /// A change of proposals.
    case proposal(ProposalWrite)
    /// A change of tokenised values.
    case value(ValueWrite)
    /// Tokens of a destroyed key find nobody any more, but those of customer numbers still stand in older entries of the ledger.
    case dropEpoch(Int)

    func apply(to connection: any SQLConnection) throws {
        switch self {
        case .token(let digest, let identifier, let epoch):
            try connection.enqueue(
                "INSERT INTO identity_tokens (token, identifier, epoch) VALUES ($1, $2, $3)",
                [.blob(digest.bytes), .integer(identifier), .integer(Int64(epoch))]
            )
        case .identifier(let id, let kind, let sharing):
            try connection.enqueue(
                "INSERT INTO identity_identifiers (id, kind, sharing) VALUES ($1, $2, $3)",
                [.integer(id), .integer(kind.code), .integer(sharing.code)]
            )
        case .sharing(let identifier, let sharing):
            try connection.enqueue(
                "UPDATE identity_identifiers SET sharing = $1 WHERE id = $2",
                [.integer(sharing.code), .integer(identifier)]
            )
        case .person(let person): try insert(person, connection)
        case .survivor(let person, let survivor):
            try connection.enqueue(
                "UPDATE identity_people SET survivor = $1 WHERE id = $2",
                [.integer(survivor), .integer(person)]
            )
        case .link(let link, let source, let sealed, let at): try insert(link, source, sealed, at, connection)
        case .retractLink(let id, let at):
            try connection.enqueue(
                "UPDATE identity_links SET retracted = $1, sealed = NULL WHERE id = $2 AND retracted IS NULL",
                [.integer(at), .integer(id)]
            )
        case .edge(let edge): try insert(edge, connection)
        case .retractEdge(let id, let at):
            try connection.enqueue(
                "UPDATE identity_edges SET retracted = $1 WHERE id = $2 AND retracted IS NULL",
                [.integer(at), .integer(id)]
            )
        case .bar(let identifier, let person):
            try connection.enqueue(
                "INSERT INTO identity_bars (identifier, person) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                [.integer(identifier), .integer(person)]
            )
        case .unbar(let identifier, let person):
            try connection.enqueue(
                "DELETE FROM identity_bars WHERE identifier = $1 AND person = $2",
                [.integer(identifier), .integer(person)]
            )
        case .conflict(let id, let identifier, let first, let second, let cause, let at):
            try connection.enqueue(
                """
                INSERT INTO identity_conflicts (id, identifier, first, second, cause, found)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                [
                    .integer(id), .integer(identifier), .integer(first), .integer(second), .text(cause), .integer(at),
                ]
            )
        case .settle(let conflict, let at):
            try connection.enqueue(
                "UPDATE identity_conflicts SET settled = $1 WHERE id = $2",
                [.integer(at), .integer(conflict)]
            )
        case .change(let id, let change, let person, let other, let at):
            try connection.enqueue(
                "INSERT INTO identity_changes (id, kind, person, other, changed) VALUES ($1, $2, $3, $4, $5)",
                [.integer(id), .text(change.rawValue), .integer(person), .optional(other), .integer(at)]
            )
        case .erased(let id, let customer, let at):
            try connection.enqueue(
                "INSERT INTO identity_changes (id, kind, person, customer, changed) VALUES ($1, $2, $3, $4, $5)",
                [.integer(id), .text(GraphChange.erased.rawValue), .integer(0), .text(customer), .integer(at)]
            )
        case .tombstone(let digest, let epoch, let at):
            try connection.enqueue(
                "INSERT INTO identity_tombstones (token, epoch, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                [.blob(digest.bytes), .integer(Int64(epoch)), .integer(at)]
            )
        case .liftTombstone(let digest):
            try connection.enqueue("DELETE FROM identity_tombstones WHERE token = $1", [.blob(digest.bytes)])
        case .eraseIdentifier(let id): try eraseIdentifier(id, connection)
        case .erasePerson(let id): try erasePerson(id, connection)
        case .personKey(let person, let key):
            try connection.enqueue(
                "UPDATE identity_people SET key_epoch = $1, key_sealed = $2 WHERE id = $3",
                [.integer(Int64(key.epoch)), .blob(key.bytes), .integer(person)]
            )
        case .proposal(let write): try write.apply(to: connection)
        case .value(let write): try write.apply(to: connection)
        case .dropEpoch(let epoch):
            try connection.enqueue("DELETE FROM identity_values WHERE epoch = $1", [.integer(Int64(epoch))])
            try connection.enqueue("DELETE FROM identity_tombstones WHERE epoch = $1", [.integer(Int64(epoch))])
            try connection.enqueue(
                """
                DELETE FROM identity_tokens WHERE epoch = $1
                AND identifier IN (SELECT id FROM identity_identifiers WHERE kind <> $2)
                """,
                [.integer(Int64(epoch)), .integer(IdentifierKind.customer.code)]
            )
        }
    }

    private func insert(_ person: Person, _ connection: any SQLConnection) throws {
        try connection.enqueue(
            """
            INSERT INTO identity_people (id, customer, survivor, created, key_epoch, key_sealed)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            [
                .integer(person.id), .text(person.customer), .integer(person.survivor), .integer(person.created),
                .integer(Int64(person.key.epoch)), .blob(person.key.bytes),
            ]
        )
    }

    private func insert(
        _ link: Link,
        _ source: String,
        _ sealed: [UInt8]?,
        _ at: Int64,
        _ connection: any SQLConnection
    ) throws {
        try connection.enqueue(
            """
            INSERT INTO identity_links (
                id, identifier, person, assurance, decider, source, normaliser, sealed, asserted)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            [
                .integer(link.id), .integer(link.identifier), .integer(link.person), .integer(link.assurance.level),
                .integer(link.decider.rawValue), .text(source), .integer(Int64(Normaliser.version)),
                sealed.map { .blob($0) } ?? .null, .integer(at),
            ]
        )
    }

    private func insert(_ edge: Edge, _ connection: any SQLConnection) throws {
        try connection.enqueue(
            """
            INSERT INTO identity_edges (id, kind, first, second, decider, rule, asserted)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            [
                .integer(edge.id), .integer(edge.kind.rawValue), .integer(edge.first), .integer(edge.second),
                .integer(edge.decider.rawValue), .text(edge.rule), .integer(edge.asserted),
            ]
        )
    }

    private func eraseIdentifier(_ id: Int64, _ connection: any SQLConnection) throws {
        for statement in [
            "DELETE FROM identity_tokens WHERE identifier = $1", "DELETE FROM identity_links WHERE identifier = $1",
            "DELETE FROM identity_bars WHERE identifier = $1", "DELETE FROM identity_conflicts WHERE identifier = $1",
            "DELETE FROM identity_identifiers WHERE id = $1",
        ] { try connection.enqueue(statement, [.integer(id)]) }
    }

    private func erasePerson(_ id: Int64, _ connection: any SQLConnection) throws {
        for statement in [
            "DELETE FROM identity_links WHERE person = $1", "DELETE FROM identity_bars WHERE person = $1",
            "DELETE FROM identity_values WHERE person = $1", "DELETE FROM identity_people WHERE id = $1",
        ] { try connection.enqueue(statement, [.integer(id)]) }
        for statement in [
            "DELETE FROM identity_edges WHERE first = $1 OR second = $2",
            "DELETE FROM identity_conflicts WHERE first = $1 OR second = $2",
            "DELETE FROM identity_changes WHERE person = $1 OR other = $2",
        ] { try connection.enqueue(statement, [.integer(id), .integer(id)]) }
    }
}
