import Credentials
import HTTPFraming

/// Everything that a caller of the data plane can be told instead of data: RFC 9457 problem documents whose `type` is stable, so
/// that an Architect flow can branch on it.
public enum Problem: String, Sendable, CaseIterable, Error {
    case badFraming = "bad-framing"
    case malformedJSON = "malformed-json"
    case missingField = "missing-field"
    case unknownField = "unknown-field"
    case wrongType = "wrong-type"
    case duplicateKey = "duplicate-key"
    case invalidCustomerID = "invalid-customer-id"
    case invalidAgentID = "invalid-agent-id"
    case invalidInteractionID = "invalid-interaction-id"
    case unknownPurpose = "unknown-purpose"
    case invalidReason = "invalid-reason"
    case unsupportedGrant = "unsupported-grant"
    case unauthenticated = "unauthenticated"
    case forbidden = "forbidden"
    case certificateRequired = "certificate-required"
    case signatureRequired = "signature-required"
    case signatureMalformed = "signature-malformed"
    case signatureIncomplete = "signature-incomplete"
    case signatureInvalid = "signature-invalid"
    case signatureExpired = "signature-expired"
    case signatureReplayed = "signature-replayed"
    case contentDigestMismatch = "content-digest-mismatch"
    case signatureMemoryFull = "signature-memory-full"
    case unknownRoute = "unknown-route"
    case methodNotAllowed = "method-not-allowed"
    case unsupportedMediaType = "unsupported-media-type"
    case bodyTooLarge = "body-too-large"
    case bindingContradicted = "binding-contradicted"
    case policyDenied = "policy-denied"
    case noFieldAllowed = "no-field-allowed"
    case agentContained = "agent-contained"
    case justificationRequired = "justification-required"
    case velocityExceeded = "velocity-exceeded"
    case customerNotFound = "customer-not-found"
    case upstreamError = "upstream-error"
    case upstreamInvalid = "upstream-invalid"
    case upstreamOtherCustomer = "upstream-other-customer"
    case upstreamTooLarge = "upstream-too-large"
    case upstreamUnavailable = "upstream-unavailable"
    case upstreamTimeout = "upstream-timeout"
    case ledgerUnavailable = "ledger-unavailable"
    case shuttingDown = "shutting-down"

    /// The `type` member: a name that never changes.
    public var type: String { "urn:muniment:problem:\(rawValue)" }

    /// The HTTP status.
    public var status: Int {
        switch self {
        case .badFraming, .malformedJSON, .missingField, .unknownField, .wrongType, .duplicateKey, .invalidCustomerID,
            .invalidAgentID, .invalidInteractionID, .unknownPurpose, .invalidReason, .unsupportedGrant:
            400
        case .unauthenticated, .signatureRequired, .signatureMalformed, .signatureIncomplete, .signatureInvalid,
            .signatureExpired, .signatureReplayed, .contentDigestMismatch:
            401
        case .forbidden, .certificateRequired, .bindingContradicted, .policyDenied, .noFieldAllowed, .agentContained,
            .justificationRequired:
            403
        case .unknownRoute, .customerNotFound: 404
        case .methodNotAllowed: 405
        case .bodyTooLarge: 413
        case .unsupportedMediaType: 415
        case .velocityExceeded: 429
        case .upstreamError, .upstreamInvalid, .upstreamOtherCustomer, .upstreamTooLarge: 502
        case .upstreamUnavailable, .ledgerUnavailable, .shuttingDown, .signatureMemoryFull: 503
        case .upstreamTimeout: 504
        }
    }

    /// What it means, and what to do.
    public var title: String {
        switch self {
        case .badFraming: "The request is not well-formed HTTP/1.1."
        case .malformedJSON: "The body is not well-formed JSON: send one object."
        case .missingField: "A required member is missing: send customerId, agentId and interactionId."
        case .unknownField:
            "The body has a member that is not known here: send customerId, agentId, interactionId, purpose, reason."
        case .wrongType: "A member has the wrong type: all members are strings."
        case .duplicateKey: "A member stands twice in the body: send each once."
        case .invalidCustomerID:
            "customerId may have 1 to 128 letters, digits and . _ ~ @ + : - and no other character."
        case .invalidAgentID: "agentId may have 1 to 64 ASCII letters, digits and . _ - and no other character."
        case .invalidInteractionID:
            "interactionId may have 1 to 64 ASCII letters, digits and . _ - and no other character."
        case .unknownPurpose: "The purpose is missing, or not one of this route's purposes."
        case .invalidReason:
            "reason may have 1 to \(ReadRequest.longestReason) bytes of words and no control characters."
        case .unsupportedGrant: "The token endpoint grants client_credentials only."
        case .unauthenticated: "The credentials are missing or not valid: send those of an API client."
        case .forbidden: "This API client may not do this, or not from this address."
        case .certificateRequired: AuthenticationFailure.certificate.title
        case .signatureRequired: AuthenticationFailure.signatureRequired.title
        case .signatureMalformed: AuthenticationFailure.signatureMalformed.title
        case .signatureIncomplete: AuthenticationFailure.signatureIncomplete.title
        case .signatureInvalid: AuthenticationFailure.signatureInvalid.title
        case .signatureExpired: AuthenticationFailure.signatureExpired.title
        case .signatureReplayed: AuthenticationFailure.signatureReplayed.title
        case .contentDigestMismatch: AuthenticationFailure.contentDigest.title
        case .signatureMemoryFull: AuthenticationFailure.signatureMemoryFull.title
        case .unknownRoute: "There is no such route."
        case .methodNotAllowed: "The method is not allowed here."
        case .unsupportedMediaType: "Send the body as application/json."
        case .bodyTooLarge: "The request is too large."
        case .bindingContradicted: "The platform contradicts that this agent is on this interaction with this customer."
        case .policyDenied: "The policy denies this read."
        case .noFieldAllowed: "The policy lets this agent see no field of this route for this purpose."
        case .agentContained: "This agent's reads are blocked: ask the security team."
        case .justificationRequired:
            "This agent's reads need a reason at present: send the same again with the member reason, a code or a few words without "
                + "personal data. It is recorded."
        case .velocityExceeded: "This agent reads faster than the route allows: wait."
        case .customerNotFound: "The system of record does not know this customer."
        case .upstreamError: "The system of record answered with an error."
        case .upstreamInvalid: "The system of record answered with something that cannot be released safely."
        case .upstreamOtherCustomer: "The system of record answered with another customer's record."
        case .upstreamTooLarge: "The system of record answered with more than the route accepts."
        case .upstreamUnavailable: "The system of record cannot be reached: try again later."
        case .upstreamTimeout: "The system of record did not answer in time: try again."
        case .ledgerUnavailable: "The read could not be recorded, so nothing was released: try again later."
        case .shuttingDown: "The server is stopping: send the request again."
        }
    }

    /// Seconds after which a repetition makes sense; nil when it does not.
    var retryAfterSeconds: Int? {
        switch self {
        case .velocityExceeded, .upstreamUnavailable, .ledgerUnavailable, .signatureMemoryFull: 5
        case .shuttingDown: 1
        default: nil
        }
    }

    /// The document: only texts of this file, and the receipt of what was recorded.
    func document(receipt: String?) -> [UInt8] {
        var text = "{\"type\":\"\(type)\",\"title\":\"\(title)\",\"status\":\(status),\"code\":\"\(rawValue)\""
        if let receipt { text += ",\"receipt\":\"\(receipt)\"" }
        return Array((text + "}").utf8)
    }

    /// What a caller is told who was not let in.
    init(_ failure: AuthenticationFailure) { self = Problem(rawValue: failure.problem) ?? .unauthenticated }

    /// Whether it says that the caller was not let in.
    var refusesCaller: Bool {
        switch self {
        case .unauthenticated, .forbidden, .certificateRequired, .signatureRequired, .signatureMalformed,
            .signatureIncomplete, .signatureInvalid, .signatureExpired, .signatureReplayed, .contentDigestMismatch,
            .signatureMemoryFull:
            true
        default: false
        }
    }

    /// What a fault of framing is called.
    init(_ error: FramingError) {
        switch error.status {
        case 413, 414, 431: self = .bodyTooLarge
        default: self = .badFraming
        }
    }
}
