import Dispatch
import Synchronization

/// A PostgreSQL database. Any number of writers and readers, on any number of machines.
public final class PostgresDatabase: Database {
    /// Connections move between threads, one at a time, only through the pool's lock.
    private struct Pooled: @unchecked Sendable { let connection: PostgresConnection }

    private struct Pool {
        var idle: [Pooled] = []
    }

    /// How it is reached.
    public let settings: PostgresSettings
    private let servers: PostgresServers
    private let pool = Mutex(Pool())
    /// One permit for each connection that may be out.
    private let permits: DispatchSemaphore
    private let readers = DispatchQueue(label: "muniment.storage.read", attributes: .concurrent)
    private let writer = DispatchQueue(label: "muniment.storage.write", attributes: .concurrent)

    /// Connects once, to see that it can.
    /// - Throws: ``StorageError`` when the server cannot be reached, or does not hold the durability asked for.
    public init(_ settings: PostgresSettings) throws(StorageError) {
        self.settings = settings
        permits = DispatchSemaphore(value: settings.maximumConnections)
        servers = try PostgresServers(settings)
        let first = try servers.connect()
        pool.withLock { $0.idle.append(Pooled(connection: first)) }
    }

    public func makeConnection() throws(StorageError) -> any SQLConnection { try servers.connect() }

    /// The same database under other settings, with a pool of its own.
    public func reopened(_ change: (inout PostgresSettings) -> Void) throws(StorageError) -> PostgresDatabase {
        var settings = self.settings
        change(&settings)
        return try PostgresDatabase(settings)
    }

    public func readBlocking<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value {
        guard permits.wait(timeout: .now() + .milliseconds(settings.poolTimeoutMilliseconds)) == .success else {
            throw StorageError(
                .busy,
                "all \(settings.maximumConnections) database connections are in use: try again, or allow more of them"
            )
        }
        defer { permits.signal() }
        let (kept, isFresh) = try borrow()
        do {
            defer { giveBack(kept) }
            return try body(kept.connection)
        } catch let error as StorageError where error.code == .unavailable && !isFresh && !kept.connection.wroteAnything
        {
            // It may have died while it lay idle, or the primary has changed: one more attempt, on a new connection.
            let fresh = Pooled(connection: try servers.connect())
            defer { giveBack(fresh) }
            return try body(fresh.connection)
        }
    }

    private func borrow() throws(StorageError) -> (Pooled, isFresh: Bool) {
        while let idle = pool.withLock({ $0.idle.popLast() }) {
            if idle.connection.isBroken { continue }
            idle.connection.beginBorrow()
            return (idle, false)
        }
        return (Pooled(connection: try servers.connect()), true)
    }

    private func giveBack(_ pooled: Pooled) {
        guard !pooled.connection.isBroken, !pooled.connection.isInTransaction else {
            // The others are likely to be of the same dead server.
            if pooled.connection.isBroken { pool.withLock { $0.idle.removeAll() } }
            return
        }
        pool.withLock { $0.idle.append(pooled) }
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

    /// Waits for word on a channel, on a connection of its own. See ``PostgresListener``.
    public func listen(_ channel: String) throws(StorageError) -> PostgresListener {
        try PostgresListener(servers.connect(), channel: channel)
    }

    public func findSuccessor() { servers.findSuccessor() }

    public func close() { pool.withLock { $0.idle.removeAll() } }
}

/// Hears what others announce with `NOTIFY`. Belongs to one thread.
public final class PostgresListener {
    private let connection: PostgresConnection

    init(_ connection: PostgresConnection, channel: String) throws(StorageError) {
        self.connection = connection
        try connection.run("LISTEN \(channel)")
    }

    /// Waits for an announcement.
    /// - Returns: whether there was one within the time.
    /// - Throws: ``StorageError`` when the connection is lost; what was announced since is unknown then.
    public func wait(milliseconds: Int) throws(StorageError) -> Bool {
        try connection.link.waitForNotification(milliseconds: milliseconds)
    }
}
