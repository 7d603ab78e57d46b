import AuditTrail
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
    let trail: AuditTrail
    let clock: any WallClock

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.alerts) { _, context, query in
            var statuses: Set<AlertStatus> = []
            if let name = try query.text("status", .choice) {
                guard let status = AlertStatus(rawValue: name) else {
                    throw QueryParameters.invalid("status", "is open, acknowledged, resolved or dismissed")
                }
                statuses = [status]
            }
            let (before, limit) = try query.page()
            let reader = try Reader(context, query)
            var found: (alerts: [AlertView], next: UInt64?) = ([], nil)
            var asked: [String: JSONValue] = [:]
            asked["status"] = statuses.first.map { .string($0.rawValue) }
            if let id = try query.text("alertId", .alertID) {
                do { found.alerts = [try await desk.alert(id)] } catch AlertError.unknownAlert {}
                // An id that is none of ours is a text of the caller's, which has no place in the record.
                asked["alertId"] = found.alerts.first.map { .string($0.id) }
                found.alerts.removeAll { !statuses.isEmpty && !statuses.contains($0.status) }
            } else {
                found = try await desk.alerts(statuses, before: before, limit: limit)
            }
            try await trail.note("alerts", asked, results: found.alerts.count, by: reader)
            return try .json([
                "alerts": .array(found.alerts.map(\.json)), "nextCursor": .optional(found.next.map { String($0) }),
            ])
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
            let (before, limit) = try query.page()
            let found = try await desk.suppressions(lasting: all ? nil : now, before: before, limit: limit)
            return try .json([
                "suppressions": .array(found.suppressions.map { $0.json(at: now) }),
                "nextCursor": .optional(found.next.map { String($0) }),
            ])
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

extension QueryParameters {
    /// Where a page of entries goes on, and how many it has at most.
    func page() throws(Refusal) -> (before: UInt64?, limit: Int) {
        let limit = try number("limit", in: 1...1000) ?? 100
        guard let cursor = self["cursor"] else { return (nil, limit) }
        guard let before = UInt64(cursor), String(before) == cursor else {
            throw Self.invalid("cursor", "is not one that an earlier page gave")
        }
        return (before, limit)
    }
}

extension Reader {
    /// The client that asks, with its reason.
    init(_ context: ClientContext, _ query: QueryParameters) throws(Refusal) {
        self.init(name: context.client.id, channel: .api, reason: try query.text("reason", .reason))
    }
}
