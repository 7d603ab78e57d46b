public import Measures
public import WallTime

/// The feeds as operators see them: what each should do, and how it stands.
public struct FeedDesk: Sendable {
    /// A feed that is configured.
    public struct Report: Sendable, Hashable {
        /// Its name.
        public let feed: String
        /// How it stands; nil before its first round.
        public let state: FeedState?
        /// Why it does not bring what it should; nil while it does.
        public let trouble: String?
    }

    private let store: FactStore
    private let silence: [String: Int64]

    /// Watches the configured feeds.
    public init(_ settings: FeedSettings, store: FactStore) {
        self.store = store
        silence = settings.silenceSeconds
    }

    /// All configured feeds, by name.
    public func reports(at now: Timestamp) async throws -> [Report] {
        guard !silence.isEmpty else { return [] }
        let states = Dictionary(try await store.states().map { ($0.feed, $0) }) { first, _ in first }
        return silence.sorted { $0.key < $1.key }.map { feed, limit in
            let state = states[feed]
            var trouble = state?.problem
            if trouble == nil, let succeeded = state?.succeeded, now > succeeded.adding(seconds: limit) {
                trouble = "no round since \(succeeded)"
            }
            if state?.succeeded == nil, trouble == nil { trouble = "no round yet" }
            return Report(feed: feed, state: state, trouble: trouble)
        }
    }

    /// Adds the feeds to the metrics page.
    public func add(to text: inout MetricsText, now: Timestamp) async throws {
        let reports = try await reports(at: now)
        guard !reports.isEmpty else { return }
        typealias Samples = [(labels: [(String, String)], value: Double)]
        func each(_ value: (Report) -> Double?) -> Samples {
            reports.compactMap { report in value(report).map { ([("feed", report.feed)], $0) } }
        }
        func age(_ moment: Timestamp?) -> Double? {
            moment.map { Double(max(0, now.milliseconds - $0.milliseconds)) / 1000 }
        }
        text.family(
            "muniment_feed_behind_seconds",
            .gauge,
            help: "How far back the moment lies up to which everything of a feed is in the record.",
            each { age($0.state?.through) }
        )
        text.family(
            "muniment_feed_succeeded_seconds",
            .gauge,
            help: "Time since a feed's latest round that succeeded.",
            each { age($0.state?.succeeded) }
        )
        text.family(
            "muniment_feed_facts_total",
            .counter,
            help: "Facts that a feed has brought into the record.",
            each { Double($0.state?.facts ?? 0) }
        )
        text.family(
            "muniment_feed_failing",
            .gauge,
            help: "1 while a feed does not bring what it should.",
            each { $0.trouble == nil ? 0 : 1 }
        )
    }
}
