import Dispatch
import Synchronization

/// How a SQLite file is opened.
public struct SQLiteSettings: Sendable {
    /// When a commit counts as durable.
    public enum Durability: String, Sendable {
        /// The log is synced before a commit returns: what was acknowledged survives power loss.
        case full = "FULL"
        /// The log is synced at checkpoints only: for data that can be rebuilt from the ledger.
        case rebuildable = "NORMAL"
    }

    /// When a commit counts as durable.
    public var durability: Durability = .full
    /// Page size in bytes of a newly made file.
    public var pageSize = 8192
    /// Pages in the write-ahead log before it is copied back into the file.
    public var checkpointPages = 4000
    /// Cache per connection, in KiB.
    public var cacheKibibytes = 16384
    /// How long to wait for another writer, in milliseconds.
    public var busyTimeoutMilliseconds: Int32 = 5000
    /// Whether to make the file if it is missing.
    public var create = true
    /// Whether to open for reading only.
    public var readOnly = false

    /// Settings for data that must survive: synced at every commit.
    public static let durable = SQLiteSettings()
    /// Settings for an index that can be rebuilt.
    public static var rebuildable: SQLiteSettings {
        var settings = SQLiteSettings()
        settings.durability = .rebuildable
        return settings
    }

    /// Settings for looking at a file that somebody else may be writing.
    public static var readOnly: SQLiteSettings {
        var settings = SQLiteSettings()
        settings.create = false
        settings.readOnly = true
        return settings
    }
}

/// An embedded SQLite file. One writer at a time, any number of readers.
public final class SQLiteDatabase: Database {
    /// Connections move between threads, one at a time, only through the pool's lock.
    private struct Pooled: @unchecked Sendable { let connection: SQLiteConnection }

    /// The database file.
    public let path: String
    private let settings: SQLiteSettings
    private let idle = Mutex<[Pooled]>([])
    private let readers = DispatchQueue(label: "muniment.storage.read", attributes: .concurrent)
    private let writer = DispatchQueue(label: "muniment.storage.write")

    /// Opens the file, making it where settings allow.
    /// - Throws: ``StorageError`` when it cannot be opened or does not hold the durability asked for.
    public init(path: String, settings: SQLiteSettings = .durable) throws(StorageError) {
        self.path = path
        self.settings = settings
        let first = try SQLiteConnection(path: path, settings: settings)
        if settings.durability == .full, !settings.readOnly {
            // A build or a stray setting that syncs less would lose acknowledged records at power loss.
            var synchronous: Int64 = -1
            do {
                synchronous = try first.first("PRAGMA synchronous") { $0.integer(0) } ?? -1
            } catch {
                throw (error as? StorageError) ?? StorageError(.other, "cannot read the durability of \(path)")
            }
            guard synchronous == 2 else {
                throw StorageError(.cannotOpen, "\(path) does not sync its commits (synchronous = \(synchronous))")
            }
        }
        idle.withLock { $0.append(Pooled(connection: first)) }
    }

    public func makeConnection() throws(StorageError) -> any SQLConnection {
        try SQLiteConnection(path: path, settings: settings)
    }

    public func readBlocking<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value {
        let pooled =
            try idle.withLock { $0.popLast() } ?? Pooled(connection: SQLiteConnection(path: path, settings: settings))
        defer {
            if !pooled.connection.isInTransaction { idle.withLock { if $0.count < 8 { $0.append(pooled) } } }
        }
        return try body(pooled.connection)
    }

    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            readers.async { continuation.resume(with: Result { try self.readBlocking(body) }) }
        }
    }

    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            writer.async {
                continuation.resume(
                    with: Result {
                        try self.readBlocking { connection in try connection.transaction { try body(connection) } }
                    }
                )
            }
        }
    }

    public func close() {
        idle.withLock { $0.removeAll() }
    }
}
