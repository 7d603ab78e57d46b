public import Storage

/// Where every entry of the ledger stands for one sink:
///
///     head - start = filtered + confirmed + in flight + dead + backlog
///
/// Each term is counted on its own, so that the identity can fail; it never may. While the ledger has not reached the start, all
/// terms are 0.
public struct Conservation: Sendable, Hashable {
    /// The ledger's size.
    public let head: UInt64
    /// The first index that the sink is responsible for.
    public let start: UInt64
    /// Entries that are not for the sink.
    public let filtered: UInt64
    /// Entries that it has, as surely as its guarantee says.
    public let confirmed: UInt64
    /// Entries that were sent, or are being sent, and are not confirmed.
    public let inFlight: UInt64
    /// Entries that it can never take.
    public let dead: UInt64
    /// Entries that are still to be sent.
    public let backlog: UInt64

    /// Whether the terms add up.
    public var holds: Bool {
        var sum: UInt64 = 0
        for term in [filtered, confirmed, inFlight, dead, backlog] {
            let (next, overflow) = sum.addingReportingOverflow(term)
            // A stored count that went below zero reads as one that is far too large.
            guard !overflow else { return false }
            sum = next
        }
        return sum == (head > start ? head - start : 0)
    }

    /// The query that answers it for all sinks at one instant. Columns: name, head, start, filtered, confirmed, in flight, dead,
    /// backlog.
    public static let query = """
        SELECT s.name, h.size, s.start_index, s.filtered, s.confirmed,
            COALESCE((SELECT CAST(SUM(r.records) AS BIGINT) FROM sink_ranges r
                WHERE r.sink = s.name AND r.place = 'flight'), 0),
            (SELECT COUNT(*) FROM sink_dead d WHERE d.sink = s.name),
            CASE WHEN s.cursor_index > h.size THEN 0 ELSE h.size - s.cursor_index END + COALESCE((SELECT CAST(SUM(r.records) AS BIGINT) FROM sink_ranges r
                WHERE r.sink = s.name AND r.place <> 'flight'), 0)
        FROM sinks s CROSS JOIN head h
        WHERE $1 = '' OR s.name = $1
        ORDER BY s.name
        """

    /// The terms of every sink, or of one.
    public static func all(_ connection: any SQLConnection, sink: String = "") throws -> [String: Conservation] {
        var found: [String: Conservation] = [:]
        try connection.rows(query, [.text(sink)]) { row in
            found[row.text(0)] = Conservation(
                head: row.position(1),
                start: row.position(2),
                filtered: row.position(3),
                confirmed: row.position(4),
                inFlight: row.position(5),
                dead: row.position(6),
                backlog: row.position(7)
            )
            return true
        }
        return found
    }
}
