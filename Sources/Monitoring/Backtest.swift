public import Detection
public import JSON
public import Ledger
public import WallTime

/// What rules would have said of the past: an engine of its own reads the record from the first entry and writes nothing.
///
/// It reads from the beginning whatever range is asked for, since windows, baselines and explanations rest on what came before. It
/// keeps no more than the engine does.
public struct Backtest: Sendable {
    /// How often a rule would have spoken, and did.
    public struct Count: Sendable, Hashable {
        /// The rule's code, such as `D-03`.
        public let code: String
        /// Alerts that it would have raised.
        public var raised = 0
        /// Those of them that would have cleared by themselves.
        public var cleared = 0
        /// Alerts of it that stand in the record.
        public var recorded = 0
    }

    /// What it came to.
    public struct Report: Sendable {
        /// For each rule by name.
        public internal(set) var counts: [String: Count]
        /// Entries that were read.
        public internal(set) var entries: UInt64 = 0

        /// All of it.
        /// - Parameter told: the alerts that are listed; the counts are of all.
        public func json(_ told: [DetectionEvent]) -> [String: JSONValue] {
            let counts = counts.sorted { ($0.value.code, $0.key) < ($1.value.code, $1.key) }
            return [
                "entries": .integer(Int64(entries)),
                "rules": .array(
                    counts.map { name, count in
                        [
                            "rule": .string(name), "code": .string(count.code),
                            "wouldHaveRaised": .integer(Int64(count.raised)),
                            "wouldHaveCleared": .integer(Int64(count.cleared)),
                            "recorded": .integer(Int64(count.recorded)),
                        ]
                    }
                ),
                "alerts": .array(
                    told.map { event in
                        var fields = event.fields
                        fields["timestamp"] = .string(event.timestamp.description)
                        return .object(fields)
                    }
                ),
            ]
        }
    }

    private let rules: RulePack
    private let configuration: DetectionConfiguration
    private let from: Timestamp?
    private let to: Timestamp?

    /// - Parameters:
    ///   - from: alerts before are not told; all are when it is nil.
    ///   - to: alerts after are not told, and reading ends.
    public init(rules: RulePack, configuration: DetectionConfiguration, from: Timestamp?, to: Timestamp?) {
        self.rules = rules
        self.configuration = configuration
        self.from = from
        self.to = to
    }

    /// Reads the record.
    /// - Parameters:
    ///   - size: how many entries of the source are read.
    ///   - told: called with each alert that would have been raised, as its event would have been.
    ///   - progress: told how many entries were read, and of how many; what it throws ends the run.
    public func run(
        _ source: any LedgerSource,
        size: UInt64,
        told: (DetectionEvent) -> Void,
        progress: (UInt64, UInt64) throws -> Void = { _, _ in }
    ) throws -> Report {
        var engine = DetectionEngine(rules: rules, configuration: configuration)
        var report = Report(
            counts: Dictionary(
                rules.rules.filter(\.alerts).map { ($0.name, Count(code: $0.code)) },
                uniquingKeysWith: { first, _ in first }
            )
        )
        struct Enough: Error {}
        do {
            try source.visitEntries(0..<size, treeSize: size) { index, bytes in
                for event in engine.observe(index: Int64(index), entry: bytes) where isWithin(event.timestamp) {
                    guard let rule = event.fields["rule"]?.string else { continue }
                    if event.kind == .alertRaised {
                        report.counts[rule]?.raised += 1
                        told(event)
                    } else if event.kind == .alertCleared {
                        report.counts[rule]?.cleared += 1
                    }
                }
                count(recorded: bytes, in: &report)
                report.entries = index + 1
                try progress(index + 1, size)
                if let to, let watermark = engine.watermark, watermark > to { throw Enough() }
            }
        } catch is Enough {}
        return report
    }

    private func isWithin(_ time: Timestamp) -> Bool {
        (from.map { time >= $0 } ?? true) && (to.map { time <= $0 } ?? true)
    }

    private func count(recorded bytes: UnsafeRawBufferPointer, in report: inout Report) {
        guard bytes.contains(raisedMark), let event = try? JSONValue(parsing: bytes),
            event["eventType"]?.string == DetectionEvent.Kind.alertRaised.rawValue,
            let time = event["timestamp"]?.string.flatMap({ Timestamp($0) }), isWithin(time),
            let rule = event["rule"]?.string
        else { return }
        report.counts[rule, default: Count(code: event["ruleCode"]?.string ?? "")].recorded += 1
    }
}

/// What the entry of a raised alert has in it, and few others.
private let raisedMark = Array("\"DETECTION_ALERT_RAISED\"".utf8)

extension UnsafeRawBufferPointer {
    /// Whether a text of ASCII stands somewhere in the bytes.
    fileprivate func contains(_ text: [UInt8]) -> Bool {
        guard let first = text.first, count >= text.count else { return false }
        for start in 0...(count - text.count)
        where self[start] == first && self[start + 1..<start + text.count].elementsEqual(text.dropFirst()) {
            return true
        }
        return false
    }
}
