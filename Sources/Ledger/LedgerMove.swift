import Foundation
public import MerkleLog
public import Storage

/// Moves a ledger from its file to a PostgreSQL database.
public struct LedgerMove: Sendable {
    /// The file's ledger, which nobody may have open.
    public let source: LedgerLocation
    /// The database.
    public let target: LedgerLocation
    /// The key of both.
    public let signer: NoteSigner
    /// Every part that has tables in the store.
    public let components: [SchemaComponent]

    /// Entries in one transaction.
    private static let batch: UInt64 = 4096

    /// Names a move.
    public init(
        source: LedgerLocation,
        target: LedgerLocation,
        signer: NoteSigner,
        components: [SchemaComponent]
    ) {
        self.source = source
        self.target = target
        self.signer = signer
        self.components = components
    }

    /// Copies everything, proves that both hold the same tree, and only then makes the copy a ledger. A move that was
    /// interrupted goes on where it stopped.
    /// - Parameters:
    ///   - event: says in the new ledger that it was moved; told the head at which it was.
    ///   - progress: told how many entries of how many are copied.
    /// - Returns: the head that both had, and the receipt of `event`.
    /// - Throws: ``LedgerError`` or ``StorageError``; the source is as it was.
    public func run(
        recording event: (SignedHead) throws -> Event,
        progress: (UInt64, UInt64) -> Void
    ) async throws -> (head: SignedHead, receipt: Receipt) {
        let (old, new) = (try source.openStore(), try target.makeStore())
        defer {
            old.close()
            new.close()
        }
        let (from, to) = (try old.makeConnection(), try new.makeConnection())
        guard let stored = try LedgerStore.head(from) else {
            throw LedgerError.missing("there is no ledger in \(source.name)")
        }
        try LedgerStore.checkEnd(from, head: stored.size)
        let head = try SignedHead(checkpoint: stored.checkpoint, verifier: signer.verifier)
        for component in components { try Schema.migrate(to, component) }
        guard try LedgerStore.head(to) == nil else {
            throw LedgerError.inconsistent("there is a ledger in \(target.name) already")
        }
        try copyEntries(from, to, size: head.size, progress)
        let own: Set = ["entries", "tiles", "head", "commit_probe", "leases"]
        for table in try TableCopy.tables(of: from) where !own.contains(table) {
            try TableCopy.copy(table, from: from, to: to)
        }
        // Computed from the rows as they arrived, entry by entry, and compared with the source's signed root.
        _ = try LedgerVerifier(
            source: StoreSource(database: new, checkpoint: head.checkpoint),
            verifier: signer.verifier,
            workers: ProcessInfo.processInfo.activeProcessorCount
        ).verify()
        try to.transaction(named: LedgerStore.turn) {
            guard try LedgerStore.head(to) == nil else {
                throw LedgerError.inconsistent("there is a ledger in \(target.name) already")
            }
            try LedgerStore.makeHead(to, size: head.size, checkpoint: head.checkpoint)
        }
        try target.removeIndex()
        let ledger = try Ledger(at: target, signer: signer)
        defer { ledger.close() }
        return (head, try await ledger.append(event(head)))
    }

    private func copyEntries(
        _ from: any SQLConnection,
        _ to: any SQLConnection,
        size: UInt64,
        _ progress: (UInt64, UInt64) -> Void
    ) throws {
        var next = try to.first("SELECT COALESCE(MAX(idx) + 1, 0) FROM entries") { $0.position(0) } ?? 0
        guard next <= size else { throw LedgerError.inconsistent("\(target.name) holds entries of another ledger") }
        while next < size {
            let end = min(size, next + Self.batch)
            var bytes: [UInt8] = []
            var ends: [Int] = []
            try LedgerStore.entries(from, next..<end) { _, entry in
                bytes.append(contentsOf: entry)
                ends.append(bytes.count)
                return true
            }
            try to.transaction {
                _ = try LedgerStore.makeRoom(to, for: end)
                try bytes.withUnsafeBytes { bytes in
                    try to.insert(into: "entries", count: ends.count) { place in
                        let start = place == 0 ? 0 : ends[place - 1]
                        return (next + UInt64(place), UnsafeRawBufferPointer(rebasing: bytes[start..<ends[place]]))
                    }
                }
            }
            next = end
            progress(next, size)
        }
        try from.rows("SELECT id, data FROM tiles ORDER BY id", []) { row in
            try to.run(
                "INSERT INTO tiles (id, data) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
                [.position(row.position(0)), .blob(row.blob(1))]
            )
            return true
        }
    }
}
