import Storage

extension DeliveryControl {
    /// Where the entries of a range stand, and all of them, at one instant.
    struct RangeCounts: Sendable {
        /// The range, without what is beyond the ledger's end.
        let range: Range<UInt64>
        /// All entries.
        let whole: Conservation
        /// How many of the range stand where; those of which it is not known whether they were confirmed or filtered are
        /// `unjudged`.
        var places = ["filtered": UInt64(0), "confirmed": 0, "inFlight": 0, "dead": 0, "backlog": 0, "unjudged": 0]
        /// How many of the range are dead for each reason.
        var deadLetters: [String: UInt64] = [:]
    }

    /// Counts the entries of a range by where they stand.
    func counts(_ name: String, _ range: Range<UInt64>) async throws -> RangeCounts {
        try await state.database.read { connection in
            try connection.snapshot {
                guard let whole = try Conservation.all(connection, sink: name)[name] else {
                    throw DeliveryError.unknownSink(name)
                }
                let past = min(range.upperBound, whole.head)
                var counts = RangeCounts(range: min(range.lowerBound, past)..<past, whole: whole)
                var first = counts.range.lowerBound
                while first < past {
                    let end = min(past, (first / 64 + Self.reconciledAtOnce / 64) * 64)
                    let standing = try IndexStanding(connection, sink: name, first..<end)
                    counts.places.merge(standing.counts) { $0 + $1 }
                    counts.deadLetters.merge(standing.reasons) { $0 + $1 }
                    first = end
                }
                return counts
            }
        }
    }
}
