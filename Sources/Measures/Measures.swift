import Synchronization

/// A number that only grows.
public final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    /// Starts at 0.
    public init() {}

    /// Adds to it.
    public func add(_ amount: UInt64 = 1) { count.wrappingAdd(amount, ordering: .relaxed) }

    /// The count so far.
    public var value: UInt64 { count.load(ordering: .relaxed) }
}

/// A number that goes up and down.
public final class Gauge: Sendable {
    private let level = Atomic<Int>(0)

    /// Starts at 0.
    public init() {}

    /// Adds to it, or takes away.
    /// - Returns: the new value.
    @discardableResult
    public func add(_ amount: Int) -> Int { level.wrappingAdd(amount, ordering: .relaxed).newValue }

    /// The value now.
    public var value: Int { level.load(ordering: .relaxed) }
}

/// How long things took, in fixed buckets.
public final class Histogram: Sendable {
    /// Upper bounds of the buckets in microseconds: 10 µs to 10 s.
    static let bounds: [UInt64] = [
        10, 50, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
        5_000_000,
        10_000_000,
    ]

    private let buckets = (0...bounds.count).map { _ in Counter() }
    private let sum = Counter()

    /// Starts empty.
    public init() {}

    /// Adds an observation.
    public func observe(microseconds: UInt64) {
        var bucket = 0
        while bucket < Self.bounds.count, microseconds > Self.bounds[bucket] { bucket += 1 }
        buckets[bucket].add()
        sum.add(microseconds)
    }

    /// Cumulative counts per bound and in all, and the sum in microseconds.
    var snapshot: (cumulative: [UInt64], sum: UInt64) {
        var total: UInt64 = 0
        let cumulative = buckets.map { bucket in
            total += bucket.value
            return total
        }
        return (cumulative, sum.value)
    }
}

/// Metrics in the Prometheus text exposition format, version 0.0.4.
public struct MetricsText: Sendable {
    /// What a metric is.
    public enum Kind: String, Sendable {
        /// A number that only grows.
        case counter
        /// A number that goes up and down.
        case gauge
        /// Observations in buckets.
        case histogram
    }

    /// The text so far.
    public private(set) var text = ""

    /// Starts empty.
    public init() {}

    /// Adds a family of numbers.
    public mutating func family(
        _ name: String,
        _ kind: Kind,
        help: String,
        _ samples: [(labels: [(String, String)], value: Double)]
    ) {
        header(name, kind, help)
        for sample in samples { line(name, sample.labels, sample.value) }
    }

    /// Adds one number without labels.
    public mutating func value(_ name: String, _ kind: Kind, help: String, _ value: Double) {
        family(name, kind, help: help, [([], value)])
    }

    /// Adds a family of histograms, in seconds.
    public mutating func histograms(
        _ name: String,
        help: String,
        _ samples: [(labels: [(String, String)], histogram: Histogram)]
    ) {
        header(name, .histogram, help)
        for (labels, histogram) in samples {
            let (cumulative, sum) = histogram.snapshot
            for (index, count) in cumulative.enumerated() {
                let bound = index < Histogram.bounds.count ? "\(Double(Histogram.bounds[index]) / 1_000_000)" : "+Inf"
                line(name + "_bucket", labels + [("le", bound)], Double(count))
            }
            line(name + "_sum", labels, Double(sum) / 1_000_000)
            line(name + "_count", labels, Double(cumulative.last ?? 0))
        }
    }

    private mutating func header(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n"
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: Double) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
        }
        text += value == value.rounded() && abs(value) < 1e15 ? " \(Int64(value))\n" : " \(value)\n"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
