import Storage
import Synchronization

/// Where in the ledger each value of the indexed fields occurs.
///
/// Derived data in a store of its own: it never delays an append, and may be deleted and rebuilt. Batches of entries become
/// sorted runs of fixed-size postings; runs of similar size are merged, so that a look-up touches few of them.
///
/// - `runs`: one row per run: the entries it covers, the times they span, and the first key of each of its chunks.
/// - `chunks`: the postings, 16 bytes each (key hash, position; big-endian), sorted, some hundreds to a row.
final class QueryIndex: Sendable {
    static let migrations = [
        Migration(
            version: 1,
            statements: [
                """
                CREATE TABLE runs (
                    id INTEGER PRIMARY KEY, first BIGINT NOT NULL, size BIGINT NOT NULL,
                    earliest BIGINT NOT NULL, latest BIGINT NOT NULL, fences {blob} NOT NULL)
                """,
                "CREATE TABLE chunks (id INTEGER PRIMARY KEY, data {blob} NOT NULL)",
            ]
        )
    ]

    /// Postings in one chunk; with 8 KiB pages a chunk fills one.
    static let chunkPostings = 500
    /// How many runs of a level are merged into one of the next.
    static let fanIn = 8
    /// Entries that make a batch worth writing at once; also the size of the smallest level.
    static let batchEntries = 2048

    struct Posting: Comparable {
        let key: UInt64
        let position: UInt64

        static func < (left: Posting, right: Posting) -> Bool {
            left.key != right.key ? left.key < right.key : left.position < right.position
        }
    }

    /// A run as the manifest describes it.
    struct Run: Sendable {
        let id: UInt64
        /// The first entry covered.
        let first: UInt64
        /// The first entry not covered.
        let end: UInt64
        /// The earliest and latest timestamp, in milliseconds.
        let earliest: Int64
        let latest: Int64
        /// First key of each chunk.
        let fences: [UInt64]

        /// Runs of up to 8 batches are level 0, of up to 64 level 1, and so on.
        var level: Int {
            var size = (end - first) / UInt64(QueryIndex.batchEntries * QueryIndex.fanIn)
            var level = 0
            while size > 0 {
                size /= UInt64(QueryIndex.fanIn)
                level += 1
            }
            return level
        }
    }

    private let database: any Database
    /// The manifest as last read, and the data version it was read at.
    private let manifest = Mutex<(newestID: UInt64, count: Int, runs: [Run])>((0, -1, []))

    init(database: any Database) throws {
        self.database = database
        let connection = try database.makeConnection()
        try Schema.migrate(connection, component: "index", migrations: Self.migrations)
    }

    func close() { database.close() }

    // MARK: Look-up

    /// How many entries are indexed: all below this position.
    func indexedSize() throws -> UInt64 { try runs().last?.end ?? 0 }

    /// Positions of indexed entries that may hold the value, in ascending order; each must be compared with the entry.
    /// - Parameter times: when given, runs wholly outside it are passed over.
    func candidates(_ key: IndexKey, times: ClosedRange<Int64>? = nil) throws -> [UInt64] {
        let runs = try runs()
        var found: [UInt64] = []
        try database.readBlocking { connection in
            for run in runs {
                if let times, run.latest < times.lowerBound || run.earliest > times.upperBound { continue }
                try Self.positions(of: key.hash, in: run, connection, &found)
            }
        }
        return found
    }

    private static func positions(
        of key: UInt64,
        in run: Run,
        _ connection: any SQLConnection,
        _ found: inout [UInt64]
    ) throws {
        // The key may begin in the last chunk whose first key is smaller.
        var low = 0
        var high = run.fences.count
        while low < high {
            let middle = (low + high) / 2
            if run.fences[middle] < key { low = middle + 1 } else { high = middle }
        }
        var chunk = max(low - 1, 0)
        while chunk < run.fences.count, run.fences[chunk] <= key {
            let known: Void? = try connection.first(
                "SELECT data FROM chunks WHERE id = $1",
                [.position(chunkID(run.id, chunk))]
            ) { row in
                row.withBytes(0) { bytes in
                    var position = lowerBound(bytes, key)
                    while position < bytes.count / 16, bytes.bigEndian(at: position * 16) == key {
                        found.append(bytes.bigEndian(at: position * 16 + 8))
                        position += 1
                    }
                }
            }
            guard known != nil else {
                throw StorageError(.corrupt, "the query index has lost a chunk; delete it to rebuild it")
            }
            chunk += 1
        }
    }

    private static func lowerBound(_ bytes: UnsafeRawBufferPointer, _ key: UInt64) -> Int {
        var low = 0
        var high = bytes.count / 16
        while low < high {
            let middle = (low + high) / 2
            if bytes.bigEndian(at: middle * 16) < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The manifest, read again when another process or thread has changed it.
    func runs() throws -> [Run] {
        try database.readBlocking { connection in
            let state =
                try connection.first("SELECT COALESCE(MAX(id), 0), COUNT(*) FROM runs") {
                    ($0.position(0), Int($0.integer(1)))
                } ?? (0, 0)
            if let known = manifest.withLock({ $0.newestID == state.0 && $0.count == state.1 ? $0.runs : nil }) {
                return known
            }
            let runs = try Self.readRuns(connection)
            manifest.withLock { $0 = (runs.map(\.id).max() ?? 0, runs.count, runs) }
            return runs
        }
    }

    private static func readRuns(_ connection: any SQLConnection) throws -> [Run] {
        try connection.all("SELECT id, first, size, earliest, latest, fences FROM runs ORDER BY first") { row in
            Run(
                id: row.position(0),
                first: row.position(1),
                end: row.position(1) + row.position(2),
                earliest: row.integer(3),
                latest: row.integer(4),
                fences: row.withBytes(5) { bytes in (0..<bytes.count / 8).map { bytes.bigEndian(at: $0 * 8) } }
            )
        }
    }

    // MARK: Building

    /// Adds a run for entries that follow the last indexed one. The postings need not be sorted.
    func add(first: UInt64, end: UInt64, times: ClosedRange<Int64>, postings: [Posting]) throws {
        let sorted = postings.sorted()
        let connection = try database.makeConnection()
        try connection.transaction {
            let id = try Self.nextID(connection)
            var writer = RunWriter(id: id, connection: connection)
            for posting in sorted { try writer.add(posting) }
            try writer.finish(first: first, end: end, times: times)
        }
    }

    /// Merges runs while some level has enough of them.
    func compact() throws {
        let connection = try database.makeConnection()
        while true {
            let runs = try Self.readRuns(connection)
            guard let range = Self.mergeable(runs) else { return }
            try merge(Array(runs[range]), connection)
        }
    }

    /// The newest runs of some level or below, when there are enough of them. Older runs are never of a lower level than newer
    /// ones, so these are neighbours.
    static func mergeable(_ runs: [Run]) -> Range<Int>? {
        var start = runs.count
        var level = 0
        while start > 0 {
            while start > 0, runs[start - 1].level <= level { start -= 1 }
            if runs.count - start >= fanIn { return start..<runs.count }
            level += 1
            if level > 20 { return nil }
        }
        return nil
    }

    private func merge(_ runs: [Run], _ connection: any SQLConnection) throws {
        guard let first = runs.first, let last = runs.last else { return }
        try connection.transaction {
            let id = try Self.nextID(connection)
            var readers = runs.map { RunReader(run: $0, connection: connection) }
            for index in readers.indices { try readers[index].load() }
            var writer = RunWriter(id: id, connection: connection)
            while true {
                var least: (index: Int, posting: Posting)?
                for index in readers.indices {
                    guard let posting = readers[index].current else { continue }
                    if least.map({ posting < $0.posting }) ?? true { least = (index, posting) }
                }
                guard let least else { break }
                try writer.add(least.posting)
                try readers[least.index].advance()
            }
            for run in runs {
                try connection.run("DELETE FROM runs WHERE id = $1", [.position(run.id)])
                try connection.run(
                    "DELETE FROM chunks WHERE id >= $1 AND id < $2",
                    [.position(Self.chunkID(run.id, 0)), .position(Self.chunkID(run.id + 1, 0))]
                )
            }
            let times = (runs.map(\.earliest).min() ?? 0)...(runs.map(\.latest).max() ?? 0)
            try writer.finish(first: first.first, end: last.end, times: times)
        }
    }

    private static func nextID(_ connection: any SQLConnection) throws -> UInt64 {
        try connection.first("SELECT COALESCE(MAX(id), 0) + 1 FROM runs") { $0.position(0) } ?? 1
    }

    static func chunkID(_ run: UInt64, _ chunk: Int) -> UInt64 { run << 24 | UInt64(chunk) }
}

/// Writes sorted postings as the chunks of a run.
private struct RunWriter {
    let id: UInt64
    let connection: any SQLConnection
    private var chunk: [UInt8] = []
    private var fences: [UInt8] = []
    private var chunks = 0

    init(id: UInt64, connection: any SQLConnection) {
        self.id = id
        self.connection = connection
        chunk.reserveCapacity(QueryIndex.chunkPostings * 16)
    }

    mutating func add(_ posting: QueryIndex.Posting) throws {
        if chunk.isEmpty { fences.append(bigEndian: posting.key) }
        chunk.append(bigEndian: posting.key)
        chunk.append(bigEndian: posting.position)
        if chunk.count == QueryIndex.chunkPostings * 16 { try flush() }
    }

    mutating func finish(first: UInt64, end: UInt64, times: ClosedRange<Int64>) throws {
        if !chunk.isEmpty { try flush() }
        try connection.run(
            "INSERT INTO runs (id, first, size, earliest, latest, fences) VALUES ($1, $2, $3, $4, $5, $6)",
            [
                .position(id), .position(first), .position(end - first), .integer(times.lowerBound),
                .integer(times.upperBound), .blob(fences),
            ]
        )
    }

    private mutating func flush() throws {
        let id = QueryIndex.chunkID(self.id, chunks)
        try chunk.withUnsafeBytes { bytes in
            _ = try connection.run("INSERT INTO chunks VALUES ($1, $2)", [.position(id), .bytes(bytes)])
        }
        chunk.removeAll(keepingCapacity: true)
        chunks += 1
    }
}

/// Reads the postings of a run in order, a chunk at a time.
private struct RunReader {
    let run: QueryIndex.Run
    let connection: any SQLConnection
    private var chunk = 0
    private var data: [UInt8] = []
    private var offset = 0
    private(set) var current: QueryIndex.Posting?

    init(run: QueryIndex.Run, connection: any SQLConnection) {
        self.run = run
        self.connection = connection
    }

    mutating func load() throws {
        guard chunk < run.fences.count else {
            current = nil
            return
        }
        data =
            try connection.first(
                "SELECT data FROM chunks WHERE id = $1",
                [.position(QueryIndex.chunkID(run.id, chunk))]
            ) { $0.blob(0) } ?? []
        guard !data.isEmpty else {
            throw StorageError(.corrupt, "the query index has lost a chunk; delete it to rebuild it")
        }
        chunk += 1
        offset = 0
        read()
    }

    mutating func advance() throws {
        offset += 16
        if offset < data.count { read() } else { try load() }
    }

    private mutating func read() {
        current = data.withUnsafeBytes {
            QueryIndex.Posting(key: $0.bigEndian(at: offset), position: $0.bigEndian(at: offset + 8))
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func bigEndian(at offset: Int) -> UInt64 {
        UInt64(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: UInt64) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
