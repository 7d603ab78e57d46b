import JSON
import Ledger
import Storage
public import WallTime

extension IdentityRegistry {
    /// Keeps the values behind tokens, so that the tokens can be taken back until a moment.
    /// - Parameter customer: whose values they are, where that is known: they go when the customer is forgotten, and cannot be opened
    ///   without the customer's key.
    public func keep(_ values: [TokenisedValue], of customer: CustomerReference?, until: Timestamp) async throws {
        guard !values.isEmpty else { return }
        try await change { plan in
            let person = try customer.map { try Self.person($0, in: plan) }
            let owner = try person.map { (id: $0.id, key: try plan.key(of: $0)) }
            let sealer = ValueSealer(plan.tokens.keyring.newest)
            plan.add(.value(.eraseExpired(at: plan.now)))
            for value in values {
                plan.add(.value(.keep(try sealer.seal(value, of: owner, expires: until.milliseconds))))
            }
            return ((), [])
        }
    }

    /// Takes tokens back. Each that is found is recorded before this returns, with the reason, without its value.
    /// - Parameter describe: the kind of data that a token stands for, for the record.
    /// - Returns: the values by their tokens; tokens that the scope does not have, or has no longer, are left out.
    public func reveal(
        _ tokens: [String],
        scope: String,
        by actor: IdentityActor,
        describe: @Sendable (String) -> String
    ) async throws -> [String: [UInt8]] {
        let keyring = self.tokens.keyring
        let now = clock.now().milliseconds
        let found = try await ledger.database.read { connection in
            try connection.snapshot {
                let reader = GraphReader(connection: connection)
                var found: [String: (value: [UInt8], subject: String?)] = [:]
                for token in Set(tokens) {
                    found[token] = try Self.value(token, scope, reader, keyring, now)
                }
                return found
            }
        }
        let events = found.keys.sorted().map { token in
            var fields: [String: JSONValue] = [
                "dataType": .string(describe(token)), "scope": .string(scope), "token": .string(token),
            ]
            if let subject = found[token]?.subject { fields["customerId"] = .string(subject) }
            return event(.redactionReversed, actor, fields)
        }
        if !events.isEmpty { try await ledger.record(events) { _ in } }
        return found.mapValues(\.value)
    }

    private static func value(
        _ token: String,
        _ scope: String,
        _ reader: GraphReader,
        _ keyring: Keyring,
        _ now: Int64
    ) throws -> (value: [UInt8], subject: String?)? {
        for key in keyring.keys.reversed() {
            let sealer = ValueSealer(key)
            for sealed in try reader.values(named: sealer.name(token, in: scope), at: now) {
                let owner =
                    sealed.person == 0
                    ? nil : try reader.people([sealed.person]).first.map { try PersonKey.open($0, keyring) }
                if sealed.person != 0, owner == nil { continue }
                if let value = sealer.open(sealed, owner) { return (value.value, owner?.subject) }
            }
        }
        return nil
    }

    /// Destroys every token of a scope.
    /// - Returns: how many there were, and what of them the engine's files still hold, in words; empty when nothing.
    public func destroyTokens(scope: String, by actor: IdentityActor) async throws -> (count: Int, remains: String) {
        let scopes = tokens.keyring.keys.map { ValueSealer($0).scope(scope) }
        let count = try await change { plan in
            let count = try plan.reader.countValues(scopes: scopes)
            for scope in scopes { plan.add(.value(.eraseScope(scope))) }
            let fields: [String: JSONValue] = ["scope": .string(scope), "tokens": .integer(Int64(count))]
            return (count, [self.event(.redactionTokensDestroyed, actor, fields)])
        }
        return (count, await scrub())
    }

    /// Destroys what has expired.
    public func destroyExpiredTokens() async throws {
        let now = clock.now().milliseconds
        guard try await ledger.database.read({ try GraphReader(connection: $0).hasExpiredValues(at: now) }) else {
            return
        }
        try await change { plan in
            plan.add(.value(.eraseExpired(at: plan.now)))
            return ((), [])
        }
        _ = await scrub()
    }
}

extension GraphPlan {
    /// Names and seals a page of values under the newest key.
    /// - Returns: how many; fewer than `limit` when nothing is left that can be moved.
    func moveValues(limit: Int) throws -> Int {
        let keyring = tokens.keyring
        let newest = ValueSealer(keyring.newest)
        var moved = 0
        for old in try reader.values(notOf: keyring.newest.epoch, limit: limit) {
            guard let key = keyring[old.epoch] else { continue }
            let person = old.person == 0 ? nil : try reader.people([old.person]).first
            let owner = try person.map { (id: $0.id, key: try self.key(of: $0)) }
            guard old.person == 0 || owner != nil, let value = ValueSealer(key).open(old, owner?.key) else { continue }
            add(.value(.replace(try newest.seal(value, of: owner, expires: old.expires), oldName: old.name)))
            moved += 1
        }
        return moved
    }
}
