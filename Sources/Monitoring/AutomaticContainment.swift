import Crypto
import Detection
import Genesys
import JSON
import Ledger
import WallTime

/// Takes the steps that act here, such as masking or blocking an agent at our own gateway, when alerts call for it, without anybody being asked, where the configuration allows that.
///
/// What it does about an alert has an id that follows from the alert's, so that another process, or the same after a crash, does it
/// no second time.
public struct AutomaticContainment: Sendable {
    private let desk: ContainmentDesk
    /// Alerts that were looked at, with the times at which they were raised.
    private var known: [String: Timestamp] = [:]

    /// Alerts looked at in one go: at first few, which is enough while nothing happens.
    private static let few = 20
    private static let many = 1000
    /// An alert that is older than this may have been closed by somebody.
    private static let freshSeconds: Int64 = 5

    /// For how long the platform is asked whether it knows an agent.
    private let patience: Duration

    /// Watches over the same ledger as a desk, under its policy.
    /// - Parameter patience: for how long the platform is asked whether it knows an agent: a mask holds within a second of its alert all
    ///   the same.
    public init(_ desk: ContainmentDesk, patience: Duration = .milliseconds(400)) {
        self.desk = desk
        self.patience = patience
    }

    /// Looks at what was found since the last look, and within the time for which such a step would last.
    public mutating func look() async throws {
        let policy = desk.policy
        guard !policy.automatic.isEmpty else { return }
        let now = desk.clock.now()
        let start = now.adding(seconds: -policy.automaticSeconds)
        // Without a time, so that no older ones are read to find that they are old.
        let newest = try await found(since: nil, limit: Self.few)
        guard newest.contains(where: { known[$0.id] == nil }) else { return }
        // Also others of the same agents, which may have been raised long before.
        let all = try await found(since: start, limit: Self.many)
        let isMore = newest.count { known[$0.id] == nil } >= Self.few
        let new = (isMore ? all : newest).filter { known[$0.id] == nil }
        let alerts = all.compactMap(\.alert)
        for told in new.reversed() {
            if told.time >= start { try await act(on: told, among: alerts, at: now) }
            known[told.id] = told.time
        }
        for told in newest { known[told.id] = told.time }
        let latest = Set(newest.map(\.id))
        known = known.filter { $0.value >= start || latest.contains($0.key) }
    }

    private func act(on told: Told, among alerts: [AgentFinding], at now: Timestamp) async throws {
        guard let agent = told.alert?.agent ?? told.unexplained?.agent else { return }
        var open: [AgentFinding] = []
        for other in alerts
        where other.agent == agent && other.alert != told.alert?.alert && other.raisedAt <= told.time {
            if try await !isClosed(other, at: now) { open.append(other) }
        }
        if let finding = told.alert {
            guard let (step, alerts) = desk.policy.automaticStep(for: finding, among: open),
                try await !isClosed(finding, at: now)
            else { return }
            var reason =
                alerts.count > 1
                ? "alerts of \(alerts.count) rules about this agent" : "an alert of rule \(finding.rule)"
            if step == .block, finding.step != .block, alerts.count == 1 {
                reason += ", and \(finding.unexplainedReads) reads of this agent that nothing explains"
            }
            try await take(step, agent, alerts, reason, since: told.time, at: now)
        } else if let unexplained = told.unexplained, let first = open.first, desk.policy.automatic.contains(.block),
            unexplained.reads >= desk.policy.unexplainedReads
        {
            let reason =
                "an alert of rule \(first.rule), and \(unexplained.reads) reads of this agent that nothing explains"
            try await take(.block, agent, open.prefix(20).map(\.alert), reason, since: told.time, at: now)
        }
    }

    private func take(
        _ step: ContainmentStep,
        _ agent: String,
        _ alerts: [String],
        _ reason: String,
        since found: Timestamp,
        at now: Timestamp
    ) async throws {
        let id = Self.caseID(step, alerts.first ?? agent)
        let book = try await desk.book()
        guard book.cases[id] == nil, !book.covers(agent, by: step, since: found), try await !wasHeldBack(id) else {
            return
        }
        let proposal = ContainmentProposal(
            id: id,
            step: step,
            target: ContainmentTarget(id: agent),
            reason: reason,
            alerts: alerts,
            undoAt: step.isReversible ? now.adding(seconds: desk.policy.automaticSeconds) : nil
        )
        do {
            guard try await !isUnknown(proposal) else { return try await holdBack(proposal, "unknown_agent", at: now) }
            _ = try await desk.command(.propose(proposal), by: ContainmentPolicy.automaticActor)
        } catch ContainmentError.capReached {
            try await holdBack(proposal, "cap_reached", at: now)
        } catch ContainmentError.protected {
            try await holdBack(proposal, "protected", at: now)
        } catch ContainmentError.caseExists, ContainmentError.alreadyRunning {
            // Another node, or a person, was quicker.
        }
    }

    static func caseID(_ step: ContainmentStep, _ alert: String) -> String {
        let digits = SHA256.hash(data: Array(alert.utf8)).prefix(10).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "auto-\(step.rawValue)-\(digits.joined())"
    }

    /// Whether the platform says in time that it knows no such agent. Ids that were made up use up none of the identities that may be
    /// contained.
    private func isUnknown(_ proposal: ContainmentProposal) async throws -> Bool {
        guard let platform = desk.platform else { return false }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    _ = try await platform.facts(of: proposal.target, for: proposal.step)
                    return false
                } catch ContainmentError.unknownTarget {
                    return true
                } catch is GenesysError {
                    return false
                }
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }

    // MARK: The record

    /// What detection said: an alert, also one that calls for nothing here, or that an agent has many reads that nothing explains.
    private struct Told {
        let id: String
        let time: Timestamp
        var alert: AgentFinding?
        var unexplained: UnexplainedFinding?
    }

    /// What was said last, newest first.
    private func found(since start: Timestamp?, limit: Int) async throws -> [Told] {
        var found: [(index: UInt64, told: Told)] = []
        for type in [EventType.detectionAlertRaised, .detectionReadsUnexplained] {
            let query = EventQuery(keys: [IndexKey(.eventType, type.rawValue)], from: start, limit: limit)
            for event in try await desk.ledger.events(query).events {
                guard let value = try? JSONValue(parsing: event.bytes), let id = value["eventId"]?.string,
                    let time = value["timestamp"]?.string.flatMap({ Timestamp($0) })
                else { continue }
                let told = Told(
                    id: id,
                    time: time,
                    alert: AgentFinding(value),
                    unexplained: UnexplainedFinding(value)
                )
                found.append((event.index, told))
            }
        }
        return found.sorted { $0.index > $1.index }.map(\.told)
    }

    /// Whether somebody has closed an alert, or late facts have. One that was raised just now is not looked for.
    private func isClosed(_ finding: AgentFinding, at now: Timestamp) async throws -> Bool {
        guard finding.raisedAt.adding(seconds: Self.freshSeconds) < now else { return false }
        let reopened = try await latest(.detectionAlertReopened, of: finding)
        for type in [EventType.detectionAlertResolved, .detectionAlertDismissed, .detectionAlertCleared] {
            if let closed = try await latest(type, of: finding), closed > reopened ?? 0 { return true }
        }
        return false
    }

    /// Where the latest event of a kind about an alert is.
    private func latest(_ type: EventType, of finding: AgentFinding) async throws -> UInt64? {
        var query = EventQuery(keys: [IndexKey(.eventType, type.rawValue)], from: finding.raisedAt, limit: Self.many)
        repeat {
            let page = try await desk.ledger.events(query)
            let found = page.events.first {
                (try? JSONValue(parsing: $0.bytes))?["alertId"]?.string == finding.alert
            }
            if let found { return found.index }
            query.before = page.next
        } while query.before != nil
        return nil
    }

    private func identity(_ id: String) -> EventIdentity {
        EventIdentity(producer: ContainmentPolicy.automaticActor, id: "\(id)/held-back")
    }

    private func wasHeldBack(_ id: String) async throws -> Bool {
        try await !desk.ledger.events(EventQuery(keys: [.event(identity(id))], limit: 1)).events.isEmpty
    }

    /// Says in the record that a step was not taken by itself; people may take it.
    private func holdBack(_ proposal: ContainmentProposal, _ reason: String, at now: Timestamp) async throws {
        do {
            try await desk.ledger.append(
                Event(
                    type: .containmentHeldBack,
                    identity: identity(proposal.id),
                    timestamp: now,
                    fields: [
                        "containmentId": .string(proposal.id), "actor": .string(ContainmentPolicy.automaticActor),
                        "step": .string(proposal.step.rawValue), "targetId": .string(proposal.target.id),
                        "alerts": .array(proposal.alerts.map { .string($0) }), "reason": .string(reason),
                    ]
                )
            )
        } catch LedgerError.conflict {
            // Another node said so before.
        }
    }
}
