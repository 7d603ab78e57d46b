public import JSON
public import WallTime

/// What an alert says about an agent, as far as containment at our own gateway is concerned.
public struct AgentFinding: Sendable, Hashable {
    /// The alert, and the code of the rule that raised it.
    public let alert: String
    public let rule: String
    /// Whom it is about, as the gateway knows them.
    public let agent: String
    /// The step that its rule names, one that acts here.
    public let step: ContainmentStep
    /// How many of the agent's reads nothing explained then.
    public let unexplainedReads: Int
    /// When it was raised, by the event that did.
    public let raisedAt: Timestamp

    /// Reads the event that tells of an alert; nil for one that is not about an agent, or whose rule names no step of our gateway.
    public init?(_ event: JSONValue) {
        guard event["eventType"]?.string == DetectionEvent.Kind.alertRaised.rawValue,
            let alert = event["alertId"]?.string, let rule = event["ruleCode"]?.string,
            let agent = event["agentId"]?.string?.lowercased(), !agent.isEmpty,
            // The last to read a customer whom many read is not whom such an alert is about.
            event["entity"]?.array?.contains(where: { $0.string?.lowercased() == agent }) == true,
            let step = event["suggestedStep"]?.string.flatMap({ ContainmentStep(rawValue: $0) }), step.isLocal,
            let raisedAt = event["timestamp"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        self.alert = alert
        self.rule = rule
        self.agent = agent
        self.step = step
        unexplainedReads = event["unexplainedReads"]?.int ?? 0
        self.raisedAt = raisedAt
    }
}

extension ContainmentPolicy {
    /// Who takes the steps that nobody is asked about.
    public static let automaticActor = "automatic"

    /// What a finding calls for by itself: a block where its rule names one, where a second rule has found the agent too, and where
    /// nothing explains many of the agent's reads; else the gravest milder step, up to the one that its rule names, that may be
    /// taken so. Nil when none may.
    /// - Parameter findings: those of about the same time.
    public func automaticStep(
        for finding: AgentFinding,
        among findings: [AgentFinding]
    ) -> (step: ContainmentStep, alerts: [String])? {
        let others = findings.filter { $0.agent == finding.agent && $0.rule != finding.rule }
        let isUnexplained = finding.unexplainedReads >= unexplainedReads
        if automatic.contains(.block), finding.step == .block || !others.isEmpty || isUnexplained {
            return (.block, [finding.alert] + others.map(\.alert).prefix(19))
        }
        let milder = automatic.filter { $0 < .block && $0 <= finding.step }.max()
        return milder.map { ($0, [finding.alert]) }
    }
}

/// That an agent has many reads which nothing explains: next to an alert it is as good as a second rule's.
public struct UnexplainedFinding: Sendable, Hashable {
    /// Whom it is about, how many reads, and when it was found.
    public let agent: String
    public let reads: Int
    public let foundAt: Timestamp

    /// Reads the event that tells of it; nil for any other.
    public init?(_ event: JSONValue) {
        guard event["eventType"]?.string == DetectionEvent.Kind.readsUnexplained.rawValue,
            let agent = event["agentId"]?.string?.lowercased(), !agent.isEmpty, let reads = event["reads"]?.int,
            let foundAt = event["timestamp"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        self.agent = agent
        self.reads = reads
        self.foundAt = foundAt
    }
}

extension ContainmentBook {
    /// Whether an agent is contained so, or more strictly, or was when something was found: whoever takes such a step back speaks
    /// for all that was found until then. Telling people contains nobody, and was said of what was known then.
    public func covers(_ agent: String, by step: ContainmentStep, since found: Timestamp) -> Bool {
        cases.values.contains { known in
            guard known.target.id == agent, !step.touchesNobody, known.step.isLocal, known.step >= step else {
                return false
            }
            switch known.phase {
            case .proposed, .expired, .failed: return false
            default: return known.endedAt.map { $0 >= found } ?? true
            }
        }
    }
}
