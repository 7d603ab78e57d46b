/// The right to do a piece of work that runs once in a cluster, under a number that grows with every holder.
public struct Lease: Sendable, Hashable {
    /// The work.
    public let name: String
    /// Who holds it: a node, and which run of it.
    public let holder: String
    /// Grows each time the lease is taken; what is written under a smaller number comes from somebody who has lost it.
    public let fence: Int64

    /// To be called within the transaction that writes: it cannot commit once another holds the lease.
    /// - Throws: ``StorageError`` with code `fenced` when the lease has passed to another.
    public func confirm(_ connection: any SQLConnection) throws {
        // Taking the lease changes the row, and waits for whoever reads it so.
        let lock = connection.dialect == .postgres ? " FOR SHARE" : ""
        let held = try connection.first(
            "SELECT holder, fence FROM leases WHERE name = $1" + lock,
            [.text(name)]
        ) { $0.text(0) == holder && $0.integer(1) == fence }
        guard held == true else { throw StorageError(.fenced, "another node has taken over the work '\(name)'") }
    }
}

/// A lease as it stands.
public struct LeaseState: Sendable {
    /// The lease with its last holder.
    public let lease: Lease
    /// For how long it still holds by the database's clock, in milliseconds; zero or less when it has run out.
    public let remainingMilliseconds: Int64
}

/// The table of leases. Only the database's clock counts, so the nodes' own may differ.
struct LeaseTable: Sendable {
    static let migrations = [
        Migration(
            version: 1,
            statements: [
                """
                CREATE TABLE leases (
                    name TEXT PRIMARY KEY, holder TEXT NOT NULL, fence BIGINT NOT NULL, expires BIGINT NOT NULL)
                """
            ]
        )
    ]

    /// How long a lease holds, in milliseconds.
    let duration: Int64

    /// Milliseconds since 1970 by the database's clock; 2440587.5 is the Julian day of 1970-01-01.
    private static func now(_ dialect: Dialect) -> String {
        switch dialect {
        case .sqlite: "CAST((julianday('now') - 2440587.5) * 86400000 AS BIGINT)"
        case .postgres: "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
        }
    }

    /// Takes the lease if nobody holds it, or prolongs nothing and returns nil.
    func take(_ name: String, as holder: String, _ connection: any SQLConnection) throws -> Lease? {
        let now = Self.now(connection.dialect)
        let changed = try connection.run(
            """
            UPDATE leases SET holder = $1, fence = fence + 1, expires = \(now) + $2
            WHERE name = $3 AND (expires <= \(now) OR holder = $1)
            """,
            [.text(holder), .integer(duration), .text(name)]
        )
        if changed == 0 {
            // Two may try at once: one inserts, the other finds the row.
            try connection.run(
                """
                INSERT INTO leases (name, holder, fence, expires) VALUES ($1, $2, 1, \(now) + $3)
                ON CONFLICT (name) DO NOTHING
                """,
                [.text(name), .text(holder), .integer(duration)]
            )
        }
        return try connection.first(
            "SELECT fence FROM leases WHERE name = $1 AND holder = $2",
            [.text(name), .text(holder)]
        ) { Lease(name: name, holder: holder, fence: $0.integer(0)) }
    }

    /// Prolongs a lease that is still held.
    /// - Returns: whether it was.
    func prolong(_ lease: Lease, _ connection: any SQLConnection) throws -> Bool {
        let now = Self.now(connection.dialect)
        return try connection.run(
            """
            UPDATE leases SET expires = \(now) + $1
            WHERE name = $2 AND holder = $3 AND fence = $4 AND expires > \(now)
            """,
            [.integer(duration), .text(lease.name), .text(lease.holder), .integer(lease.fence)]
        ) == 1
    }

    /// Lets others have it at once.
    func release(_ lease: Lease, _ connection: any SQLConnection) throws {
        try connection.run(
            "UPDATE leases SET expires = 0 WHERE name = $1 AND holder = $2 AND fence = $3",
            [.text(lease.name), .text(lease.holder), .integer(lease.fence)]
        )
    }

    static func all(_ connection: any SQLConnection) throws -> [LeaseState] {
        try connection.all(
            "SELECT name, holder, fence, expires - \(now(connection.dialect)) FROM leases ORDER BY name"
        ) { row in
            LeaseState(
                lease: Lease(name: row.text(0), holder: row.text(1), fence: row.integer(2)),
                remainingMilliseconds: row.integer(3)
            )
        }
    }
}
