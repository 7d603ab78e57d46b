import MerkleLog
import Storage
import Synchronization

/// Where in the ledger each value of the indexed fields occurs.
///
/// Derived data in a store of its own: it never delays an append, and may be deleted and rebuilt. Batches of entries become
/// sorted runs of fixed-size postings; runs of similar size are merged, so that a look-up touches few of them.
///
/// - `runs`: one row per run: the entries it covers, the root of the tree that ends with them, the times they span, the first key
///   of each of its chunks, and a filter that tells which events it cannot hold.
/// - `chunks`: the postings, 16 bytes each (key hash, position; big-endian), sorted, some hundreds to a row.
final class QueryIndex: Sendable {
    static let schema = SchemaComponent("index", migrations)

    private static let migrations = [
        Migration(
            version: 1,
            statements: [
                """
                CREATE TABLE runs (
                    id {key} PRIMARY KEY, first BIGINT NOT NULL, size BIGINT NOT NULL, root {blob} NOT NULL,
                    earliest BIGINT NOT NULL, latest BIGINT NOT NULL, fences {blob} NOT NULL, events {blob} NOT NULL)
                """,
                "CREATE TABLE chunks (id {key} PRIMARY KEY, data {blob} NOT NULL)",
            ]
        )
    ]

    /// How many runs of a level are merged into one of the next.
    static let fanIn = 8
    /// Entries that make a batch worth writing at once; also the size of the smallest level.
    static let batchEntries = 2048
    /// A key with more chunks than this in a run does not narrow a search by another key.
    private static let narrowingChunks = 8

    private let database: any Database
    /// The runs as last read.
    private let manifest = Mutex<[IndexRun]>([])

    init(database: any Database) throws {
        self.database = database
        try Schema.migrate(database.makeConnection(), Self.schema)
    }

    func close() { database.close() }

    // MARK: Look-up

    /// How many entries are indexed: all below this position.
    func indexedSize() throws -> UInt64 { try runs().last?.end ?? 0 }

    /// Whether an event of this hash may be among the entries that were indexed when ``indexedSize()`` was last asked.
    func mayHoldEvent(_ hash: UInt64) -> Bool {
        manifest.withLock { runs in runs.contains { $0.events.mayHold(hash) } }
    }

    /// Positions of indexed entries that may hold the value, in ascending order; each must be compared with the entry.
    func candidates(_ key: IndexKey) throws -> [UInt64] { try candidates(hash: key.hash) }

    /// As ``candidates(_:)``, of a value whose hash is known.
    func candidates(hash: UInt64) throws -> [UInt64] {
        try reading { runs, connection in
            var found: [UInt64] = []
            for run in runs {
                for chunk in run.chunks(of: hash) {
                    found += try run.positions(of: hash, chunk: chunk, connection)
                }
            }
            return found
        }
    }

    /// Visits indexed positions below `end` that may hold all the values, from the newest on, until `each` returns false.
    /// - Parameters:
    ///   - hashes: the values' hashes, at least one.
    ///   - times: when given, runs wholly outside it are passed over.
    func search(
        _ hashes: [UInt64],
        times: ClosedRange<Int64>?,
        below end: UInt64,
        _ each: (UInt64) throws -> Bool
    ) throws {
        try reading { runs, connection in
            for run in runs.reversed() where run.first < end {
                if let times, !times.overlaps(run.times) { continue }
                guard try search(run, hashes, below: end, connection, each) else { return }
            }
        }
    }

    /// - Returns: whether to go on with older runs.
    private func search(
        _ run: IndexRun,
        _ hashes: [UInt64],
        below end: UInt64,
        _ connection: any SQLConnection,
        _ each: (UInt64) throws -> Bool
    ) throws -> Bool {
        let places = hashes.map { (hash: $0, chunks: run.chunks(of: $0)) }.sorted { $0.chunks.count < $1.chunks.count }
        guard let rarest = places.first else { return true }
        // A value found nearly everywhere is told apart by the entry itself sooner than by reading all its postings.
        let narrowing = try places.dropFirst().filter { $0.chunks.count <= Self.narrowingChunks }.map { place in
            Set(try place.chunks.flatMap { try run.positions(of: place.hash, chunk: $0, connection) })
        }
        for chunk in rarest.chunks.reversed() {
            for position in try run.positions(of: rarest.hash, chunk: chunk, connection).reversed() {
                guard position < end, narrowing.allSatisfy({ $0.contains(position) }) else { continue }
                guard try each(position) else { return false }
            }
        }
        return true
    }

    /// The runs, oldest first.
    func runs() throws -> [IndexRun] { try reading { runs, _ in runs } }

    /// Runs `body` over an unchanging view: a merge in the meantime takes nothing away from under it.
    private func reading<Value>(_ body: ([IndexRun], any SQLConnection) throws -> Value) throws -> Value {
        try database.readBlocking { connection in
            try connection.snapshot { try body(current(connection), connection) }
        }
    }

    /// The runs as `connection` sees them. A run never changes, so only those that are new are read.
    private func current(_ connection: any SQLConnection) throws -> [IndexRun] {
        let known = manifest.withLock { $0 }
        // Every change of the manifest adds a run of a higher number than all before.
        let newest = try connection.first("SELECT COALESCE(MAX(id), 0) FROM runs") { $0.position(0) }
        if newest == known.map(\.id).max() ?? 0 { return known }
        let runs = try IndexRun.all(connection, known: known)
        manifest.withLock { cached in
            // Another thread may have read a newer one in the meantime.
            if runs.map(\.id).max() ?? 0 > cached.map(\.id).max() ?? 0 { cached = runs }
        }
        return runs
    }

    // MARK: Building

    /// Takes away everything that was indexed.
    func clear() throws {
        try changing { connection in
            try connection.run("DELETE FROM runs")
            try connection.run("DELETE FROM chunks")
        }
        manifest.withLock { $0 = [] }
    }

    /// Adds a run for the entries from `first` to before `end`, unless somebody else has indexed them or the entries before them
    /// are not indexed.
    /// - Parameters:
    ///   - root: the root of the tree of `end` entries.
    ///   - postings: need not be sorted.
    func add(first: UInt64, end: UInt64, root: Hash, times: ClosedRange<Int64>, postings: [Posting]) throws {
        let sorted = postings.sorted()
        try changing { connection in
            guard try current(connection).last?.end ?? 0 == first else { return }
            var writer = RunWriter(id: try Self.nextID(connection), range: first..<end, connection: connection)
            for posting in sorted { try writer.add(posting) }
            try writer.finish(root: root, times: times)
        }
    }

    /// Merges runs while some level has enough of them.
    func compact() throws {
        while try Self.mergeable(runs()) != nil {
            try changing { connection in
                // Another process may have merged them since.
                let runs = try current(connection)
                guard let range = Self.mergeable(runs) else { return }
                try Self.merge(Array(runs[range]), connection)
            }
        }
    }

    private func changing(_ body: (any SQLConnection) throws -> Void) throws {
        try database.readBlocking { connection in
            try connection.transaction(named: "index") { try body(connection) }
        }
    }

    /// The newest runs of some level or below, when there are enough of them.
    static func mergeable(_ runs: [IndexRun]) -> Range<Int>? {
        var start = runs.count
        var level = 0
        while start > 0 {
            while start > 0, runs[start - 1].level <= level { start -= 1 }
            if runs.count - start >= fanIn { return start..<runs.count }
            level += 1
        }
        return nil
    }

    private static func merge(_ runs: [IndexRun], _ connection: any SQLConnection) throws {
        guard let first = runs.first, let last = runs.last else { return }
        var readers = runs.map { RunReader(run: $0, connection: connection) }
        for index in readers.indices { try readers[index].load() }
        var writer = RunWriter(id: try nextID(connection), range: first.first..<last.end, connection: connection)
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
                [.position(IndexRun.chunkID(run.id, 0)), .position(IndexRun.chunkID(run.id + 1, 0))]
            )
        }
        let times = runs.dropFirst().reduce(first.times) {
            min($0.lowerBound, $1.times.lowerBound)...max($0.upperBound, $1.times.upperBound)
        }
        try writer.finish(root: last.root, times: times)
    }

    private static func nextID(_ connection: any SQLConnection) throws -> UInt64 {
        try connection.first("SELECT COALESCE(MAX(id), 0) + 1 FROM runs") { $0.position(0) } ?? 1
    }
}
