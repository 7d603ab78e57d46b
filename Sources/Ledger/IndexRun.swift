import MerkleLog
import Storage

extension QueryIndex {
    /// One occurrence of a value.
    struct Posting: Comparable {
        /// The value's hash.
        let key: UInt64
        /// The entry.
        let position: UInt64

        static func < (left: Posting, right: Posting) -> Bool {
            left.key != right.key ? left.key < right.key : left.position < right.position
        }
    }
}

/// A sorted run of postings as the query index's manifest describes it.
struct IndexRun: Sendable {
    let id: UInt64
    /// The first entry covered.
    let first: UInt64
    /// The first entry not covered.
    let end: UInt64
    /// The root of the ledger's tree of `end` entries, which tells whose entries these were.
    let root: Hash
    /// The earliest and latest timestamp, in milliseconds.
    let times: ClosedRange<Int64>
    /// First key of each chunk.
    let fences: [UInt64]
    /// The events it may hold.
    let events: EventFilter

    /// Postings in one chunk; with 8 KiB pages a chunk fills one.
    static let chunkPostings = 500

    /// Runs of fewer than 8 batches are level 0, of fewer than 64 level 1, and so on.
    var level: Int {
        var size = (end - first) / UInt64(QueryIndex.batchEntries * QueryIndex.fanIn)
        var level = 0
        while size > 0 {
            size /= UInt64(QueryIndex.fanIn)
            level += 1
        }
        return level
    }

    static func chunkID(_ run: UInt64, _ chunk: Int) -> UInt64 { run << 24 | UInt64(chunk) }

    static func damaged(_ what: String) -> StorageError {
        StorageError(
            .corrupt,
            "the query index is damaged (\(what)): delete index.db while nothing runs, and it is built anew"
        )
    }

    /// Reads the manifest, oldest run first, taking what is known already from `known`.
    static func all(_ connection: any SQLConnection, known: [IndexRun]) throws -> [IndexRun] {
        let ids = try connection.all("SELECT id FROM runs ORDER BY first") { $0.position(0) }
        return try ids.map { id in
            if let run = known.first(where: { $0.id == id }) { return run }
            let run = try connection.first(
                "SELECT first, size, root, earliest, latest, fences, events FROM runs WHERE id = $1",
                [.position(id)]
            ) { row -> IndexRun? in
                let first = row.position(0)
                let size = row.position(1)
                // Beyond these no sound ledger goes, and sums below cannot overflow.
                guard first < 1 << 56, size < 1 << 56, id < 1 << 39, let root = Hash(bytes: row.blob(2)),
                    row.integer(3) <= row.integer(4)
                else { return nil }
                return IndexRun(
                    id: id,
                    first: first,
                    end: first + size,
                    root: root,
                    times: row.integer(3)...row.integer(4),
                    fences: row.withBytes(5, words),
                    events: EventFilter(words: row.withBytes(6, words))
                )
            }
            guard let run = run ?? nil else { throw damaged("run \(id)") }
            return run
        }
    }

    private static func words(_ bytes: UnsafeRawBufferPointer) -> [UInt64] {
        (0..<bytes.count / 8).map { bytes.bigEndian(at: $0 * 8) }
    }

    /// The chunks in which the key may occur.
    func chunks(of key: UInt64) -> Range<Int> {
        if EventFilter.isEvent(key), !events.mayHold(key) { return 0..<0 }
        // The key may begin in the last chunk whose first key is smaller, and ends before the first one whose first is larger.
        let start = fences.partition { $0 < key }
        let end = fences.partition { $0 <= key }
        return max(start - 1, 0)..<end
    }

    /// The key's positions in one chunk, ascending.
    func positions(of key: UInt64, chunk: Int, _ connection: any SQLConnection) throws -> [UInt64] {
        let id = Self.chunkID(id, chunk)
        let found = try connection.first("SELECT data FROM chunks WHERE id = $1", [.position(id)]) { row in
            row.withBytes(0) { bytes in
                var found: [UInt64] = []
                let postings = 0..<bytes.count / 16
                var next = postings.partition { bytes.bigEndian(at: $0 * 16) < key }
                while next < postings.upperBound, bytes.bigEndian(at: next * 16) == key {
                    let position = bytes.bigEndian(at: next * 16 + 8)
                    if position >= first, position < end { found.append(position) }
                    next += 1
                }
                return found
            }
        }
        guard let found else { throw Self.damaged("chunk \(id)") }
        return found
    }
}

/// A set of event keys that may say yes too often, never no: a Bloom filter in blocks of one cache line (Putze, Sanders and
/// Singler, "Cache-, hash- and space-efficient Bloom filters", 2007). At 10 bits a key about one look-up in fifty is in vain.
struct EventFilter: Sendable {
    private(set) var words: [UInt64]

    private static let blockWords = 8
    private static let bitsPerKey = 10
    private static let probes = 6

    /// An empty set with room for `count` keys.
    init(count: Int) {
        words = Array(repeating: 0, count: Self.blockWords * (count * Self.bitsPerKey / (64 * Self.blockWords) + 1))
    }

    /// A set as stored.
    init(words: [UInt64]) { self.words = words }

    /// Whether a hash is of an event's name: their lowest bit is set, that of other values is not.
    static func isEvent(_ hash: UInt64) -> Bool { hash & 1 == 1 }

    mutating func insert(_ hash: UInt64) {
        let block = self.block(hash)
        for (word, bit) in Probes(hash) { words[block + word] |= bit }
    }

    func mayHold(_ hash: UInt64) -> Bool {
        guard words.count >= Self.blockWords else { return true }
        let block = self.block(hash)
        return Probes(hash).allSatisfy { word, bit in words[block + word] & bit != 0 }
    }

    private func block(_ hash: UInt64) -> Int {
        Int((hash >> 32) * UInt64(words.count / Self.blockWords) >> 32) * Self.blockWords
    }

    /// The bits of a key within its block, nine bits of a second hash for each.
    private struct Probes: Sequence, IteratorProtocol {
        private var rest: UInt64
        private var left = EventFilter.probes

        init(_ hash: UInt64) { rest = (hash &* 0x9e37_79b9_7f4a_7c15) ^ (hash >> 29) }

        mutating func next() -> (word: Int, bit: UInt64)? {
            guard left > 0 else { return nil }
            left -= 1
            defer { rest >>= 9 }
            return (Int(rest & 7), 1 << (rest >> 3 & 63))
        }
    }
}

/// Writes sorted postings as the chunks of a run.
struct RunWriter {
    private let id: UInt64
    private let range: Range<UInt64>
    private let connection: any SQLConnection
    private var chunk: [UInt8] = []
    private var fences: [UInt8] = []
    private var chunks = 0
    private var events: EventFilter

    init(id: UInt64, range: Range<UInt64>, connection: any SQLConnection) {
        self.id = id
        self.range = range
        self.connection = connection
        events = EventFilter(count: range.count)
        chunk.reserveCapacity(IndexRun.chunkPostings * 16)
    }

    mutating func add(_ posting: QueryIndex.Posting) throws {
        if chunk.isEmpty { fences.append(bigEndian: posting.key) }
        if EventFilter.isEvent(posting.key) { events.insert(posting.key) }
        chunk.append(bigEndian: posting.key)
        chunk.append(bigEndian: posting.position)
        if chunk.count == IndexRun.chunkPostings * 16 { try flush() }
    }

    mutating func finish(root: Hash, times: ClosedRange<Int64>) throws {
        if !chunk.isEmpty { try flush() }
        var filter: [UInt8] = []
        filter.reserveCapacity(events.words.count * 8)
        for word in events.words { filter.append(bigEndian: word) }
        try connection.run(
            """
            INSERT INTO runs (id, first, size, root, earliest, latest, fences, events)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                .position(id), .position(range.lowerBound), .position(UInt64(range.count)), .blob(root.bytes),
                .integer(times.lowerBound), .integer(times.upperBound), .blob(fences), .blob(filter),
            ]
        )
    }

    private mutating func flush() throws {
        let id = IndexRun.chunkID(self.id, chunks)
        try chunk.withUnsafeBytes { bytes in
            try connection.enqueue("INSERT INTO chunks VALUES ($1, $2)", [.position(id), .bytes(bytes)])
        }
        chunk.removeAll(keepingCapacity: true)
        chunks += 1
    }
}

/// Reads the postings of a run in order, a chunk at a time.
struct RunReader {
    private let run: IndexRun
    private let connection: any SQLConnection
    private var chunk = 0
    private var data: [UInt8] = []
    private var offset = 0
    private(set) var current: QueryIndex.Posting?

    init(run: IndexRun, connection: any SQLConnection) {
        self.run = run
        self.connection = connection
    }

    mutating func load() throws {
        guard chunk < run.fences.count else {
            current = nil
            return
        }
        let id = IndexRun.chunkID(run.id, chunk)
        data = try connection.first("SELECT data FROM chunks WHERE id = $1", [.position(id)]) { $0.blob(0) } ?? []
        guard !data.isEmpty, data.count.isMultiple(of: 16) else { throw IndexRun.damaged("chunk \(id)") }
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

extension RandomAccessCollection where Index == Int {
    /// The first index whose element does not meet the condition, in a collection whose elements meet it up to some point.
    fileprivate func partition(_ precedes: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if precedes(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
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
