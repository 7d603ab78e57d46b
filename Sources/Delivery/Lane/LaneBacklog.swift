/// What a lane may read next, in the order in which it is read: what was put back or redriven first, then the end of the ledger
/// and older entries in turns.
struct LaneBacklog {
    private var waiting: ArraySlice<Range<UInt64>>
    private var backfill: Range<UInt64>?
    private var end: Range<UInt64>
    /// Whether older entries are read before the end of the ledger.
    var readsBackfillNext = false

    init(_ snapshot: LaneSnapshot) {
        waiting = snapshot.waiting[...]
        backfill = snapshot.backfill
        end = snapshot.cursor..<max(snapshot.cursor, snapshot.head)
    }

    /// Fills a batch.
    /// - Parameter includingEnd: whether the end of the ledger may be read already.
    /// - Returns: whether there was anything to read.
    mutating func fill(_ reader: inout LaneReader<some Sink>, includingEnd: Bool) async throws -> Bool {
        if !waiting.isEmpty {
            while let range = waiting.first, !reader.isFull {
                let past = try await reader.gather(range, isStored: true)
                waiting.removeFirst()
                if past < range.upperBound { waiting = [past..<range.upperBound] + waiting }
            }
            return true
        }
        let hasEnd = includingEnd && !end.isEmpty
        if let range = backfill, !range.isEmpty, readsBackfillNext || !hasEnd {
            readsBackfillNext = false
            backfill = try await reader.gather(range, isStored: true)..<range.upperBound
            return true
        }
        guard hasEnd else { return false }
        readsBackfillNext = true
        end = try await reader.gather(end, isStored: false)..<end.upperBound
        return true
    }
}
