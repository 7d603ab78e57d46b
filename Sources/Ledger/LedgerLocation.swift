import Foundation
public import Storage

/// Where a ledger lives.
public struct LedgerLocation: Sendable {
    /// What holds the entries.
    public enum Engine: Sendable {
        /// `ledger.db` and `index.db` in the folder.
        case sqlite
        /// A PostgreSQL database, shared by any number of nodes.
        case postgres(PostgresSettings)
    }

    /// The folder of this node: what only it may touch, and with SQLite the store.
    public let directory: String
    /// The file outside the store that keeps a recent checkpoint.
    public let anchor: String
    /// What holds the entries.
    public let engine: Engine

    /// Names a place.
    public init(directory: String, anchor: String, engine: Engine = .sqlite) {
        self.directory = directory
        self.anchor = anchor
        self.engine = engine
    }

    /// The file of entries, tiles and state, where the engine is SQLite.
    public var storeFile: String { directory + "/ledger.db" }
    /// The file of the query index, where the engine is SQLite; may be deleted while nothing runs.
    public var indexFile: String { directory + "/index.db" }

    /// The store in words, for messages.
    public var name: String {
        switch engine {
        case .sqlite: storeFile
        case .postgres(let settings): "\(settings)"
        }
    }

    /// Opens the store.
    /// - Throws: ``LedgerError`` when there is no file, ``StorageError`` when it cannot be opened.
    public func openStore() throws -> any Database {
        switch engine {
        case .sqlite:
            guard FileManager.default.fileExists(atPath: storeFile) else {
                throw LedgerError.missing("there is no ledger at \(storeFile): run 'muniment init' first")
            }
            return try SQLiteDatabase(path: storeFile)
        case .postgres(let settings): return try PostgresDatabase(settings)
        }
    }

    /// Opens the store for looking at it, whether or not servers have it open.
    func openForReading() throws -> any Database {
        switch engine {
        case .sqlite: return try SQLiteDatabase(path: storeFile, settings: .readOnly)
        case .postgres: return try openStore()
        }
    }

    /// Makes the folders, and the store where it is a file.
    func makeStore() throws -> any Database {
        for folder in [directory, URL(fileURLWithPath: anchor).deletingLastPathComponent().path] {
            do {
                try FileManager.default.createDirectory(
                    atPath: folder,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
            } catch {
                throw LedgerError.file("cannot make the folder \(folder): \(error.localizedDescription)")
            }
        }
        switch engine {
        case .sqlite: return try SQLiteDatabase(path: storeFile)
        case .postgres(let settings): return try PostgresDatabase(settings)
        }
    }

    /// Opens the store of the query index: its commits need not be durable.
    func openIndex() throws -> any Database {
        switch engine {
        case .sqlite: return try SQLiteDatabase(path: indexFile, settings: .rebuildable)
        case .postgres(var settings):
            settings.durability = .rebuildable
            return try PostgresDatabase(settings)
        }
    }

    /// Takes away everything that was indexed.
    func removeIndex() throws {
        switch engine {
        case .sqlite:
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: indexFile + suffix) }
        case .postgres:
            let database = try openIndex()
            defer { database.close() }
            try QueryIndex(database: database).clear()
        }
    }
}
