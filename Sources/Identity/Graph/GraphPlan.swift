import Storage

/// A change of the graph under way: what it reads it keeps, what it changes it shows to itself at once, and hands over as a list
/// of writes. Nothing is written here, so that a plan can be made while others read, and is applied in one short transaction.
final class GraphPlan {
    let reader: GraphReader
    let rules: IdentityRules
    let tokens: TokenMaker
    let now: Int64

    private var writes: [GraphWrite] = []
    /// Tokens are random, so each lands on another page of their index: written in their order, each page is met once.
    private var newTokens: [(digest: TokenDigest, identifier: Int64, epoch: Int)] = []
    /// The state of the tables on which the plan rests.
    let generation: Int64
    private(set) var nextID: Int64

    private var identifiers: [TokenDigest: Int64] = [:]
    private var nodes: [Int64: Node] = [:]
    private var people: [Int64: Person] = [:]
    private var components: [Int64: Set<Int64>] = [:]
    private var holdings: [Int64: [Int64: IdentifierKind]] = [:]
    private var keys: [Int64: PersonKey] = [:]
    private var tombstones: Set<TokenDigest> = []
    private let hasTombstones: Bool
    /// Pairs that this plan itself parts.
    var parted: [(Int64, Int64)] = []

    /// - Parameter connection: in a snapshot, so that all that is read is of one moment.
    init(_ connection: any SQLConnection, rules: IdentityRules, tokens: TokenMaker, now: Int64) throws {
        reader = GraphReader(connection: connection)
        self.rules = rules
        self.tokens = tokens
        self.now = now
        (nextID, generation) = try reader.counter()
        hasTombstones = try reader.hasTombstones()
    }

    /// What is to be written, for the transaction that follows.
    var changeSet: ChangeSet {
        let tokens = newTokens.sorted { $0.digest.bytes.lexicographicallyPrecedes($1.digest.bytes) }
            .map { GraphWrite.token($0.digest, identifier: $0.identifier, epoch: $0.epoch) }
        return ChangeSet(writes: writes + tokens, generation: generation, nextID: nextID)
    }

    func add(_ write: GraphWrite) {
        if case .token(let digest, let identifier, let epoch) = write {
            newTokens.append((digest, identifier, epoch))
        } else {
            writes.append(write)
        }
    }

    func newID() -> Int64 {
        defer { nextID += 1 }
        return nextID
    }

    func note(_ change: GraphChange, _ person: Int64, _ other: Int64? = nil) {
        add(.change(id: newID(), change, person: person, other: other, at: now))
    }

    // MARK: Reading

    /// Reads what is known of many identifiers at once.
    func prefetch(_ digests: [[TokenDigest]]) throws {
        let unknown = Set(digests.joined()).filter { identifiers[$0] == nil }
        let found = try reader.identifiers(of: unknown)
        identifiers.merge(found) { _, new in new }
        let newNodes = Set(found.values).filter { nodes[$0] == nil }
        nodes.merge(try reader.nodes(newNodes)) { old, _ in old }
        var newPeople: Set<Int64> = []
        for id in newNodes {
            for link in nodes[id]?.links ?? [] where people[link.person] == nil { newPeople.insert(link.person) }
        }
        for person in try reader.people(newPeople) where people[person.id] == nil { people[person.id] = person }
        try loadComponents(Set(newPeople.compactMap { people[$0]?.survivor }))
        if hasTombstones {
            let buried = unknown.subtracting(found.keys).flatMap { digest in
                tokens.epochs.map { $0.tombstone(of: digest) }
            }
            tombstones.formUnion(try reader.tombstones(among: buried))
        }
    }

    private func loadComponents(_ survivors: Set<Int64>) throws {
        let missing = survivors.filter { components[$0] == nil }
        guard !missing.isEmpty else { return }
        for person in try reader.members(ofSurvivors: missing) {
            if people[person.id] == nil { people[person.id] = person }
            components[person.survivor, default: []].insert(person.id)
        }
        let members = missing.flatMap { components[$0] ?? [] }.filter { holdings[$0] == nil }
        for member in members { holdings[member] = [:] }
        holdings.merge(try reader.holdings(of: members)) { _, new in new }
    }

    /// The identifier's node, met under any epoch; met under an older one it gets its token of the newest.
    func node(_ digests: [TokenDigest]) -> Node? {
        for (place, digest) in digests.enumerated() {
            guard let id = identifiers[digest], let node = nodes[id] else { continue }
            if place > 0, let newest = digests.first, identifiers[newest] == nil {
                identifiers[newest] = id
                add(.token(newest, identifier: id, epoch: tokens.epochs[0].epoch))
            }
            return node
        }
        return nil
    }

    func node(_ id: Int64) -> Node? { nodes[id] }

    /// The tombstones that an identifier has.
    func tombstones(of digests: [TokenDigest]) -> [TokenDigest] {
        guard !tombstones.isEmpty else { return [] }
        return zip(tokens.epochs, digests).map { $0.tombstone(of: $1) }.filter { tombstones.contains($0) }
    }

    func lift(_ tombstone: TokenDigest) {
        tombstones.remove(tombstone)
        add(.liftTombstone(tombstone))
    }

    func person(_ id: Int64) -> Person? { people[id] }

    /// The person of a global customer id, absorbed ones too, with everybody who is one with them.
    func person(customer: String) throws -> Person {
        guard let read = try reader.person(customer: customer) else { throw IdentityError.unknownCustomer }
        let person = people[read.id] ?? read
        people[person.id] = person
        try loadComponents([person.survivor])
        return person
    }

    func survivor(of person: Int64) -> Int64 { people[person]?.survivor ?? person }

    /// Everybody who is one with a survivor.
    func members(of survivor: Int64) -> Set<Int64> { components[survivor] ?? [survivor] }

    /// The survivors of those an identifier belongs to.
    func owners(of node: Node) -> Set<Int64> { Set(node.links.map { survivor(of: $0.person) }) }

    /// The identifiers of one kind among all who are one with a survivor.
    func identifiers(of survivor: Int64, kind: IdentifierKind) -> Set<Int64> {
        var found: Set<Int64> = []
        for member in members(of: survivor) {
            for (id, held) in holdings[member] ?? [:] where held == kind { found.insert(id) }
        }
        return found
    }

    func key(of person: Person) throws(IdentityError) -> PersonKey {
        if let key = keys[person.id] { return key }
        let key = try PersonKey.open(person, tokens.keyring)
        keys[person.id] = key
        return key
    }

    // MARK: Changing

    func makeNode(_ identifier: Identifier, _ digests: [TokenDigest], _ sharing: Sharing) -> Node {
        let node = Node(id: newID(), kind: identifier.kind, sharing: sharing, links: [], bars: [])
        nodes[node.id] = node
        add(.identifier(id: node.id, identifier.kind, sharing))
        if let newest = digests.first {
            identifiers[newest] = node.id
            add(.token(newest, identifier: node.id, epoch: tokens.epochs[0].epoch))
        }
        return node
    }

    func makePerson() throws -> Person {
        let customer = CustomerID.random()
        let key = PersonKey.random()
        let id = newID()
        let sealed = try key.sealed(under: tokens.keyring.newest, customer: customer)
        let person = Person(id: id, customer: customer, survivor: id, created: now, key: sealed)
        people[id] = person
        components[id] = [id]
        holdings[id] = [:]
        keys[id] = key
        add(.person(person))
        note(.created, id)
        return person
    }

    func set(_ sharing: Sharing, of node: Int64) {
        guard nodes[node]?.sharing != sharing else { return }
        nodes[node]?.sharing = sharing
        add(.sharing(identifier: node, sharing))
    }

    func link(
        _ node: Int64,
        to person: Person,
        _ identifier: Identifier,
        assurance: Assurance,
        decider: Decider,
        source: String
    ) throws {
        let link = Link(id: newID(), identifier: node, person: person.id, assurance: assurance, decider: decider)
        let sealed = rules.keepsSealedIdentifiers ? try key(of: person).seal(identifier) : nil
        nodes[node]?.links.append(link)
        holdings[person.id, default: [:]][node] = identifier.kind
        add(.link(link, source: source, sealed: sealed, at: now))
    }

    func retract(_ link: Link) {
        nodes[link.identifier]?.links.removeAll { $0.id == link.id }
        if nodes[link.identifier]?.links.contains(where: { $0.person == link.person }) != true {
            holdings[link.person]?[link.identifier] = nil
        }
        add(.retractLink(id: link.id, at: now))
    }

    func bar(_ node: Int64, from person: Int64) {
        nodes[node]?.bars.insert(person)
        add(.bar(identifier: node, person: person))
    }

    func unbar(_ node: Int64, from person: Int64) {
        guard nodes[node]?.bars.remove(person) != nil else { return }
        add(.unbar(identifier: node, person: person))
    }

    func noteConflict(identifier: Int64, _ first: Int64, _ second: Int64, cause: String) {
        add(
            .conflict(
                id: newID(),
                identifier: identifier,
                first: min(first, second),
                second: max(first, second),
                cause: cause,
                at: now
            )
        )
    }

    /// Gives everybody in a group the same survivor, the oldest of them.
    func unite(_ group: Set<Int64>) {
        guard let oldest = group.min() else { return }
        for member in group where people[member]?.survivor != oldest {
            if let old = people[member]?.survivor { components[old]?.remove(member) }
            people[member]?.survivor = oldest
            add(.survivor(person: member, oldest))
        }
        components[oldest] = group
    }
}

/// A plan's writes.
struct ChangeSet: Sendable {
    let writes: [GraphWrite]
    let generation: Int64
    let nextID: Int64

    /// Writes it all.
    /// - Throws: ``StalePlan`` when somebody else has changed the graph since the plan was made.
    func apply(to connection: any SQLConnection) throws {
        let changed = try connection.run(
            "UPDATE identity_counter SET next = $1, generation = generation + 1 WHERE id = 1 AND generation = $2",
            [.integer(nextID), .integer(generation)]
        )
        guard changed == 1 else { throw StalePlan() }
        for write in writes { try write.apply(to: connection) }
    }
}

/// The graph was changed by another writer after a plan was made on it: plan again.
struct StalePlan: Error {}

/// Global customer ids.
public enum CustomerID {
    private static let prefix = "cust_"

    /// An id that was never given out: 128 random bits, so none is ever used twice.
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let word = { String(UInt64.random(in: 0 ... .max, using: &generator), radix: 16) }
        let (high, low) = (word(), word())
        func padded(_ text: String) -> String { String(repeating: "0", count: 16 - text.utf8.count) + text }
        return prefix + padded(high) + padded(low)
    }

    /// Whether a text has the form of one.
    public static func isOne(_ text: String) -> Bool {
        text.hasPrefix(prefix) && text.utf8.count == prefix.utf8.count + 32
            && text.utf8.dropFirst(prefix.utf8.count).allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
            }
    }
}
