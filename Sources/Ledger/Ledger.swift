import Foundation
public import MerkleLog
public import Storage
import Synchronization

/// The append-only, tamper-evident record: append, read, query, prove.
///
/// Any number of processes may have it open; the store serialises their commits.
public final class Ledger: Sendable {
    /// The public half of the key that checkpoints are signed with; its name is the ledger's origin.
    public let verifier: NoteVerifier
    /// Where it lives.
    public let location: LedgerLocation
    /// The store, for tables that change together with events.
    public let database: any Database

    /// Whether other nodes may append to it.
    public var isShared: Bool { if case .postgres = location.engine { true } else { false } }

    /// The tables of the record and of its index, for whoever prepares a database.
    public static let schema = [LedgerStore.schema, QueryIndex.schema]

    let index: QueryIndex
    private let status: LedgerStatus
    private let anchor: Anchor
    private let writer: LedgerWriter
    private let waiting = WaitingCallers()
    private let lane: AppendLane

    /// Opens a ledger for appending and reading.
    /// - Parameters:
    ///   - accepting: given when an operator accepts a restored store: makes the event that says so, from the anchor's
    ///     checkpoint (nil when there was none) and the store's size. It is appended first, and the anchor follows the store.
    /// - Throws: ``LedgerError`` when it is missing, damaged, of another key, or not what the anchor says.
    public convenience init(
        at location: LedgerLocation,
        signer: NoteSigner,
        accepting: ((_ anchor: String?, _ storeSize: UInt64) -> Event)? = nil
    ) throws {
        try self.init(at: location, database: location.openStore(), signer: signer, accepting: accepting)
    }

    init(
        at location: LedgerLocation,
        database: any Database,
        signer: NoteSigner,
        accepting: ((_ anchor: String?, _ storeSize: UInt64) -> Event)?
    ) throws {
        let connection = try database.makeConnection()
        try Schema.migrate(connection, LedgerStore.schema)
        let kept = try Anchor.read(location.anchor)
        // One view of the store: other nodes append meanwhile.
        var head = try connection.snapshot {
            guard let stored = try LedgerStore.head(connection) else {
                throw LedgerError.missing("there is no ledger in \(location.name): run 'muniment init' first")
            }
            let head = try SignedHead(checkpoint: stored.checkpoint, verifier: signer.verifier)
            if accepting == nil {
                try Self.check(head, against: kept, at: location, verifier: signer.verifier, connection)
            }
            return head
        }
        // Whatever was indexed of another history is of no use for this one.
        if accepting != nil { try location.removeIndex() }
        let index = try Self.openIndex(location, size: head.size, connection)
        let status = LedgerStatus(head: head)
        let committer = try GroupCommitter(database: database, signer: signer, index: index, status: status)
        if let accepting {
            head = try committer.commitAlone(accepting(kept, head.size).encoded())
            try Anchor.replace(location.anchor, with: head.checkpoint)
            status.observed(head)
        }
        let anchor = Anchor(path: location.anchor) { status.anchored($0) }
        let waiting = self.waiting
        writer = LedgerWriter(committer: committer) { result in
            status.committed(result)
            if case .success(let group) = result { anchor.offer(group.head) }
        }
        lane = writer.makeLane { waiting.deliver($0) }
        self.status = status
        self.anchor = anchor
        self.location = location
        self.database = database
        self.index = index
        verifier = signer.verifier
    }

    /// Makes sure that a ledger can be made at a place: its database answers, and holds none.
    /// - Throws: ``LedgerError`` when there is one, ``StorageError`` when the database cannot be reached.
    public static func checkAbsent(at location: LedgerLocation) throws {
        if case .sqlite = location.engine, !FileManager.default.fileExists(atPath: location.storeFile) { return }
        let database = try location.openStore()
        defer { database.close() }
        // Without the tables there is no ledger either.
        if let head = try? LedgerStore.head(database.makeConnection()), head.size > 0 {
            throw LedgerError.inconsistent("there is a ledger in \(location.name) already")
        }
    }

    /// Makes an empty ledger: its first entry and its anchor.
    /// - Throws: ``LedgerError`` when there is one already.
    public static func create(at location: LedgerLocation, signer: NoteSigner, first event: Event) throws {
        let database = try location.makeStore()
        defer { database.close() }
        let connection = try database.makeConnection()
        try Schema.migrate(connection, LedgerStore.schema)
        let exists = LedgerError.inconsistent("there is a ledger in \(location.name) already")
        if try LedgerStore.head(connection) != nil { throw exists }
        try location.removeIndex()
        let entry = try event.encoded()
        var tree = TreeState()
        _ = tree.append(TreeHasher.leafHash(entry))
        let head = try SignedHead(size: tree.size, root: tree.root, signer: signer)
        try connection.transaction(named: LedgerStore.turn) {
            if try LedgerStore.head(connection) != nil { throw exists }
            _ = try LedgerStore.makeRoom(connection, for: 1)
            try entry.withUnsafeBytes { bytes in
                try connection.insert(into: "entries", count: 1) { _ in (0, bytes) }
            }
            try LedgerStore.makeHead(connection, size: head.size, checkpoint: head.checkpoint)
        }
        try Anchor.replace(location.anchor, with: head.checkpoint)
    }

    /// Sets up a further node of a ledger that is in a shared store: keeps its head as this node's anchor, once signature and
    /// tree are in order.
    /// - Parameter known: a checkpoint from another node, which the store must continue.
    /// - Returns: the head.
    /// - Throws: ``LedgerError`` when this is a node already, or the store is not in order.
    public static func join(
        at location: LedgerLocation,
        signer: NoteSigner,
        since known: String? = nil
    ) throws -> SignedHead {
        guard try Anchor.read(location.anchor) == nil else {
            throw LedgerError.file("there is an anchor at \(location.anchor): this is a node already")
        }
        let database = try location.makeStore()
        defer { database.close() }
        let connection = try database.makeConnection()
        let head = try connection.snapshot {
            guard let stored = try? LedgerStore.head(connection) else {
                throw LedgerError.missing(
                    "there is no ledger in \(location.name): run 'muniment init' on the first node"
                )
            }
            let head = try SignedHead(checkpoint: stored.checkpoint, verifier: signer.verifier)
            try LedgerStore.checkEnd(connection, head: head.size)
            guard try TreeState(connection, size: head.size).root == head.root else {
                throw LedgerError.inconsistent("the store's tree does not have the root that was signed")
            }
            if let known { try check(head, against: known, at: location, verifier: signer.verifier, connection) }
            return head
        }
        try Anchor.replace(location.anchor, with: head.checkpoint)
        return head
    }

    /// Commits what waits, writes the anchor, and lets go of the files.
    public func close() {
        writer.close()
        anchor.close()
        index.close()
        database.close()
    }

    // MARK: Appending

    /// Records one event: durable and under a signed checkpoint when this returns.
    /// - Throws: ``LedgerError``; unless it says otherwise nothing was recorded.
    @discardableResult
    public func append(_ event: Event) async throws -> Receipt {
        let bytes = try event.encoded()
        let (result, head) = try await waiting.wait { enlist in
            try lane.submit(checking: event.identity) { pending in
                pending.append(contentsOf: bytes)
                enlist()
            }
        }
        switch result {
        case .appended(let index): return Receipt(index: index, isRepetition: false, head: head)
        case .duplicate(let index): return Receipt(index: index, isRepetition: true, head: head)
        case .conflict(let index): throw LedgerError.conflict(index: index)
        }
    }

    /// Records events and changes tables in one transaction: both or neither.
    /// - Parameter body: runs on the writer's thread inside the transaction; what it throws undoes its changes and is rethrown.
    @discardableResult
    public func record(
        _ events: [Event],
        changing body: @escaping @Sendable (any SQLConnection) throws -> Void
    ) async throws -> [Receipt] {
        let entries = try events.map { try $0.encoded() }
        return try await withCheckedThrowingContinuation { continuation in
            writer.submit(
                LedgerWriter.Job(entries: entries, body: body) { outcome in
                    continuation.resume(
                        with: outcome.map { results, head in
                            results.map { Receipt(index: $0.index, isRepetition: false, head: head) }
                        }
                    )
                }
            )
        }
    }

    /// A way in for a producer of many events, such as an event loop. Its outcomes arrive on the writer's thread.
    public func makeLane(_ deliver: @escaping @Sendable (LaneOutcome) -> Void) -> AppendLane {
        writer.makeLane(deliver)
    }

    /// Forgets a lane whose outcomes have all arrived.
    public func remove(_ lane: AppendLane) { writer.remove(lane) }

    /// Notes a head that another process committed.
    func observe(_ head: SignedHead) { if status.observed(head) { anchor.offer(head) } }

    /// Notes what a look at the store came to.
    func note(storeFailure: LedgerError?) { status.looked(storeFailure) }

    /// How the writing side fares.
    public var health: LedgerHealth { status.health }

    /// Follows the ledger into the query index until the task is cancelled.
    public func runIndexFollower(failed: @escaping @Sendable (any Error) -> Void) async {
        await IndexFollower(database: database, index: index).run(failed: failed)
    }

    /// Indexes everything that is not indexed yet.
    public func catchUpIndex() throws {
        let follower = IndexFollower(database: database, index: index)
        while try follower.step() > 0 {}
    }

    /// How many entries the query index covers; the rest is read by each query.
    public func indexedSize() throws -> UInt64 { try index.indexedSize() }

    // MARK: Opening

    private static func check(
        _ head: SignedHead,
        against kept: String?,
        at location: LedgerLocation,
        verifier: NoteVerifier,
        _ connection: any SQLConnection
    ) throws {
        let remedy =
            "If the store was restored on purpose, run 'muniment ledger accept-restore'; it records the fact and continues."
        guard let kept else {
            throw LedgerError.restored(
                "the anchor file \(location.anchor) is missing, so it cannot be told whether this store is the newest. \(remedy)"
            )
        }
        let anchor = try SignedHead(checkpoint: kept, verifier: verifier)
        guard anchor.size <= head.size else {
            throw LedgerError.restored(
                "the store holds \(head.size) entries, but a checkpoint over \(anchor.size) entries was signed: this is an older "
                    + "copy. \(remedy)"
            )
        }
        let root = try TreeReader(source: StoredTiles(connection: connection), treeSize: anchor.size).root()
        guard root == anchor.root else {
            throw LedgerError.restored(
                "the first \(anchor.size) entries of the store are not the ones that were signed: the file was rewritten or is "
                    + "another ledger's. \(remedy)"
            )
        }
    }

    /// Opens the index; one that is damaged, or was made of other entries than the store's, is begun anew.
    private static func openIndex(
        _ location: LedgerLocation,
        size: UInt64,
        _ connection: any SQLConnection
    ) throws -> QueryIndex {
        func open() throws -> QueryIndex {
            try QueryIndex(database: location.openIndex())
        }
        do {
            let index = try open()
            if try isOfStore(index, size: size, connection) { return index }
            index.close()
        } catch let error as StorageError where error.code == .corrupt {
            // Made anew below.
        }
        try location.removeIndex()
        return try open()
    }

    /// Whether the index was made of the first entries of the store.
    private static func isOfStore(_ index: QueryIndex, size: UInt64, _ connection: any SQLConnection) throws -> Bool {
        guard let last = try index.runs().last else { return true }
        guard last.end <= size else { return false }
        return try TreeReader(source: StoredTiles(connection: connection), treeSize: last.end).root() == last.root
    }
}

/// The callers that wait for their events' commits, in the order in which the lane took them.
private final class WaitingCallers: Sendable {
    typealias Answer = (AppendResult, SignedHead)

    private let callers = Mutex<[CheckedContinuation<Answer, any Error>]>([])

    /// Waits for the outcome of the event that `submit` submits; `submit` calls its argument while it holds its place in line,
    /// and after that it does not throw.
    func wait(_ submit: (() -> Void) throws -> Void) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try submit { callers.withLock { $0.append(continuation) } }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    func deliver(_ outcome: LaneOutcome) {
        switch outcome {
        case .committed(let results, let head):
            for (caller, result) in zip(take(results.count), results) { caller.resume(returning: (result, head)) }
        case .failed(let error, let count):
            for caller in take(count) { caller.resume(throwing: error) }
        }
    }

    private func take(_ count: Int) -> [CheckedContinuation<Answer, any Error>] {
        callers.withLock { callers in
            let taken = Array(callers.prefix(count))
            callers.removeFirst(min(count, callers.count))
            return taken
        }
    }
}

extension AppendResult {
    /// Where the event stands.
    public var index: UInt64 {
        switch self {
        case .appended(let index), .duplicate(let index), .conflict(let index): index
        }
    }
}
