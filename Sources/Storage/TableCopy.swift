/// Copies tables from an embedded store to a server, as they are.
public enum TableCopy {
    /// Rows in one transaction.
    private static let batch = 500

    /// The tables of a SQLite store, without its own and the schema's.
    public static func tables(of source: any SQLConnection) throws -> [String] {
        try source.all(
            """
            SELECT name FROM sqlite_master
            WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_migrations' ORDER BY name
            """
        ) { $0.text(0) }
    }

    /// Empties a table of the target and fills it with the rows of the source.
    /// - Returns: how many rows there were.
    @discardableResult
    public static func copy(
        _ table: String,
        from source: any SQLConnection,
        to target: any SQLConnection
    ) throws -> Int {
        let columns = try source.all("SELECT name, type FROM pragma_table_info($1)", [.text(table)]) { row in
            (name: row.text(0), type: row.text(1).uppercased())
        }
        let names = columns.map { Schema.quoted($0.name) }.joined(separator: ", ")
        let places = (1...columns.count).map { "$\($0)" }.joined(separator: ", ")
        let insert = "INSERT INTO \(Schema.quoted(table)) (\(names)) VALUES (\(places))"
        var count = 0
        try target.transaction {
            try target.run("DELETE FROM \(Schema.quoted(table))")
            try source.rows("SELECT \(names) FROM \(Schema.quoted(table))", []) { row in
                let values = columns.enumerated().map { place, column -> SQLParameter in
                    if row.isNull(place) { return .null }
                    switch column.type {
                    case "TEXT": return .text(row.text(place))
                    case "BLOB": return .blob(row.blob(place))
                    default: return .integer(row.integer(place))
                    }
                }
                count += 1
                // Now and then one is waited for, so that what is on its way stays little.
                if count.isMultiple(of: batch) {
                    try target.run(insert, values)
                } else {
                    try target.enqueue(insert, values)
                }
                return true
            }
        }
        return count
    }
}
