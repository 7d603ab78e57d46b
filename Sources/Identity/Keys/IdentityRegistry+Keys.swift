import JSON
import Ledger
import Storage

/// How far a move to the newest key is.
public struct KeyMove: Sendable, Hashable {
    /// People whose keys are sealed under the newest key now.
    public var people = 0
    /// Identifiers that got a token of the newest key.
    public var identifiers = 0
    /// Values behind tokens of redaction that are sealed and named under the newest key now.
    public var values = 0
    /// Identifiers that have none, because their values were not kept; they get one when they are met.
    public var waiting = 0
}

/// What the destruction of a key costs.
public struct KeyDestruction: Sendable, Hashable {
    /// The key's epoch.
    public let epoch: Int
    /// Names the key without giving it away.
    public let fingerprint: String
    /// Identifiers with tokens of this epoch only: they will not be found again.
    public let lostIdentifiers: Int
    /// Tombstones that nobody can compare with any more.
    public let lapsedTombstones: Int
    /// Tokens of redaction that could not be taken back any more.
    public let lostTokens: Int
    /// People whose keys are still sealed under it; while there are any it cannot be destroyed.
    public let sealedPeople: Int
}

extension IdentityRegistry {
    private static let page = 500

    /// Records that a new key is in use. The keyring holds it already.
    public func recordRotation(by actor: IdentityActor) async throws {
        let keyring = tokens.keyring
        try await ledger.append(
            event(
                .identityKeysRotated,
                actor,
                [
                    "epoch": .integer(Int64(keyring.newest.epoch)), "fingerprint": .string(keyring.newest.fingerprint),
                    "epochs": .array(keyring.keys.map { .integer(Int64($0.epoch)) }),
                ]
            )
        )
    }

    /// Seals people's keys under the newest key, and gives identifiers whose values were kept their tokens of it. Who is whom does
    /// not change. May be broken off and begun again.
    /// - Parameter progress: told after each step.
    public func moveToNewestKey(
        by actor: IdentityActor,
        progress: @Sendable (KeyMove) -> Void = { _ in }
    ) async throws -> KeyMove {
        var move = KeyMove()
        var last: Int64 = 0
        while true {
            let start = last
            let (step, next) = try await change { plan in
                let (step, next) = try plan.movePage(after: start, limit: Self.page)
                return ((step, next), [])
            }
            move.people += step.people
            move.identifiers += step.identifiers
            progress(move)
            guard let next else { break }
            last = next
        }
        while true {
            let step = try await change { plan in (try plan.moveValues(limit: Self.page), []) }
            move.values += step
            progress(move)
            if step < Self.page { break }
        }
        let epoch = tokens.keyring.newest.epoch
        move.waiting = try await ledger.database.read { try GraphReader(connection: $0).countWithout(epoch: epoch) }
        try await ledger.append(
            event(
                .identityKeysMoved,
                actor,
                [
                    "epoch": .integer(Int64(epoch)), "people": .integer(Int64(move.people)),
                    "identifiers": .integer(Int64(move.identifiers)), "waiting": .integer(Int64(move.waiting)),
                    "values": .integer(Int64(move.values)),
                ]
            )
        )
        return move
    }

    /// What the destruction of a key would cost.
    public func costOfDestroying(epoch: Int) async throws -> KeyDestruction {
        guard let key = tokens.keyring[epoch] else { throw IdentityError.keyring("there is no key of epoch \(epoch)") }
        let epochs = tokens.keyring.keys.map(\.epoch).filter { $0 != epoch }
        return try await ledger.database.read { connection in
            let reader = GraphReader(connection: connection)
            return KeyDestruction(
                epoch: epoch,
                fingerprint: key.fingerprint,
                lostIdentifiers: try reader.countOnly(epoch: epoch, others: epochs),
                lapsedTombstones: try reader.countTombstones(epoch: epoch),
                lostTokens: try reader.countValues(epoch: epoch),
                sealedPeople: try reader.countSealed(epoch: epoch)
            )
        }
    }

    /// Records a key's destruction and lets go of what only it could read, then has the key itself destroyed.
    /// - Parameters:
    ///   - acceptingLoss: whether identifiers and tombstones may be lost.
    ///   - destroy: takes the key out of where keyrings are kept. The event is durable before it is called.
    public func destroyKey(
        epoch: Int,
        acceptingLoss: Bool,
        by actor: IdentityActor,
        destroy: @Sendable (Keyring) throws -> Void
    ) async throws -> KeyDestruction {
        let rest = try tokens.keyring.without(epoch: epoch)
        let cost = try await costOfDestroying(epoch: epoch)
        guard cost.sealedPeople == 0 else {
            throw IdentityError.conflict(
                "the keys of \(cost.sealedPeople) people are sealed under epoch \(epoch): run 'muniment identity keys move' first"
            )
        }
        guard acceptingLoss || cost.lostIdentifiers + cost.lapsedTombstones + cost.lostTokens == 0 else {
            throw IdentityError.conflict(
                "\(cost.lostIdentifiers) identifiers are known under epoch \(epoch) only and would be lost, \(cost.lapsedTombstones) "
                    + "tombstones would lapse, \(cost.lostTokens) tokens of redaction could not be taken back: move to the newest key first, or accept the loss"
            )
        }
        try await change { plan in
            plan.add(.dropEpoch(epoch))
            let fields: [String: JSONValue] = [
                "epoch": .integer(Int64(epoch)), "fingerprint": .string(cost.fingerprint),
                "lostIdentifiers": .integer(Int64(cost.lostIdentifiers)),
                "lapsedTombstones": .integer(Int64(cost.lapsedTombstones)),
                "lostTokens": .integer(Int64(cost.lostTokens)),
                "epochs": .array(rest.keys.map { .integer(Int64($0.epoch)) }),
            ]
            return ((), [self.event(.identityKeyDestroyed, actor, fields)])
        }
        try destroy(rest)
        replaceKeyring(with: rest)
        _ = await scrub()
        return cost
    }
}

extension GraphPlan {
    /// Moves a page of people, in the order of their ids.
    /// - Returns: how far it came, and where the next page begins; nil after the last.
    func movePage(after start: Int64, limit: Int) throws -> (KeyMove, next: Int64?) {
        let newest = tokens.keyring.newest
        let people = try reader.people(after: start, limit: limit)
        var move = KeyMove()
        var kept: [(node: Int64, identifier: Identifier, newest: TokenDigest)] = []
        for person in people {
            let key = try key(of: person)
            if person.key.epoch != newest.epoch {
                add(.personKey(person: person.id, try key.sealed(under: newest, customer: person.customer)))
                move.people += 1
            }
            for held in try reader.everHeld(by: person.id) {
                guard let identifier = held.sealed.flatMap({ key.open($0, kind: held.kind) }),
                    let digest = tokens.digests(identifier).first
                else { continue }
                kept.append((held.id, identifier, digest))
            }
        }
        let known = try reader.identifiers(of: Set(kept.map(\.newest)))
        var given: Set<TokenDigest> = []
        for (node, _, digest) in kept where known[digest] == nil && given.insert(digest).inserted {
            add(.token(digest, identifier: node, epoch: newest.epoch))
            move.identifiers += 1
        }
        return (move, people.count == limit ? people.last?.id : nil)
    }
}

extension GraphReader {
    /// A page of everybody, in the order in which they were met.
    func people(after start: Int64, limit: Int) throws -> [Person] {
        try connection.all(Self.peopleInOrder, [.integer(start), .integer(Int64(limit))], Self.person)
    }

    private func count(_ sql: String, _ parameters: [SQLParameter]) throws -> Int {
        try connection.first(sql, parameters) { Int($0.integer(0)) } ?? 0
    }

    fileprivate func countSealed(epoch: Int) throws -> Int {
        try count("SELECT COUNT(*) FROM identity_people WHERE key_epoch = $1", [.integer(Int64(epoch))])
    }

    fileprivate func countTombstones(epoch: Int) throws -> Int {
        try count("SELECT COUNT(*) FROM identity_tombstones WHERE epoch = $1", [.integer(Int64(epoch))])
    }

    fileprivate func countWithout(epoch: Int) throws -> Int {
        try count(
            """
            SELECT COUNT(*) FROM identity_identifiers i WHERE NOT EXISTS (
                SELECT 1 FROM identity_tokens t WHERE t.epoch = $1 AND t.identifier = i.id)
            """,
            [.integer(Int64(epoch))]
        )
    }

    /// Identifiers with no token that a key in use could make.
    fileprivate func countOnly(epoch: Int, others: [Int]) throws -> Int {
        let list = others.map(String.init).joined(separator: ", ")
        return try count(
            """
            SELECT COUNT(*) FROM identity_identifiers i WHERE NOT EXISTS (
                SELECT 1 FROM identity_tokens t WHERE t.identifier = i.id AND t.epoch IN (\(list)))
            """,
            []
        )
    }
}
