/// A call to the platform that did not give what was asked.
///
/// The text holds no message of the platform, which may quote personal data: only its codes, ids and permission names,
/// each checked for form. It is safe to show and to log.
public struct GenesysError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong.
    public enum Kind: Sendable, Hashable {
        /// The login service refused the client's id or secret.
        case credentialsRefused
        /// The platform refused a freshly issued token.
        case tokenRefused
        /// The organisation's address allowlist does not hold the address this process calls from.
        case addressRefused
        /// The client's roles lack these permissions (any or all of them); empty when the platform did not name them.
        case missingPermissions([String])
        /// Refused for another reason, such as an attribute-based policy.
        case forbidden
        /// There is no such object, or it is hidden from this client.
        case notFound
        /// The platform asked to slow down and the wait was longer than the caller could spare.
        case rateLimited(retryAfter: Duration?)
        /// Our own request budget has no room within the caller's deadline.
        case budgetSpent(retryAfter: Duration)
        /// Calls of this family failed repeatedly and are suspended for a while.
        case circuitOpen(retryAfter: Duration)
        /// The deadline passed before the whole reply was there.
        case timeout
        /// No connection, or it broke before the whole reply was there.
        case unreachable
        /// The platform failed: HTTP 408 or 5xx.
        case platformFailure
        /// Somebody else changed the object since it was read: HTTP 409.
        case conflict
        /// The platform refused the request as such: another 4xx.
        case requestRefused
        /// The reply redirects; redirects are never followed with credentials.
        case redirected
        /// The reply is larger than the limit.
        case replyTooLarge(limit: Int)
        /// The reply is not the JSON that the call promises.
        case unreadableReply
    }

    /// What went wrong.
    public let kind: Kind
    /// The call, with placeholders in place of ids, such as `GET /api/v2/conversations/{id}`.
    public let operation: String
    /// HTTP status, when there was a reply.
    public let status: Int?
    /// The platform's error code, when it gave one.
    public let code: String?
    /// `ININ-Correlation-Id` of the reply: what the vendor's support asks for.
    public let correlationID: String?

    /// Makes an error; texts that do not look like a code or id are dropped.
    public init(
        _ kind: Kind,
        operation: String,
        status: Int? = nil,
        code: String? = nil,
        correlationID: String? = nil
    ) {
        self.kind = kind
        self.operation = operation
        self.status = status
        self.code = code.flatMap(Self.identifier)
        self.correlationID = correlationID.flatMap(Self.identifier)
    }

    /// Whether the same call may succeed later without anybody changing anything.
    public var isTransient: Bool {
        switch kind {
        case .rateLimited, .budgetSpent, .circuitOpen, .timeout, .unreachable, .platformFailure: true
        default: false
        }
    }

    /// What happened, where and what to do, in one line.
    public var description: String {
        var text = "\(operation): \(explanation)"
        if let status { text += " HTTP \(status)" + (code.map { " \($0)" } ?? "") + "." }
        if let correlationID { text += " Correlation id \(correlationID)." }
        return text
    }

    private var explanation: String {
        switch kind {
        case .credentialsRefused:
            "the platform refused the client id or secret. Check both, and that the client belongs to this region."
        case .tokenRefused: "the platform refused a new access token. Check that the OAuth client is active."
        case .addressRefused:
            "the organisation's address allowlist refuses this server. Add its outgoing address to the allowlist."
        case .missingPermissions(let permissions) where permissions.isEmpty:
            "a role of the OAuth client lacks a permission for this call."
        case .missingPermissions(let permissions):
            "add to a role of the OAuth client: \(permissions.joined(separator: ", "))."
        case .forbidden: "the platform forbids this call to the OAuth client; a policy may refuse it."
        case .notFound: "the platform knows no such object, or hides it from this client."
        case .rateLimited(let wait):
            "the platform asks to slow down" + (wait.map { "; retry after \($0.components.seconds) s." } ?? ".")
        case .budgetSpent(let wait):
            "the request budget is spent; there is room again in \(wait.components.seconds + 1) s."
        case .circuitOpen(let wait):
            "calls of this kind failed repeatedly and are suspended for \(wait.components.seconds + 1) s more."
        case .timeout: "the deadline passed before the platform had answered in full."
        case .unreachable: "the platform could not be reached, or the connection broke."
        case .platformFailure: "the platform failed."
        case .conflict: "somebody else changed the object in the meantime; read it again."
        case .requestRefused: "the platform refused the request."
        case .redirected: "the platform answered with a redirect, which is not followed."
        case .replyTooLarge(let limit): "the reply is larger than \(limit) bytes."
        case .unreadableReply: "the reply is not the JSON this call promises."
        }
    }

    /// A word of the other side as it may be shown: itself if it has the form of a code, else a placeholder.
    public static func shown(_ word: String) -> String { identifier(word) ?? "unknown" }

    /// The text if it has the form of a code or id, so that an error can never carry prose of the other side.
    static func identifier(_ text: String) -> String? {
        let fits = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: ":"), UInt8(ascii: "*"):
                true
            default: false
            }
        }
        return fits && !text.isEmpty && text.utf8.count <= 96 ? text : nil
    }
}
