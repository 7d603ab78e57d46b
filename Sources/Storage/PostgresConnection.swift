internal import CPostgres

/// One connection to PostgreSQL by libpq: statements prepared at first use, values in binary, several statements to a round trip.
///
/// `BEGIN`, bulk inserts and whatever is given to ``enqueue(_:_:)`` wait for the next statement whose result is needed, at the
/// latest `COMMIT`, and travel with it (libpq's pipeline mode).
final class PostgresConnection: SQLConnection {
    let dialect = Dialect.postgres

    private struct StatementKey: Hashable {
        let sql: String
        let types: [Oid]
    }

    private struct Queued {
        let sql: String
        let values: PostgresValues
    }

    let link: PostgresLink
    private var names: [StatementKey: String] = [:]
    private var prepared = 0
    private var queue: [Queued] = []
    /// The rows that are being read, when a callback of theirs may run further statements.
    private var stream: PostgresStream?

    /// The server's timeline; 0 where it has none, as in databases that only speak PostgreSQL's language.
    private(set) var timeline: UInt32 = 0
    private let needsStandby: Bool

    /// Whether a server of this timeline was replaced since.
    private let isReplaced: @Sendable (UInt32) -> Bool

    /// - Parameters:
    ///   - server: the parameters of one server of the address.
    ///   - isReplaced: whether a server of a timeline was replaced by another.
    init(
        _ settings: PostgresSettings,
        _ server: [String: String],
        isReplaced: @escaping @Sendable (UInt32) -> Bool = { _ in false }
    ) throws(StorageError) {
        self.isReplaced = isReplaced
        link = try PostgresLink(settings, server)
        needsStandby = settings.requireStandby && settings.durability == .durable
        try PostgresSession.prepare(self, settings)
        timeline = PostgresSession.timeline(self)
    }

    /// Whether the connection is of no more use.
    var isBroken: Bool { link.isBroken || isReplaced(timeline) }
    /// Whether a statement that may change something was sent since the connection was borrowed.
    private(set) var wroteAnything = false

    /// Marks the begin of somebody's use.
    func beginBorrow() { wroteAnything = false }

    /// Whether a transaction is open, which at the end of a borrower's work means that it could not be ended.
    var isInTransaction: Bool { link.isInTransaction || !queue.isEmpty }

    // MARK: Statements

    @discardableResult
    func run(_ sql: String, _ parameters: [SQLParameter]) throws(StorageError) -> Int {
        if sql.hasPrefix("BEGIN") {
            guard !isReplaced(timeline) else {
                throw StorageError(
                    .unavailable,
                    "another database server has taken over; this connection is to the old one"
                )
            }
            try enqueue(sql, parameters)
            if needsStandby, !sql.hasSuffix("READ ONLY") { try enqueue(PostgresSession.standbyCheck, []) }
            return 0
        }
        // Nothing was sent yet, so there is nothing to take back.
        if sql == "ROLLBACK", !link.isInTransaction, queue.first?.sql.hasPrefix("BEGIN") == true {
            queue.removeAll()
            return 0
        }
        if sql == "ROLLBACK" { queue.removeAll() }
        let isCommit = sql == "COMMIT"
        if isCommit { link.warnings.removeAll() }
        try send(sql, PostgresValues(parameters))
        var changed = 0
        while let result = try link.next() {
            changed = result.changedRows
            if isCommit, result.command != "COMMIT" {
                try link.finish()
                throw StorageError(.refused, "the server rolled the transaction back: a statement of it had failed")
            }
        }
        try link.finish()
        // The server says so when it stopped waiting for its standby: the commit may not outlive the primary.
        if isCommit, let warning = link.warnings.first {
            throw StorageError(.unavailable, "the commit may not have reached the standby: \(warning)")
        }
        return changed
    }

    func enqueue(_ sql: String, _ parameters: [SQLParameter]) throws(StorageError) {
        queue.append(Queued(sql: sql, values: PostgresValues(parameters)))
    }

    func rows(_ sql: String, _ parameters: [SQLParameter], _ each: (any SQLRow) throws -> Bool) throws {
        try send(sql, PostgresValues(parameters))
        let stream = PostgresStream(link)
        self.stream = stream
        defer { if self.stream === stream { self.stream = nil } }
        do {
            while let result = try stream.next() {
                for row in 0..<result.rowCount {
                    guard try each(PostgresRow(result: result, row: Int32(row))) else { return try stream.drop() }
                }
            }
        } catch {
            try? stream.drop()
            throw error
        }
    }

    func insert(
        into table: String,
        count: Int,
        row: (Int) -> (position: UInt64, bytes: UnsafeRawBufferPointer)
    ) throws(StorageError) {
        guard count > 0 else { return }
        var positions = PostgresArray(of: PostgresType.int8, count: count)
        var blobs = PostgresArray(of: PostgresType.bytea, count: count)
        for index in 0..<count {
            let (position, bytes) = row(index)
            withUnsafeBytes(of: position.bigEndian) { positions.append($0) }
            blobs.append(bytes)
        }
        let values = PostgresValues(arrays: [
            (PostgresType.int8Array, positions.bytes), (PostgresType.byteaArray, blobs.bytes),
        ])
        queue.append(Queued(sql: "INSERT INTO \(table) SELECT * FROM unnest($1, $2)", values: values))
    }

    // MARK: Sending

    /// Sends what is queued and a statement, whose result is next to be read.
    private func send(_ sql: String, _ values: PostgresValues) throws(StorageError) {
        if let stream {
            // Somebody is reading rows: what is left of them is kept in memory.
            try stream.buffer()
            self.stream = nil
        }
        if !sql.hasPrefix("SELECT") { wroteAnything = true }
        let waiting = queue
        queue.removeAll(keepingCapacity: true)
        try link.begin()
        var preparing: [StatementKey] = []
        for queued in waiting { try dispatch(queued.sql, queued.values, &preparing) }
        try dispatch(sql, values, &preparing)
        try link.sync()
        do {
            try link.skipToLast()
        } catch {
            // Whatever came after the failure was not prepared.
            for key in preparing { names[key] = nil }
            throw error
        }
    }

    private func dispatch(
        _ sql: String,
        _ values: PostgresValues,
        _ preparing: inout [StatementKey]
    ) throws(StorageError) {
        guard Self.isPrepared(sql) else { return try link.sendQuery(sql, values) }
        let key = StatementKey(sql: sql, types: values.types)
        let name: String
        if let known = names[key] {
            name = known
        } else {
            prepared += 1
            name = "s\(prepared)"
            try link.sendPrepare(name, sql, values)
            names[key] = name
            preparing.append(key)
        }
        try link.sendPrepared(name, sql, values)
    }

    /// Queries and changes are worth preparing; definitions and the like run once.
    private static func isPrepared(_ sql: String) -> Bool {
        sql.hasPrefix("SELECT") || sql.hasPrefix("INSERT") || sql.hasPrefix("UPDATE") || sql.hasPrefix("DELETE")
            || sql.hasPrefix("WITH")
    }
}
