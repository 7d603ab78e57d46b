/// One step of a schema: applied once, in order, in one transaction, and recorded.
public struct Migration: Sendable {
    /// The step's number, from 1, without gaps.
    public let version: Int
    /// The statements for every engine. `{blob}` stands for the engine's type for bytes, `{key}` for the type of an integer that
    /// is a table's primary key.
    public let statements: [String]
    /// What one engine needs beyond these, after them.
    public let extra: [Dialect: [String]]

    /// Makes a step.
    public init(version: Int, statements: [String], extra: [Dialect: [String]] = [:]) {
        self.version = version
        self.statements = statements
        self.extra = extra
    }
}

/// Brings a store's schema up to date.
public enum Schema {
    /// Applies the migrations of a component that the store has not had yet.
    /// - Throws: ``StorageError`` with code `schema` when the store is newer than this program.
    public static func migrate(
        _ connection: any SQLConnection,
        component: String,
        migrations: [Migration]
    ) throws {
        let newest = migrations.last?.version ?? 0
        // Read first: a reader of a current schema must not need the write lock.
        if let applied = try? appliedVersion(connection, component: component) {
            if applied == newest { return }
            if applied > newest { throw newer(component: component, applied: applied, known: newest) }
        }
        do {
            try apply(connection, component: component, migrations: migrations)
        } catch let error as StorageError where error.code == .refused && connection.dialect == .postgres {
            throw StorageError(
                .schema,
                "the store's '\(component)' tables are not those of this version (\(newest)), and the database role may not "
                    + "change them: run 'muniment store prepare' as their owner. \(error.message)"
            )
        }
    }

    private static func apply(
        _ connection: any SQLConnection,
        component: String,
        migrations: [Migration]
    ) throws {
        let newest = migrations.last?.version ?? 0
        try connection.transaction(named: "schema") {
            try connection.run(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    component TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (component, version))
                """
            )
            let applied = try appliedVersion(connection, component: component)
            if applied > newest { throw newer(component: component, applied: applied, known: newest) }
            for migration in migrations where migration.version > applied {
                for statement in migration.statements + migration.extra[connection.dialect, default: []] {
                    try connection.run(connection.dialect.spelled(statement))
                }
                try connection.run(
                    "INSERT INTO schema_migrations (component, version) VALUES ($1, $2)",
                    [.text(component), .integer(Int64(migration.version))]
                )
            }
        }
    }

    private static func appliedVersion(_ connection: any SQLConnection, component: String) throws -> Int {
        try connection.first(
            "SELECT COALESCE(MAX(version), 0) FROM schema_migrations WHERE component = $1",
            [.text(component)]
        ) { Int($0.integer(0)) } ?? 0
    }

    private static func newer(component: String, applied: Int, known: Int) -> StorageError {
        StorageError(
            .schema,
            "the store's '\(component)' schema is version \(applied), this program knows up to \(known): "
                + "run the version of muniment that wrote it, or a later one"
        )
    }
}

extension Dialect {
    var blobType: String {
        switch self {
        case .sqlite: "BLOB"
        case .postgres: "BYTEA"
        }
    }

    /// A definition in the engine's own words.
    func spelled(_ statement: String) -> String {
        // SQLite keeps rows in the order of an INTEGER PRIMARY KEY, and only of one spelled so.
        statement.replacing("{blob}", with: blobType).replacing("{key}", with: self == .sqlite ? "INTEGER" : "BIGINT")
    }
}
