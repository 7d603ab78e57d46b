import MerkleLog
import Storage

/// The ledger's tables, and how to read them.
///
/// - `entries`: one row per entry, keyed by its position. Appended, never changed.
/// - `tiles`: full hash tiles, keyed by level and index in one integer; 256 hashes and, behind them, the hash of the tile itself.
/// - `head`: one row, the size and the signed checkpoint of the newest commit.
///
/// In PostgreSQL the entries are partitioned by position, so that ranges which need not be kept any longer can be dropped whole;
/// the tiles stay, and with them every proof of what is left.
enum LedgerStore {
    /// The name of the transactions that append: they run one after another, in all processes.
    static let turn = "ledger"

    static let migrations = [
        Migration(
            version: 1,
            statements: [
                "CREATE TABLE tiles (id {key} PRIMARY KEY, data {blob} NOT NULL)",
                "CREATE TABLE head (id {key} PRIMARY KEY CHECK (id = 1), size BIGINT NOT NULL, checkpoint TEXT NOT NULL)",
            ],
            extra: [.sqlite: LedgerGuards.sqlite, .postgres: LedgerGuards.postgres]
        ),
        // A row that is written to see whether the store takes commits again after a failure.
        Migration(version: 2, statements: ["CREATE TABLE IF NOT EXISTS commit_probe (at BIGINT NOT NULL)"]),
    ]

    static let schema = SchemaComponent(
        "ledger",
        migrations,
        appendOnly: ["entries", "tiles", "entry_partitions"],
        lasting: ["head"]
    )

    /// Tile ids order by level, then index.
    static func tileID(level: UInt8, index: UInt64) -> UInt64 { UInt64(level) << 56 | index }

    static func head(_ connection: any SQLConnection) throws -> (size: UInt64, checkpoint: String)? {
        try connection.first("SELECT size, checkpoint FROM head WHERE id = 1") { ($0.position(0), $0.text(1)) }
    }

    /// Moves the head. What goes wrong may only show when the transaction ends.
    static func setHead(_ connection: any SQLConnection, size: UInt64, checkpoint: String) throws {
        try connection.enqueue(
            "UPDATE head SET size = $1, checkpoint = $2 WHERE id = 1",
            [.position(size), .text(checkpoint)]
        )
    }

    /// Makes the first head.
    static func makeHead(_ connection: any SQLConnection, size: UInt64, checkpoint: String) throws {
        try connection.run(
            "INSERT INTO head (id, size, checkpoint) VALUES (1, $1, $2)",
            [.position(size), .text(checkpoint)]
        )
    }

    /// Sees to it that entries below `end` have a place, and many after them.
    /// - Returns: the tree size from which on this must be asked again.
    static func makeRoom(_ connection: any SQLConnection, for end: UInt64) throws -> UInt64 {
        guard connection.dialect == .postgres else { return .max }
        let enough = try connection.first("SELECT make_room($1)", [.position(end)]) { $0.position(0) }
        guard let enough else { throw LedgerError.inconsistent("the store did not say how much room it has") }
        return enough
    }

    /// The leaf hashes of a range of entries, in order.
    static func leafHashes(_ connection: any SQLConnection, _ range: Range<UInt64>) throws -> [Hash] {
        var hashes: [Hash] = []
        hashes.reserveCapacity(range.count)
        guard connection.dialect == .postgres else {
            try entries(connection, range) { _, bytes in
                hashes.append(TreeHasher.leafHash(bytes))
                return true
            }
            return hashes
        }
        // Hashed where the entries lie: 32 bytes travel for each instead of the whole. 0x00 begins a leaf (RFC 9162 section 2.1.1).
        try connection.rows(
            """
            SELECT idx, sha256('\\x00'::bytea || body) FROM entries WHERE idx >= $1 AND idx < $2 ORDER BY idx
            """,
            [.position(range.lowerBound), .position(range.upperBound)]
        ) { row in
            guard row.position(0) == range.lowerBound + UInt64(hashes.count),
                let hash = row.withBytes(1, { $0.count == 32 ? Hash(rawBytes: $0) : nil })
            else { return false }
            hashes.append(hash)
            return true
        }
        guard hashes.count == range.count else {
            throw LedgerError.inconsistent(
                "entry \(range.lowerBound + UInt64(hashes.count)) is missing from the store"
            )
        }
        return hashes
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

    /// The hashes of full tiles, in order: each stands behind its tile's own 256.
    static func tileHashes(
        _ connection: any SQLConnection,
        level: UInt8,
        _ range: Range<UInt64>
    ) throws -> [Hash] {
        var hashes: [Hash] = []
        hashes.reserveCapacity(range.count)
        try connection.rows(
            "SELECT id, substr(data, 8193, 32) FROM tiles WHERE id >= $1 AND id < $2 ORDER BY id",
            [
                .position(tileID(level: level, index: range.lowerBound)),
                .position(tileID(level: level, index: range.upperBound)),
            ]
        ) { row in
            guard row.position(0) == tileID(level: level, index: range.lowerBound + UInt64(hashes.count)),
                let hash = row.withBytes(1, { $0.count == 32 ? Hash(rawBytes: $0) : nil })
            else { return false }
            hashes.append(hash)
            return true
        }
        guard hashes.count == range.count else {
            throw LedgerError.inconsistent(
                "tile \(level)/\(range.lowerBound + UInt64(hashes.count)) is missing from the store"
            )
        }
        return hashes
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
            for hash in try LedgerStore.leafHashes(connection, first..<first + UInt64(width)) {
                hash.append(to: &hashes)
            }
        } else {
            for hash in try LedgerStore.tileHashes(connection, level: level - 1, first..<first + UInt64(width)) {
                hash.append(to: &hashes)
            }
        }
        return hashes
    }
}
