internal import JSON
internal import WallTime

extension ContainmentProposal {
    var fields: [String: JSONValue] {
        var fields: [String: JSONValue] = [
            "step": .string(step.rawValue), "targetId": .string(target.id), "reason": .string(reason),
            "alerts": .array(alerts.map { .string($0) }), "waitsForCallEnd": .bool(waitsForCallEnd),
        ]
        fields["hasNativeLogin"] = target.hasNativeLogin.map { .bool($0) }
        fields["undoAt"] = undoAt.map { .string($0.description) }
        return fields
    }
}

extension ContainmentCase {
    init?(proposed event: ContainmentEvent) {
        guard let step = event.fields["step"]?.string.flatMap({ ContainmentStep(rawValue: $0) }),
            let target = event.fields["targetId"]?.string, let reason = event.fields["reason"]?.string
        else { return nil }
        id = event.caseID
        self.step = step
        self.target = ContainmentTarget(id: target, hasNativeLogin: event.fields["hasNativeLogin"]?.bool)
        self.reason = reason
        requester = event.actor
        alerts = event.fields["alerts"]?.array?.compactMap(\.string) ?? []
        waitsForCallEnd = event.fields["waitsForCallEnd"]?.bool ?? false
        undoAt = event.fields["undoAt"]?.string.flatMap { Timestamp($0) }
        phase = step.approvalsNeeded == 0 ? .approved : .proposed
        approvers = []
        priorState = nil
        attempts = 0
        retryAt = nil
        endedBy = nil
        problem = nil
        proposedAt = event.time
        approvedAt = step.approvalsNeeded == 0 ? event.time : nil
    }

    /// Takes in an event; false when it does not fit.
    mutating func apply(_ event: ContainmentEvent) -> Bool {
        switch (phase, event.kind) {
        case (.proposed, .approved):
            guard event.actor != requester, !approvers.contains(event.actor) else { return false }
            approvers.append(event.actor)
            if approvers.count >= step.approvalsNeeded {
                approvedAt = event.time
                enter(.approved)
            }
        case (.proposed, .refused):
            endedBy = event.actor
            enter(.refused)
        case (.approved, .priorStateSaved):
            priorState = event.fields["priorState"]
            enter(.executing)
        case (.approved, .foundDone):
            priorState = event.fields["priorState"]
            enter(.alreadyDone)
        case (.executing, .performed): enter(.verifying)
        case (.verifying, .effectVerified): enter(.effective)
        case (.effective, .undoRequested), (.failed, .undoRequested):
            guard step.isReversible, priorState != nil else { return false }
            endedBy = event.actor
            enter(.undoing)
        case (.undoing, .undoPerformed): enter(.verifyingUndo)
        case (.verifyingUndo, .undone): enter(.undone)
        case (.approved, .attemptFailed), (.executing, .attemptFailed), (.undoing, .attemptFailed):
            retry(event)
        case (.verifying, .attemptFailed):
            // The effect is not there: it is brought about again, under the same key.
            phase = .executing
            retry(event)
        case (.verifyingUndo, .attemptFailed):
            phase = .undoing
            retry(event)
        case (.approved, .failed), (.executing, .failed), (.verifying, .failed), (.undoing, .failed),
            (.verifyingUndo, .failed):
            problem = event.fields["problem"]?.string
            enter(.failed)
        default: return false
        }
        return true
    }

    private mutating func enter(_ phase: Phase) {
        // Attempts are counted from bringing about to reading back, so that going round between the two ends.
        if phase != .verifying, phase != .verifyingUndo { attempts = 0 }
        self.phase = phase
        retryAt = nil
    }

    private mutating func retry(_ event: ContainmentEvent) {
        attempts += 1
        problem = event.fields["problem"]?.string
        retryAt = event.fields["retryAt"]?.string.flatMap { Timestamp($0) }
    }
}
