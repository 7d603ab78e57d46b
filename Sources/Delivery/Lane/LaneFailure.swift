import DeliveryWire

/// Why records were not taken, or why a lane stops.
struct LaneFailure: Sendable, Hashable {
    /// In our own words; what enters the ledger.
    let reason: String
    /// In the destination's, for the operator, until something is taken again.
    let words: DestinationWords?

    init(reason: String, words: DestinationWords? = nil) {
        self.reason = reason
        self.words = words
    }

    /// Both.
    var text: String { reason + (words.map { ": \($0)" } ?? "") }
}

extension SinkReply {
    /// What it says against the lane.
    var failure: LaneFailure { LaneFailure(reason: verdict.reason, words: detail) }
}
