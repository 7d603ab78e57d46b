import Storage

/// Reads the graph's tables, many rows to a statement.
struct GraphReader {
    /// Values in one list. Statements are constant texts, so shorter lists repeat their last value.
    private static let listLength = 64

    let connection: any SQLConnection

    /// `($1, $2, …)` with room for one list.
    private static let list = "(" + (1...listLength).map { "$\($0)" }.joined(separator: ", ") + ")"

    private func rows(
        _ sql: String,
        _ values: [SQLParameter],
        _ each: (any SQLRow) throws -> Void
    ) throws {
        var rest = values[...]
        while let last = rest.prefix(Self.listLength).last {
            var parameters = Array(rest.prefix(Self.listLength))
            parameters += Array(repeating: last, count: Self.listLength - parameters.count)
            try connection.rows(sql, parameters) { row in
                try each(row)
                return true
            }
            rest = rest.dropFirst(Self.listLength)
        }
    }

    private func rows(_ sql: String, ids: some Sequence<Int64>, _ each: (any SQLRow) throws -> Void) throws {
        try rows(sql, ids.map { .integer($0) }, each)
    }

    /// The next free id and the number of changes so far.
    func counter() throws -> (next: Int64, generation: Int64) {
        try connection.first("SELECT next, generation FROM identity_counter WHERE id = 1") {
            ($0.integer(0), $0.integer(1))
        } ?? (1, 0)
    }

    private static let tokens = "SELECT token, identifier FROM identity_tokens WHERE token IN \(list)"

    func identifiers(of digests: some Sequence<TokenDigest>) throws -> [TokenDigest: Int64] {
        var found: [TokenDigest: Int64] = [:]
        try rows(Self.tokens, digests.map { .blob($0.bytes) }) { row in
            found[TokenDigest(bytes: row.blob(0))] = row.integer(1)
        }
        return found
    }

    func hasTombstones() throws -> Bool {
        try connection.first("SELECT 1 FROM identity_tombstones LIMIT 1") { _ in true } ?? false
    }

    private static let tombstones = "SELECT token FROM identity_tombstones WHERE token IN \(list)"

    func tombstones(among digests: some Sequence<TokenDigest>) throws -> Set<TokenDigest> {
        var found: Set<TokenDigest> = []
        try rows(Self.tombstones, digests.map { .blob($0.bytes) }) { found.insert(TokenDigest(bytes: $0.blob(0))) }
        return found
    }

    private static let nodes = "SELECT id, kind, sharing FROM identity_identifiers WHERE id IN \(list)"
    private static let links = """
        SELECT id, identifier, person, assurance, decider FROM identity_links
        WHERE retracted IS NULL AND identifier IN \(list)
        """
    private static let bars = "SELECT identifier, person FROM identity_bars WHERE identifier IN \(list)"

    func nodes(_ ids: some Collection<Int64>) throws -> [Int64: Node] {
        var nodes: [Int64: Node] = [:]
        try rows(Self.nodes, ids: ids) { row in
            guard let kind = IdentifierKind(code: row.integer(1)) else { return }
            nodes[row.integer(0)] = Node(
                id: row.integer(0),
                kind: kind,
                sharing: Sharing(code: row.integer(2)),
                links: [],
                bars: []
            )
        }
        var links: Set<Link> = []
        try rows(Self.links, ids: ids) { links.insert(Self.link($0)) }
        for link in links.sorted(by: { $0.id < $1.id }) { nodes[link.identifier]?.links.append(link) }
        try rows(Self.bars, ids: ids) { nodes[$0.integer(0)]?.bars.insert($0.integer(1)) }
        return nodes
    }

    private static func link(_ row: any SQLRow) -> Link {
        Link(
            id: row.integer(0),
            identifier: row.integer(1),
            person: row.integer(2),
            assurance: Assurance(level: row.integer(3)),
            decider: Decider(rawValue: row.integer(4)) ?? .rule
        )
    }

    private static let personColumns =
        "SELECT id, customer, survivor, created, key_epoch, key_sealed FROM identity_people"
    private static let people = "\(personColumns) WHERE id IN \(list)"
    private static let members = "\(personColumns) WHERE survivor IN \(list)"
    static let peopleInOrder = "\(personColumns) WHERE id > $1 ORDER BY id LIMIT $2"
    private static let byCustomer = "\(personColumns) WHERE customer = $1"

    static func person(_ row: any SQLRow) -> Person {
        Person(
            id: row.integer(0),
            customer: row.text(1),
            survivor: row.integer(2),
            created: row.integer(3),
            key: SealedKey(epoch: Int(row.integer(4)), bytes: row.blob(5))
        )
    }

    func people(_ ids: some Sequence<Int64>) throws -> [Person] {
        var people: [Int64: Person] = [:]
        try rows(Self.people, ids: ids) { people[$0.integer(0)] = Self.person($0) }
        return people.values.sorted { $0.id < $1.id }
    }

    /// Everybody who is one with one of these, oldest first.
    func members(ofSurvivors ids: some Sequence<Int64>) throws -> [Person] {
        var people: [Int64: Person] = [:]
        try rows(Self.members, ids: ids) { people[$0.integer(0)] = Self.person($0) }
        return people.values.sorted { $0.id < $1.id }
    }

    func person(customer: String) throws -> Person? {
        try connection.first(Self.byCustomer, [.text(customer)], Self.person)
    }

    private static let kinds = """
        SELECT l.person, l.identifier, i.kind FROM identity_links l JOIN identity_identifiers i ON i.id = l.identifier
        WHERE l.retracted IS NULL AND l.person IN \(list)
        """

    /// The identifiers of people, with their kinds.
    func holdings(of people: some Sequence<Int64>) throws -> [Int64: [Int64: IdentifierKind]] {
        var holdings: [Int64: [Int64: IdentifierKind]] = [:]
        try rows(Self.kinds, ids: people) { row in
            holdings[row.integer(0), default: [:]][row.integer(1)] = IdentifierKind(code: row.integer(2))
        }
        return holdings
    }

    private static let edgeColumns =
        "SELECT id, kind, first, second, decider, rule, asserted, retracted FROM identity_edges"
    private static let edgesFirst = "\(edgeColumns) WHERE first IN \(list)"
    private static let edgesSecond = "\(edgeColumns) WHERE second IN \(list)"

    private static func edge(_ row: any SQLRow) -> Edge {
        Edge(
            id: row.integer(0),
            kind: EdgeKind(rawValue: row.integer(1)) ?? .apart,
            first: row.integer(2),
            second: row.integer(3),
            decider: Decider(rawValue: row.integer(4)) ?? .rule,
            rule: row.text(5),
            asserted: row.integer(6),
            retracted: row.optionalInteger(7)
        )
    }

    /// Every edge, in force or not, of any of these people, oldest first.
    func edges(of people: some Collection<Int64>) throws -> [Edge] {
        var edges: Set<Edge> = []
        try rows(Self.edgesFirst, ids: people) { edges.insert(Self.edge($0)) }
        try rows(Self.edgesSecond, ids: people) { edges.insert(Self.edge($0)) }
        return edges.sorted { $0.id < $1.id }
    }
}
