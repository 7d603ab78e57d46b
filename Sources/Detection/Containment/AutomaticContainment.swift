public import JSON
public import WallTime

/// What an alert says about an agent, as far as containment at our own gateway is concerned.
public struct AgentFinding: Sendable, Hashable {
    /// The alert, and the code of the rule that raised it.
    public let alert: String
    public let rule: String
    /// Whom it is about, as the gateway knows them.
    public let agent: String
    /// The step that its rule names: ``ContainmentStep/maskOnly`` or ``ContainmentStep/block``.
    public let step: ContainmentStep
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
        self.raisedAt = raisedAt
    }
}

extension ContainmentPolicy {
    /// Who takes the steps that nobody is asked about.
    public static let automaticActor = "automatic"

    /// What a finding calls for by itself: a block where its rule names one, or where a second rule has found the agent too; a mask
    /// otherwise, and where no block may be made so. Nil when nothing may.
    /// - Parameter findings: those of about the same time.
    public func automaticStep(
        for finding: AgentFinding,
        among findings: [AgentFinding]
    ) -> (step: ContainmentStep, alerts: [String])? {
        let others = findings.filter { $0.agent == finding.agent && $0.rule != finding.rule }
        if automatic.contains(.block), finding.step == .block || !others.isEmpty {
            return (.block, [finding.alert] + others.map(\.alert).prefix(19))
        }
        return automatic.contains(.maskOnly) ? (.maskOnly, [finding.alert]) : nil
    }
}

extension ContainmentBook {
    /// Whether a finding's agent is contained so, or more strictly, or was when it was raised: whoever takes such a step back speaks
    /// for all that was found until then.
    public func covers(_ finding: AgentFinding, by step: ContainmentStep) -> Bool {
        cases.values.contains { found in
            guard found.target.id == finding.agent, found.step == step || found.step == .block && step == .maskOnly
            else { return false }
            switch found.phase {
            case .proposed, .expired, .failed: return false
            default: return found.endedAt.map { $0 >= finding.raisedAt } ?? true
            }
        }
    }
}
