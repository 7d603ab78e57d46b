import Crypto
import Detection
import JSON
import Ledger
import WallTime

/// Masks or blocks agents at our own gateway when alerts call for it, without anybody being asked, where the configuration allows that.
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

    /// Watches over the same ledger as a desk, under its policy.
    public init(_ desk: ContainmentDesk) { self.desk = desk }

    /// Looks at the alerts that were raised since the last look, and within the time for which such a step would last.
    public mutating func look() async throws {
        let policy = desk.policy
        guard !policy.automatic.isEmpty else { return }
        let now = desk.clock.now()
        let start = now.adding(seconds: -policy.automaticSeconds)
        // Without a time, so that no older ones are read to find that they are old.
        let newest = try await raised(since: nil, limit: Self.few)
        guard newest.contains(where: { known[$0.id] == nil }) else { return }
        // Also others of the same agents, which may have been raised long before.
        let all = try await raised(since: start, limit: Self.many)
        let isMore = newest.count == Self.few && newest.allSatisfy { known[$0.id] == nil }
        let new = (isMore ? all : newest).filter { known[$0.id] == nil }
        for (id, finding, raisedAt) in new.reversed() {
            if let finding, raisedAt >= start {
                let earlier = all.compactMap(\.finding).filter { $0.raisedAt <= finding.raisedAt }
                try await act(on: finding, among: earlier, at: now)
            }
            known[id] = raisedAt
        }
        for alert in newest { known[alert.id] = alert.raisedAt }
        let latest = Set(newest.map(\.id))
        known = known.filter { $0.value >= start || latest.contains($0.key) }
    }

    private func act(on finding: AgentFinding, among findings: [AgentFinding], at now: Timestamp) async throws {
        var open: [AgentFinding] = []
        for other in findings where other.agent == finding.agent && other.alert != finding.alert {
            if try await !isClosed(other, at: now) { open.append(other) }
        }
        guard let (step, alerts) = desk.policy.automaticStep(for: finding, among: open),
            try await !isClosed(finding, at: now)
        else { return }
        let id = Self.caseID(step, finding.alert)
        let book = try await desk.book()
        guard book.cases[id] == nil, !book.covers(finding, by: step), try await !wasHeldBack(id) else { return }
        let proposal = ContainmentProposal(
            id: id,
            step: step,
            target: ContainmentTarget(id: finding.agent),
            reason: alerts.count > 1
                ? "alerts of \(alerts.count) rules about this agent" : "an alert of rule \(finding.rule)",
            alerts: alerts,
            undoAt: now.adding(seconds: desk.policy.automaticSeconds)
        )
        do {
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

    // MARK: The record

    private typealias Raised = (id: String, finding: AgentFinding?, raisedAt: Timestamp)

    /// The newest alerts, newest first, also those that call for nothing here.
    private func raised(since start: Timestamp?, limit: Int) async throws -> [Raised] {
        let type = IndexKey(.eventType, EventType.detectionAlertRaised.rawValue)
        let events = try await desk.ledger.events(EventQuery(keys: [type], from: start, limit: limit)).events
        return events.compactMap { event in
            guard let value = try? JSONValue(parsing: event.bytes), let id = value["alertId"]?.string,
                let raisedAt = value["timestamp"]?.string.flatMap({ Timestamp($0) })
            else { return nil }
            return (id, AgentFinding(value), raisedAt)
        }
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
