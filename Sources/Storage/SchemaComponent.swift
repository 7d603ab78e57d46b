/// The tables of one part of the product.
public struct SchemaComponent: Sendable {
    /// Its name in `schema_migrations`.
    public let name: String
    /// Its steps.
    public let migrations: [Migration]
    /// Tables whose rows the servers add and never change.
    public let appendOnly: Set<String>
    /// Tables whose rows the servers change and never take away.
    public let lasting: Set<String>

    /// Names the tables of a part.
    public init(
        _ name: String,
        _ migrations: [Migration],
        appendOnly: Set<String> = [],
        lasting: Set<String> = []
    ) {
        self.name = name
        self.migrations = migrations
        self.appendOnly = appendOnly
        self.lasting = lasting
    }
}

extension Schema {
    /// Applies the migrations of a component that the store has not had yet.
    public static func migrate(_ connection: any SQLConnection, _ component: SchemaComponent) throws {
        try migrate(connection, component: component.name, migrations: component.migrations)
    }

    /// Makes the tables of several components in a PostgreSQL database, and gives a role what the servers need and no more.
    ///
    /// Run as the tables' owner. The role can then neither change nor remove what is append-only, nor make or alter tables.
    /// - Parameters:
    ///   - connection: the owner's.
    ///   - role: the role that the servers log in as; it exists already.
    /// - Throws: ``StorageError``; then nothing of the grants was done.
    public static func prepare(_ connection: any SQLConnection, _ components: [SchemaComponent], role: String) throws {
        for component in components { try migrate(connection, component) }
        let role = quoted(role)
        try connection.transaction(named: "schema") {
            let schema = try connection.first("SELECT current_schema()") { $0.text(0) } ?? "public"
            try connection.run("GRANT USAGE ON SCHEMA \(quoted(schema)) TO \(role)")
            // Partitions are reached through their table, and need no rights of their own.
            let tables = try connection.all(
                """
                SELECT relname FROM pg_class
                WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                """
            ) { $0.text(0) }
            let appendOnly = components.reduce(into: Set(["schema_migrations"])) { $0.formUnion($1.appendOnly) }
            let lasting = components.reduce(into: Set<String>()) { $0.formUnion($1.lasting) }
            for table in tables {
                let rights: String
                if table == "schema_migrations" {
                    rights = "SELECT"
                } else if appendOnly.contains(table) {
                    rights = "SELECT, INSERT"
                } else {
                    rights = lasting.contains(table) ? "SELECT, INSERT, UPDATE" : "SELECT, INSERT, UPDATE, DELETE"
                }
                try connection.run("REVOKE ALL ON \(quoted(table)) FROM PUBLIC, \(role)")
                try connection.run("GRANT \(rights) ON \(quoted(table)) TO \(role)")
            }
            let functions = try connection.all(
                """
                SELECT oid::regprocedure::text FROM pg_proc
                WHERE pronamespace = current_schema()::regnamespace AND prosecdef
                """
            ) { $0.text(0) }
            for function in functions {
                try connection.run("REVOKE ALL ON FUNCTION \(function) FROM PUBLIC")
                try connection.run("GRANT EXECUTE ON FUNCTION \(function) TO \(role)")
            }
        }
    }

    /// A name as SQL writes one that may be any text.
    static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
}
