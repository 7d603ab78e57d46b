public import Genesys
internal import JSON
internal import Ledger
public import WallTime

/// How often data actions ran by the platform's own count, to be compared with the reads that were audited.
public actor ExecutionFeed: FactFeed {
    /// How it asks.
    public struct Settings: Sendable, Hashable {
        /// How long to wait between two rounds.
        public var interval: Duration = .seconds(300)
        /// The length of the intervals that are compared, in minutes; it divides an hour.
        public var stepMinutes = 15
        /// How long after its end an interval is counted, in seconds.
        public var settleSeconds: Int64 = 900
        /// How far a round goes back beyond what was known, in seconds.
        public var overlapSeconds: Int64 = 7200
        /// The route that each data action calls, by the action's id; found by their addresses when it is empty.
        public var actions: [String: String] = [:]

        /// Quarters of an hour, a quarter of an hour late.
        public init() {}
    }

    /// Statuses with which the gateway answers what it does not record: not understood, not authenticated, not able to.
    private static let unrecorded: Set<Int> = [400, 401, 405, 413, 415, 503]
    /// How often actions are listed anew.
    private static let listingSeconds: Int64 = 3600
    /// How far back it counts after a pause: detection keeps reads a day longer for the comparison.
    private static let longestSeconds: Int64 = 7 * 86_400

    private struct Action {
        let id: String
        let name: String?
        let route: String
    }

    public nonisolated let name = "executions"
    public nonisolated var interval: Duration { settings.interval }

    private let client: GenesysClient
    private let routes: Set<String>
    private nonisolated let settings: Settings
    private var actions: (list: [Action], at: Timestamp)?

    /// - Parameter routes: the names of the gateway's routes.
    public init(_ client: GenesysClient, routes: some Sequence<String>, settings: Settings) {
        self.client = client
        self.routes = Set(routes)
        self.settings = settings
    }

    public func round(after through: Timestamp?, now: Timestamp, record: FactRecorder) async throws -> FeedRound {
        let actions = try await actions(now)
        let step = Int64(settings.stepMinutes) * 60_000
        func wholeSteps(_ time: Timestamp) -> Int64 { time.milliseconds / step * step }
        let settled = wholeSteps(now.adding(seconds: -settings.settleSeconds))
        let oldest = wholeSteps(now.adding(seconds: -Self.longestSeconds))
        let wanted = wholeSteps((through ?? now).adding(seconds: -settings.overlapSeconds))
        let begin = max(wanted, oldest)
        // After a long pause it catches up a day at a time; the platform bounds the steps of one answer.
        let end = min(settled, begin + 86_400_000)
        guard begin < end else { return FeedRound(through: through) }
        let counted = try await client.actionExecutions(
            from: Timestamp(milliseconds: begin),
            to: Timestamp(milliseconds: end),
            every: settings.stepMinutes
        )
        var counts: [String: [Int64: Int64]] = [:]
        for count in counted.counts {
            // Without an answer nothing was shown, and nothing may have come here.
            guard let status = count.status, !Self.unrecorded.contains(status) else { continue }
            counts[count.actionID, default: [:]][wholeSteps(count.from), default: 0] += count.executions
        }
        for action in actions {
            let ofAction = counts[action.id] ?? [:]
            try await record(
                stride(from: begin, to: end, by: Int(step)).map {
                    Self.fact(action, from: $0, to: $0 + step, ofAction[$0] ?? 0, at: now)
                }
            )
        }
        let lost = Timestamp(milliseconds: oldest)
        return FeedRound(
            through: Timestamp(milliseconds: end),
            note: wanted < oldest ? "executions before \(lost) are never compared: the pause was too long" : nil
        )
    }

    /// The data actions that call routes of this gateway.
    private func actions(_ now: Timestamp) async throws -> [Action] {
        if let actions, now < actions.at.adding(seconds: Self.listingSeconds) { return actions.list }
        let published = try await client.actions()
        let list: [Action]
        if settings.actions.isEmpty {
            list = published.compactMap { action in
                Self.route(of: action.url).flatMap { route in
                    routes.contains(route) ? Action(id: action.id, name: action.name, route: route) : nil
                }
            }
        } else {
            let names = Dictionary(published.map { ($0.id, $0.name) }) { $1 }
            list = settings.actions.sorted { $0.key < $1.key }.map { id, route in
                Action(id: id.lowercased(), name: names[id.lowercased()] ?? nil, route: route)
            }
        }
        guard !list.isEmpty else { throw FeedError.noAction }
        actions = (list, now)
        return list
    }

    /// The route in an address such as `https://audit.example.com/api/v1/read/customer-profile`.
    private static func route(of url: String?) -> String? {
        guard let url, let range = url.firstRange(of: "/api/v1/read/") else { return nil }
        let rest = url[range.upperBound...].prefix { $0 != "?" && $0 != "/" && $0 != "#" }
        return rest.isEmpty ? nil : String(rest)
    }

    private static func fact(_ action: Action, from: Int64, to: Int64, _ executions: Int64, at now: Timestamp) -> Fact {
        var fields: [String: JSONValue] = [
            "actionId": .string(action.id), "route": .string(action.route),
            "from": .string(Timestamp(milliseconds: from).description),
            "to": .string(Timestamp(milliseconds: to).description), "executions": .integer(executions),
        ]
        fields["actionName"] = action.name.map { .string(String($0.prefix(128))) }
        return Fact(key: "\(action.id)/\(from)", type: .platformExecutionsCounted, timestamp: now, fields: fields)
    }
}
