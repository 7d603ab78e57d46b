/// What every session is told, and what the server must hold for a commit to be durable.
enum PostgresSession {
    /// Fails, and with it the transaction, when the server waits for no standby. It travels with `BEGIN`.
    static let standbyCheck = "SELECT 1 / (current_setting('synchronous_standby_names') <> '')::int"
    /// The SQLSTATE with which it fails: division_by_zero.
    static let standbyCheckState = "22012"

    /// The timeline: the first eight hex digits of the name of the log file being written (PostgreSQL 15 manual, section 30.6).
    static func timeline(_ connection: PostgresConnection) -> UInt32 {
        let name = try? connection.first("SELECT pg_walfile_name(pg_current_wal_insert_lsn())") { $0.text(0) }
        return name.flatMap { UInt32($0.prefix(8), radix: 16) } ?? 0
    }

    static func prepare(_ connection: PostgresConnection, _ settings: PostgresSettings) throws(StorageError) {
        let timeout = settings.timeoutMilliseconds
        try connection.enqueue("SET statement_timeout = \(timeout)", [])
        try connection.enqueue("SET lock_timeout = \(timeout)", [])
        // A client that is stopped in the middle of a transaction must not hold its locks for ever.
        try connection.enqueue("SET idle_in_transaction_session_timeout = 1500", [])
        if settings.durability == .rebuildable { try connection.enqueue("SET synchronous_commit = off", []) }
        var values: [String] = []
        do {
            try connection.rows(
                "SELECT current_setting('synchronous_commit'), current_setting('fsync'), current_setting('server_encoding')",
                []
            ) { row in
                values = (0..<3).map { row.text($0) }
                return true
            }
        } catch {
            throw (error as? StorageError) ?? StorageError(.other, "the database's settings cannot be read")
        }
        guard values.count == 3, values[2] == "UTF8" else {
            throw StorageError(.cannotOpen, "the database's encoding must be UTF8")
        }
        guard settings.durability == .durable else { return }
        guard values[1] == "on" else {
            throw StorageError(
                .cannotOpen,
                "the database server runs with fsync off: it would lose what it acknowledged"
            )
        }
        guard !["off", "local"].contains(values[0]) else {
            throw StorageError(
                .cannotOpen,
                "the database's synchronous_commit is '\(values[0])': set it to on, remote_write or remote_apply for this role"
            )
        }
    }
}
