public import Genesys
internal import JSON
internal import Ledger
public import WallTime

/// Why a feed cannot do what its settings ask for.
public enum FeedError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The platform writes audits of none of these services.
    case noSuchServices([String])
    /// A query of audits ended in this state.
    case queryEnded(state: String)
    /// A query of audits was not done in time.
    case queryTooSlow
    /// No data action calls a route of this gateway.
    case noAction
    /// The client may see the schedules of no business unit.
    case noBusinessUnit
    /// An answer of the shortest period did not fit into a reply.
    case schedulesTooLarge

    /// What happened, and what to do.
    public var description: String {
        switch self {
        case .noSuchServices(let names):
            "the platform audits none of the services \(names.joined(separator: ", ")): see genesys.feeds.audits.services"
        case .queryEnded(let state): "a query of audits ended as '\(GenesysError.shown(state))'; it is asked again"
        case .queryTooSlow: "a query of audits was not done within ten minutes; it is asked again"
        case .noAction:
            "no published data action calls /api/v1/read/… of a route: name them in genesys.feeds.executions.actions"
        case .noBusinessUnit:
            "the OAuth client may see the schedules of no business unit: give its role wfm:publishedSchedule:view in their divisions"
        case .schedulesTooLarge:
            "the platform gives no answer of even an hour of a business unit's schedules in its reply; it is asked again"
        }
    }
}

/// What was done in the platform, by whom: changes of rights, exports, downloads.
///
/// Rows come late, some by hours: a round goes back an hour, and every six hours one goes back two days.
public actor AuditFeed: FactFeed {
    /// How it asks.
    public struct Settings: Sendable, Hashable {
        /// How long to wait between two rounds.
        public var interval: Duration = .seconds(300)
        /// The services; those that detection's rules look at, when it is empty.
        public var services: [String] = []
        /// How long after a moment its rows are taken to be there, in seconds. Later ones are found when a round goes back.
        public var settleSeconds: Int64 = 900
        /// How far each round goes back beyond what was known, in seconds.
        public var overlapSeconds: Int64 = 3600
        /// How far a deep round goes back, in seconds.
        public var rereadSeconds: Int64 = 172_800

        /// Every five minutes, the services of the rules, two days back.
        public init() {}
    }

    /// Services of the rules that ship; which of them there are, the platform says.
    static let usualServices = [
        "PeoplePermissions", "Groups", "Quality", "Recording", "BulkActions", "AnalyticsReporting",
        "ExternalContactsExport", "GDPR", "Datatables", "LogCapture", "Integrations", "OAuth", "Organization",
    ]
    private static let deepRoundSeconds: Int64 = 6 * 3600
    /// The platform takes intervals up to 30 days.
    private static let longestSeconds: Int64 = 30 * 86_400

    public nonisolated let kind: AuditKind
    public nonisolated var name: String { kind == .platform ? "audits" : "interaction-audits" }
    public nonisolated var interval: Duration { settings.interval }

    private let client: GenesysClient
    private nonisolated let settings: Settings
    private let pause: @Sendable (Duration) async throws -> Void
    private var deepAt: Timestamp?

    /// - Parameter pause: waits between two looks at a query; given by tests.
    public init(
        _ kind: AuditKind,
        _ client: GenesysClient,
        settings: Settings,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.kind = kind
        self.client = client
        self.settings = settings
        self.pause = pause
    }

    public func round(after through: Timestamp?, now: Timestamp, record: FactRecorder) async throws -> FeedRound {
        let (services, note) = try await services()
        let isDeep = deepAt.map { now >= $0.adding(seconds: Self.deepRoundSeconds) } ?? true
        let back = isDeep ? settings.rereadSeconds : settings.overlapSeconds
        let begin = max(
            min(through ?? now, now).adding(seconds: -back),
            now.adding(seconds: -Self.longestSeconds)
        )
        var unreadable = 0
        for service in services {
            let id = try await ask(service, from: begin, to: now)
            var cursor: String?
            repeat {
                let page = try await client.auditResults(kind, id: id, cursor: cursor)
                try await record(page.rows.map { Self.fact($0, kind) })
                unreadable += page.unreadable
                guard page.cursor != cursor else { break }
                cursor = page.cursor
            } while cursor != nil
        }
        if isDeep { deepAt = now }
        let lost = unreadable == 0 ? nil : "\(unreadable) rows could not be read"
        return FeedRound(
            through: now.adding(seconds: -settings.settleSeconds),
            note: [note, lost].compactMap { $0 }.joined(separator: "; ").nonEmpty
        )
    }

    /// The services to ask for, in the platform's spelling.
    private func services() async throws -> (list: [String?], note: String?) {
        // Audits of interactions are few enough to be asked for at once.
        guard kind == .platform else { return ([nil], nil) }
        let known = Dictionary(try await client.auditServices().map { ($0.lowercased(), $0) }) { $1 }
        let wanted = settings.services.isEmpty ? Self.usualServices : settings.services
        let found = wanted.compactMap { known[$0.lowercased()] }
        guard !found.isEmpty else { throw FeedError.noSuchServices(wanted) }
        let missing = wanted.filter { known[$0.lowercased()] == nil }
        return (
            found,
            missing.isEmpty ? nil : "the platform has no audits of \(missing.joined(separator: ", "))"
        )
    }

    /// Orders a query and waits until it is done.
    private func ask(_ service: String?, from: Timestamp, to: Timestamp) async throws -> String {
        var query = try await client.askAudits(kind, service: service, from: from, to: to)
        // As the platform wants it: two seconds first, doubled up to thirty.
        var wait: Duration = .seconds(2)
        var waited: Duration = .zero
        while true {
            switch query.state.lowercased() {
            case "succeeded": return query.id
            case "failed", "cancelled": throw FeedError.queryEnded(state: query.state)
            default: break
            }
            guard waited < .seconds(600) else { throw FeedError.queryTooSlow }
            try await pause(wait)
            waited += wait
            wait = min(wait * 2, .seconds(30))
            query = try await client.auditQuery(kind, id: query.id)
        }
    }

    private static func fact(_ row: AuditRow, _ kind: AuditKind) -> Fact {
        func text(_ value: String?) -> JSONValue? { value.map { .string(String($0.prefix(128))) } }
        var fields: [String: JSONValue] = ["auditId": .string(row.id), "auditKind": .string(kind.rawValue)]
        fields["serviceName"] = text(row.service)
        fields["entityType"] = text(row.entityType)
        fields["entityId"] = text(row.entityID)
        fields["action"] = text(row.action)
        fields["status"] = text(row.status?.uppercased())
        fields["level"] = text(row.level)
        fields["userId"] = text(row.userID)
        fields["userHomeOrganizationId"] = text(row.userHomeOrganizationID)
        fields["clientId"] = text(row.clientID)
        fields["remoteIp"] = text(row.remoteAddresses.first)
        fields["application"] = text(row.application)
        fields["conversationId"] = text(row.conversationID)
        if !row.changes.isEmpty {
            fields["changedProperties"] = .array(row.changes.prefix(20).compactMap { text($0.property) })
        }
        let values = row.changes.filter(\.isOfRights).flatMap(\.newValues)
        if !values.isEmpty { fields["newValues"] = .array(values.prefix(20).compactMap { text($0) }) }
        if row.changes.contains(where: \.shortens) { fields["shortened"] = true }
        return Fact(key: row.id, type: .platformAuditRecorded, timestamp: row.date, fields: fields)
    }
}

extension AuditRow.Change {
    /// Words of properties whose values name rights, states and terms. Values of other properties may be personal data, and the
    /// ledger forgets nothing.
    private static let ofRights = [
        "role", "grant", "permission", "division", "scope", "state", "status", "enabled", "active", "effect", "days",
        "retention", "trust", "protect",
    ]

    /// Whether a number of days is smaller than it was.
    fileprivate var shortens: Bool {
        let name = property.lowercased()
        guard name.contains("days") || name.contains("retention"), let old = oldValues.first.flatMap({ Double($0) }),
            let new = newValues.first.flatMap({ Double($0) })
        else { return false }
        return new < old
    }

    fileprivate var isOfRights: Bool {
        let name = property.lowercased()
        return Self.ofRights.contains { name.contains($0) }
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
