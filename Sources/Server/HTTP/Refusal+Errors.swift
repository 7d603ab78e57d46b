import Approvals
import AuditTrail
import Credentials
import Delivery
import Detection
import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Monitoring
import NIOCore
import NIOHTTP1
import Storage

extension Refusal {
    /// What a caller is told of an error that a handler threw, and what the log is told, if it is a fault of ours.
    ///
    /// The errors of our own types carry no personal data, so their texts may be logged; of all others only the type is.
    static func explaining(
        _ error: any Error,
        method: HTTPRequest.Method = .post,
        path: String = ""
    ) -> (refusal: Refusal, logged: String?) {
        switch error {
        case let refusal as Refusal: (refusal, nil)
        case let error as QuestionError: (Refusal(.invalidParameter, error.description), nil)
        case ClientError.unknown: (Refusal(.unknownClient), nil)
        case ClientError.revoked: (Refusal(.clientRevoked), nil)
        case ClientError.invalid(let reason): (Refusal(.invalidField, reason), nil)
        case IdentityError.unknownCustomer, IdentityError.unknownIdentifier: (Refusal(.unknownCustomer), nil)
        case IdentityError.unknownProposal: (Refusal(.unknownProposal), nil)
        case IdentityError.approval(let obstacle): (Refusal(.identityConflict, obstacle.description), nil)
        case IdentityError.invalid(let reason): (Refusal(.invalidField, reason), nil)
        case IdentityError.conflict(let reason): (Refusal(.identityConflict, reason), nil)
        case let error as IdentityError: (Refusal(.internalError), error.description)
        case let error as IdentifierRefusal: (Refusal(.invalidIdentifier, error.description), nil)
        case let error as IntakeError: (Refusal(.invalidEvent, error.description), nil)
        case LedgerError.conflict: (Refusal(.eventConflict), nil)
        case DeliveryError.unknownSink: (Refusal(.unknownSink), nil)
        case DeliveryError.backfillRange(_, let start):
            (
                Refusal(
                    .invalidField,
                    "last: the sink, which begins at \(start), has or will get every entry of that range"
                ), nil
            )
        case DeliveryError.noEntries(_, let head):
            (Refusal(.invalidField, "first: the ledger has \(head) entries, and none of the range"), nil)
        case DeliveryError.notBegun(_, let start, let head):
            (Refusal(.sinkConflict, "the sink begins at entry \(start), and the ledger has \(head)"), nil)
        case DeliveryError.noDeadLetter: (Refusal(.sinkConflict, "there are no such dead letters"), nil)
        case DeliveryError.alreadyIn(_, let state): (Refusal(.sinkConflict, "the sink is \(state)"), nil)
        case is DeliveryError: (Refusal(.sinkConflict), nil)
        case ReadBackError.failed(let reason): (Refusal(.destinationUnavailable), reason)
        case let error as ReadBackError: (Refusal(.sinkConflict, error.description), nil)
        case AlertError.unknownAlert: (Refusal(.unknownAlert), nil)
        case BacktestError.unknown: (Refusal(.unknownBacktest), nil)
        case BacktestError.busy: (Refusal(.backtestRunning), nil)
        case BacktestError.emptyRange: (Refusal(.invalidField, "to: lies before 'from'"), nil)
        case let problem as RulePackError: (Refusal(.invalidRules, "\(problem)"), nil)
        case AlertError.unknownSuppression: (Refusal(.unknownSuppression), nil)
        case AlertError.unknownRule: (Refusal(.invalidField, "rule: is a rule's name or code"), nil)
        case AlertError.suppressesEverything: (Refusal(.missingField, "entity"), nil)
        case AlertError.reasonMissing: (Refusal(.missingField, "reason"), nil)
        case AlertError.notAnIdentifier(let field):
            (
                Refusal(
                    .invalidField,
                    "\(field): is an id without personal data, of letters, digits and . _ ~ @ + : / -"
                ), nil
            )
        case AlertError.expiryOutOfRange: (Refusal(.invalidField, "until: is later than now and within a year"), nil)
        case is AlertError: (Refusal(.alertConflict), nil)
        case ContainmentError.unknownCase: (Refusal(.unknownCase), nil)
        case ContainmentError.reasonMissing: (Refusal(.missingField, "reason"), nil)
        case let error as ContainmentError: (Refusal(.containmentRefused, error.words), nil)
        case HoneyError.unknown: (Refusal(.unknownHoneyCustomer), nil)
        case HoneyError.noCustomer: (Refusal(.invalidField, "customerId: \(HoneyError.noCustomer)"), nil)
        case HoneyError.reasonMissing: (Refusal(.missingField, "reason"), nil)
        case LedgerError.noSuchEntry: (Refusal(.unknownEntry), nil)
        case let error as LedgerError: (explaining(error), error.description)
        case let error as StorageError: (Refusal(.ledgerUnavailable, headers: retryLater), error.description)
        case is NIOTooManyBytesError: (Refusal(.bodyTooLarge), nil)
        case is HTTPParserError: (Refusal(.badFraming), nil)
        case let error as any HTTPResponseError where error.status == .notFound: (absent(method, path), nil)
        default: (Refusal(.internalError), "\(type(of: error))")
        }
    }

    private static func explaining(_ error: LedgerError) -> Refusal {
        switch error {
        case .overloaded, .store, .closed: Refusal(.ledgerUnavailable, headers: retryLater)
        default: Refusal(.internalError)
        }
    }

    /// The router found nothing: there is nothing at the path, or nothing by this method.
    private static func absent(_ method: HTTPRequest.Method, _ path: String) -> Refusal {
        let methods = Endpoint.methods(at: path)
        guard !methods.isEmpty, !methods.contains(method.rawValue) else { return Refusal(.notFound) }
        return Refusal(.methodNotAllowed, headers: [.allow: methods.joined(separator: ", ")])
    }

    private static let retryLater: HTTPFields = [.retryAfter: "5"]
}

extension ContainmentError {
    /// Why, in words of this program alone: ids that the caller sent are not repeated.
    fileprivate var words: String {
        switch self {
        case .stepDisabled: "the step is off: add it to detection.containment.steps"
        case .protected: "the account is on the list that containment never touches"
        case .capReached: "as many identities as may be were contained within the last hour"
        case .alreadyRunning: "the same is under way for this account"
        case .caseExists: "there is a case with this id already"
        case .notReversible: "this cannot be taken back"
        case .undoInPast: "the end must be later than now"
        case .approval(let obstacle): obstacle.description
        case .malformedTarget: "the target's id is none of the platform's"
        case .unknownTarget: "the platform knows no such account"
        case .unknownAlert: "one of the alerts named does not exist: list them with GET /api/v1/alerts"
        case .noNativeLogin: "the user is not known to sign in with a password of the platform"
        case .decisionRepeated: "a decision with this message id was taken before"
        default: "the case does not stand where this can be done"
        }
    }
}
