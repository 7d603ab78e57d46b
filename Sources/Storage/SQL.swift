/// The engine behind a connection, for the few places where their SQL differs.
public enum Dialect: Sendable {
    /// Embedded SQLite, one file.
    case sqlite
    /// A PostgreSQL server, or several of which one takes writes.
    case postgres
}

/// A value bound to `$1`, `$2`, … of a statement, in order of first appearance.
///
/// `bytes` borrows memory for the duration of the call; everything else is owned.
public enum SQLParameter {
    /// SQL NULL.
    case null
    /// A 64-bit integer.
    case integer(Int64)
    /// A UTF-8 text.
    case text(String)
    /// Owned bytes.
    case blob([UInt8])
    /// Borrowed bytes, valid until the call returns.
    case bytes(UnsafeRawBufferPointer)

    /// An integer from an unsigned position or size; positions stay below 2^63.
    public static func position(_ value: UInt64) -> SQLParameter { .integer(Int64(bitPattern: value)) }

    /// A text, or NULL where there is none.
    public static func optional(_ value: String?) -> SQLParameter { value.map(SQLParameter.text) ?? .null }

    /// An integer, or NULL where there is none.
    public static func optional(_ value: Int64?) -> SQLParameter { value.map(SQLParameter.integer) ?? .null }
}

/// One row of a result, valid only inside the callback that received it. Columns count from 0.
public protocol SQLRow {
    /// The column as an integer; 0 when it is NULL.
    func integer(_ column: Int) -> Int64
    /// The column as text; empty when it is NULL.
    func text(_ column: Int) -> String
    /// Whether the column is NULL.
    func isNull(_ column: Int) -> Bool
    /// The column's bytes, borrowed for the duration of `body`.
    func withBytes<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
}

extension SQLRow {
    /// The column as an unsigned position or size.
    public func position(_ column: Int) -> UInt64 { UInt64(bitPattern: integer(column)) }
    /// The column's bytes, copied.
    public func blob(_ column: Int) -> [UInt8] { withBytes(column) { [UInt8]($0) } }
    /// The column as text, or nil when it is NULL.
    public func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }
    /// The column as an integer, or nil when it is NULL.
    public func optionalInteger(_ column: Int) -> Int64? { isNull(column) ? nil : integer(column) }
}

/// One connection to the store. It belongs to one thread at a time.
///
/// Statements are constant texts with `$1`, `$2`, … in order of first appearance, so that each engine can keep them prepared.
public protocol SQLConnection: AnyObject {
    /// The engine.
    var dialect: Dialect { get }
    /// Runs a statement that returns no rows.
    /// - Returns: how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ parameters: [SQLParameter]) throws(StorageError) -> Int
    /// Runs a statement whose outcome nobody needs before the transaction ends: an engine at the other end of a wire sends it
    /// together with what follows. A failure may only show there.
    func enqueue(_ sql: String, _ parameters: [SQLParameter]) throws(StorageError)
    /// Runs a query and hands each row to `each` until that returns false.
    func rows(_ sql: String, _ parameters: [SQLParameter], _ each: (any SQLRow) throws -> Bool) throws
    /// Inserts `count` rows of (position, bytes), the shape of everything that is appended in bulk. `bytes` is asked for each
    /// row in order and may borrow memory until its next call.
    func insert(
        into table: String,
        count: Int,
        row: (Int) -> (position: UInt64, bytes: UnsafeRawBufferPointer)
    ) throws(StorageError)
}

extension SQLConnection {
    /// Runs a statement at once.
    public func enqueue(_ sql: String, _ parameters: [SQLParameter]) throws(StorageError) { try run(sql, parameters) }

    /// Runs a statement without parameters.
    @discardableResult
    public func run(_ sql: String) throws(StorageError) -> Int { try run(sql, []) }

    /// The first row of a query made into a value, or nil when there is none.
    public func first<Value>(
        _ sql: String,
        _ parameters: [SQLParameter] = [],
        _ make: (any SQLRow) throws -> Value
    ) throws -> Value? {
        var found: Value?
        try rows(sql, parameters) { row in
            found = try make(row)
            return false
        }
        return found
    }

    /// Every row of a query made into values. For results known to be small.
    public func all<Value>(
        _ sql: String,
        _ parameters: [SQLParameter] = [],
        _ make: (any SQLRow) throws -> Value
    ) throws -> [Value] {
        var found: [Value] = []
        try rows(sql, parameters) { row in
            found.append(try make(row))
            return true
        }
        return found
    }

    /// Runs `body` in a write transaction: all of it is durable when this returns, or nothing of it is kept.
    /// - Parameter name: transactions of the same name run one after another, in all processes. (In SQLite all do.)
    public func transaction<Value>(named name: String? = nil, _ body: () throws -> Value) throws -> Value {
        switch dialect {
        case .sqlite: try run("BEGIN IMMEDIATE")
        case .postgres:
            try run("BEGIN")
            if let name {
                try enqueue("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [.text("muniment/" + name)])
            }
        }
        return try ending(body)
    }

    /// Runs `body` over one unchanging view of the store, whatever others commit in the meantime.
    public func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
        try run(dialect == .sqlite ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return try ending(body)
    }

    private func ending<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            // A failed COMMIT may already have ended the transaction; the second error would hide the first.
            _ = try? run("ROLLBACK")
            throw error
        }
    }
}

/// A store that hands out connections. Blocking work never runs on the cooperative thread pool.
public protocol Database: Sendable {
    /// Runs `body` with a connection for reading, off the calling task's thread.
    func read<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value
    /// Runs `body` in a write transaction, off the calling task's thread.
    func write<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value
    /// Runs `body` with a connection for reading on the calling thread, which may block.
    func readBlocking<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value
    /// A connection of the caller's own, for a thread that writes for as long as it lives.
    func makeConnection() throws(StorageError) -> any SQLConnection
    /// Looks whether another server has taken over from the one in use; connections to that fail from then on. May block.
    func findSuccessor()
    /// Closes idle connections. Connections handed out stay usable until they are dropped.
    func close()
}

extension Database {
    /// An embedded store has no server.
    public func findSuccessor() {}
}
