public import WallTime

/// How often data actions ran, by the platform's own count.
public struct ActionExecutions: Sendable, Decodable {
    /// A count of one kind.
    public struct Count: Sendable, Hashable {
        /// The action, lower case.
        public let actionID: String
        /// The HTTP status of the answer; nil when there was none.
        public let status: Int?
        /// The beginning of the interval.
        public let from: Timestamp
        /// How many.
        public let executions: Int64
    }

    /// The counts that could be read.
    public let counts: [Count]

    /// Reads `ActionAggregateQueryResponse` of the API.
    public init(from decoder: any Decoder) throws {
        var counts: [Count] = []
        for result in try Wire(from: decoder).results.elements() {
            let group = result.group?.value ?? [:]
            guard let action = group["actionId"]?.value?.lowercased() else { continue }
            let status = group["responseStatus"]?.value.flatMap { Int($0) }
            for datum in result.data.elements() {
                guard let start = datum.interval.plain()?.split(separator: "/").first.flatMap({ Timestamp($0) })
                else { continue }
                let metric = datum.metrics.elements().first { $0.metric.plain() == Self.metric }
                guard let count = metric?.stats?.value?.count.plain() else { continue }
                // Of one group there may be several rows, one for each kind of error.
                counts.append(Count(actionID: action, status: status, from: start, executions: Int64(count)))
            }
        }
        self.counts = counts
    }

    /// The metric that has a count of executions beside their time (`ActionAggregationQuery.metrics`).
    static let metric = "tTotalExecution"

    private struct Wire: Decodable {
        let results: Lenient<[Lenient<Result>]>?
    }

    private struct Result: Decodable {
        let group: Lenient<[String: Lenient<String>]>?
        let data: Lenient<[Lenient<Datum>]>?
    }

    private struct Datum: Decodable {
        let interval: Lenient<String>?
        let metrics: Lenient<[Lenient<Metric>]>?
    }

    private struct Metric: Decodable {
        let metric: Lenient<String>?
        let stats: Lenient<Stats>?
    }

    private struct Stats: Decodable { let count: Lenient<Double>? }
}

/// A published data action.
public struct PublishedAction: Sendable, Hashable, Decodable {
    /// Its id, lower case.
    public let id: String
    /// Its name.
    public let name: String?
    /// The address that it calls, with placeholders.
    public let url: String?

    /// Reads `Action` of the API.
    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        id = wire.id.lowercased()
        name = wire.name.plain()
        url = wire.config?.value?.request?.value?.requestUrlTemplate.plain()
    }

    private struct Wire: Decodable {
        let id: String
        let name: Lenient<String>?
        let config: Lenient<Config>?
    }

    private struct Config: Decodable { let request: Lenient<Request>? }
    private struct Request: Decodable { let requestUrlTemplate: Lenient<String>? }
}

/// One page of data actions.
struct ActionPage: Decodable {
    let actions: [PublishedAction]
    let pageCount: Int

    init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        actions = wire.entities.elements()
        pageCount = wire.pageCount.plain() ?? 1
    }

    private struct Wire: Decodable {
        let entities: Lenient<[Lenient<PublishedAction>]>?
        let pageCount: Lenient<Int>?
    }
}
