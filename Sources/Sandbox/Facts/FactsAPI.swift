import FoundationEssentials
import Genesys
import WallTime

/// The pretend platform's answers to whoever imports facts: analytics, audits, data actions.
struct FactsAPI: Sendable {
    static let routes = [
        "POST /api/v2/analytics/conversations/details/query", "POST /api/v2/analytics/actions/aggregates/query",
        "GET /api/v2/integrations/actions", "GET /api/v2/audits/query/servicemapping", "POST /api/v2/audits/query",
        "GET /api/v2/audits/query/{id}", "GET /api/v2/audits/query/{id}/results",
        "POST /api/v2/quality/conversations/audits/query", "GET /api/v2/quality/conversations/audits/query/{id}",
        "GET /api/v2/quality/conversations/audits/query/{id}/results",
    ]

    /// What each route demands.
    static let permissions = Dictionary(
        uniqueKeysWithValues: routes.map { route in
            let permission =
                if route.contains("/conversations/details") {
                    "analytics:conversationDetail:view"
                } else if route.contains("/quality/") {
                    "audits:interactionDetails:view"
                } else if route.contains("/audits/") {
                    "audits:audit:view"
                } else {
                    "integrations:action:view"
                }
            return (route, permission)
        }
    )

    let state: SandboxState

    func serve(_ match: (template: String, id: String), _ request: Request) -> Response? {
        let isOfInteraction = match.template.contains("/quality/")
        switch match.template {
        case "POST /api/v2/analytics/conversations/details/query": return conversations(request)
        case "POST /api/v2/analytics/actions/aggregates/query": return executions(request)
        case "GET /api/v2/integrations/actions": return actions()
        case "GET /api/v2/audits/query/servicemapping": return services()
        case "POST /api/v2/audits/query", "POST /api/v2/quality/conversations/audits/query":
            return ask(request, isOfInteraction)
        case "GET /api/v2/audits/query/{id}", "GET /api/v2/quality/conversations/audits/query/{id}":
            guard state.with({ $0.facts.queries[match.id] }) != nil else { return Self.unknown }
            return Response(200, ["id": .string(match.id), "state": "Succeeded"])
        case "GET /api/v2/audits/query/{id}/results", "GET /api/v2/quality/conversations/audits/query/{id}/results":
            return results(match.id, request)
        default: return nil
        }
    }

    private static let unknown = Response.platformError(404, "not.found", "Unable to find a query with that id.")
    private static let unreadable = Response.platformError(400, "bad.request", "The request could not be understood.")

    private func body<Value: Decodable>(_ type: Value.Type, _ request: Request) -> Value? {
        try? JSONDecoder().decode(type, from: Data(request.body))
    }

    private func interval(_ text: String, atMostDays days: Int64) -> (from: Int64, to: Int64)? {
        let ends = text.split(separator: "/").compactMap { Timestamp($0)?.milliseconds }
        guard ends.count == 2, ends[0] < ends[1], ends[1] - ends[0] <= days * 86_400_000 else { return nil }
        return (ends[0], ends[1])
    }

    // MARK: Analytics

    private func conversations(_ request: Request) -> Response {
        struct Query: Decodable {
            struct Paging: Decodable {
                let pageSize: Int
                let pageNumber: Int
            }
            let interval: String
            let paging: Paging?
        }
        guard let query = body(Query.self, request), let (from, to) = interval(query.interval, atMostDays: 31) else {
            return Self.unreadable
        }
        let (size, number) = (query.paging?.pageSize ?? 25, query.paging?.pageNumber ?? 1)
        guard (1...100).contains(size), (1...100_000).contains(number) else {
            return .platformError(400, "invalid.value", "pageSize must be 1 to 100 and pageNumber 1 or more.")
        }
        let (world, facts) = state.with { ($0.world, $0.facts) }
        let matching = world.conversations.values
            .filter { ($0.start ?? 0) < to && ($0.end ?? .max) >= from }
            .sorted { ($0.start ?? 0, $0.id) < ($1.start ?? 0, $1.id) }
        let page = matching.dropFirst((number - 1) * size).prefix(size)
        // Like the platform's, the reply has no list when there is nothing to list.
        var members = [JSON.Member(name: "totalHits", value: .number(matching.count))]
        if !page.isEmpty {
            members.append(.init(name: "conversations", value: .array(page.map { $0.details(facts) })))
        }
        return Response(200, .object(members))
    }

    private func executions(_ request: Request) -> Response {
        struct Query: Decodable {
            let interval: String
            let granularity: String?
            let metrics: [String]
        }
        guard let query = body(Query.self, request), let (from, to) = interval(query.interval, atMostDays: 31),
            query.metrics == ["tTotalExecution"], let granularity = query.granularity, granularity.hasPrefix("PT"),
            granularity.hasSuffix("M"), let minutes = Int64(granularity.dropFirst(2).dropLast()), minutes > 0
        else { return Self.unreadable }
        let step = minutes * 60_000
        struct Group: Hashable {
            let action: String
            let status: Int
        }
        var counts: [Group: [Int64: Int]] = [:]
        for execution in state.with({ $0.facts.executions }) where from <= execution.at && execution.at < to {
            let start = from + (execution.at - from) / step * step
            counts[Group(action: execution.action, status: execution.status), default: [:]][start, default: 0] +=
                execution.count
        }
        let results = counts.sorted { ($0.key.action, $0.key.status) < ($1.key.action, $1.key.status) }.map {
            group,
            steps -> JSON in
            let data = steps.sorted { $0.key < $1.key }.map { start, count -> JSON in
                let end = Timestamp(milliseconds: min(start + step, to))
                return [
                    "interval": .string("\(Timestamp(milliseconds: start))/\(end)"),
                    "metrics": [["metric": "tTotalExecution", "stats": ["count": .number(count), "sum": 0]]],
                ]
            }
            return [
                "group": ["actionId": .string(group.action), "responseStatus": .string(String(group.status))],
                "data": .array(data),
            ]
        }
        return Response(200, ["results": .array(results)])
    }

    private func actions() -> Response {
        let actions = state.with { $0.facts.actions }
        let entities = actions.map { action -> JSON in
            [
                "id": .string(action.id), "name": .string(action.name), "secure": true, "version": 1,
                "config": [
                    "timeoutSeconds": 6,
                    "request": ["requestUrlTemplate": .string(action.url), "requestType": "POST"],
                ],
            ]
        }
        return Response(
            200,
            [
                "entities": .array(entities), "pageSize": 100, "pageNumber": 1, "pageCount": 1,
                "total": .number(actions.count),
            ]
        )
    }

    // MARK: Audits

    private func services() -> Response {
        let services = state.with { $0.facts.services }.map { service -> JSON in
            [
                "name": .string(service.name),
                "entities": [
                    ["name": .string(service.entity), "actions": .array(service.actions.map { .string($0) })]
                ],
            ]
        }
        return Response(200, ["services": .array(services)])
    }

    private func ask(_ request: Request, _ isOfInteraction: Bool) -> Response {
        struct Query: Decodable {
            let interval: String
            let serviceName: String?
        }
        guard let query = body(Query.self, request), let (from, to) = interval(query.interval, atMostDays: 30) else {
            return Self.unreadable
        }
        let id = state.with { contents in
            let id = contents.generator.uuid()
            contents.facts.queries[id] = .init(
                isOfInteraction: isOfInteraction,
                service: query.serviceName,
                from: from,
                to: to
            )
            return id
        }
        return Response(202, ["id": .string(id), "state": "Queued", "interval": .string(query.interval)])
    }

    private func results(_ id: String, _ request: Request) -> Response {
        guard let query = state.with({ $0.facts.queries[id] }) else { return Self.unknown }
        let size = request.parameter("pageSize").flatMap { Int($0) } ?? 25
        let start = request.parameter("cursor").flatMap { Int($0) } ?? 0
        guard (1...500).contains(size), start >= 0 else { return Self.unreadable }
        let matching = state.with { $0.facts.audits }
            .filter { audit in
                audit.row.isOfInteraction == query.isOfInteraction && query.from <= audit.at && audit.at < query.to
                    && (query.service == nil || audit.row.service == query.service)
            }
            .sorted { ($0.at, $0.id) < ($1.at, $1.id) }
        // The last row of a page stands on the next one again, as rows do that come while one pages.
        let page = matching.dropFirst(max(0, start - 1)).prefix(size + min(start, 1))
        var members = [
            JSON.Member(name: "id", value: .string(id)), .init(name: "pageSize", value: .number(size)),
            .init(name: "entities", value: .array(page.map(\.json))),
        ]
        if start + size < matching.count {
            members.append(.init(name: "cursor", value: .string(String(start + size))))
        }
        return Response(200, .object(members))
    }
}

extension SandboxFacts.Audit {
    /// `AuditLogMessage` or `QualityAuditLogMessage`, whose letter case differs.
    fileprivate var json: JSON {
        var members: [JSON.Member] = [
            .init(name: "id", value: .string(id)),
            .init(name: "eventDate", value: .string(Timestamp(milliseconds: at).description)),
            .init(name: "serviceName", value: .string(row.service)),
            .init(name: "level", value: "USER"), .init(name: "action", value: .string(row.action)),
            .init(name: "entityType", value: .string(row.entityType)),
            .init(name: "entity", value: ["id": .string(row.entity), "name": "Somebody's name"]),
            .init(name: row.isOfInteraction ? "remoteIps" : "remoteIp", value: ["203.0.113.7"]),
        ]
        let words = row.succeeded ? ("SUCCESS", "Success") : ("FAILURE", "Failure")
        members.append(.init(name: "status", value: .string(row.isOfInteraction ? words.1 : words.0)))
        if let user = row.user {
            members.append(.init(name: "user", value: ["id": .string(user.uppercased()), "name": "Somebody"]))
        }
        if let client = row.client { members.append(.init(name: "client", value: ["id": .string(client)])) }
        if let conversation = row.conversation {
            members.append(.init(name: "context", value: ["conversationId": .string(conversation)]))
        }
        let changes = row.changes.sorted { $0.key < $1.key }.map { property, values -> JSON in
            [
                "property": .string(property),
                "oldValues": .array((row.before[property] ?? []).map { .string($0) }),
                "newValues": .array(values.map { .string($0) }),
            ]
        }
        members.append(.init(name: "propertyChanges", value: .array(changes)))
        return .object(members)
    }
}
