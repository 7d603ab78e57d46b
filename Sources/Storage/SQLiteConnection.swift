internal import CSQLite

/// One SQLite connection: WAL, every commit synced, statements kept prepared.
final class SQLiteConnection: SQLConnection {
    let dialect = Dialect.sqlite
    private let handle: OpaquePointer
    /// Keyed by text; statements are program constants, so their number is bounded.
    private var statements: [String: OpaquePointer] = [:]

    /// - Parameters:
    ///   - path: the database file.
    ///   - settings: durability and page size; see ``SQLiteSettings``.
    init(path: String, settings: SQLiteSettings) throws(StorageError) {
        var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE
        if settings.create { flags |= SQLITE_OPEN_CREATE }
        if settings.readOnly { flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READONLY }
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw StorageError(.cannotOpen, "cannot open the database \(path): \(reason)")
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, settings.busyTimeoutMilliseconds)
        // What throws from here on ends in `deinit`, which closes the handle.
        if settings.readOnly {
            try run("PRAGMA query_only = ON")
        } else {
            try run("PRAGMA page_size = \(settings.pageSize)")
            try run("PRAGMA journal_mode = WAL")
            try run("PRAGMA synchronous = \(settings.durability.rawValue)")
            // Room for the log to grow before it is copied back: fewer, larger checkpoints cost less per row, and the
            // file is recycled rather than truncated so that commits overwrite blocks that are already allocated.
            try run("PRAGMA wal_autocheckpoint = \(settings.checkpointPages)")
            // What was deleted, such as a person's key, is overwritten; what can be rebuilt holds no secrets.
            try run("PRAGMA secure_delete = \(settings.durability == .full ? "ON" : "OFF")")
            // A log that one large transaction blew up is cut back to twice its usual size.
            try run("PRAGMA journal_size_limit = \(2 * settings.checkpointPages * settings.pageSize)")
        }
        try run("PRAGMA cache_size = \(-settings.cacheKibibytes)")
        try run("PRAGMA trusted_schema = OFF")
    }

    /// Whether a transaction is open, which at the end of a borrower's work means that it could not be ended.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    @discardableResult
    func run(_ sql: String, _ parameters: [SQLParameter]) throws(StorageError) -> Int {
        let statement = try prepared(sql)
        defer { release(statement, sql) }
        try bind(parameters, to: statement)
        var code = sqlite3_step(statement)
        while code == SQLITE_ROW { code = sqlite3_step(statement) }
        guard code == SQLITE_DONE else { throw failure(code, sql) }
        return Int(sqlite3_changes(handle))
    }

    func rows(_ sql: String, _ parameters: [SQLParameter], _ each: (any SQLRow) throws -> Bool) throws {
        let statement = try prepared(sql)
        defer { release(statement, sql) }
        try bind(parameters, to: statement)
        let row = SQLiteRow(statement: statement)
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw failure(code, sql) }
            guard try each(row) else { return }
        }
    }

    func insert(
        into table: String,
        count: Int,
        row: (Int) -> (position: UInt64, bytes: UnsafeRawBufferPointer)
    ) throws(StorageError) {
        let sql = "INSERT INTO \(table) VALUES ($1, $2)"
        let statement = try prepared(sql)
        defer { release(statement, sql) }
        for index in 0..<count {
            let (position, bytes) = row(index)
            sqlite3_bind_int64(statement, 1, Int64(bitPattern: position))
            try bind(bytes, to: statement, at: 2)
            let code = sqlite3_step(statement)
            guard code == SQLITE_DONE else { throw failure(code, sql) }
            sqlite3_reset(statement)
        }
    }

    // MARK: Statements

    private func prepared(_ sql: String) throws(StorageError) -> OpaquePointer {
        // Taken out while in use, so that a nested use of the same text gets a statement of its own.
        if let cached = statements.removeValue(forKey: sql) { return cached }
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw failure(code, sql) }
        return statement
    }

    private func release(_ statement: OpaquePointer, _ sql: String) {
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
        if let older = statements.updateValue(statement, forKey: sql) { sqlite3_finalize(older) }
    }

    private func bind(_ parameters: [SQLParameter], to statement: OpaquePointer) throws(StorageError) {
        for (offset, parameter) in parameters.enumerated() {
            let index = Int32(offset + 1)
            var code = SQLITE_OK
            switch parameter {
            case .null: code = sqlite3_bind_null(statement, index)
            case .integer(let value): code = sqlite3_bind_int64(statement, index, value)
            case .text(var value):
                // With its length: a text may hold a NUL.
                code = value.withUTF8 { text in
                    text.withMemoryRebound(to: CChar.self) {
                        sqlite3_bind_text64(
                            statement,
                            index,
                            $0.baseAddress,
                            UInt64($0.count),
                            Self.transient,
                            UInt8(SQLITE_UTF8)
                        )
                    }
                }
            case .blob(let value):
                code = value.withUnsafeBytes { Self.bindBlob(statement, index, $0, Self.transient) }
            case .bytes(let value): code = Self.bindBlob(statement, index, value, Self.borrowed)
            }
            guard code == SQLITE_OK else { throw failure(code, "binding parameter \(index)") }
        }
    }

    private func bind(_ bytes: UnsafeRawBufferPointer, to statement: OpaquePointer, at index: Int32)
        throws(StorageError)
    {
        let code = Self.bindBlob(statement, index, bytes, Self.borrowed)
        guard code == SQLITE_OK else { throw failure(code, "binding parameter \(index)") }
    }

    private static func bindBlob(
        _ statement: OpaquePointer,
        _ index: Int32,
        _ bytes: UnsafeRawBufferPointer,
        _ destructor: sqlite3_destructor_type?
    ) -> Int32 {
        // A nil pointer would bind NULL; an empty blob is not NULL.
        guard let base = bytes.baseAddress, bytes.count > 0 else { return sqlite3_bind_zeroblob(statement, index, 0) }
        return sqlite3_bind_blob64(statement, index, base, UInt64(bytes.count), destructor)
    }

    /// SQLITE_STATIC: the bytes outlive the step.
    private static let borrowed: sqlite3_destructor_type? = nil
    /// SQLITE_TRANSIENT: SQLite copies the bytes.
    private static var transient: sqlite3_destructor_type? { unsafeBitCast(-1, to: sqlite3_destructor_type?.self) }

    private func failure(_ code: Int32, _ sql: String) -> StorageError {
        let reason = String(cString: sqlite3_errmsg(handle))
        let verb = sql.prefix(60).split(separator: "\n").first.map(String.init) ?? ""
        let primary = code & 0xff
        let kind: StorageError.Code =
            switch primary {
            case SQLITE_FULL: .full
            case SQLITE_READONLY: .readOnly
            case SQLITE_BUSY, SQLITE_LOCKED: .busy
            case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
            case SQLITE_CONSTRAINT: .refused
            case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: .cannotOpen
            case SQLITE_IOERR: .inputOutput
            default: .other
            }
        return StorageError(kind, "\(reason) [\(code)] in: \(verb)")
    }
}

/// A row of the statement being stepped.
private struct SQLiteRow: SQLRow {
    let statement: OpaquePointer

    func integer(_ column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(column)) }

    func text(_ column: Int) -> String {
        guard let base = sqlite3_column_text(statement, Int32(column)) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self)
    }

    func isNull(_ column: Int) -> Bool { sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL }

    func withBytes<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let base = sqlite3_column_blob(statement, Int32(column))
        let count = Int(sqlite3_column_bytes(statement, Int32(column)))
        return try body(UnsafeRawBufferPointer(start: base, count: count))
    }
}
