import DeliveryWire
public import Measures
public import WallTime

/// The sinks in the form of the metrics page.
public struct DeliveryMetrics: Sendable {
    private let control: DeliveryControl
    private let sinks: [ConfiguredSink]

    /// Measures every sink that the ledger knows, and counts for those that this process runs.
    public init(control: DeliveryControl, sinks: [ConfiguredSink]) {
        self.control = control
        self.sinks = sinks
    }

    /// Adds them.
    public func add(to text: inout MetricsText, now: Timestamp) async throws {
        let found = try await control.sinks()
        guard !found.isEmpty else { return }
        typealias Samples = [(labels: [(String, String)], value: Double)]
        func each(_ value: (SinkStatus) -> Double) -> Samples { found.map { ([("sink", $0.name)], value($0)) } }
        var places: Samples = []
        for sink in found {
            let terms = sink.conservation
            for (place, count) in [
                ("filtered", terms.filtered), ("confirmed", terms.confirmed), ("inFlight", terms.inFlight),
                ("dead", terms.dead), ("backlog", terms.backlog),
            ] { places.append(([("sink", sink.name), ("place", place)], Double(count))) }
        }
        text.family(
            "muniment_sink_entries",
            .gauge,
            help:
                "Where the ledger's entries stand for a sink; the places add up to the ledger from the sink's start on.",
            places
        )
        text.family(
            "muniment_sink_conserved",
            .gauge,
            help: "1 while the places of a sink add up; 0 is a defect.",
            each { $0.conservation.holds ? 1 : 0 }
        )
        text.family(
            "muniment_sink_running",
            .gauge,
            help: "1 while a sink is sent to; 0 when it is paused or stopped itself.",
            each { $0.state == .running ? 1 : 0 }
        )
        text.family(
            "muniment_sink_oldest_seconds",
            .gauge,
            help: "Age of the oldest entry that is still to be delivered.",
            each { sink in sink.oldest.map { Double(max(now.since($0), 0)) / 1000 } ?? 0 }
        )
        text.family(
            "muniment_sink_possible_duplicates_total",
            .counter,
            help: "Records that may be at the destination twice.",
            each { Double($0.duplicates) }
        )
        text.family(
            "muniment_sink_concurrency",
            .gauge,
            help: "Most requests at the same time, as last found out from the destination's answers.",
            each { Double($0.concurrency) }
        )
        var replies: Samples = []
        for sink in sinks {
            for (replyClass, counter) in sink.measures.replies.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                replies.append(
                    ([("sink", sink.definition.name), ("class", replyClass.rawValue)], Double(counter.value))
                )
            }
        }
        guard !sinks.isEmpty else { return }
        text.family("muniment_sink_requests_total", .counter, help: "Requests by what came of them.", replies)
        text.histograms(
            "muniment_sink_request_seconds",
            help: "How long requests to a sink took.",
            sinks.map { ([("sink", $0.definition.name)], $0.measures.latency) }
        )
    }
}
