public import Approvals
public import JSON
public import WallTime

/// One act of containment, from its proposal to its end or undoing.
///
/// A pure state machine: ``plan(_:at:in:)`` checks a command and says which event to write; ``apply(_:)`` takes in an event that is
/// in the ledger; ``due(at:)`` says what an executor has to do. Nothing is done that was not written first, so that a crash at
/// any point leaves either nothing or something that ``due(at:)`` asks for again, under the same idempotency key.
public struct ContainmentCase: Sendable, Hashable {
    /// Where it stands.
    public enum Phase: String, Sendable, Hashable, CaseIterable {
        /// Proposed; waits for approvals.
        case proposed
        /// Approved, or in need of no approval; the state before has to be read.
        case approved
        /// The state before is saved; the effect has to be brought about.
        case executing
        /// The effect was reported; it has to be read back.
        case verifying
        /// The effect was read back and holds.
        case effective
        /// The effect has to be undone.
        case undoing
        /// The undoing was reported; it has to be read back.
        case verifyingUndo
        /// It was undone, as reading back showed.
        case undone
        /// It was found done by somebody else before.
        case alreadyDone
        /// The platform accepted it, and nothing ever showed whether it holds: not called done, and not looked at any longer.
        case unconfirmed
        /// Somebody refused it.
        case refused
        /// Its time was over before enough people had agreed.
        case expired
        /// It could not be done or undone; a person has to look, and can ask for what was done to be taken back.
        case failed
    }

    /// Unique; also the prefix of its idempotency keys.
    public let id: String
    /// What is done, to whom, and why.
    public let step: ContainmentStep
    public let target: ContainmentTarget
    public let reason: String
    /// The alerts that led to it.
    public let alerts: [String]
    /// What made the proposal doubtful without being in its way.
    public let warnings: [String]
    /// Waits until the agent's live conversation is over.
    public let waitsForCallEnd: Bool
    /// When the effect ends by itself; nil when it does not.
    public let undoAt: Timestamp?
    public internal(set) var phase: Phase
    /// Who asked, who agreed, how many have to, and until when they can.
    public internal(set) var approval: Approval
    /// The state before, as read; what undoing goes back to.
    public internal(set) var priorState: JSONValue?
    /// What was noted when it was brought about; reading back compares with it.
    public internal(set) var evidence: JSONValue?
    /// Failed attempts of the present phase, looks that showed nothing, and when the next may be made.
    public internal(set) var attempts: Int
    var looks: Int
    /// Since when nobody can tell whether the call is over that it waits for; nil when it can be told.
    var callUnknownSince: Timestamp?
    /// Whether it is known that it waits for the end of a live call.
    var awaitsLiveCall: Bool
    /// Whether it failed before anything was begun, and whether it was the undoing that failed.
    var failedUnbegun: Bool
    var undoFailed: Bool
    public internal(set) var retryAt: Timestamp?
    /// Who ended or refused it, and what went wrong last.
    public internal(set) var endedBy: String?
    public internal(set) var problem: String?
    /// When it was proposed.
    public let proposedAt: Timestamp
    /// When it was approved in full, and when it was to end: refused, or asked to be taken back.
    public internal(set) var approvedAt: Timestamp?
    public internal(set) var endedAt: Timestamp?

    /// Attempts of one phase before it is called failed.
    public static let maximumAttempts = 8
    /// Looks at an effect that does not show itself before it is called unconfirmed: with pauses that double up to an hour,
    /// a little more than a day.
    public static let maximumLooks = 36
    /// Seconds for which a step that waits for the end of a call is held back while nobody can tell of the call: half an hour.
    /// Then it fails, and a person has to decide, rather than that it cuts a call or is forgotten.
    public static let longestUnknownCallSeconds: Int64 = 1800

    /// What is known of the effect: `none`, `shown`, or `unknown`. Accepted by the platform is unknown until it was read back.
    public var effect: String {
        switch phase {
        case .proposed, .approved, .refused, .expired, .undone: "none"
        case .executing: attempts == 0 ? "none" : "unknown"
        case .effective, .alreadyDone: "shown"
        case .verifying, .undoing, .verifyingUndo, .unconfirmed: "unknown"
        case .failed: priorState == nil || failedUnbegun ? "none" : "unknown"
        }
    }

    /// Whether it came to an end.
    public var isOver: Bool {
        switch phase {
        case .undone, .alreadyDone, .unconfirmed, .refused, .expired, .failed: true
        case .effective: !step.isReversible
        default: false
        }
    }

    /// Whether it was done, cannot be taken back, and is looked at all the same.
    var isOnlyWatched: Bool { phase == .verifying && !step.isReversible }

    /// Whether it waits for approvals that can come no more.
    func isExpired(at now: Timestamp) -> Bool { phase == .proposed && approval.isExpired(at: now) }

    // MARK: What has to be done

    /// The effect to bring about now, or nil while there is nothing to do.
    /// - Parameter liveCall: whether the target is in a conversation now; nil, when nobody can tell, holds back as a call does.
    public func due(at now: Timestamp, liveCall: Bool?) -> ContainmentEffect? {
        if let retryAt, now < retryAt { return nil }
        switch phase {
        case .approved: return effect(.readState, "before")
        case .executing: return waitsForCallEnd && liveCall != false ? nil : effect(.perform, "do")
        case .verifying: return effect(.readBack(evidence ?? .null), "check")
        case .undoing:
            let undo = ContainmentUndo(
                priorState: priorState ?? .null,
                evidence: evidence ?? .null,
                isByTimer: endedBy == DetectionEvent.producer
            )
            return effect(.undo(undo), "undo")
        case .verifyingUndo: return effect(.readBack(evidence ?? .null), "check-undo")
        case .proposed, .effective, .undone, .alreadyDone, .unconfirmed, .refused, .expired, .failed: return nil
        }
    }

    /// Whether its timer has run out and the effect has to be undone.
    public func isUndoDue(at now: Timestamp) -> Bool {
        guard let undoAt, now >= undoAt else { return false }
        // What was not brought about yet, or not seen to hold, or failed and may hold all the same, ends in time too. Where the end
        // itself failed, a person has to look.
        return isUndoable && !undoFailed
    }

    /// Whether it may be asked to be taken back: from the moment at which the state before is saved.
    var isUndoable: Bool {
        guard step.isReversible, priorState != nil, !failedUnbegun else { return false }
        switch phase {
        case .executing, .verifying, .effective, .unconfirmed, .failed: return true
        default: return false
        }
    }

    private func effect(_ action: ContainmentEffect.Action, _ name: String) -> ContainmentEffect {
        ContainmentEffect(step: step, target: target, action: action, idempotencyKey: "\(id)/\(name)")
    }
}

/// Whom containment is about.
public struct ContainmentTarget: Sendable, Hashable {
    /// The platform's id of a user, or of an OAuth client for ``ContainmentStep/disableClient``.
    public let id: String
    /// Whether the user signs in with a password of the platform's own; nil when not known.
    public let hasNativeLogin: Bool?

    /// Names a target.
    public init(id: String, hasNativeLogin: Bool? = nil) {
        self.id = id
        self.hasNativeLogin = hasNativeLogin
    }
}

/// What an executor does for a case. Doing it twice under one key must be as doing it once.
public struct ContainmentEffect: Sendable, Hashable {
    /// The kinds of work.
    public enum Action: Sendable, Hashable {
        /// Read what the step will change; changes nothing.
        case readState
        /// Bring the step's effect about.
        case perform
        /// Read whether the effect is there, given what was noted when it was brought about; changes nothing.
        case readBack(JSONValue)
        /// Put back the state that was saved.
        case undo(ContainmentUndo)
    }

    /// The step, on whom, and which part of it.
    public let step: ContainmentStep
    public let target: ContainmentTarget
    public let action: Action
    /// The same whenever this is asked for again.
    public let idempotencyKey: String
}

/// What undoing goes back to.
public struct ContainmentUndo: Sendable, Hashable {
    /// The state before, as it was saved.
    public let priorState: JSONValue
    /// What was noted when the effect was brought about; null when that was not seen.
    public let evidence: JSONValue
    /// Whether its time was over, rather than a person asking for it: what somebody else has changed since is for a person to judge.
    public let isByTimer: Bool
}

extension ContainmentStep {
    /// Whether its effect can be taken back.
    public var isReversible: Bool {
        switch self {
        case .justify, .maskOnly, .block, .deactivateUser, .disableClient: true
        case .notify, .deleteTokens, .randomPassword: false
        }
    }

    /// How many people, none of them the requester, have to agree.
    public var approvalsNeeded: Int {
        switch self {
        case .notify, .justify, .maskOnly, .block: 0
        case .deleteTokens: 1
        case .deactivateUser, .disableClient, .randomPassword: 2
        }
    }

    /// Whether it acts here, at our own gateway or in the record, and nowhere else.
    public var isLocal: Bool {
        switch self {
        case .notify, .justify, .maskOnly, .block: true
        case .deleteTokens, .deactivateUser, .disableClient, .randomPassword: false
        }
    }

    /// What it does, for the dry run.
    public var consequence: String {
        switch self {
        case .notify: "whoever receives the configured sinks is told, and nothing else happens"
        case .justify:
            "the gateway refuses the agent's reads unless they come with a reason, which is recorded; calls go on"
        case .maskOnly: "every field that the agent reads through the gateway is masked; calls go on"
        case .block: "the gateway refuses the agent's reads; calls go on"
        case .deleteTokens:
            "the user's next call of the platform fails; a user of single sign-on is signed in again without being asked"
        case .deactivateUser: "the user is signed out and cannot sign in; what becomes of a live call is not documented"
        case .disableClient: "the client's tokens die, and whatever uses the client stops"
        case .randomPassword: "the user's password is replaced by one that nobody knows; this cannot be taken back"
        }
    }
}
