public import DeliveryWire
public import Measures

/// What a lane counted since its process began.
public final class LaneMeasures: Sendable {
    /// Requests by what came of them.
    public let replies: [ReplyClass: Counter]
    /// Records that were confirmed.
    public let confirmed = Counter()
    /// How long requests took.
    public let latency = Histogram()

    init() {
        replies = Dictionary(uniqueKeysWithValues: ReplyClass.allCases.map { ($0, Counter()) })
    }
}
