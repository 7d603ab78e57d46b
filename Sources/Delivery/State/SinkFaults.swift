public import WallTime

/// What is wrong with a sink, for whoever watches it. The sum over all sinks is the exit code of `muniment sinks status`.
public struct SinkFaults: OptionSet, Sendable, Hashable {
    public let rawValue: Int32

    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// It stopped itself, and waits for an operator.
    public static let stopped = SinkFaults(rawValue: 2)
    /// It is running, entries wait, and nothing was confirmed for as long as its settings allow.
    public static let delayed = SinkFaults(rawValue: 4)
    /// The terms of its account do not add up.
    public static let unconserved = SinkFaults(rawValue: 8)

    /// One word for each, in the order of their numbers.
    public var words: [String] {
        let all: [(SinkFaults, String)] = [(.stopped, "stopped"), (.delayed, "delayed"), (.unconserved, "unconserved")]
        return all.filter { contains($0.0) }.map(\.1)
    }
}

extension SinkStatus {
    /// What is wrong with it.
    /// - Parameter limit: after how many seconds without a confirmation it is delayed; nil when nobody sends to it.
    public func faults(delayedAfter limit: Int64?, at now: Timestamp) -> SinkFaults {
        var faults: SinkFaults = []
        if case .stopped = state { faults.insert(.stopped) }
        if let limit, isSilent(for: limit, at: now) { faults.insert(.delayed) }
        if !conservation.holds { faults.insert(.unconserved) }
        return faults
    }

    /// Whether something has waited that long and nothing was confirmed meanwhile. It does not matter how often the sink was paused
    /// and went on again in that time. What has stopped itself has said so.
    func isSilent(for seconds: Int64, at now: Timestamp) -> Bool {
        if case .stopped = state { return false }
        guard let oldest else { return false }
        let limit = now.adding(seconds: -seconds)
        return oldest <= limit && made <= limit && lastConfirmed.map { $0 <= limit } ?? true
    }
}
