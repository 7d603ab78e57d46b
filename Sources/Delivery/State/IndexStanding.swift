import Storage

/// Where the indexes of a range stand for a sink at one instant.
struct IndexStanding: Sendable {
    /// The range.
    let range: Range<UInt64>
    /// Those that are confirmed.
    private(set) var confirmed: IndexBits
    /// Those in flight, waiting to be sent again, or older ones that are still to be sent: they may be there already.
    private(set) var open: IndexBits
    /// Those that can never be taken.
    private(set) var dead: IndexBits
    /// How many are dead for each reason.
    private(set) var reasons: [String: UInt64] = [:]
    /// The next index to read: nothing from there on was ever sent.
    let cursor: UInt64
    /// The first index that the sink is responsible for.
    let start: UInt64
    /// Of what was confirmed below it before it was kept, nothing is known.
    let keptFrom: UInt64
    private var inFlight: UInt64 = 0
    private var filteredInFlight: UInt64 = 0
    private var waiting: UInt64 = 0

    /// Reads it, inside a snapshot.
    init(_ connection: any SQLConnection, sink: String, _ range: Range<UInt64>) throws {
        let row = try connection.first(
            "SELECT cursor_index, start_index, kept_from FROM sinks WHERE name = $1",
            [.text(sink)]
        ) { ($0.position(0), $0.position(1), $0.position(2)) }
        guard let (cursor, start, keptFrom) = row else { throw DeliveryError.unknownSink(sink) }
        (self.range, self.cursor, self.start, self.keptFrom) = (range, cursor, start, keptFrom)
        confirmed = try ConfirmedIndexes(sink: sink, connection: connection).read(range)
        (open, dead) = (IndexBits(range), IndexBits(range))
        let bounds: [SQLParameter] = [.text(sink), .position(range.lowerBound), .position(range.upperBound)]
        try connection.rows(
            "SELECT first, past, records, place FROM sink_ranges WHERE sink = $1 AND past > $2 AND first < $3",
            bounds
        ) { row in
            let stored = row.position(0)..<row.position(1)
            let here = stored.clamped(to: range)
            open.insert(here)
            if row.text(3) != "flight" {
                waiting += UInt64(here.count)
            } else {
                // Which indexes of a stretch are its records is not stored: of one that is cut by the range all count.
                let records = here == stored ? row.position(2) : UInt64(here.count)
                inFlight += records
                filteredInFlight += UInt64(here.count) - records
            }
            return true
        }
        try connection.rows("SELECT idx, reason FROM sink_dead WHERE sink = $1 AND idx >= $2 AND idx < $3", bounds) {
            dead.insert($0.position(0))
            reasons[$0.text(1), default: 0] += 1
            return true
        }
    }

    /// The indexes of which it is not known whether they were confirmed or filtered.
    var unjudged: IndexBits {
        var bits = IndexBits(range)
        bits.insert(range.clamped(to: min(start, keptFrom)..<keptFrom))
        bits.subtract(confirmed)
        bits.subtract(open)
        bits.subtract(dead)
        return bits
    }

    /// How many indexes stand where. What lies before the sink's start is filtered; the places make up the range.
    var counts: [String: UInt64] {
        let unread = UInt64(range.clamped(to: max(cursor, range.lowerBound)..<max(cursor, range.upperBound)).count)
        var counts = [
            "confirmed": confirmed.count, "inFlight": inFlight, "dead": dead.count, "backlog": waiting + unread,
            "unjudged": unjudged.count,
        ]
        let placed = counts.values.reduce(0, +)
        counts["filtered"] = UInt64(range.count) - min(placed, UInt64(range.count))
        return counts
    }
}
