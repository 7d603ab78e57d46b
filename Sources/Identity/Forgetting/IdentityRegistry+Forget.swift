import JSON
import Ledger
import Storage

/// What a forgetting destroyed, and what it could not reach.
public struct ForgetReceipt: Sendable {
    /// The entry that records it.
    public internal(set) var entry: UInt64 = 0
    /// The global customer ids that are not in use any more.
    public internal(set) var customers: [String] = []
    /// Keys of people destroyed.
    public internal(set) var keys = 0
    /// Identifiers whose tokens and sealed values are gone.
    public internal(set) var identifiers = 0
    /// Shared identifiers that stay with others.
    public internal(set) var kept = 0
    /// Tombstones left.
    public internal(set) var tombstones = 0
    /// What the storage engine still holds on disk, in words; empty when nothing is left in its files.
    public internal(set) var remains = ""
    /// The event by which the entry is found.
    var event: EventIdentity?
}

extension IdentityRegistry {
    /// Forgets a customer: destroys the keys of everybody who is one with them, their identifiers' tokens and sealed values, and
    /// every assertion about them. What the ledger holds stays, verifies, and cannot be told to be theirs any more.
    ///
    /// Of each identifier a tombstone is left: a code from which nobody can come back to the identifier or to who had it, but
    /// which tells whoever holds key and identifier that it was forgotten, so that the next load does not bring the person back.
    ///
    /// Proposals about them end, whatever else they are about.
    /// - Parameters:
    ///   - requestID: the privacy request that asked for it.
    ///   - proposal: the proposal by which it comes.
    func forget(
        _ reference: CustomerReference,
        _ requestID: String?,
        _ plan: GraphPlan,
        _ actor: IdentityActor,
        except proposal: Int64?
    ) throws -> (value: DecisionOutcome, events: [Event]) {
        let person = try Self.person(reference, in: plan)
        let members = plan.members(of: plan.survivor(of: person.id)).sorted().compactMap { plan.person($0) }
        let subjects = try members.map { try plan.key(of: $0).subject }
        var receipt = ForgetReceipt()
        let ids = Set(members.map(\.id))
        var buried: Set<Int64> = []
        for member in members {
            for held in try plan.reader.everHeld(by: member.id) where buried.insert(held.id).inserted {
                guard let node = try plan.reader.nodes([held.id])[held.id] else { continue }
                if node.links.contains(where: { !ids.contains($0.person) }) {
                    receipt.kept += 1
                    continue
                }
                receipt.identifiers += 1
                let key = try plan.key(of: member)
                let opened = held.sealed.flatMap { key.open($0, kind: held.kind) }
                receipt.tombstones += try plan.bury(held.id, opened)
            }
        }
        var events: [Event] = []
        for stored in try plan.reader.proposals(all: false, limit: Self.mostProposals) where stored.id != proposal {
            if try plan.concerns(stored, people: ids, identifiers: buried) {
                events.append(try lapse(stored, .forgotten, plan))
            }
        }
        for member in members {
            plan.add(.erasePerson(id: member.id))
            receipt.customers.append(member.customer)
        }
        for customer in receipt.customers { plan.add(.erased(id: plan.newID(), customer: customer, at: plan.now)) }
        receipt.keys = members.count
        let forgotten = event(
            .identityForgotten,
            actor,
            [
                "customerId": subjects.first.map { .string($0) } ?? .null,
                "subjects": .array(subjects.prefix(200).map { .string($0) }),
                "requestId": requestID.map { .string($0) } ?? .null, "keysDestroyed": .integer(Int64(receipt.keys)),
                "identifiersErased": .integer(Int64(receipt.identifiers)),
                "sharedIdentifiersKept": .integer(Int64(receipt.kept)),
                "tombstones": .integer(Int64(receipt.tombstones)),
            ]
        )
        receipt.event = forgotten.identity
        return (.forgotten(receipt), events + [forgotten])
    }

    /// Takes what was deleted out of the engine's files too, as far as the engine lets one.
    /// - Returns: what is left, in words; empty when nothing is.
    public func scrub() async -> String {
        do {
            return try await ledger.database.read { connection in
                switch connection.dialect {
                case .sqlite: try Self.scrubSQLite(connection)
                case .postgres: try Self.scrubPostgres(connection)
                }
            }
        } catch {
            return
                "what was deleted could not be taken out of the engine's files yet (\(error)): run 'muniment identity scrub'"
        }
    }

    /// Deleted cells are overwritten where they lie (`secure_delete`); the write-ahead log still has the pages as they were, until
    /// it is copied back and cut off.
    private static func scrubSQLite(_ connection: any SQLConnection) throws -> String {
        for _ in 0..<50 {
            let isBusy = try connection.first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.integer(0) != 0 } ?? true
            if !isBusy { return "" }
        }
        return "readers hold on to the write-ahead log: run 'muniment identity scrub' when they are gone"
    }

    /// Dead rows go with a vacuum. The server's write-ahead log, its archives, standbys and base backups are out of reach.
    private static func scrubPostgres(_ connection: any SQLConnection) throws -> String {
        for table in [
            "identifiers", "tokens", "people", "links", "edges", "bars", "conflicts", "changes", "values", "proposals",
        ] {
            try connection.run("VACUUM identity_\(table)")
        }
        return
            "PostgreSQL keeps dead rows until a vacuum by the tables' owner, and earlier states in its write-ahead log, log "
            + "archives, standbys and base backups until they are recycled or expire"
    }
}

extension GraphPlan {
    /// Whether a proposal is about one of these people, or names one of these identifiers; true of one that cannot be opened.
    fileprivate func concerns(_ stored: StoredProposal, people: Set<Int64>, identifiers: Set<Int64>) throws -> Bool {
        guard let decision = stored.body(tokens.keyring)?.decision else { return true }
        for reference in decision.customers {
            guard let id = reference.globalID, let person = try reader.person(customer: id) else { return true }
            if people.contains(person.id) { return true }
        }
        let digests = decision.identifiers.flatMap { tokens.digests($0) }
        return try reader.identifiers(of: digests).values.contains { identifiers.contains($0) }
    }

    /// Replaces an identifier by tombstones.
    /// - Parameter identifier: its value, where it was kept; then it is buried under every key in use, else under those it has
    ///   tokens of.
    /// - Returns: how many tombstones.
    fileprivate func bury(_ node: Int64, _ identifier: Identifier?) throws -> Int {
        var digests: [Int: TokenDigest] = [:]
        for (epoch, digest) in try reader.digests(of: node) { digests[epoch] = digest }
        if let identifier {
            for (maker, digest) in zip(tokens.epochs, tokens.digests(identifier)) { digests[maker.epoch] = digest }
        }
        var count = 0
        for maker in tokens.epochs {
            guard let digest = digests[maker.epoch] else { continue }
            add(.tombstone(maker.tombstone(of: digest), epoch: maker.epoch, at: now))
            count += 1
        }
        add(.eraseIdentifier(id: node))
        return count
    }
}

extension GraphReader {
    /// What a person has, or had.
    func everHeld(by person: Int64) throws -> [(id: Int64, kind: IdentifierKind, sealed: [UInt8]?)] {
        try connection.all(
            """
            SELECT l.identifier, i.kind, l.sealed FROM identity_links l JOIN identity_identifiers i ON i.id = l.identifier
            WHERE l.person = $1 ORDER BY l.retracted IS NULL DESC, l.id
            """,
            [.integer(person)]
        ) { row in
            IdentifierKind(code: row.integer(1)).map { (row.integer(0), $0, row.isNull(2) ? nil : row.blob(2)) }
        }.compactMap { $0 }
    }

    func digests(of identifier: Int64) throws -> [(epoch: Int, digest: TokenDigest)] {
        try connection.all("SELECT epoch, token FROM identity_tokens WHERE identifier = $1", [.integer(identifier)]) {
            (Int($0.integer(0)), TokenDigest(bytes: $0.blob(1)))
        }
    }
}
