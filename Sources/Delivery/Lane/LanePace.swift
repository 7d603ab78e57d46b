import DeliveryWire
import WallTime

/// Spreads what a lane reads over time, when its rate is limited.
struct LanePace {
    /// A tenth of a second's entries go at once: fewer commits than single ones, and no burst that others would feel.
    private static let portionsPerSecond = 10

    private let rate: Int?
    private var readAgain: Timestamp?

    /// - Parameter rate: most entries in a second; nil for no limit.
    init(rate: Int?) { self.rate = rate }

    /// A batch that the pace allows.
    func limits(_ limits: BatchLimits) -> BatchLimits {
        guard let rate else { return limits }
        return BatchLimits(
            bytes: limits.bytes,
            count: min(limits.count, max(rate / Self.portionsPerSecond, 1)),
            age: limits.age
        )
    }

    /// Milliseconds until more may be read; 0 when it may be now.
    func wait(at now: Timestamp) -> Int64 { readAgain.map { max($0.since(now), 0) } ?? 0 }

    /// Counts what was read.
    mutating func note(_ entries: Int, at now: Timestamp) {
        guard let rate else { return }
        let begin = readAgain.map { max($0, now) } ?? now
        readAgain = Timestamp(milliseconds: begin.milliseconds + Int64(entries) * 1000 / Int64(rate))
    }
}
