public import Approvals
public import JSON
public import WallTime

/// What happened to a case, as it stands in the ledger.
public struct ContainmentEvent: Sendable, Hashable {
    /// The kinds of event.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case proposed = "CONTAINMENT_PROPOSED"
        case approved = "CONTAINMENT_APPROVED"
        case refused = "CONTAINMENT_REFUSED"
        case expired = "CONTAINMENT_EXPIRED"
        case priorStateSaved = "CONTAINMENT_PRIOR_STATE_SAVED"
        case foundDone = "CONTAINMENT_FOUND_DONE"
        case callAwaited = "CONTAINMENT_CALL_AWAITED"
        case performed = "CONTAINMENT_PERFORMED"
        case effectVerified = "CONTAINMENT_EFFECT_VERIFIED"
        case effectUnknown = "CONTAINMENT_EFFECT_UNKNOWN"
        case attemptFailed = "CONTAINMENT_ATTEMPT_FAILED"
        case failed = "CONTAINMENT_FAILED"
        case undoRequested = "CONTAINMENT_UNDO_REQUESTED"
        case undoPerformed = "CONTAINMENT_UNDO_PERFORMED"
        case undone = "CONTAINMENT_UNDONE"
    }

    /// What happened, to which case, when, and who did it.
    public let kind: Kind
    public let caseID: String
    public let time: Timestamp
    public let actor: String
    /// What belongs to the kind.
    public let fields: [String: JSONValue]
    /// How many events the case had before: with the case's id the event's idempotency key.
    public let number: Int

    /// The event's members, to be put in the ledger and read back with ``init(_:)``.
    public var json: JSONValue {
        var members = fields
        members["eventType"] = .string(kind.rawValue)
        members["eventId"] = .string("\(caseID)/\(number)")
        members["containmentId"] = .string(caseID)
        members["actor"] = .string(actor)
        members["number"] = .integer(Int64(number))
        members["timestamp"] = .string(time.description)
        return .object(members)
    }

    /// Reads an event back; nil for any other.
    public init?(_ json: JSONValue) {
        guard let kind = json["eventType"]?.string.flatMap({ Kind(rawValue: $0) }),
            let caseID = json["containmentId"]?.string, let actor = json["actor"]?.string,
            let number = json["number"]?.int, let time = json["timestamp"]?.string.flatMap({ Timestamp($0) }),
            case .object(var fields) = json
        else { return nil }
        let envelope = [
            "eventType", "eventId", "containmentId", "actor", "number", "timestamp", "producer", "schemaVersion",
        ]
        for name in envelope { fields[name] = nil }
        self.init(kind: kind, caseID: caseID, time: time, actor: actor, fields: fields, number: number)
    }

    init(kind: Kind, caseID: String, time: Timestamp, actor: String, fields: [String: JSONValue], number: Int) {
        self.kind = kind
        self.caseID = caseID
        self.time = time
        self.actor = actor
        self.fields = fields
        self.number = number
    }
}

/// Why a command was refused. Holds ids, never personal data.
public enum ContainmentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The step is switched off in the configuration.
    case stepDisabled(ContainmentStep)
    /// The target may never be touched.
    case protected(String)
    /// As many identities as may be were contained within the last hour.
    case capReached(cap: Int, retryAt: Timestamp)
    /// The same step is under way for this target.
    case alreadyRunning(String)
    /// There is no such case, or one with this id already.
    case unknownCase(String)
    case caseExists(String)
    /// This approval does not count.
    case approval(ApprovalObstacle)
    /// The case does not stand where this can be done.
    case wrongPhase(ContainmentCase.Phase)
    /// The target's id has characters that no id has.
    case malformedTarget
    /// The platform knows no such user or client, or hides it.
    case unknownTarget(String)
    /// No alert has this id.
    case unknownAlert(String)
    /// The decision came before, under this id.
    case decisionRepeated
    /// A random password is of no use to a user of single sign-on.
    case noNativeLogin
    /// A timer must end later than now.
    case undoInPast
    /// The step cannot be taken back.
    case notReversible(ContainmentStep)
    case reasonMissing

    /// One line that says what to do.
    public var description: String {
        switch self {
        case .stepDisabled(let step):
            "the step '\(step.rawValue)' is off; add it to detection.containment.steps in the configuration first"
        case .protected(let id): "'\(id)' is on the list of accounts that containment never touches"
        case .capReached(let cap, let retryAt):
            "\(cap) identities were contained within an hour, which is the most allowed; try again after \(retryAt)"
        case .alreadyRunning(let id): "the case '\(id)' does this to the same target already"
        case .unknownCase(let id): "there is no containment case '\(id)'"
        case .caseExists(let id): "there is a containment case '\(id)' already; choose another id"
        case .approval(let obstacle): obstacle.description
        case .wrongPhase(let phase): "the case is '\(phase.rawValue)', where this cannot be done"
        case .malformedTarget:
            "the target's id has 1 to 64 ASCII letters, digits and . _ - and nothing else; give the id, not a name"
        case .unknownTarget(let id): "the platform knows no active or inactive '\(id)'; give the id, not a name"
        case .unknownAlert(let id): "there is no alert '\(id)'; list them with 'muniment alerts'"
        case .decisionRepeated: "a decision with this message id was taken before; each needs an id of its own"
        case .noNativeLogin:
            "the user is not known to sign in with a password of the platform, which must answer to that; with single sign-on end "
                + "the identity provider's session instead"
        case .undoInPast: "the end of the effect must be later than now"
        case .notReversible(let step): "'\(step.rawValue)' cannot be taken back, so it can have no end and no undoing"
        case .reasonMissing: "give a reason: it stays in the record"
        }
    }
}
