public import Measures
import Synchronization

/// Spans on their way to a collector: a bounded queue, filled on event loops and emptied off them. What does not fit is dropped and
/// counted; nothing ever waits for a collector.
public final class SpanQueue: Sendable {
    /// Which part of the traces that begin here is kept, 0 to 1.
    public let sampleRatio: Double
    private let capacity: Int
    private let waiting = Mutex<[Span]>([])
    private let exported = Counter()
    private let dropped = Counter()

    /// - Parameter capacity: spans that may wait.
    public init(sampleRatio: Double, capacity: Int = 8192) {
        self.sampleRatio = sampleRatio
        self.capacity = capacity
    }

    /// Adds the spans of one trace, whole or not at all.
    public func add(_ spans: [Span]) {
        let isTaken = waiting.withLock { waiting in
            guard waiting.count + spans.count <= capacity else { return false }
            waiting.append(contentsOf: spans)
            return true
        }
        if !isTaken { dropped.add(UInt64(spans.count)) }
    }

    /// Takes the oldest out, at most `count` of them.
    public func take(_ count: Int) -> [Span] {
        waiting.withLock { waiting in
            defer { waiting.removeFirst(min(count, waiting.count)) }
            return Array(waiting.prefix(count))
        }
    }

    /// Counts spans that the collector took.
    public func noteExported(_ count: Int) { exported.add(UInt64(count)) }

    /// Counts spans that were given up.
    public func noteDropped(_ count: Int) { dropped.add(UInt64(count)) }

    /// Adds what it counts to a text.
    public func write(to text: inout MetricsText) {
        text.value(
            "muniment_spans_exported_total",
            .counter,
            help: "Spans that the collector took.",
            Double(exported.value)
        )
        text.value(
            "muniment_spans_dropped_total",
            .counter,
            help: "Spans given up: the queue was full, or the collector did not take them.",
            Double(dropped.value)
        )
    }
}
