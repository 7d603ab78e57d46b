import Approvals
import JSON
public import WallTime

/// All cases, from the events in the ledger.
public struct ContainmentBook: Sendable {
    /// The bounds.
    public let policy: ContainmentPolicy
    /// By id.
    public private(set) var cases: [String: ContainmentCase] = [:]
    private var numbers: [String: Int] = [:]

    /// Starts without cases.
    public init(policy: ContainmentPolicy) { self.policy = policy }

    // MARK: Commands

    /// Checks a command and gives the event that has to be written before anything else happens.
    /// - Throws: ``ContainmentError`` when it is refused; then nothing is to be written.
    public func plan(
        _ command: ContainmentCommand,
        by actor: String,
        at now: Timestamp
    ) throws(ContainmentError) -> ContainmentEvent {
        switch command {
        case .propose(let proposal):
            if let obstacle = obstacle(to: proposal, at: now) { throw obstacle }
            return event(
                .proposed,
                proposal.id,
                now,
                actor,
                proposal.fields(
                    approvalsNeeded: policy.approvalsNeeded(proposal.step),
                    expiresAt: now.adding(seconds: policy.proposalSeconds)
                )
            )
        case .approve(let id):
            let found = try open(id, in: [.proposed])
            if let obstacle = policy.obstacle(to: actor, of: found.approval, at: now) {
                throw .approval(obstacle)
            }
            // The bounds hold when the deed is decided, not only when it is asked for.
            guard policy.enabled.contains(found.step) else { throw .stepDisabled(found.step) }
            if let obstacle = untouchable(found.target.id, by: found.step, except: id, at: now) { throw obstacle }
            return event(.approved, id, now, actor, [:])
        case .refuse(let id, let reason):
            // What is approved and not begun can still be withdrawn.
            _ = try open(id, in: [.proposed, .approved])
            guard reason.contains(where: { !$0.isWhitespace }) else { throw .reasonMissing }
            return event(.refused, id, now, actor, ["reason": .string(reason)])
        case .undo(let id, let reason):
            let found = try open(id, in: [.executing, .verifying, .effective, .unconfirmed, .failed])
            guard found.isUndoable else { throw .notReversible(found.step) }
            guard reason.contains(where: { !$0.isWhitespace }) else { throw .reasonMissing }
            return event(.undoRequested, id, now, actor, ["reason": .string(reason)])
        }
    }

    /// What a proposal would do, without doing it.
    /// - Parameter hindrance: why the caller would refuse it.
    public func preview(
        _ proposal: ContainmentProposal,
        hasLiveCall: Bool?,
        facts: [String],
        hindrance: ContainmentError? = nil,
        at now: Timestamp
    ) -> ContainmentPreview {
        ContainmentPreview(
            consequence: proposal.step.consequence,
            approvalsNeeded: policy.approvalsNeeded(proposal.step),
            isReversible: proposal.step.isReversible,
            hasLiveCall: hasLiveCall,
            facts: facts,
            warnings: proposal.warnings,
            identitiesLeft: max(policy.identitiesPerHour - recentIdentities(except: nil, at: now).count, 0),
            obstacle: obstacle(to: proposal, at: now) ?? hindrance
        )
    }

    private func obstacle(to proposal: ContainmentProposal, at now: Timestamp) -> ContainmentError? {
        guard policy.enabled.contains(proposal.step) else { return .stepDisabled(proposal.step) }
        guard !isProtected(proposal.target.id, from: proposal.step) else { return .protected(proposal.target.id) }
        guard cases[proposal.id] == nil else { return .caseExists(proposal.id) }
        guard proposal.reason.contains(where: { !$0.isWhitespace }) else { return .reasonMissing }
        if proposal.step == .randomPassword, proposal.target.hasNativeLogin != true { return .noNativeLogin }
        if let undoAt = proposal.undoAt {
            guard proposal.step.isReversible else { return .notReversible(proposal.step) }
            guard undoAt > now else { return .undoInPast }
        }
        let running = cases.values.filter { found in
            // What was done and is only watched, such as deleted tokens, may be needed again.
            found.step == proposal.step && found.target.id == proposal.target.id && !found.isOver
                && !found.isOnlyWatched && !found.isExpired(at: now)
        }
        if let first = running.map(\.id).min() { return .alreadyRunning(first) }
        return untouchable(proposal.target.id, by: proposal.step, except: nil, at: now)
    }

    private func isProtected(_ target: String, from step: ContainmentStep) -> Bool {
        !step.touchesNobody && policy.protected.contains(target)
    }

    /// Why a step may not touch a target now.
    private func untouchable(
        _ target: String,
        by step: ContainmentStep,
        except id: String?,
        at now: Timestamp
    ) -> ContainmentError? {
        if step.touchesNobody { return nil }
        if policy.protected.contains(target) { return .protected(target) }
        let recent = recentIdentities(except: id, at: now)
        guard recent[target] == nil, recent.count >= policy.identitiesPerHour else { return nil }
        let first = recent.values.min() ?? now
        return .capReached(cap: policy.identitiesPerHour, retryAt: first.adding(seconds: 3600))
    }

    /// The identities that were contained, or are about to be, within the last hour, and since when.
    private func recentIdentities(except id: String?, at now: Timestamp) -> [String: Timestamp] {
        let start = now.adding(seconds: -3600)
        var recent: [String: Timestamp] = [:]
        for found in cases.values
        where found.id != id && !found.step.touchesNobody && found.phase != .refused && found.phase != .expired {
            let since = found.approvedAt ?? found.proposedAt
            guard since > start else { continue }
            recent[found.target.id] = min(recent[found.target.id] ?? since, since)
        }
        return recent
    }

    private func open(_ id: String, in phases: [ContainmentCase.Phase]) throws(ContainmentError) -> ContainmentCase {
        guard let found = cases[id] else { throw .unknownCase(id) }
        guard phases.contains(found.phase) else { throw .wrongPhase(found.phase) }
        return found
    }

    func event(
        _ kind: ContainmentEvent.Kind,
        _ id: String,
        _ now: Timestamp,
        _ actor: String,
        _ fields: [String: JSONValue]
    ) -> ContainmentEvent {
        var fields = fields
        // Each event says by itself what is done to whom, for those who see one of them.
        if let found = cases[id] {
            fields["step"] = .string(found.step.rawValue)
            fields["targetId"] = .string(found.target.id)
        }
        return ContainmentEvent(
            kind: kind,
            caseID: id,
            time: now,
            actor: actor,
            fields: fields,
            number: numbers[id] ?? 0
        )
    }

    // MARK: Execution

    /// Everything that has to be done now, in the order of the cases' ids. Asked again after a restart, it gives the same keys.
    /// - Parameter calls: whether agents are in conversations; those who are missing may be.
    public func due(at now: Timestamp, calls: [String: Bool] = [:]) -> [(caseID: String, effect: ContainmentEffect)] {
        cases.keys.sorted().compactMap { id in
            guard let found = cases[id], let effect = found.due(at: now, liveCall: calls[found.target.id])
            else { return nil }
            // What the rules no longer allow is not begun; what was begun is read back, and undone.
            let isAllowed =
                policy.enabled.contains(effect.step) && !isProtected(effect.target.id, from: effect.step)
            if effect.action.isBeginning, !isAllowed { return nil }
            return (id, effect)
        }
    }

    /// The event that a report on the present effect of a case leads to; nil when the report does not belong to it.
    public func record(_ report: ContainmentReport, of id: String, at now: Timestamp) -> ContainmentEvent? {
        guard let found = cases[id] else { return nil }
        let actor = DetectionEvent.producer
        switch (found.phase, report) {
        case (.verifying, .failed(let problem, canRetry: true)), (.verifyingUndo, .failed(let problem, canRetry: true)),
            (.verifying, .unknown(let problem)), (.verifyingUndo, .unknown(let problem)):
            return unknown(found, problem, now)
        case (_, .failed(let problem, let canRetry)):
            guard found.due(at: .distantFuture, liveCall: false) != nil else { return nil }
            return failure(found, problem, canRetry, now)
        case (.approved, .state(let state, let isDone)):
            return event(isDone ? .foundDone : .priorStateSaved, id, now, actor, ["priorState": state])
        case (.executing, .performed(let evidence)): return event(.performed, id, now, actor, ["evidence": evidence])
        case (.verifying, .readBack(true)): return event(.effectVerified, id, now, actor, [:])
        case (.verifying, .readBack(false)): return failure(found, "reading back did not show the effect", true, now)
        case (.undoing, .performed(let evidence)): return event(.undoPerformed, id, now, actor, ["evidence": evidence])
        case (.verifyingUndo, .readBack(false)): return event(.undone, id, now, actor, [:])
        case (.verifyingUndo, .readBack(true)): return failure(found, "reading back still showed the effect", true, now)
        default: return nil
        }
    }

    /// Waits 2, 4, 8 … seconds, at most five minutes, between attempts. What has to be undone is never given up while trying can
    /// help: after the usual number of attempts it is tried once an hour.
    private func failure(_ found: ContainmentCase, _ problem: String, _ canRetry: Bool, _ now: Timestamp)
        -> ContainmentEvent
    {
        let attempts = found.attempts + 1
        let isLast = attempts >= ContainmentCase.maximumAttempts
        var fields: [String: JSONValue] = [
            "problem": .string(Text.bounded(problem)), "attempts": .integer(Int64(attempts)),
        ]
        guard canRetry, !isLast || found.phase == .undoing else {
            return event(.failed, found.id, now, DetectionEvent.producer, fields)
        }
        let wait: Int64 = isLast ? 3600 : min(1 << Int64(attempts), 300)
        fields["retryAt"] = .string(now.adding(seconds: wait).description)
        return event(.attemptFailed, found.id, now, DetectionEvent.producer, fields)
    }

    /// Looks again after 2, 4, 8 … seconds, at most an hour; the last time of all nothing is said of a next.
    private func unknown(_ found: ContainmentCase, _ problem: String, _ now: Timestamp) -> ContainmentEvent {
        let looks = found.looks + 1
        var fields: [String: JSONValue] = ["problem": .string(Text.bounded(problem))]
        if looks < ContainmentCase.maximumLooks {
            let wait: Int64 = min(1 << Int64(min(looks, 12)), 3600)
            fields["retryAt"] = .string(now.adding(seconds: wait).description)
        }
        return event(.effectUnknown, found.id, now, DetectionEvent.producer, fields)
    }

    // MARK: Events

    /// Takes in an event that is in the ledger. One seen before, or one that does not fit, changes nothing.
    public mutating func apply(_ event: ContainmentEvent) {
        guard event.number == numbers[event.caseID] ?? 0 else { return }
        if event.kind == .proposed {
            guard cases[event.caseID] == nil, let new = ContainmentCase(proposed: event) else { return }
            cases[event.caseID] = new
        } else {
            guard var found = cases[event.caseID], found.apply(event) else { return }
            cases[event.caseID] = found
        }
        numbers[event.caseID] = event.number + 1
    }
}

extension ContainmentEffect.Action {
    /// Whether it begins something, rather than looking after what was begun.
    fileprivate var isBeginning: Bool {
        switch self {
        case .readState, .perform: true
        case .readBack, .undo: false
        }
    }
}

extension Timestamp {
    /// Later than every moment that a clock shows.
    fileprivate static let distantFuture = Timestamp(milliseconds: .max)
}
