import Credentials
import Detection
import HTTPTypes
import Hummingbird
import JSON
import Monitoring
import WallTime

/// What detection found and people decided about it. Each change is an event.
struct AlertRoutes: Sendable {
    let desk: AlertDesk

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
}

extension TextRule {
    /// Ids of alerts, which name whom they are about.
    static let alertID = TextRule(length: 1...256, others: nil)
    /// One of a closed list of words, or a moment.
    static let choice = TextRule(length: 1...40, others: "_-:.+")
}
