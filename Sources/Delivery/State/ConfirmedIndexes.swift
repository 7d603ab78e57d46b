import Storage

/// Which indexes of a sink are confirmed, one bit each, in the table `sink_confirmed`.
///
/// Whoever changes bits holds the lock of the sink's row in `sinks` by having changed that first, so that no two change the same
/// bits at once.
struct ConfirmedIndexes {
    /// Indexes in one row.
    static let chunk: UInt64 = 8192
    /// Rows that are read at a time.
    private static let page: UInt64 = 512

    let sink: String
    let connection: any SQLConnection

    /// Notes indexes as confirmed.
    /// - Throws: ``DeliveryError/stateChanged(_:)`` when one of them is already.
    func insert(_ indexes: RangeSet<UInt64>) throws {
        try change(indexes) { bits, range in bits.insert(range) }
    }

    /// Notes indexes as no longer confirmed.
    /// - Throws: ``DeliveryError/stateChanged(_:)`` when one of them is not.
    func remove(_ indexes: RangeSet<UInt64>) throws {
        try change(indexes) { bits, range in bits.remove(range) }
    }

    private func change(_ indexes: RangeSet<UInt64>, _ change: (inout IndexBits, Range<UInt64>) -> UInt64) throws {
        var rest = indexes
        while let first = rest.ranges.first?.lowerBound {
            let number = first / Self.chunk
            let range = number * Self.chunk..<(number + 1) * Self.chunk
            var bits = try read(range)
            for part in rest.intersection(RangeSet(range)).ranges {
                guard change(&bits, part) == UInt64(part.count) else { throw DeliveryError.stateChanged(sink) }
            }
            rest.remove(contentsOf: range)
            try connection.run(
                """
                INSERT INTO sink_confirmed (sink, chunk, bits) VALUES ($1, $2, $3)
                ON CONFLICT (sink, chunk) DO UPDATE SET bits = excluded.bits
                """,
                [.text(sink), .position(number), .blob(bits.bytes(of: range))]
            )
        }
    }

    /// The confirmed indexes within a range that is widened to whole words.
    func read(_ range: Range<UInt64>) throws -> IndexBits {
        var bits = IndexBits(range)
        var first = range.lowerBound / Self.chunk
        let past = (range.upperBound + Self.chunk - 1) / Self.chunk
        while first < past {
            let end = min(first + Self.page, past)
            try connection.rows(
                "SELECT chunk, bits FROM sink_confirmed WHERE sink = $1 AND chunk >= $2 AND chunk < $3",
                [.text(sink), .position(first), .position(end)]
            ) { row in
                let chunk = row.position(0)
                row.withBytes(1) { bits.insert(bytes: $0, from: chunk * Self.chunk) }
                return true
            }
            first = end
        }
        bits.clamp(to: range)
        return bits
    }
}
