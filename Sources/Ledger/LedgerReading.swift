public import MerkleLog
import Storage

/// Anything that holds a ledger in a form that can be read and verified: the store, an exported folder, a server.
public protocol LedgerSource: Sendable {
    /// The newest signed checkpoint.
    func checkpoint() throws -> String
    /// Visits the entries of a range in order.
    func visitEntries(_ range: Range<UInt64>, treeSize: UInt64, _ each: (UInt64, UnsafeRawBufferPointer) throws -> Void)
        throws
    /// The first `width` hashes of a tile, 32 bytes each.
    func tile(level: UInt8, index: UInt64, width: Int, treeSize: UInt64) throws -> [UInt8]
}

/// The tiles of a source for one tree size.
public struct SourceTiles: TileSource {
    let source: any LedgerSource
    let treeSize: UInt64

    /// Reads the tiles of a tree of this size.
    public init(source: any LedgerSource, treeSize: UInt64) {
        self.source = source
        self.treeSize = treeSize
    }

    public func tile(level: UInt8, index: UInt64, width: Int) throws -> [UInt8] {
        try source.tile(level: level, index: index, width: width, treeSize: treeSize)
    }
}

/// The store itself as a source; opened for reading only.
public struct StoreSource: LedgerSource {
    private let database: any Database
    /// Given when the store has no head of its own yet.
    private let given: String?

    /// Reads an open ledger.
    public init(_ ledger: Ledger) { self.init(database: ledger.database) }

    init(database: any Database, checkpoint: String? = nil) {
        self.database = database
        given = checkpoint
    }

    /// Opens a ledger's store for reading, whether or not servers have it open.
    public init(at location: LedgerLocation) throws { self.init(database: try location.openForReading()) }

    /// Opens a store's file for reading, whether or not a server has it open.
    /// - Parameter path: the `ledger.db` file.
    public init(path: String) throws {
        self.init(database: try SQLiteDatabase(path: path, settings: .readOnly))
    }

    public func checkpoint() throws -> String {
        if let given { return given }
        return try database.readBlocking { connection in
            try connection.snapshot {
                guard let head = try LedgerStore.head(connection) else {
                    throw LedgerError.missing("the file holds no ledger")
                }
                try LedgerStore.checkEnd(connection, head: head.size)
                return head.checkpoint
            }
        }
    }

    public func visitEntries(
        _ range: Range<UInt64>,
        treeSize: UInt64,
        _ each: (UInt64, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try database.readBlocking { connection in
            try LedgerStore.entries(connection, range) { index, bytes in
                try each(index, bytes)
                return true
            }
        }
    }

    public func tile(level: UInt8, index: UInt64, width: Int, treeSize: UInt64) throws -> [UInt8] {
        try database.readBlocking { try StoredTiles(connection: $0).tile(level: level, index: index, width: width) }
    }
}

extension Ledger {
    /// The newest signed checkpoint in the store, whichever process wrote it.
    public func checkpoint() async throws -> String {
        try await database.read { connection in
            guard let head = try LedgerStore.head(connection) else {
                throw LedgerError.inconsistent("the store has no head")
            }
            return head.checkpoint
        }
    }

    /// One entry's bytes.
    public func entry(at index: UInt64) async throws -> [UInt8] {
        try await database.read { connection in
            guard let entry = try LedgerStore.entry(connection, at: index) else {
                throw LedgerError.noSuchEntry(index: index, treeSize: try LedgerStore.head(connection)?.size ?? 0)
            }
            return entry
        }
    }

    /// A `.tlog-proof` that the entry is in the ledger, under the newest checkpoint.
    public func proof(of index: UInt64) async throws -> TLogProof {
        try await database.read { connection in
            guard let head = try LedgerStore.head(connection), index < head.size else {
                throw LedgerError.noSuchEntry(index: index, treeSize: try LedgerStore.head(connection)?.size ?? 0)
            }
            let tree = TreeReader(source: StoredTiles(connection: connection), treeSize: head.size)
            return TLogProof(index: index, hashes: try tree.inclusionProof(index: index), checkpoint: head.checkpoint)
        }
    }

    /// Proofs that entries are in the ledger, all under one checkpoint, which is the newest.
    public func proofs(of indexes: [UInt64]) async throws -> (checkpoint: String, proofs: [TLogProof]) {
        try await database.read { connection in
            guard let head = try LedgerStore.head(connection) else {
                throw LedgerError.inconsistent("the store has no head")
            }
            let tree = TreeReader(source: StoredTiles(connection: connection), treeSize: head.size)
            let proofs = try indexes.map { index in
                guard index < head.size else { throw LedgerError.noSuchEntry(index: index, treeSize: head.size) }
                return TLogProof(
                    index: index,
                    hashes: try tree.inclusionProof(index: index),
                    checkpoint: head.checkpoint
                )
            }
            return (head.checkpoint, proofs)
        }
    }

    /// The bytes of a tile, or nil when the ledger is too small for it.
    public func tile(_ address: TileAddress) async throws -> [UInt8]? {
        try await database.read { connection in
            let size = try LedgerStore.head(connection)?.size ?? 0
            guard Tiles.width(level: address.level, index: address.index, treeSize: size) >= address.width else {
                return nil
            }
            return try StoredTiles(connection: connection).tile(
                level: address.level,
                index: address.index,
                width: address.width
            )
        }
    }

    /// The bytes of an entry bundle, or nil when the ledger is too small for it.
    public func bundle(_ address: BundleAddress) async throws -> [UInt8]? {
        try await database.read { connection in
            let size = try LedgerStore.head(connection)?.size ?? 0
            guard Tiles.bundleWidth(index: address.index, treeSize: size) >= address.width else { return nil }
            var bundle: [UInt8] = []
            let first = address.index * UInt64(Tiles.width)
            try LedgerStore.entries(connection, first..<first + UInt64(address.width)) { _, bytes in
                try EntryBundle.append(bytes, to: &bundle)
                return true
            }
            return bundle
        }
    }
}
