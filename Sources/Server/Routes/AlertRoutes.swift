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
            let body = try await JSONBody(
                request,
                known: ["alertId", "decision", "reason", "until", "assignee", "note"]
            )
            let id = try JSONBody.required("alertId", try body.text("alertId", .alertID))
            let actor = context.client.id
            switch try Self.decision(body) {
            case .command(let command): return try .json(try await desk.decide(command, on: id, by: actor).json)
            case .assign(let name): return try .json(try await desk.assign(id, to: name, by: actor).json)
            case .note(let text): return try .json(try await desk.note(id, text, by: actor).json)
            }
        }
        addSuppressions(to: group)
    }

    private func addSuppressions(to group: RouterGroup<ClientContext>) {
        group.serve(.suppressions) { _, _, query in
            let (now, all) = (clock.now(), try query.flag("all"))
            let found = try await desk.suppressions().filter { all || $0.lasts(at: now) }
            return try .json(["suppressions": .array(found.map { $0.json(at: now) })])
        }
        group.serve(.suppress) { request, context, _ in
            let body = try await JSONBody(request, known: ["rule", "entity", "reason", "until"])
            let made = try await desk.suppress(
                rule: try body.text("rule", .alertID) ?? "*",
                entity: try body.text("entity", .alertID),
                reason: try JSONBody.required("reason", try body.text("reason", .reason)),
                until: try Self.until(body),
                by: context.client.id
            )
            return try .json(made.json(at: clock.now()), status: .created)
        }
        group.serve(.liftSuppression) { request, context, _ in
            let body = try await JSONBody(request, known: ["suppressionId", "reason"])
            let lifted = try await desk.lift(
                try JSONBody.required("suppressionId", try body.text("suppressionId", .choice)),
                reason: try JSONBody.required("reason", try body.text("reason", .reason)),
                by: context.client.id
            )
            return try .json(lifted.json(at: clock.now()))
        }
    }

    /// What a person does about an alert.
    private enum Decision {
        case command(AlertCommand)
        /// Gives it to somebody, or to nobody.
        case assign(String?)
        case note(String)
    }

    private static func until(_ body: JSONBody) throws(Refusal) -> Timestamp {
        let text = try JSONBody.required("until", try body.text("until", .choice))
        guard let until = Timestamp(text) else {
            throw JSONBody.invalid("until", "is a moment such as 2026-12-31T00:00:00.000Z")
        }
        return until
    }

    private static func decision(_ body: JSONBody) throws(Refusal) -> Decision {
        let name = try JSONBody.required("decision", try body.text("decision", .choice))
        let reason = try body.text("reason", .reason)
        switch name {
        case "acknowledge": return .command(.acknowledge(reason: reason))
        case "resolve": return .command(.resolve(reason: try JSONBody.required("reason", reason)))
        case "reopen": return .command(.reopen(reason: try JSONBody.required("reason", reason)))
        case "dismiss":
            let until = try until(body)
            return .command(.dismiss(reason: try JSONBody.required("reason", reason), until: until))
        case "assign": return .assign(try body.text("assignee", .reason))
        case "note": return .note(try JSONBody.required("note", try body.text("note", .note)))
        default: throw JSONBody.invalid("decision", "is acknowledge, assign, note, resolve, dismiss or reopen")
        }
    }
}

extension TextRule {
    /// Ids of alerts, which name whom they are about.
    static let alertID = TextRule(length: 1...256, others: nil)
    /// What is to be remembered about an alert.
    static let note = TextRule(length: 1...2000, others: nil)
    /// One of a closed list of words, or a moment.
    static let choice = TextRule(length: 1...40, others: "_-:.+")
}
