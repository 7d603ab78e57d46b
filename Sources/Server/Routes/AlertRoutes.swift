import Credentials
import Detection
import HTTPTypes
import Hummingbird
import JSON
import Monitoring
import WallTime

/// What detection found and people decided about it, and the containment of agents. Each change is an event.
struct AlertRoutes: Sendable {
    let desk: AlertDesk
    let containment: ContainmentDesk
    let clock: any WallClock

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.alerts) { _, _, query in
            var statuses: Set<AlertStatus> = []
            if let name = try query.text("status", .choice) {
                guard let status = AlertStatus(rawValue: name) else {
                    throw QueryParameters.invalid("status", "is open, acknowledged, resolved or dismissed")
                }
                statuses = [status]
            }
            let limit = try query.number("limit", in: 1...1000) ?? 100
            var alerts = try await desk.alerts(statuses)
            if let id = try query.text("alertId", .alertID) { alerts.removeAll { $0.id != id } }
            return try .json(["alerts": .array(alerts.prefix(limit).map(\.json))])
        }
        group.serve(.decideAlert) { request, context, _ in
            let body = try await JSONBody(request, known: ["alertId", "decision", "reason", "until"])
            let id = try JSONBody.required("alertId", try body.text("alertId", .alertID))
            let alert = try await desk.decide(try Self.decision(body), on: id, by: context.client.id)
            return try .json(alert.json)
        }
        group.serve(.containment) { _, _, query in
            let all = try query.flag("all")
            let cases = try await containment.book().cases.values.filter { all || !$0.isOver }
                .sorted { ($0.proposedAt, $0.id) > ($1.proposedAt, $1.id) }
            return try .json(["cases": .array(cases.map(\.json))])
        }
        group.serve(.contain) { request, context, _ in
            let body = try await JSONBody(
                request,
                known: ["caseId", "step", "agentId", "reason", "alerts", "minutes"]
            )
            let proposal = try proposal(body)
            return try .json(try await containment.command(.propose(proposal), by: context.client.id).json)
        }
        group.serve(.undoContainment) { request, context, _ in
            let body = try await JSONBody(request, known: ["caseId", "reason"])
            let id = try JSONBody.required("caseId", try body.text("caseId", .platformID))
            let reason = try JSONBody.required("reason", try body.text("reason", .reason))
            let found = try await containment.command(.undo(caseID: id, reason: reason), by: context.client.id)
            return try .json(found.json)
        }
    }

    private static func decision(_ body: JSONBody) throws(Refusal) -> AlertCommand {
        let name = try JSONBody.required("decision", try body.text("decision", .choice))
        let reason = try body.text("reason", .reason)
        switch name {
        case "acknowledge": return .acknowledge
        case "resolve": return .resolve(reason: try JSONBody.required("reason", reason))
        case "reopen": return .reopen(reason: try JSONBody.required("reason", reason))
        case "dismiss":
            let text = try JSONBody.required("until", try body.text("until", .choice))
            guard let until = Timestamp(text) else {
                throw JSONBody.invalid("until", "is a moment such as 2026-12-31T00:00:00.000Z")
            }
            return .dismiss(reason: try JSONBody.required("reason", reason), until: until)
        default: throw JSONBody.invalid("decision", "is acknowledge, resolve, dismiss or reopen")
        }
    }

    private func proposal(_ body: JSONBody) throws(Refusal) -> ContainmentProposal {
        let name = try JSONBody.required("step", try body.text("step", .choice))
        guard let step = ContainmentStep(rawValue: name), step.isLocal else {
            throw JSONBody.invalid("step", "is mask_only or block")
        }
        let now = clock.now()
        let agent = try JSONBody.required("agentId", try body.text("agentId", .platformID)).lowercased()
        let minutes = try body.number("minutes", in: 1...525_600)
        return ContainmentProposal(
            id: try body.text("caseId", .platformID) ?? "c-\(now.milliseconds)-\(UInt16.random(in: .min ... .max))",
            step: step,
            target: ContainmentTarget(id: agent),
            reason: try JSONBody.required("reason", try body.text("reason", .reason)),
            alerts: try body.texts("alerts", most: 20) ?? [],
            undoAt: minutes.map { now.adding(seconds: $0 * 60) }
        )
    }
}

extension TextRule {
    /// Ids of alerts, which name whom they are about.
    static let alertID = TextRule(length: 1...256, others: nil)
    /// One of a closed list of words, or a moment.
    static let choice = TextRule(length: 1...40, others: "_-:.+")
}
