import Credentials
import HTTPTypes

/// Everything that a caller of the control plane can be told instead of an answer: RFC 9457 problem documents whose `type` never
/// changes. Where the data plane has the same problem, it has the same name.
public enum ControlProblem: String, Sendable, CaseIterable {
    case badFraming = "bad-framing"
    case unknownParameter = "unknown-parameter"
    case missingParameter = "missing-parameter"
    case invalidParameter = "invalid-parameter"
    case malformedJSON = "malformed-json"
    case duplicateKey = "duplicate-key"
    case missingField = "missing-field"
    case unknownField = "unknown-field"
    case wrongType = "wrong-type"
    case invalidField = "invalid-field"
    case invalidIdentifier = "invalid-identifier"
    case invalidEvent = "invalid-event"
    case idempotencyUnsupported = "idempotency-unsupported"
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
    case notFound = "not-found"
    case unknownEntry = "unknown-entry"
    case unknownTile = "unknown-tile"
    case unknownClient = "unknown-client"
    case unknownCustomer = "unknown-customer"
    case unknownProposal = "unknown-proposal"
    case unknownSink = "unknown-sink"
    case unknownAlert = "unknown-alert"
    case unknownSuppression = "unknown-suppression"
    case unknownBacktest = "unknown-backtest"
    case unknownCase = "unknown-case"
    case unknownHoneyCustomer = "unknown-honey-customer"
    case methodNotAllowed = "method-not-allowed"
    case requestTimeout = "request-timeout"
    case clientRevoked = "client-revoked"
    case identityConflict = "identity-conflict"
    case eventConflict = "event-conflict"
    case sinkConflict = "sink-conflict"
    case alertConflict = "alert-conflict"
    case backtestRunning = "backtest-running"
    case invalidRules = "invalid-rules"
    case containmentRefused = "containment-refused"
    case bodyTooLarge = "body-too-large"
    case unsupportedMediaType = "unsupported-media-type"
    case internalError = "internal-error"
    case ledgerUnavailable = "ledger-unavailable"
    case destinationUnavailable = "destination-unavailable"

    /// The `type` member of the document.
    public var type: String { "urn:muniment:problem:\(rawValue)" }

    /// The HTTP status.
    public var status: Int {
        switch self {
        case .badFraming, .unknownParameter, .missingParameter, .invalidParameter, .malformedJSON, .duplicateKey,
            .missingField, .unknownField, .wrongType, .invalidField, .invalidIdentifier, .invalidEvent,
            .idempotencyUnsupported, .invalidRules:
            400
        case .unauthenticated, .signatureRequired, .signatureMalformed, .signatureIncomplete, .signatureInvalid,
            .signatureExpired, .signatureReplayed, .contentDigestMismatch:
            401
        case .forbidden, .certificateRequired: 403
        case .notFound, .unknownEntry, .unknownTile, .unknownClient, .unknownCustomer, .unknownProposal, .unknownSink,
            .unknownAlert, .unknownSuppression, .unknownBacktest, .unknownCase, .unknownHoneyCustomer:
            404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .clientRevoked, .identityConflict, .eventConflict, .sinkConflict, .alertConflict, .backtestRunning,
            .containmentRefused:
            409
        case .bodyTooLarge: 413
        case .unsupportedMediaType: 415
        case .internalError: 500
        case .ledgerUnavailable, .signatureMemoryFull, .destinationUnavailable: 503
        }
    }

    /// What it means, and what to do.
    public var title: String {
        switch self {
        case .badFraming: "The request is not well-formed HTTP/1.1."
        case .unknownParameter: "The query has a parameter that is not known here."
        case .missingParameter: "A required query parameter is missing."
        case .invalidParameter: "A query parameter has a value that is not acceptable."
        case .malformedJSON: "The body is not well-formed JSON: send one object."
        case .duplicateKey: "A member stands twice in the body: send each once."
        case .missingField: "A required member is missing."
        case .unknownField: "The body has a member that is not known here."
        case .wrongType: "A member has the wrong type."
        case .invalidField: "A member has a value that is not acceptable."
        case .invalidIdentifier: "An identifier cannot be read as what it is given for."
        case .invalidEvent: "The reported event is not one that can be taken."
        case .idempotencyUnsupported:
            "A secret is shown once and not kept, so this request cannot be repeated: leave Idempotency-Key out, and after a "
                + "lost answer list the clients and revoke the new one."
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
        case .notFound: "There is nothing at this path."
        case .unknownEntry: "The ledger has no such entry."
        case .unknownTile: "The ledger has no such tile or bundle."
        case .unknownClient: "There is no such API client."
        case .unknownCustomer: "There is no such customer, or the customer was forgotten."
        case .identityConflict: "A decision in force forbids it."
        case .eventConflict: "Another event was recorded under this key: give each event a key of its own."
        case .unknownProposal: "There is no such proposal."
        case .unknownSink: "There is no such sink."
        case .unknownAlert: "There is no such alert."
        case .unknownSuppression: "There is no such suppression, or it has ended."
        case .unknownBacktest: "There is no such backtest here."
        case .backtestRunning: "A backtest is under way here; wait for it or cancel it."
        case .invalidRules: "The rules cannot be used."
        case .unknownCase: "There is no such case of containment."
        case .unknownHoneyCustomer: "No planted customer is called so."
        case .methodNotAllowed: "The method is not allowed here."
        case .requestTimeout: "The request did not arrive in time."
        case .clientRevoked: "The API client is revoked: create a new one."
        case .sinkConflict: "The sink is in a state in which that cannot be done."
        case .alertConflict: "The alert does not stand where this can be decided."
        case .containmentRefused: "The bounds of containment do not allow this."
        case .bodyTooLarge: "The request is too large."
        case .unsupportedMediaType: "Send the body as application/json."
        case .internalError: "Something went wrong here; the log has it under the request's id."
        case .ledgerUnavailable:
            "The ledger cannot record or read at the moment, so nothing was done: try again later."
        case .destinationUnavailable: "The sink's destination could not be asked: try again later."
        }
    }

    /// Whether the connection is closed after the answer, because the rest of the request is not wanted.
    var closesConnection: Bool {
        switch self {
        case .badFraming, .requestTimeout, .bodyTooLarge: true
        default: false
        }
    }
}

/// Why a request is not answered as asked.
struct Refusal: Error, Sendable {
    /// What the caller is told.
    let problem: ControlProblem
    /// Which part of the request it is about. Only words of this program, never of the request.
    let detail: String?
    /// Headers that belong to the problem.
    let headers: HTTPFields
    /// Why a caller was not let in; for counting.
    let authentication: AuthenticationFailure?

    init(
        _ problem: ControlProblem,
        _ detail: String? = nil,
        headers: HTTPFields = [:],
        authentication: AuthenticationFailure? = nil
    ) {
        self.problem = problem
        self.detail = detail
        self.headers = headers
        self.authentication = authentication
    }
}
