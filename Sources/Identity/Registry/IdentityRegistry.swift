import JSON
public import Ledger
import Redaction
public import Storage
import Synchronization
public import WallTime

/// Who asks for a change, and why.
public struct IdentityActor: Sendable {
    /// The operator or API client.
    public let name: String
    /// Why, in the actor's words. It stands in the record for ever, so what looks like personal data is masked.
    public let reason: String?

    /// Names an actor.
    public init(name: String, reason: String? = nil) {
        self.name = name
        self.reason = reason.map(RecordedWords.masked)
    }
}

/// Names a customer: by a global customer id, or by an identifier.
public enum CustomerReference: Sendable {
    /// A global customer id, of those that redirect too.
    case customer(String)
    /// An identifier.
    case identifier(Identifier)
}

/// The people of an installation: who has which identifiers, who is one with whom, and what is believed for which reason. Every
/// change is an event in the ledger, in the same transaction; none names a person in a way that outlives the person's key.
public final class IdentityRegistry: Sendable {
    /// Its tables.
    public static let schema = GraphSchema.component

    /// How identifiers make people.
    public let rules: IdentityRules
    /// How many people have to agree to a decision.
    public let approvals: DecisionApprovals
    /// How identifiers are read.
    public let normaliser: Normaliser
    /// Where every change is recorded.
    public var recordedIn: Ledger { ledger }
    let ledger: Ledger
    let clock: any WallClock
    let producer: String
    private let maker: Mutex<TokenMaker>
    private let turns = Turns()
    /// For searches that take long: one at a time.
    let searches = Turns()
    private let forgettings = Atomic<Int>(0)
    private let heard = Atomic<Int64>(0)

    /// Opens the registry in a ledger's store.
    /// - Parameter producer: named in the events as what wrote them.
    public init(
        ledger: Ledger,
        keyring: Keyring,
        rules: IdentityRules = IdentityRules(),
        approvals: DecisionApprovals = .usual,
        normaliser: Normaliser,
        clock: any WallClock,
        producer: String
    ) throws {
        self.ledger = ledger
        self.rules = rules
        self.approvals = approvals
        self.normaliser = normaliser
        self.clock = clock
        self.producer = producer
        maker = Mutex(TokenMaker(keyring: keyring))
        let connection = try ledger.database.makeConnection()
        try Schema.migrate(connection, Self.schema)
    }

    /// Makes tokens under the keys in use.
    public var tokens: TokenMaker { maker.withLock { $0 } }

    /// Takes another keyring into use, as after a rotation.
    public func replaceKeyring(with keyring: Keyring) {
        let new = TokenMaker(keyring: keyring)
        maker.withLock { $0 = new }
        forgettings.add(1, ordering: .relaxed)
    }

    /// Grows with every forgetting, unlinking and change of keys in this process, and with those of others once they are heard of:
    /// what was remembered of who has which identifier is of no more use then.
    public var epochOfMemory: Int { forgettings.load(ordering: .relaxed) }

    func invalidateMemory() { forgettings.add(1, ordering: .relaxed) }

    /// Hears of forgettings in other processes.
    public func followForgettings() async throws {
        let newest = try await ledger.database.read { try GraphReader(connection: $0).newestForgetting() }
        if newest != heard.exchange(newest, ordering: .relaxed) { invalidateMemory() }
    }

    // MARK: Asking

    /// Who has these identifiers? Nothing is recorded; see ``resolve(_:by:)`` for the answer that is.
    public func find(_ identifiers: [Identifier], for purpose: IdentityPurpose) async throws -> Resolution {
        let resolver = Resolver(rules: rules, tokens: tokens)
        return try await ledger.database.read { try resolver.resolve(identifiers, for: purpose, $0) }
    }

    /// As ``find(_:for:)``, on the calling thread.
    public func findBlocking(_ identifiers: [Identifier], for purpose: IdentityPurpose) throws -> Resolution {
        let resolver = Resolver(rules: rules, tokens: tokens)
        return try ledger.database.readBlocking { try resolver.resolve(identifiers, for: purpose, $0) }
    }

    /// Under which tokens a customer stands in the ledger: those of everybody who is one with them, and the tokens of their
    /// identifiers, under which reads were recorded before the customer was known.
    /// - Returns: nothing when nobody is found.
    public func ledgerNames(of reference: CustomerReference) async throws -> [String] {
        let tokens = tokens
        return try await ledger.database.read { connection in
            try connection.snapshot {
                let reader = GraphReader(connection: connection)
                guard let person = try Self.person(reference, reader, tokens) else { return [] }
                var names: [String] = []
                for member in try reader.members(ofSurvivors: [person.survivor]) {
                    names.append(try PersonKey.open(member, tokens.keyring).subject)
                    names += try reader.customerTokens(of: member.id)
                }
                return names
            }
        }
    }

    /// Everything that makes a customer who they are, now or at an earlier moment.
    public func explain(_ reference: CustomerReference, asOf moment: Timestamp? = nil) async throws
        -> CustomerExplanation
    {
        let tokens = tokens
        return try await ledger.database.read { connection in
            try connection.snapshot {
                let reader = GraphReader(connection: connection)
                guard let person = try Self.person(reference, reader, tokens) else { throw Self.unknown(reference) }
                return try Explainer(reader: reader).explain(person, asOf: moment?.milliseconds)
            }
        }
    }

    /// By which merges two customers, or the owners of two identifiers, are one; nil when they are not.
    public func path(from first: CustomerReference, to second: CustomerReference) async throws -> [KnownMerge]? {
        let tokens = tokens
        return try await ledger.database.read { connection in
            try connection.snapshot {
                let reader = GraphReader(connection: connection)
                guard let start = try Self.person(first, reader, tokens) else { throw Self.unknown(first) }
                guard let end = try Self.person(second, reader, tokens) else { throw Self.unknown(second) }
                return try Explainer(reader: reader).path(from: start, to: end)
            }
        }
    }

    /// What changed since a place in the feed, oldest first.
    /// - Parameter cursor: the last change's number of the page before; 0 to begin.
    public func changes(after cursor: Int64, limit: Int) async throws -> [IdentityChange] {
        try await ledger.database.read { try GraphReader(connection: $0).changes(after: cursor, limit: limit) }
    }

    /// What rules could not decide, oldest first.
    public func openConflicts(limit: Int) async throws -> [IdentityConflict] {
        try await ledger.database.read { try GraphReader(connection: $0).openConflicts(limit: limit) }
    }

    static func unknown(_ reference: CustomerReference) -> IdentityError {
        switch reference {
        case .customer: .unknownCustomer
        case .identifier(let identifier): .unknownIdentifier(identifier.kind)
        }
    }

    /// The person named; the oldest link decides where an identifier has several owners.
    static func person(
        _ reference: CustomerReference,
        _ reader: GraphReader,
        _ tokens: TokenMaker
    ) throws -> Person? {
        switch reference {
        case .customer(let id): return try reader.person(customer: id)
        case .identifier(let identifier):
            let digests = tokens.digests(identifier)
            let found = try reader.identifiers(of: digests)
            guard let id = digests.lazy.compactMap({ found[$0] }).first,
                let link = try reader.nodes([id])[id]?.links.first
            else { return nil }
            return try reader.people([link.person]).first
        }
    }

    // MARK: Changing

    /// Plans a change on what the store holds, then writes it together with its events; begins again when another process was
    /// faster.
    func change<Value: Sendable>(
        _ make: @escaping @Sendable (GraphPlan) throws -> (value: Value, events: [Event])
    ) async throws -> Value {
        try await turns.take {
            for _ in 0..<20 {
                let (rules, tokens, now) = (rules, tokens, clock.now().milliseconds)
                let (value, events, changes) = try await ledger.database.read { connection in
                    try connection.snapshot {
                        let plan = try GraphPlan(connection, rules: rules, tokens: tokens, now: now)
                        let (value, events) = try make(plan)
                        return (value, events, plan.changeSet)
                    }
                }
                if changes.writes.isEmpty, events.isEmpty { return value }
                do {
                    try await ledger.record(events) { connection in
                        if !changes.writes.isEmpty { try changes.apply(to: connection) }
                    }
                    return value
                } catch is StalePlan {
                    continue
                }
            }
            throw IdentityError.conflict("other processes change identities without pause: try again")
        }
    }

    func event(_ type: EventType, _ actor: IdentityActor, _ fields: [String: JSONValue]) -> Event {
        var fields = fields
        fields["actor"] = .string(actor.name)
        if let reason = actor.reason { fields["reason"] = .string(reason) }
        return Event(type: type, identity: .random(producer: producer), timestamp: clock.now(), fields: fields)
    }

    /// The person named, read into a plan.
    static func person(_ reference: CustomerReference, in plan: GraphPlan) throws -> Person {
        switch reference {
        case .customer(let id): return try plan.person(customer: id)
        case .identifier(let identifier):
            guard let person = try person(reference, plan.reader, plan.tokens) else {
                throw IdentityError.unknownIdentifier(identifier.kind)
            }
            return try plan.person(customer: person.customer)
        }
    }
}

/// One change, for those who follow.
public struct IdentityChange: Sendable {
    /// Its place in the feed.
    public let cursor: Int64
    /// `created`, `linked`, `unlinked`, `merged`, `split`, `erased` or `kept-apart`.
    public let kind: String
    /// The global customer id.
    public let customer: String
    /// The other id, where there is one.
    public let other: String?
    /// When.
    public let at: Timestamp
}

/// Something that rules could not decide.
public struct IdentityConflict: Sendable {
    /// Its number.
    public let id: Int64
    /// What stands against what.
    public let cause: String
    /// The customers concerned, by their ids.
    public let customers: [String]
    /// Since when.
    public let found: Timestamp
}

extension GraphReader {
    private static let customerTokens = """
        SELECT t.token, t.epoch FROM identity_links l JOIN identity_identifiers i ON i.id = l.identifier
        JOIN identity_tokens t ON t.identifier = i.id WHERE l.person = $1 AND i.kind = $2 AND l.retracted IS NULL
        """

    /// The tokens, of every epoch, of the customer numbers of one person.
    func customerTokens(of person: Int64) throws -> [String] {
        try connection.all(Self.customerTokens, [.integer(person), .integer(IdentifierKind.customer.code)]) {
            TokenDigest(bytes: $0.blob(0)).text(.customer, epoch: Int($0.integer(1)))
        }
    }

    func newestForgetting() throws -> Int64 {
        try connection.first(
            "SELECT COALESCE(MAX(id), 0) FROM identity_changes WHERE kind = 'erased' OR kind = 'unlinked'"
        ) { $0.integer(0) } ?? 0
    }

    func changes(after cursor: Int64, limit: Int) throws -> [IdentityChange] {
        try connection.all(
            """
            SELECT c.id, c.kind, COALESCE(c.customer, p.customer), o.customer, c.changed FROM identity_changes c
            LEFT JOIN identity_people p ON p.id = c.person LEFT JOIN identity_people o ON o.id = c.other
            WHERE c.id > $1 ORDER BY c.id LIMIT $2
            """,
            [.integer(cursor), .integer(Int64(limit))]
        ) {
            IdentityChange(
                cursor: $0.integer(0),
                kind: $0.text(1),
                customer: $0.text(2),
                other: $0.optionalText(3),
                at: Timestamp(milliseconds: $0.integer(4))
            )
        }
    }

    func isOpenConflict(_ id: Int64) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM identity_conflicts WHERE id = $1 AND settled IS NULL",
            [.integer(id)]
        ) { _ in true } ?? false
    }

    func openConflicts(limit: Int) throws -> [IdentityConflict] {
        try connection.all(
            """
            SELECT c.id, c.cause, c.found, a.customer, b.customer FROM identity_conflicts c
            LEFT JOIN identity_people a ON a.id = c.first LEFT JOIN identity_people b ON b.id = c.second
            WHERE c.settled IS NULL ORDER BY c.id LIMIT $1
            """,
            [.integer(Int64(limit))]
        ) {
            var customers: [String] = []
            for column in 3...4 {
                if let customer = $0.optionalText(column), !customers.contains(customer) { customers.append(customer) }
            }
            return IdentityConflict(
                id: $0.integer(0),
                cause: $0.text(1),
                customers: customers,
                found: Timestamp(milliseconds: $0.integer(2))
            )
        }
    }
}
