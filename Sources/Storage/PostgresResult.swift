internal import CPostgres

/// One result of a statement, freed with the last reference.
final class PostgresResult {
    /// PG_DIAG_SEVERITY_NONLOCALIZED, PG_DIAG_SQLSTATE and PG_DIAG_MESSAGE_PRIMARY of postgres_ext.h.
    static let severity = Int32(UInt8(ascii: "V"))
    static let state = Int32(UInt8(ascii: "C"))
    static let message = Int32(UInt8(ascii: "M"))

    fileprivate let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQclear(handle) }

    var status: ExecStatusType { PQresultStatus(handle) }
    var rowCount: Int { Int(PQntuples(handle)) }
    /// How many rows a change touched.
    var changedRows: Int { PQcmdTuples(handle).flatMap { Int(String(cString: $0)) } ?? 0 }
    /// The command that was done, as the server names it.
    var command: String { PQcmdStatus(handle).map { String(cString: $0) } ?? "" }

    static func field(_ result: OpaquePointer, _ code: Int32) -> String {
        PQresultErrorField(result, code).map { String(cString: $0) } ?? ""
    }

    /// The failure that this result tells of.
    func failure(_ sql: String) -> StorageError {
        let state = Self.field(handle, Self.state)
        if sql == PostgresSession.standbyCheck, state == PostgresSession.standbyCheckState {
            return StorageError(
                .unavailable,
                "the database server waits for no standby (synchronous_standby_names is empty), but requireStandby asks for "
                    + "one: nothing is committed that the loss of one server could lose"
            )
        }
        let verb = sql.prefix(60).split(separator: "\n").first.map(String.init) ?? ""
        let code = Self.code(of: state)
        // Messages of class 22 (data exceptions) repeat the value; others name tables, columns and constraints.
        let reason = state.hasPrefix("22") ? "a value is not acceptable" : Self.field(handle, Self.message)
        return StorageError(code, "\(reason.isEmpty ? "no reason given" : reason) [\(state)] in: \(verb)")
    }

    /// Classes by SQLSTATE; PostgreSQL 15 manual, appendix A.
    private static func code(of state: String) -> StorageError.Code {
        switch state {
        case "53100": .full
        case "25006": .readOnly
        case "55P03", "57014", "40001", "40P01", "53300": .busy
        case "42501", "P0001": .refused
        case "57P01", "57P02", "57P03", "57P05", "25P03", "": .unavailable
        case "58030": .inputOutput
        case _ where state.hasPrefix("08"): .unavailable
        case _ where state.hasPrefix("22"): .value
        case _ where state.hasPrefix("23"): .refused
        case _ where state.hasPrefix("XX"): .corrupt
        default: .other
        }
    }
}

/// A row of a result.
struct PostgresRow: SQLRow {
    let result: PostgresResult
    let row: Int32

    func isNull(_ column: Int) -> Bool { PQgetisnull(result.handle, row, Int32(column)) == 1 }

    func integer(_ column: Int) -> Int64 {
        withBytes(column) { bytes in
            switch bytes.count {
            case 8: Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
            case 4: Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
            case 2: Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
            case 1: Int64(bytes[0])
            default: 0
            }
        }
    }

    func text(_ column: Int) -> String { withBytes(column) { String(decoding: $0, as: UTF8.self) } }

    func withBytes<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let count = Int(PQgetlength(result.handle, row, Int32(column)))
        return try body(UnsafeRawBufferPointer(start: PQgetvalue(result.handle, row, Int32(column)), count: count))
    }
}

/// The rows of a query, as they arrive.
final class PostgresStream {
    /// Rows that are no longer wanted and are read nevertheless; beyond these the server is told to stop.
    private static let readPast = 200

    private let link: PostgresLink
    private var buffered: [PostgresResult] = []
    private var offset = 0
    private var isRead = false

    init(_ link: PostgresLink) { self.link = link }

    func next() throws(StorageError) -> PostgresResult? {
        if offset < buffered.count {
            defer { offset += 1 }
            return buffered[offset]
        }
        return isRead ? nil : try read()
    }

    /// Keeps the rest in memory, so that the connection is free for another statement.
    func buffer() throws(StorageError) {
        while !isRead, let result = try read() { buffered.append(result) }
    }

    /// Does without the rest.
    func drop() throws(StorageError) {
        var passed = 0
        while !isRead, try read() != nil {
            passed += 1
            guard passed == Self.readPast else { continue }
            link.cancel()
            // The server answers with the cancellation, or with the rest if that was on its way.
            do throws(StorageError) { while try read() != nil {} } catch { if link.isBroken { throw error } }
            isRead = true
        }
    }

    private func read() throws(StorageError) -> PostgresResult? {
        do {
            if let result = try link.next() { return result }
            isRead = true
            try link.finish()
            return nil
        } catch {
            isRead = true
            throw error
        }
    }
}
