import MerkleLog
import Storage

/// The ledger's tables, and how to read them.
///
/// - `entries`: one row per entry, keyed by its position. Appended, never changed.
/// - `tiles`: full hash tiles, keyed by level and index in one integer; 256 hashes and, behind them, the hash of the tile itself.
/// - `head`: one row, the size and the signed checkpoint of the newest commit.
enum LedgerStore {
    static let migrations = [
        Migration(
            version: 1,
            statements: [
                "CREATE TABLE entries (idx INTEGER PRIMARY KEY, body {blob} NOT NULL)",
                "CREATE TABLE tiles (id INTEGER PRIMARY KEY, data {blob} NOT NULL)",
                """
                CREATE TABLE head (
                    id INTEGER PRIMARY KEY CHECK (id = 1), size BIGINT NOT NULL, checkpoint TEXT NOT NULL)
                """,
                refusing("UPDATE", on: "entries"), refusing("DELETE", on: "entries"),
                refusing("UPDATE", on: "tiles"), refusing("DELETE", on: "tiles"),
                refusing("DELETE", on: "head"),
                """
                CREATE TRIGGER head_grows BEFORE UPDATE ON head WHEN NEW.size < OLD.size
                BEGIN SELECT RAISE(ABORT, 'the ledger never shrinks'); END
                """,
                // INSERT OR REPLACE deletes without firing delete triggers, so an insert over an existing row is refused
                // before it begins.
                refusingReplacement(on: "entries", key: "idx"), refusingReplacement(on: "tiles", key: "id"),
                refusingReplacement(on: "head", key: "id"),
            ]
        )
    ]

    private static func refusingReplacement(on table: String, key: String) -> String {
        """
        CREATE TRIGGER \(table)_no_replace BEFORE INSERT ON \(table)
        WHEN EXISTS (SELECT 1 FROM \(table) WHERE \(key) = NEW.\(key))
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
        """
    }

    private static func refusing(_ verb: String, on table: String) -> String {
        """
        CREATE TRIGGER \(table)_no_\(verb.lowercased()) BEFORE \(verb) ON \(table)
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
        """
    }

    /// Tile ids order by level, then index.
    static func tileID(level: UInt8, index: UInt64) -> UInt64 { UInt64(level) << 56 | index }

    static func head(_ connection: any SQLConnection) throws -> (size: UInt64, checkpoint: String)? {
        try connection.first("SELECT size, checkpoint FROM head WHERE id = 1") { ($0.position(0), $0.text(1)) }
    }

    static func setHead(_ connection: any SQLConnection, size: UInt64, checkpoint: String) throws {
        let changed = try connection.run(
            "UPDATE head SET size = $1, checkpoint = $2 WHERE id = 1",
            [.position(size), .text(checkpoint)]
        )
        if changed == 0 {
            try connection.run(
                "INSERT INTO head (id, size, checkpoint) VALUES (1, $1, $2)",
                [.position(size), .text(checkpoint)]
            )
        }
    }

    /// Visits entries in order from `range`, until `each` returns false.
    /// - Throws: ``LedgerError`` when a position is missing.
    static func entries(
        _ connection: any SQLConnection,
        _ range: Range<UInt64>,
        _ each: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        var expected = range.lowerBound
        var stopped = false
        try connection.rows(
            "SELECT idx, body FROM entries WHERE idx >= $1 AND idx < $2 ORDER BY idx",
            [.position(range.lowerBound), .position(range.upperBound)]
        ) { row in
            guard row.position(0) == expected else { return false }
            expected += 1
            let more = try row.withBytes(1) { try each(expected - 1, $0) }
            stopped = !more
            return more
        }
        if !stopped, expected < range.upperBound {
            throw LedgerError.inconsistent("entry \(expected) is missing from the store")
        }
    }

    /// Refuses a store whose rows do not end where its head says: a head that was put back, or rows that were taken or added.
    static func checkEnd(_ connection: any SQLConnection, head size: UInt64) throws {
        let rows = try connection.first("SELECT COALESCE(MAX(idx) + 1, 0) FROM entries") { $0.position(0) } ?? 0
        guard rows == size else {
            throw LedgerError.inconsistent(
                "the store's head is of \(size) entries, but its rows end at \(rows): "
                    + (rows > size ? "the head was replaced by an older one" : "entries were removed")
            )
        }
    }

    static func entry(_ connection: any SQLConnection, at index: UInt64) throws -> [UInt8]? {
        try connection.first("SELECT body FROM entries WHERE idx = $1", [.position(index)]) { $0.blob(0) }
    }
}

/// The ledger's tiles, full ones from the store and partial ones computed from what lies below them.
struct StoredTiles: TileSource {
    let connection: any SQLConnection

    func tile(level: UInt8, index: UInt64, width: Int) throws -> [UInt8] {
        let full = try connection.first(
            "SELECT data FROM tiles WHERE id = $1",
            [.position(LedgerStore.tileID(level: level, index: index))]
        ) { row in row.withBytes(0) { Array($0.prefix(width * 32)) } }
        if let full {
            guard full.count == width * 32 else {
                throw LedgerError.inconsistent("tile \(level)/\(index) is cut short in the store")
            }
            return full
        }
        guard width < 256 else { throw LedgerError.inconsistent("tile \(level)/\(index) is missing from the store") }
        var hashes: [UInt8] = []
        hashes.reserveCapacity(width * 32)
        let first = index * 256
        if level == 0 {
            try LedgerStore.entries(connection, first..<first + UInt64(width)) { _, bytes in
                TreeHasher.leafHash(bytes).append(to: &hashes)
                return true
            }
        } else {
            try connection.rows(
                "SELECT id, data FROM tiles WHERE id >= $1 AND id < $2 ORDER BY id",
                [
                    .position(LedgerStore.tileID(level: level - 1, index: first)),
                    .position(LedgerStore.tileID(level: level - 1, index: first + UInt64(width))),
                ]
            ) { row in
                row.withBytes(1) { hashes.append(contentsOf: $0.suffix(32)) }
                return true
            }
            guard hashes.count == width * 32 else {
                throw LedgerError.inconsistent("tiles below \(level)/\(index) are missing from the store")
            }
        }
        return hashes
    }
}
