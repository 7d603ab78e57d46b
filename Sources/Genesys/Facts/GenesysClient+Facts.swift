import FoundationEssentials
import NIOHTTP1
public import WallTime

/// Which of the platform's two kinds of audits.
public enum AuditKind: String, Sendable, Hashable, CaseIterable {
    /// Changes of the organisation (`/audits/query`; permission `audits:audit:view`).
    case platform
    /// Who listened to, viewed or exported recordings and evaluations (`/quality/conversations/audits/query`; permission
    /// `audits:interactionDetails:view`).
    case interaction

    fileprivate var path: String {
        switch self {
        case .platform: "/audits/query"
        case .interaction: "/quality/conversations/audits/query"
        }
    }
}

/// Facts for detection. Nobody waits for them, so all are asked for in the background of the request budget. Queries that are sent
/// with POST change nothing, so they may be sent again as a GET may.
extension GenesysClient {
    /// Rows of a page of audits; the most that the platform gives.
    static let auditPage = 500
    /// How long a call for facts may wait for the budget and for its reply together.
    private static let patience: Duration = .seconds(60)

    /// One page of the conversations that were going on in an interval
    /// (`POST /api/v2/analytics/conversations/details/query`; permission `analytics:conversationDetail:view`).
    ///
    /// - Parameters:
    ///   - number: the page, from 1. Conversations can move between pages while one pages: drop repeated ids.
    ///   - size: conversations per page, up to 100.
    public func conversations(from: Timestamp, to: Timestamp, page number: Int, size: Int) async throws
        -> ConversationPage
    {
        struct Query: Encodable {
            struct Paging: Encodable {
                let pageSize: Int
                let pageNumber: Int
            }
            let interval: String
            let order = "asc"
            let orderBy = "conversationStart"
            let paging: Paging
        }
        let query = Query(
            interval: Self.interval(from, to),
            paging: .init(pageSize: size, pageNumber: number)
        )
        return try await facts(
            try Call("/analytics/conversations/details/query", method: .POST, body: Self.json(query))
        )
    }

    /// The services that write audits (`GET /api/v2/audits/query/servicemapping`; permission `audits:audit:view`).
    public func auditServices() async throws -> [String] {
        let services: AuditServices = try await facts(try Call("/audits/query/servicemapping"))
        return services.names
    }

    /// Orders a query of audits of an interval; the answer is there when ``auditQuery(_:id:)`` says so.
    /// - Parameter service: the one service; nil for all, which only audits of interactions take.
    public func askAudits(_ kind: AuditKind, service: String?, from: Timestamp, to: Timestamp) async throws
        -> AuditQueryState
    {
        struct Query: Encodable {
            struct Sort: Encodable {
                let name = "Timestamp"
                let sortOrder = "ascending"
            }
            let interval: String
            let serviceName: String?
            let filters: [String] = []
            let sort = [Sort()]
        }
        let query = Query(interval: Self.interval(from, to), serviceName: service)
        return try await facts(try Call(kind.path, method: .POST, body: Self.json(query)))
    }

    /// How far a query of audits has come.
    public func auditQuery(_ kind: AuditKind, id: String) async throws -> AuditQueryState {
        try await facts(try Call(kind.path + "/{id}", id: id))
    }

    /// A page of a query's results.
    /// - Parameter cursor: of the page before; nil for the first.
    public func auditResults(_ kind: AuditKind, id: String, cursor: String?) async throws -> AuditPage {
        let query = [("pageSize", String(Self.auditPage))] + (cursor.map { [("cursor", $0)] } ?? [])
        return try await facts(try Call(kind.path + "/{id}/results", id: id, query: query))
    }

    /// How often data actions ran in an interval, in equal steps
    /// (`POST /api/v2/analytics/actions/aggregates/query`; permission `integrations:action:view`).
    /// - Parameter minutes: the length of a step.
    public func actionExecutions(from: Timestamp, to: Timestamp, every minutes: Int) async throws -> ActionExecutions {
        struct Query: Encodable {
            let interval: String
            let granularity: String
            let groupBy = ["actionId", "responseStatus", "errorType"]
            let metrics = [ActionExecutions.metric]
        }
        let query = Query(interval: Self.interval(from, to), granularity: "PT\(minutes)M")
        return try await facts(try Call("/analytics/actions/aggregates/query", method: .POST, body: Self.json(query)))
    }

    /// All published data actions with the addresses that they call (`GET /api/v2/integrations/actions`; permission
    /// `integrations:action:view`).
    public func actions() async throws -> [PublishedAction] {
        var found: [String: PublishedAction] = [:]
        var number = 1
        while true {
            let query = [("includeConfig", "true"), ("pageSize", "100"), ("pageNumber", String(number))]
            let page: ActionPage = try await facts(try Call("/integrations/actions", query: query))
            // Rows can move between pages.
            for action in page.actions { found[action.id] = action }
            if number >= page.pageCount || page.actions.isEmpty { return found.values.sorted { $0.id < $1.id } }
            number += 1
        }
    }

    func facts<Value: Decodable>(_ call: Call) async throws -> Value {
        try await read(call, .background, Self.patience)
    }

    private static func interval(_ from: Timestamp, _ to: Timestamp) -> String { "\(from)/\(to)" }

    static func json(_ query: some Encodable) throws -> [UInt8] {
        Array(try JSONEncoder().encode(query))
    }
}
