internal import Approvals
internal import JSON
internal import WallTime

extension ContainmentProposal {
    /// - Parameters:
    ///   - approvalsNeeded: as the rules are now; a later change of them does not change the case.
    ///   - expiresAt: until when people can agree, if they have to.
    func fields(approvalsNeeded: Int, expiresAt: Timestamp) -> [String: JSONValue] {
        var fields: [String: JSONValue] = [
            "step": .string(step.rawValue), "targetId": .string(target.id), "reason": .string(reason),
            "alerts": .array(alerts.map { .string($0) }), "waitsForCallEnd": .bool(waitsForCallEnd),
            "approvalsNeeded": .integer(Int64(approvalsNeeded)),
        ]
        fields["hasNativeLogin"] = target.hasNativeLogin.map { .bool($0) }
        if !warnings.isEmpty { fields["warnings"] = .array(warnings.map { .string($0) }) }
        if approvalsNeeded > 0 { fields["expiresAt"] = .string(expiresAt.description) }
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
        alerts = event.fields["alerts"]?.array?.compactMap(\.string) ?? []
        warnings = event.fields["warnings"]?.array?.compactMap(\.string) ?? []
        waitsForCallEnd = event.fields["waitsForCallEnd"]?.bool ?? false
        undoAt = event.fields["undoAt"]?.string.flatMap { Timestamp($0) }
        approval = Approval(
            requester: event.actor,
            needed: max(event.fields["approvalsNeeded"]?.int ?? 0, step.approvalsNeeded),
            // Cases from before there was an end have the usual one.
            expiresAt: event.fields["expiresAt"]?.string.flatMap { Timestamp($0) }
                ?? event.time.adding(seconds: Approval.usualSeconds)
        )
        phase = approval.isComplete ? .approved : .proposed
        priorState = nil
        evidence = nil
        attempts = 0
        looks = 0
        callUnknownSince = nil
        awaitsLiveCall = false
        failedUnbegun = false
        undoFailed = false
        retryAt = nil
        endedBy = nil
        problem = nil
        proposedAt = event.time
        approvedAt = approval.isComplete ? event.time : nil
        endedAt = nil
    }

    /// Takes in an event; false when it does not fit.
    mutating func apply(_ event: ContainmentEvent) -> Bool {
        switch (phase, event.kind) {
        case (.proposed, .approved):
            guard (try? approval.agree(event.actor, at: event.time)) != nil else { return false }
            if approval.isComplete {
                approvedAt = event.time
                undoAt = undoAt.map {
                    Timestamp(milliseconds: $0.milliseconds + event.time.milliseconds - proposedAt.milliseconds)
                }
                enter(.approved)
            }
        case (.proposed, .refused), (.approved, .refused):
            endedBy = event.actor
            endedAt = event.time
            enter(.refused)
        case (.proposed, .expired): enter(.expired)
        case (.approved, .priorStateSaved):
            priorState = event.fields["priorState"]
            enter(.executing)
        case (.approved, .foundDone):
            priorState = event.fields["priorState"]
            enter(.alreadyDone)
        case (.executing, .callAwaited):
            awaitsLiveCall = event.fields["call"] == "live"
            callUnknownSince = awaitsLiveCall ? nil : event.time
            problem = event.fields["problem"]?.string
        case (.executing, .performed):
            evidence = event.fields["evidence"]
            enter(.verifying)
        case (.verifying, .effectVerified): enter(.effective)
        case (.verifying, .effectUnknown), (.verifyingUndo, .effectUnknown):
            looks += 1
            note(event)
            // The last look of all.
            if retryAt == nil { enter(phase == .verifying ? .unconfirmed : .failed) }
        case (_, .undoRequested):
            guard isUndoable else { return false }
            endedBy = event.actor
            endedAt = event.time
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
            failedUnbegun = event.fields["begun"] == false
            enter(.failed)
        default: return false
        }
        return true
    }

    private mutating func enter(_ phase: Phase) {
        if phase == .failed { undoFailed = self.phase == .undoing || self.phase == .verifyingUndo }
        // Attempts are counted from bringing about to reading back, so that going round between the two ends.
        if phase != .verifying, phase != .verifyingUndo { attempts = 0 }
        // What went wrong on the way no longer matters once the end is reached.
        if phase == .effective || phase == .undone { problem = nil }
        self.phase = phase
        looks = 0
        retryAt = nil
    }

    private mutating func retry(_ event: ContainmentEvent) {
        attempts += 1
        note(event)
    }

    private mutating func note(_ event: ContainmentEvent) {
        problem = event.fields["problem"]?.string
        retryAt = event.fields["retryAt"]?.string.flatMap { Timestamp($0) }
    }
}
