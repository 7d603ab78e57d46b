public import Approvals
public import JSON
public import WallTime

/// The bounds of containment.
public struct ContainmentPolicy: Sendable, Hashable {
    /// The steps that may be taken; ``ContainmentStep/maskOnly`` alone unless an operator says more.
    public var enabled: Set<ContainmentStep>
    /// How many people have to agree to a step, where that is more than ``ContainmentStep/approvalsNeeded``.
    public var approvals: [ContainmentStep: Int]
    /// Seconds for which a proposal waits for approvals.
    public var proposalSeconds: Int64
    /// How many different identities may be contained within an hour.
    public var identitiesPerHour: Int
    /// Accounts that are never touched, such as those for emergencies.
    public var protected: Set<String>
    /// The API clients of the SOAR, which are one party with whoever signs its decisions.
    public var soarClients: Set<String>
    /// The sinks whose destinations have to have a notice before ``ContainmentStep/notify`` is called done.
    public var noticeSinks: [String]
    /// The local steps that are taken about alerts without anybody being asked; none unless an operator says so.
    public var automatic: Set<ContainmentStep>
    /// Seconds after which those end by themselves.
    public var automaticSeconds: Int64
    /// How many reads of an agent that nothing explains, within that time, are to one rule's alert as a second rule's.
    public var unexplainedReads: Int

    /// How the SOAR is named as the actor of the decisions that it signs.
    public static let soar = "soar"

    /// Masking only, three identities an hour, nobody protected by name, no SOAR.
    public init(
        enabled: Set<ContainmentStep> = [.maskOnly],
        approvals: [ContainmentStep: Int] = [:],
        proposalSeconds: Int64 = Approval.usualSeconds,
        identitiesPerHour: Int = 3,
        protected: Set<String> = [],
        soarClients: Set<String> = [],
        noticeSinks: [String] = [],
        automatic: Set<ContainmentStep> = [],
        automaticSeconds: Int64 = 3600,
        unexplainedReads: Int = 20
    ) {
        self.enabled = enabled
        self.approvals = approvals
        self.proposalSeconds = proposalSeconds
        self.identitiesPerHour = identitiesPerHour
        self.protected = protected
        self.soarClients = soarClients
        self.noticeSinks = noticeSinks
        self.automatic = automatic
        self.automaticSeconds = automaticSeconds
        self.unexplainedReads = unexplainedReads
    }

    /// How many people, none of them the requester, have to agree to a step: never fewer than the step itself asks for.
    public func approvalsNeeded(_ step: ContainmentStep) -> Int { max(approvals[step] ?? 0, step.approvalsNeeded) }

    /// Why somebody's agreement would not count, under any of the names of the same party, if it would not.
    func obstacle(to actor: String, of approval: Approval, at now: Timestamp) -> ApprovalObstacle? {
        let soar = soarClients.union([Self.soar])
        let names = soar.contains(actor) ? soar : [actor]
        if names.contains(approval.requester) { return .isRequester }
        if !names.isDisjoint(with: approval.approvers) { return .agreedBefore }
        return approval.obstacle(to: actor, at: now)
    }
}

/// What somebody, or the engine, wants of containment.
public enum ContainmentCommand: Sendable, Hashable {
    /// Asks for a step.
    case propose(ContainmentProposal)
    /// Agrees to a case, or refuses it.
    case approve(caseID: String)
    case refuse(caseID: String, reason: String)
    /// Asks for the effect to be taken back now.
    case undo(caseID: String, reason: String)
}

/// A step that is asked for.
public struct ContainmentProposal: Sendable, Hashable {
    /// Unique among all cases; chosen by the caller so that asking twice is asking once.
    public let id: String
    public let step: ContainmentStep
    public let target: ContainmentTarget
    public let reason: String
    public let alerts: [String]
    /// When the effect ends by itself.
    public let undoAt: Timestamp?
    /// Waits until the agent's live conversation is over.
    public let waitsForCallEnd: Bool
    /// What makes the proposal doubtful without being in its way; recorded, for whoever has to agree.
    public let warnings: [String]

    /// Asks for a step.
    public init(
        id: String,
        step: ContainmentStep,
        target: ContainmentTarget,
        reason: String,
        alerts: [String] = [],
        undoAt: Timestamp? = nil,
        waitsForCallEnd: Bool = false,
        warnings: [String] = []
    ) {
        self.id = id
        self.step = step
        self.target = target
        self.reason = reason
        self.alerts = alerts
        self.undoAt = undoAt
        self.waitsForCallEnd = waitsForCallEnd
        self.warnings = warnings
    }
}

/// What a proposal would do, shown before it is made.
public struct ContainmentPreview: Sendable, Hashable {
    /// What the step does.
    public let consequence: String
    /// How many people have to agree, and whether it can be taken back.
    public let approvalsNeeded: Int
    public let isReversible: Bool
    /// Whether the agent is in a conversation now; nil when nobody can tell.
    public let hasLiveCall: Bool?
    /// How the target stands now and what depends on it, as the caller found out.
    public let facts: [String]
    /// What makes it doubtful without being in its way.
    public let warnings: [String]
    /// How many more identities may be contained within the hour.
    public let identitiesLeft: Int
    /// Why it would be refused, if it would.
    public let obstacle: ContainmentError?
}

/// What an executor reports of an effect.
public enum ContainmentReport: Sendable, Hashable {
    /// The state before; whether the effect is there already.
    case state(JSONValue, isDone: Bool)
    /// The effect, or its undoing, was brought about as far as the answer says; and what to compare with when it is read back.
    case performed(evidence: JSONValue)
    /// What reading back showed.
    case readBack(holds: Bool)
    /// Reading back showed nothing: the platform cannot be read, or has no answer to that question.
    case unknown(String)
    /// The attempt failed; it is made again when that can help.
    case failed(String, canRetry: Bool)
}
