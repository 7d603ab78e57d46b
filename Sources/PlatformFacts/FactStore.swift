internal import JSON
public import Ledger
public import Storage
public import WallTime

/// How a feed stands, for whoever watches it.
public struct FeedState: Sendable, Hashable {
    /// Its name.
    public let feed: String
    /// Everything up to then is in the record; nil before the first success.
    public let through: Timestamp?
    /// When it last succeeded.
    public let succeeded: Timestamp?
    /// Facts that it has brought, newer versions included.
    public let facts: Int64
    /// What went wrong at the latest attempt; nil when nothing did. Holds no personal data.
    public let problem: String?
}

/// What the feeds know between two rounds: how far each has come, and which facts it has brought. Facts, that knowledge and the events
/// are written in one transaction, so that a fact is in the record exactly once, wherever a process dies.
public struct FactStore: Sendable {
    /// Its tables, for whoever prepares a database.
    public static let schema = SchemaComponent(
        "platform_facts",
        [
            Migration(
                version: 1,
                statements: [
                    """
                    CREATE TABLE feed_state (
                        feed TEXT PRIMARY KEY, through BIGINT, succeeded BIGINT, facts BIGINT NOT NULL, problem TEXT)
                    """,
                    """
                    CREATE TABLE feed_facts (
                        feed TEXT NOT NULL, fact TEXT NOT NULL, digest TEXT NOT NULL, seen BIGINT NOT NULL,
                        PRIMARY KEY (feed, fact))
                    """,
                    "CREATE INDEX feed_facts_seen ON feed_facts (feed, seen)",
                ]
            )
        ]
    )

    /// What stands in the events as their producer: whichever node asks, a fact is the same fact.
    static let producer = "genesys"
    /// How long a fact is remembered after it was last seen: longer than any feed reads back.
    private static let rememberedMilliseconds: Int64 = 7 * 86_400_000
    /// Facts in one transaction.
    private static let batch = 200

    private let ledger: Ledger

    /// Opens the store in the ledger's database.
    public init(ledger: Ledger) throws {
        self.ledger = ledger
        try Schema.migrate(ledger.database.makeConnection(), Self.schema)
    }

    /// All feeds that ever ran, by name.
    public func states() async throws -> [FeedState] {
        try await ledger.database.read { connection in
            try connection.all("SELECT feed, through, succeeded, facts, problem FROM feed_state ORDER BY feed") { row in
                FeedState(
                    feed: row.text(0),
                    through: row.optionalInteger(1).map(Timestamp.init(milliseconds:)),
                    succeeded: row.optionalInteger(2).map(Timestamp.init(milliseconds:)),
                    facts: row.integer(3),
                    problem: row.optionalText(4)
                )
            }
        }
    }

    /// Up to when everything of a feed is in the record.
    func through(_ feed: String) async throws -> Timestamp? {
        try await states().first { $0.feed == feed }?.through
    }

    /// Puts the facts that are new, or new in what they say, into the record.
    /// - Parameter lease: nothing is written once another holds it.
    /// - Returns: how many were.
    @discardableResult
    func record(_ facts: [Fact], of feed: String, at now: Timestamp, lease: Lease) async throws -> Int {
        var recorded = 0
        for start in stride(from: 0, to: facts.count, by: Self.batch) {
            // The same fact may stand twice on pages that moved: the later one holds.
            let batch = Dictionary(
                facts[start..<min(start + Self.batch, facts.count)].map { ($0.key, $0) },
                uniquingKeysWith: { $1 }
            )
            let digests = try batch.mapValues { try $0.digest() }
            let known = try await self.known(Array(batch.keys), of: feed)
            let new = batch.values.filter { known[$0.key] != digests[$0.key] }.sorted {
                ($0.timestamp, $0.key) < ($1.timestamp, $1.key)
            }
            let events = new.map { $0.event(of: feed, digest: digests[$0.key] ?? "") }
            let seen = digests.sorted { $0.key < $1.key }
            try await write(events, lease) { connection in
                for (fact, digest) in seen {
                    try connection.enqueue(
                        """
                        INSERT INTO feed_facts (feed, fact, digest, seen) VALUES ($1, $2, $3, $4)
                        ON CONFLICT (feed, fact) DO UPDATE SET digest = excluded.digest, seen = excluded.seen
                        """,
                        [.text(feed), .text(fact), .text(digest), .integer(now.milliseconds)]
                    )
                }
                try Self.begin(connection, feed)
                try connection.run(
                    "UPDATE feed_state SET facts = facts + $1 WHERE feed = $2",
                    [.integer(Int64(new.count)), .text(feed)]
                )
            }
            recorded += new.count
        }
        return recorded
    }

    /// Notes the end of a round, and how far the feed has come: that is an event when it is further than before.
    func finish(_ feed: String, through: Timestamp?, note: String?, at now: Timestamp, lease: Lease) async throws {
        var events: [Event] = []
        if let through, try await self.through(feed).map({ $0 < through }) ?? true {
            events.append(
                Event(
                    type: .platformFeedAdvanced,
                    identity: EventIdentity(producer: Self.producer, id: "\(feed)/through/\(through.milliseconds)"),
                    timestamp: now,
                    fields: ["feed": .string(feed), "through": .string(through.description)]
                )
            )
        }
        let advanced = events.isEmpty ? nil : through
        try await write(events, lease) { connection in
            try Self.begin(connection, feed)
            try connection.run(
                "UPDATE feed_state SET succeeded = $1, through = COALESCE($2, through), problem = $3 WHERE feed = $4",
                [.integer(now.milliseconds), .optional(advanced?.milliseconds), .optional(note), .text(feed)]
            )
            try connection.run(
                "DELETE FROM feed_facts WHERE feed = $1 AND seen < $2",
                [.text(feed), .integer(now.milliseconds - Self.rememberedMilliseconds)]
            )
        }
    }

    /// Notes that a round failed.
    func fail(_ feed: String, _ problem: String) async throws {
        try await ledger.database.write { connection in
            try Self.begin(connection, feed)
            _ = try connection.run(
                "UPDATE feed_state SET problem = $1 WHERE feed = $2",
                [.text(problem), .text(feed)]
            )
        }
    }

    /// Writes events and tables together, as long as the lease holds.
    private func write(
        _ events: [Event],
        _ lease: Lease,
        _ body: @escaping @Sendable (any SQLConnection) throws -> Void
    ) async throws {
        let confirmed: @Sendable (any SQLConnection) throws -> Void = { connection in
            try lease.confirm(connection)
            try body(connection)
        }
        if events.isEmpty {
            try await ledger.database.write(confirmed)
        } else {
            try await ledger.record(events, changing: confirmed)
        }
    }

    private static func begin(_ connection: any SQLConnection, _ feed: String) throws {
        try connection.run(
            "INSERT INTO feed_state (feed, facts) VALUES ($1, 0) ON CONFLICT (feed) DO NOTHING",
            [.text(feed)]
        )
    }

    /// The keys of a feed's facts that begin with a text, in order; only those that were seen in the last days.
    func keys(of feed: String, prefix: String) async throws -> [String] {
        try await ledger.database.read { connection in
            try connection.all(
                "SELECT fact FROM feed_facts WHERE feed = $1 AND substr(fact, 1, CAST($2 AS INTEGER)) = $3 ORDER BY fact",
                [.text(feed), .integer(Int64(prefix.unicodeScalars.count)), .text(prefix)]
            ) { $0.text(0) }
        }
    }

    private func known(_ facts: [String], of feed: String) async throws -> [String: String] {
        try await ledger.database.read { connection in
            let places = facts.indices.map { "$\($0 + 2)" }.joined(separator: ", ")
            let rows = try connection.all(
                "SELECT fact, digest FROM feed_facts WHERE feed = $1 AND fact IN (\(places))",
                [.text(feed)] + facts.map { .text($0) }
            ) { ($0.text(0), $0.text(1)) }
            return Dictionary(uniqueKeysWithValues: rows)
        }
    }
}
