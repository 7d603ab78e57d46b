import MerkleLog
import Storage

/// What a committed group came to.
struct CommittedGroup {
    /// One result per record of the lanes, in order.
    var results: [AppendResult] = []
    /// One outcome per job, in order.
    var jobs: [Result<[AppendResult], any Error>] = []
    /// The head after the group.
    var head: SignedHead
    /// How many entries the group added.
    var appended = 0
}

/// Makes a group of events durable: entries, filled tiles and the signed head in one transaction. Belongs to the writer's thread.
final class GroupCommitter {
    private let database: any Database
    private var connection: (any SQLConnection)?
    private let signer: NoteSigner
    private let index: QueryIndex
    private let status: LedgerStatus
    private var state = TreeState()
    private var head: SignedHead
    private var recent = RecentIdentities()
    /// The tree size from which on the store must be asked for room.
    private var room: UInt64 = 0

    /// - Throws: ``LedgerError`` when the stored tree does not agree with the stored head.
    init(database: any Database, signer: NoteSigner, index: QueryIndex, status: LedgerStatus) throws {
        self.database = database
        self.signer = signer
        self.index = index
        self.status = status
        head = status.health.head
        let connection = try database.makeConnection()
        self.connection = connection
        try connection.snapshot { try reload(connection) }
    }

    /// Waits for this process's turn to append, takes what there is by then, and makes it durable.
    /// - Parameter gather: called at most once, when the turn has come; not at all when it does not come.
    func commit(_ gather: () throws -> Group) -> Result<CommittedGroup, LedgerError> {
        let before = (state, head)
        var attempted: CommittedGroup?
        do {
            let connection = try self.connection ?? database.makeConnection()
            self.connection = connection
            let committed = try connection.transaction(named: LedgerStore.turn) {
                try followOthers(connection)
                return try append(gather(), connection, &attempted)
            }
            head = committed.head
            return .success(committed)
        } catch {
            // The engine may have saved the group and failed to say so: the store itself is asked, on a new connection. If it
            // cannot answer, the group counts as not recorded, and the next one begins by reading the head.
            (state, head) = before
            connection = nil
            recent.invalidate()
            if let attempted, (try? confirm(attempted.head)) == true { return .success(attempted) }
            return .failure(.wrapping(error))
        }
    }

    /// Commits one entry on its own, before there is a writer's thread.
    func commitAlone(_ entry: [UInt8]) throws -> SignedHead {
        try commit { Group(jobs: [LedgerWriter.Job(entries: [entry], body: { _ in }, done: { _ in })]) }.get().head
    }

    /// Lets go of the store.
    func close() { connection = nil }

    // MARK: One transaction

    private func append(
        _ group: Group,
        _ connection: any SQLConnection,
        _ attempted: inout CommittedGroup?
    ) throws -> CommittedGroup {
        var batch = Batch(start: state.size)
        var committed = CommittedGroup(head: head)
        for job in group.jobs {
            try connection.enqueue("SAVEPOINT job", [])
            do {
                try job.body(connection)
                try connection.run("RELEASE job")
                committed.jobs.append(.success(job.entries.map { .appended(batch.add(owned: $0)) }))
            } catch {
                try connection.run("ROLLBACK TO job")
                try connection.run("RELEASE job")
                committed.jobs.append(.failure(error))
            }
        }
        let recordCount = group.shares.reduce(0) { $0 + $1.records.count }
        committed.results.reserveCapacity(recordCount)
        try group.bytes.withUnsafeBytes { bytes in
            var offset = 0
            for share in group.shares {
                for record in share.records {
                    let entry = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + record.length])
                    offset += record.length
                    if let identity = record.identity {
                        let hash = IndexKey.hash(of: identity)
                        if let earlier = try find(identity, hash, batch: batch, connection) {
                            let same = entry.elementsEqual(earlier.bytes)
                            committed.results.append(same ? .duplicate(earlier.index) : .conflict(earlier.index))
                        } else {
                            committed.results.append(.appended(batch.add(borrowed: entry, identity: hash)))
                        }
                    } else {
                        committed.results.append(.appended(batch.add(borrowed: entry)))
                    }
                }
            }
            if batch.next > room { room = try LedgerStore.makeRoom(connection, for: batch.next) }
            try write(batch, connection)
        }
        if batch.count > 0 {
            committed.head = try SignedHead(size: state.size, root: state.root, signer: signer)
            try LedgerStore.setHead(connection, size: state.size, checkpoint: committed.head.checkpoint)
            if batch.allNamed { recent.add(batch.named, batch.start..<batch.next) }
            committed.appended = batch.count
            attempted = committed
        }
        return committed
    }

    private func write(_ batch: borrowing Batch, _ connection: any SQLConnection) throws {
        let count = batch.count
        let start = batch.start
        let entries = batch.entries
        var tiles: [(id: UInt64, data: [UInt8])] = []
        for entry in entries {
            for tile in state.append(TreeHasher.leafHash(entry)) {
                tiles.append((LedgerStore.tileID(level: tile.level, index: tile.index), tile.data))
            }
        }
        try connection.insert(into: "entries", count: count) { (start + UInt64($0), entries[$0]) }
        for tile in tiles {
            try connection.enqueue("INSERT INTO tiles VALUES ($1, $2)", [.position(tile.id), .blob(tile.data)])
        }
    }

    // MARK: Repetitions

    /// The event recorded before under this name: in this batch, lately, or long ago.
    private func find(
        _ identity: EventIdentity,
        _ hash: UInt64,
        batch: borrowing Batch,
        _ connection: any SQLConnection
    ) throws -> StoredEvent? {
        for position in batch.named[hash] {
            let bytes = batch.entries[Int(position - batch.start)]
            if EntryFields.identity(of: bytes) == identity {
                return StoredEvent(index: position, bytes: [UInt8](bytes))
            }
        }
        try recent.cover(state.size, index, connection)
        let known = recent[hash]
        let indexed = index.mayHoldEvent(hash) ? try index.candidates(hash: hash) : []
        for position in known + indexed.filter({ $0 < state.size && !known.contains($0) }) {
            guard let bytes = try LedgerStore.entry(connection, at: position) else {
                throw LedgerError.inconsistent("entry \(position) is missing from the store")
            }
            if bytes.withUnsafeBytes({ EntryFields.identity(of: $0) }) == identity {
                return StoredEvent(index: position, bytes: bytes)
            }
        }
        return nil
    }

    // MARK: Other writers

    /// Entries of others that are followed from the own tree; of more, the tree is read anew.
    private static let followed: UInt64 = 1 << 20

    /// Takes over what others have appended since, once it has proved to continue what this process knows.
    private func followOthers(_ connection: any SQLConnection) throws {
        guard let stored = try LedgerStore.head(connection) else {
            throw LedgerError.inconsistent("the store has lost its head")
        }
        let seen = status.health.head
        guard stored.size >= seen.size else { throw LedgerError.lostEntries(stored: stored.size, seen: seen.size) }
        if stored.checkpoint == head.checkpoint { return }
        guard stored.size > state.size, stored.size - state.size <= Self.followed else { return try reload(connection) }
        try state.follow(connection, to: stored.size)
        let read = try SignedHead(checkpoint: stored.checkpoint, verifier: signer.verifier)
        // Our own tree with their entries has their signed root: theirs is a continuation of ours.
        guard read.size == stored.size, read.root == state.root else {
            throw LedgerError.forked(stored: stored.size, seen: head.size)
        }
        head = read
    }

    private func reload(_ connection: any SQLConnection) throws {
        guard let stored = try LedgerStore.head(connection) else {
            throw LedgerError.inconsistent("the store has lost its head")
        }
        let loaded = try TreeState(connection, size: stored.size)
        let read = try SignedHead(checkpoint: stored.checkpoint, verifier: signer.verifier)
        guard read.size == stored.size, read.root == loaded.root else {
            throw LedgerError.inconsistent(
                "the stored entries do not have the root that the head of size \(stored.size) was signed for; run "
                    + "'muniment ledger verify' to find the place"
            )
        }
        try LedgerStore.checkEnd(connection, head: stored.size)
        // What was seen must be its beginning.
        if head.size > 0, head.size <= stored.size {
            let root = try TreeReader(source: StoredTiles(connection: connection), treeSize: head.size).root()
            guard root == head.root else { throw LedgerError.forked(stored: stored.size, seen: head.size) }
        }
        state = loaded
        head = read
        recent.invalidate()
    }

    /// Whether the store holds exactly this head, made durable by one more synced commit.
    private func confirm(_ attempted: SignedHead) throws -> Bool {
        let connection = try database.makeConnection()
        return try connection.transaction(named: LedgerStore.turn) {
            guard try LedgerStore.head(connection)?.checkpoint == attempted.checkpoint else { return false }
            // A change that changes nothing, so that there is something whose durability is waited for.
            try LedgerStore.setHead(connection, size: attempted.size, checkpoint: attempted.checkpoint)
            return true
        }
    }
}

/// The entries of one transaction, before they are written. Borrowed bytes must outlive it.
private struct Batch: ~Copyable {
    let start: UInt64
    private(set) var entries: [UnsafeRawBufferPointer] = []
    /// The entries whose repetitions are looked for, by their identities' hashes.
    private(set) var named = PositionsByHash()
    /// Whether that is all of them.
    private(set) var allNamed = true
    private var owned: [UnsafeMutableRawBufferPointer] = []

    init(start: UInt64) { self.start = start }

    deinit { for bytes in owned { bytes.deallocate() } }

    var count: Int { entries.count }
    var next: UInt64 { start + UInt64(entries.count) }

    mutating func add(borrowed entry: UnsafeRawBufferPointer, identity: UInt64? = nil) -> UInt64 {
        let position = next
        if let identity { named.insert(identity, position) } else { allNamed = false }
        entries.append(entry)
        return position
    }

    mutating func add(owned entry: [UInt8]) -> UInt64 {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: entry.count, alignment: 1)
        copy.copyBytes(from: entry)
        owned.append(copy)
        let bytes = UnsafeRawBufferPointer(copy)
        return add(borrowed: bytes, identity: EntryFields.identity(of: bytes).map(IndexKey.hash(of:)))
    }
}
