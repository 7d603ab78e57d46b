internal import CPostgres
import Foundation

/// The wire to one PostgreSQL server: sends statements in pipeline mode, waits for results no longer than a deadline, and tells
/// failures apart.
final class PostgresLink {
    private let handle: OpaquePointer
    private let timeout: Int
    /// The statements that were sent and whose results have not all been read.
    private var outstanding: [String] = []
    private(set) var isBroken = false
    private let notices: NoticeBox

    /// Warnings of the server since this was last emptied.
    var warnings: [String] {
        get { notices.warnings }
        set { notices.warnings = newValue }
    }

    /// Whether the server has a transaction open on this connection.
    var isInTransaction: Bool { PQtransactionStatus(handle) != PQTRANS_IDLE }

    /// - Throws: ``StorageError`` with code `unavailable` when no server answers, `cannotOpen` when it refuses.
    init(_ settings: PostgresSettings, _ server: [String: String]) throws(StorageError) {
        var parameters = server
        // A standby is of no use: reads must see what was committed last.
        parameters["target_session_attrs"] = parameters["target_session_attrs"] ?? "read-write"
        parameters["connect_timeout"] = parameters["connect_timeout"] ?? "2"
        parameters["application_name"] = parameters["application_name"] ?? "muniment"
        parameters["client_encoding"] = "UTF8"
        parameters["keepalives_idle"] = parameters["keepalives_idle"] ?? "5"
        parameters["tcp_user_timeout"] = parameters["tcp_user_timeout"] ?? "\(settings.timeoutMilliseconds)"
        try Self.resolve(&parameters, settings)
        if let path = settings.passwordFile {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw StorageError(.cannotOpen, "the file with the database's password, \(path), cannot be read")
            }
            parameters["password"] = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
        }
        let opened = Self.connect(parameters)
        guard let opened, PQstatus(opened) == CONNECTION_OK else {
            let reason = opened.map { Self.firstLine(PQerrorMessage($0)) } ?? "out of memory"
            PQfinish(opened)
            throw StorageError(
                Self.isRefusal(reason) ? .cannotOpen : .unavailable,
                "cannot connect to the database at \(settings.location): \(reason)"
            )
        }
        handle = opened
        timeout = settings.timeoutMilliseconds + 1000
        notices = NoticeBox()
        PQsetNoticeReceiver(
            handle,
            { context, result in
                guard let context, let result else { return }
                Unmanaged<NoticeBox>.fromOpaque(context).takeUnretainedValue().add(result)
            },
            Unmanaged.passUnretained(notices).toOpaque()
        )
        PQsetnonblocking(handle, 1)
        PQenterPipelineMode(handle)
    }

    deinit { PQfinish(handle) }

    /// Whether a server answered and will not have us, as against one that is away, starting or stopping.
    private static func isRefusal(_ reason: String) -> Bool {
        reason.contains("FATAL")
            && !["starting up", "shutting down", "recovery", "too many", "remaining connection"].contains {
                reason.contains($0)
            }
    }

    /// Names the addresses to connect to beside the server's name, which certificates and password files go on to be found by.
    private static func resolve(
        _ parameters: inout [String: String],
        _ settings: PostgresSettings
    ) throws(StorageError) {
        guard let resolve = settings.resolve, let host = parameters["hostaddr"] ?? parameters["host"],
            !host.isEmpty, !host.hasPrefix("/")
        else { return }
        let addresses: [String]
        do {
            addresses = try resolve(host)
        } catch {
            throw StorageError(.cannotOpen, "the database at \(settings.location) is not connected to: \(error)")
        }
        guard !addresses.isEmpty else {
            throw StorageError(.unavailable, "the name of the database's server at \(settings.location) has no address")
        }
        parameters["hostaddr"] = addresses.joined(separator: ",")
        parameters["host"] = addresses.map { _ in parameters["host"] ?? host }.joined(separator: ",")
    }

    private static func connect(_ parameters: [String: String]) -> OpaquePointer? {
        let keys = parameters.keys.map { strdup($0) }
        let values = parameters.values.map { strdup($0) }
        defer { for text in keys + values { free(text) } }
        var keywords = keys.map { UnsafePointer<CChar>($0) } + [nil]
        var texts = values.map { UnsafePointer<CChar>($0) } + [nil]
        return PQconnectdbParams(&keywords, &texts, 0)
    }

    // MARK: Sending

    /// Must precede the statements of a round trip.
    func begin() throws(StorageError) {
        guard !isBroken else { throw lost("the connection was lost before") }
        if !outstanding.isEmpty { try finish() }
    }

    func sendPrepare(_ name: String, _ sql: String, _ values: PostgresValues) throws(StorageError) {
        let sent = values.types.withUnsafeBufferPointer {
            PQsendPrepare(handle, name, sql, Int32($0.count), $0.baseAddress)
        }
        try note(sent, sql)
    }

    func sendPrepared(_ name: String, _ sql: String, _ values: PostgresValues) throws(StorageError) {
        let sent = values.withPointers { count, pointers, lengths, formats in
            PQsendQueryPrepared(handle, name, count, pointers, lengths, formats, 1)
        }
        try note(sent, sql)
    }

    func sendQuery(_ sql: String, _ values: PostgresValues) throws(StorageError) {
        let sent = values.types.withUnsafeBufferPointer { types in
            values.withPointers { count, pointers, lengths, formats in
                PQsendQueryParams(handle, sql, count, types.baseAddress, pointers, lengths, formats, 1)
            }
        }
        try note(sent, sql)
    }

    private func note(_ sent: Int32, _ sql: String) throws(StorageError) {
        guard sent == 1 else { throw lost(Self.firstLine(PQerrorMessage(handle))) }
        outstanding.append(sql)
    }

    func sync() throws(StorageError) {
        guard PQpipelineSync(handle) == 1 else { throw lost(Self.firstLine(PQerrorMessage(handle))) }
    }

    // MARK: Receiving

    /// Reads past the results of all statements but the last.
    func skipToLast() throws(StorageError) {
        while outstanding.count > 1 { while try next() != nil {} }
        PQsetSingleRowMode(handle)
    }

    /// The next result of the first outstanding statement; nil when it has no more.
    func next() throws(StorageError) -> PostgresResult? {
        guard let sql = outstanding.first else { return nil }
        guard let raw = try receive() else {
            outstanding.removeFirst()
            return nil
        }
        let result = PostgresResult(raw)
        switch result.status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE: return result
        case PGRES_PIPELINE_SYNC:
            throw lost("an answer is missing")
        default:
            let failure = result.failure(sql)
            if failure.code == .unavailable { isBroken = true }
            // What was sent behind it was not done; the connection is made ready for what comes.
            try? finish()
            throw failure
        }
    }

    /// Reads to the end of the round trip.
    func finish() throws(StorageError) {
        defer { outstanding.removeAll(keepingCapacity: true) }
        guard !isBroken else { return }
        var empty = 0
        while true {
            guard let raw = try receive() else {
                empty += 1
                // Between two statements' results comes one empty answer; several mean that nothing more is on its way.
                guard empty <= outstanding.count + 1 else { return }
                continue
            }
            let result = PostgresResult(raw)
            if result.status == PGRES_PIPELINE_SYNC { return }
            empty = 0
        }
    }

    /// Waits for the next answer; nil is the end of a statement's results.
    private func receive() throws(StorageError) -> OpaquePointer? {
        let deadline = DispatchTime.now() + .milliseconds(timeout)
        var unsent = PQflush(handle)
        while unsent == 1 || PQisBusy(handle) == 1 {
            guard unsent >= 0 else { throw lost(Self.firstLine(PQerrorMessage(handle))) }
            let left = Int64(deadline.uptimeNanoseconds) - Int64(DispatchTime.now().uptimeNanoseconds)
            let events = unsent == 1 ? POLLIN | POLLOUT : POLLIN
            var descriptor = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
            let ready = poll(&descriptor, 1, Int32(max(0, left / 1_000_000)))
            if ready == 0 { throw lost("no answer within \(timeout) ms; whether the statement took effect is unknown") }
            if ready < 0, errno != EINTR { throw lost(String(cString: strerror(errno))) }
            if PQconsumeInput(handle) == 0 { throw lost(Self.firstLine(PQerrorMessage(handle))) }
            unsent = PQflush(handle)
        }
        guard unsent == 0 else { throw lost(Self.firstLine(PQerrorMessage(handle))) }
        return PQgetResult(handle)
    }

    /// Stops the statement whose rows are no longer wanted.
    func cancel() {
        guard let cancel = PQgetCancel(handle) else { return }
        defer { PQfreeCancel(cancel) }
        var reason = [CChar](repeating: 0, count: 256)
        _ = PQcancel(cancel, &reason, Int32(reason.count))
    }

    /// Waits for a notification on a channel that the connection listens to.
    /// - Returns: whether there was one within the time.
    func waitForNotification(milliseconds: Int) throws(StorageError) -> Bool {
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        var noted = takeNotifications()
        if !noted, poll(&descriptor, 1, Int32(milliseconds)) > 0 {
            guard PQconsumeInput(handle) == 1 else { throw lost(Self.firstLine(PQerrorMessage(handle))) }
            noted = takeNotifications()
        }
        return noted
    }

    private func takeNotifications() -> Bool {
        var noted = false
        while let notification = PQnotifies(handle) {
            PQfreemem(notification)
            noted = true
        }
        return noted
    }

    private func lost(_ reason: String) -> StorageError {
        isBroken = true
        return StorageError(.unavailable, "the connection to the database failed: \(reason)")
    }

    /// libpq's messages go over several lines; the first says what happened.
    private static func firstLine(_ message: UnsafePointer<CChar>?) -> String {
        guard let message else { return "no reason given" }
        let text = String(cString: message)
        return text.split(separator: "\n").first.map(String.init) ?? "no reason given"
    }
}

/// What the server says beside its results. Kept apart so that libpq can be handed a pointer to it.
private final class NoticeBox {
    var warnings: [String] = []

    func add(_ result: OpaquePointer) {
        let severity = PostgresResult.field(result, PostgresResult.severity)
        guard severity == "WARNING", warnings.count < 16 else { return }
        warnings.append(PostgresResult.field(result, PostgresResult.message))
    }
}
