import Foundation
import Storage

/// The peer: the same rows in a plain SQLite table as durable as the ledger's, with an index on each field that the ledger can
/// be asked for, kept up to date in every commit. It neither hashes nor signs.
final class PlainTable {
    private let path: String
    private let connection: any SQLConnection
    private var rows: Int64 = 0

    init(in parent: String) throws {
        path = parent + "/ledger-benchmark-" + UUID().uuidString + ".db"
        connection = try SQLiteDatabase(path: path).makeConnection()
        try connection.run(
            "CREATE TABLE events (idx INTEGER PRIMARY KEY, customer TEXT, agent TEXT, interaction TEXT, body BLOB)"
        )
        for field in ["customer", "agent", "interaction"] {
            try connection.run("CREATE INDEX events_\(field) ON events (\(field), idx)")
        }
    }

    deinit { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }

    /// Inserts the entries, so many to a commit.
    func insert(_ entries: Entries, inCommitsOf group: Int) throws {
        for start in stride(from: 0, to: entries.count, by: group) {
            try connection.transaction {
                for index in start..<min(start + group, entries.count) {
                    let keys = entries.keys[index]
                    try entries[index].withUnsafeBytes { body in
                        _ = try connection.run(
                            "INSERT INTO events VALUES ($1, $2, $3, $4, $5)",
                            [
                                .integer(rows), .text(keys.customer), .text(keys.agent), .text(keys.interaction),
                                .bytes(body),
                            ]
                        )
                    }
                    rows += 1
                }
            }
        }
    }
}
