import CNATS
import Glibc

/// A connection to a NATS server through its C client. Every call blocks; it belongs to one thread at a time. It ends when it
/// breaks: whoever uses it knows then which messages were not answered, and makes another.
public final class NATSConnection {
    /// A message that came.
    public struct Message: Sendable {
        /// The last part of the subject it came on: what the question named for its answer.
        public let token: String
        /// Its content.
        public let body: [UInt8]
    }

    private let connection: OpaquePointer
    private let answers: OpaquePointer
    private let inbox: String

    /// Connects to one of the servers.
    /// - Throws: ``NATSError``.
    public init(_ settings: NATSSettings) throws(NATSError) {
        let made = try Self.connect(settings)
        connection = made
        do throws(NATSError) {
            (inbox, answers) = try Self.subscribe(made)
        } catch {
            natsConnection_Destroy(made)
            throw error
        }
    }

    /// The connection is closed first: that waits for the library's thread that reads. Until its version 3.6 the library lets that thread
    /// go on with a subscription that is destroyed beside it (nats.c, pull request 638), and Debian has 3.4.
    deinit {
        natsConnection_Close(connection)
        natsSubscription_Destroy(answers)
        natsConnection_Destroy(connection)
    }

    /// Connects to the first that answers.
    private static func connect(_ settings: NATSSettings) throws(NATSError) -> OpaquePointer {
        var failure: NATSError?
        // In any order, so that the servers share the work.
        for server in settings.servers.shuffled() {
            do throws(NATSError) {
                for place in try NATSPlace.all(of: server, settings) {
                    do throws(NATSError) { return try connect(to: place, settings) } catch {
                        failure = NATSError.worse(failure, error)
                    }
                }
            } catch { failure = NATSError.worse(failure, error) }
        }
        throw failure ?? NATSError(.settings, "no server is named")
    }

    private static func connect(to place: NATSPlace, _ settings: NATSSettings) throws(NATSError) -> OpaquePointer {
        var options: OpaquePointer?
        try check(natsOptions_Create(&options))
        defer { natsOptions_Destroy(options) }
        try apply(settings, to: options)
        try check(natsOptions_SetURL(options, place.url))
        if settings.tls != nil, let name = place.certificateName {
            try check(natsOptions_SetExpectedHostname(options, name))
        }
        var made: OpaquePointer?
        try check(natsConnection_Connect(&made, options))
        guard let made else { throw NATSError(.other, "there is no connection") }
        return made
    }

    private static func apply(_ settings: NATSSettings, to options: OpaquePointer?) throws(NATSError) {
        try check(natsOptions_SetName(options, "muniment"))
        try check(natsOptions_SetTimeout(options, Int64(settings.timeoutMilliseconds)))
        try check(natsOptions_SetAllowReconnect(options, false))
        try check(natsOptions_SetIgnoreDiscoveredServers(options, true))
        // A connection on which nothing moves is noticed after three pings.
        try check(natsOptions_SetPingInterval(options, 10_000))
        // A server that stands still and reads no more: what does not fit on the way would hold its sender for ever.
        try check(natsOptions_SetWriteDeadline(options, Int64(settings.timeoutMilliseconds)))
        // The library's own handler writes to standard error.
        try check(natsOptions_SetErrorHandler(options, { _, _, _, _ in }, nil))
        switch settings.credential {
        case .none: break
        case .user(let name, let password): try check(natsOptions_SetUserInfo(options, name, password))
        case .token(let token): try check(natsOptions_SetToken(options, token))
        case .file(let path): try check(natsOptions_SetUserCredentialsFromFiles(options, path, nil), file: path)
        }
        guard let tls = settings.tls else { return }
        try check(natsOptions_SetSecure(options, true))
        if let roots = tls.trustRoots {
            try check(natsOptions_LoadCATrustedCertificates(options, roots), file: roots)
        }
        if let (certificate, key) = tls.identity {
            try check(natsOptions_LoadCertificatesChain(options, certificate, key), file: certificate)
        }
    }

    /// One subscription takes all answers.
    private static func subscribe(
        _ connection: OpaquePointer
    ) throws(NATSError) -> (inbox: String, answers: OpaquePointer) {
        var name: UnsafeMutablePointer<CChar>?
        try check(natsInbox_Create(&name))
        defer { natsInbox_Destroy(name) }
        let inbox = name.map { String(cString: $0) } ?? ""
        var answers: OpaquePointer?
        try check(natsConnection_SubscribeSync(&answers, connection, inbox + ".*"))
        guard let answers else { throw NATSError(.other, "there is no subscription") }
        return (inbox, answers)
    }

    /// The largest message that the server takes, headers included, in bytes.
    public var maximumPayload: Int { Int(natsConnection_GetMaxPayload(connection)) }

    /// Whether the server has refused us the use of a subject since the connection began; it says so apart from any answer.
    public var refusal: NATSError? {
        var text: UnsafePointer<CChar>?
        guard natsConnection_GetLastError(connection, &text) == NATS_NOT_PERMITTED else { return nil }
        return NATSError(.permission, text.map { String(cString: $0) } ?? "not permitted")
    }

    /// Hands a message to the library, which sends it at once, but does not wait for that.
    /// - Parameter token: names the answer.
    /// - Throws: ``NATSError``.
    public func publish(
        _ subject: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8],
        answer token: String
    ) throws(NATSError) {
        var message: OpaquePointer?
        let status = body.withUnsafeBytes { bytes in
            natsMsg_Create(
                &message,
                subject,
                "\(inbox).\(token)",
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(clamping: bytes.count)
            )
        }
        try Self.check(status)
        defer { natsMsg_Destroy(message) }
        for (name, value) in headers { try Self.check(natsMsgHeader_Set(message, name, value)) }
        try Self.check(natsConnection_PublishMsg(connection, message))
    }

    /// Waits for the next answer.
    /// - Returns: nil when none came within the time.
    /// - Throws: ``NATSError``; `nobody` says that there was nobody to give one of those asked for.
    public func answer(withinMilliseconds time: Int) throws(NATSError) -> Message? {
        var message: OpaquePointer?
        let status = natsSubscription_NextMsg(&message, answers, Int64(max(time, 1)))
        if status == NATS_TIMEOUT { return nil }
        if status == NATS_NO_RESPONDERS {
            // What the server does not let us say reaches nobody either, and its refusal may come after this.
            _ = natsConnection_FlushTimeout(connection, 1000)
            if let refusal { throw refusal }
        }
        try Self.check(status)
        defer { natsMsg_Destroy(message) }
        let subject = natsMsg_GetSubject(message).map { String(cString: $0) } ?? ""
        let count = Int(natsMsg_GetDataLength(message))
        let body = natsMsg_GetData(message).map { Array(UnsafeRawBufferPointer(start: $0, count: count)) } ?? []
        return Message(token: String(subject.dropFirst(inbox.count + 1)), body: body)
    }

    private static func check(_ status: natsStatus, file: String? = nil) throws(NATSError) {
        guard status != NATS_OK else { return }
        let code: NATSError.Code =
            switch status {
            case NATS_NO_SERVER: .unreachable
            case NATS_CONNECTION_AUTH_FAILED: .credentials
            case NATS_NOT_PERMITTED: .permission
            case NATS_SSL_ERROR where file == nil: .tls
            case NATS_SECURE_CONNECTION_WANTED, NATS_SECURE_CONNECTION_REQUIRED: .tls
            case NATS_CONNECTION_CLOSED, NATS_CONNECTION_DISCONNECTED, NATS_STALE_CONNECTION, NATS_IO_ERROR: .closed
            case NATS_TIMEOUT: .timeout
            case NATS_MAX_PAYLOAD: .size
            case NATS_NO_RESPONDERS: .nobody
            case NATS_INVALID_ARG, NATS_INVALID_SUBJECT, NATS_ADDRESS_MISSING: .settings
            default: file == nil ? .other : .settings
            }
        let text = String(cString: natsStatus_GetText(status))
        throw NATSError(code, file.map { "\($0): \(text)" } ?? text)
    }
}
