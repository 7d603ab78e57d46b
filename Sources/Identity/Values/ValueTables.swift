import Storage

/// The table of tokenised values. It is the identity registry's: what is a person's goes with the person.
enum ValueTables {
    static let migration = Migration(
        version: 2,
        statements: [
            """
            CREATE TABLE identity_values (
                name {blob} NOT NULL, person BIGINT NOT NULL, scope {blob} NOT NULL, epoch BIGINT NOT NULL,
                sealed {blob} NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (name, person))
            """,
            "CREATE INDEX identity_values_person ON identity_values (person)",
            "CREATE INDEX identity_values_scope ON identity_values (scope)",
            "CREATE INDEX identity_values_expires ON identity_values (expires)",
        ]
    )
}

/// One change of the table.
enum ValueWrite: Sendable {
    /// A value that is a person's is nobody's no longer; one that is nobody's adds nothing to one that is a person's.
    case keep(SealedValue)
    /// The same value, named and sealed anew.
    case replace(SealedValue, oldName: [UInt8])
    case eraseScope([UInt8])
    case eraseExpired(at: Int64)

    func apply(to connection: any SQLConnection) throws {
        switch self {
        case .keep(let value):
            if value.person != 0 {
                try connection.enqueue(
                    "DELETE FROM identity_values WHERE name = $1 AND person = 0",
                    [.blob(value.name)]
                )
            }
            try connection.enqueue(
                """
                INSERT INTO identity_values (name, person, scope, epoch, sealed, expires)
                SELECT $1, $2, $3, $4, $5, $6 WHERE $7 <> 0 OR NOT EXISTS (
                    SELECT 1 FROM identity_values v WHERE v.name = $8 AND v.person <> 0)
                ON CONFLICT (name, person) DO UPDATE SET expires =
                    CASE WHEN excluded.expires > identity_values.expires THEN excluded.expires
                    ELSE identity_values.expires END
                """,
                [
                    .blob(value.name), .integer(value.person), .blob(value.scope), .integer(Int64(value.epoch)),
                    .blob(value.sealed), .integer(value.expires), .integer(value.person), .blob(value.name),
                ]
            )
        case .replace(let value, let oldName):
            try connection.enqueue(
                """
                UPDATE identity_values SET name = $1, scope = $2, epoch = $3, sealed = $4
                WHERE name = $5 AND person = $6
                """,
                [
                    .blob(value.name), .blob(value.scope), .integer(Int64(value.epoch)), .blob(value.sealed),
                    .blob(oldName), .integer(value.person),
                ]
            )
        case .eraseScope(let scope):
            try connection.enqueue("DELETE FROM identity_values WHERE scope = $1", [.blob(scope)])
        case .eraseExpired(let at):
            try connection.enqueue("DELETE FROM identity_values WHERE expires <= $1", [.integer(at)])
        }
    }
}

extension GraphReader {
    private static let value = "SELECT name, scope, epoch, person, sealed, expires FROM identity_values"

    /// What is kept under a name.
    func values(named name: [UInt8], at now: Int64) throws -> [SealedValue] {
        try connection.all(
            "\(Self.value) WHERE name = $1 AND expires > $2 ORDER BY person DESC",
            [.blob(name), .integer(now)],
            Self.sealedValue
        )
    }

    /// A page of what is named under other keys than one.
    func values(notOf epoch: Int, limit: Int) throws -> [SealedValue] {
        try connection.all(
            "\(Self.value) WHERE epoch <> $1 LIMIT $2",
            [.integer(Int64(epoch)), .integer(Int64(limit))],
            Self.sealedValue
        )
    }

    func countValues(epoch: Int) throws -> Int {
        try connection.first(
            "SELECT COUNT(*) FROM identity_values WHERE epoch = $1",
            [.integer(Int64(epoch))]
        ) { Int($0.integer(0)) } ?? 0
    }

    func countValues(scopes: [[UInt8]]) throws -> Int {
        try scopes.reduce(0) { sum, scope in
            try sum
                + (connection.first("SELECT COUNT(*) FROM identity_values WHERE scope = $1", [.blob(scope)]) {
                    Int($0.integer(0))
                } ?? 0)
        }
    }

    func hasExpiredValues(at now: Int64) throws -> Bool {
        try connection.first("SELECT 1 FROM identity_values WHERE expires <= $1 LIMIT 1", [.integer(now)]) { _ in true }
            ?? false
    }

    private static func sealedValue(_ row: any SQLRow) -> SealedValue {
        SealedValue(
            name: row.blob(0),
            scope: row.blob(1),
            epoch: Int(row.integer(2)),
            person: row.integer(3),
            sealed: row.blob(4),
            expires: row.integer(5)
        )
    }
}
