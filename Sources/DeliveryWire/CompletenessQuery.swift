/// The query by which a destination proves, from what it holds alone, that it holds everything. Each answers with one row for
/// each event that is missing; no rows mean complete up to the last manifest.
public enum CompletenessQuery: Sendable, Hashable, CaseIterable {
    /// Splunk search.
    case splunk
    /// Datadog: two log queries whose counts must agree. Its log search cannot join, so the missing one is found by narrowing
    /// the range, not named.
    case datadog
    /// PostgreSQL, on the table that the warehouse sink fills.
    case postgreSQL
    /// Microsoft Sentinel and Azure Data Explorer.
    case kusto

    /// What the query says, for one ledger and lane. Quotation marks in the names are escaped as the language asks.
    public func text(ledger: String, lane: String, source: String) -> String {
        switch self {
        case .splunk: Self.splunk(ledger, lane, source)
        case .datadog: Self.datadog(ledger, lane)
        case .postgreSQL: Self.postgreSQL(ledger, lane, source)
        case .kusto: Self.kusto(ledger, lane, source)
        }
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for character in text {
            if character == "\"" || character == "\\" { out.append("\\") }
            out.append(character)
        }
        return out + "\""
    }

    /// `source` is the index. Manifests and events are read in one search, since subsearches stop at 50,000 results: an event
    /// counts as the range from itself to itself, ranges are unrolled, and an index that is expected and never delivered is
    /// missing. `mvrange` excludes its end, hence the added one.
    private static func splunk(_ ledger: String, _ lane: String, _ index: String) -> String {
        """
        search index=\(quoted(index)) ledger=\(quoted(ledger)) (ledgerIndex=* OR (eventType=DELIVERY_MANIFEST lane=\(quoted(lane))))
        | dedup recordId
        | eval delivered=if(isnull(ledgerIndex), 0, 1)
        | eval pair=if(delivered=1, "[".ledgerIndex.",".ledgerIndex."]", json_array_to_mv(json_extract(_raw, "expected")))
        | fields delivered pair
        | mvexpand pair limit=0
        | eval first=tonumber(json_extract(pair, "{0}")), last=tonumber(json_extract(pair, "{1}"))
        | eval entry=mvrange(first, last + 1)
        | mvexpand entry limit=0
        | stats max(delivered) as delivered by entry
        | where delivered=0
        | eval missingIndex=tonumber(entry)
        | sort 0 missingIndex
        | fields missingIndex
        """
    }

    private static func datadog(_ ledger: String, _ lane: String) -> String {
        """
        # 1. What must be there: sum of @muniment.count over
        source:muniment @eventType:DELIVERY_MANIFEST @ledger:\(quoted(ledger)) @lane:\(quoted(lane))
        # 2. What is there: count of unique @recordId over
        source:muniment @ledger:\(quoted(ledger)) @ledgerIndex:*
        # When they differ, replace @ledgerIndex:* by @ledgerIndex:[FIRST TO LAST] for one manifest's first and last after another.
        """
    }

    /// `source` is the table of the warehouse sink: `ledger text`, `entry_index bigint` (null for manifests), `event_type text`,
    /// `payload jsonb`.
    private static func postgreSQL(_ ledger: String, _ lane: String, _ table: String) -> String {
        func doubled(_ text: some StringProtocol, _ mark: Character) -> String {
            "\(mark)" + text.map { $0 == mark ? "\(mark)\(mark)" : String($0) }.joined() + "\(mark)"
        }
        func literal(_ text: String) -> String { doubled(text, "'") }
        let identifier = table.split(separator: ".", omittingEmptySubsequences: false).map { doubled($0, "\"") }
            .joined(separator: ".")
        return """
            SELECT entry AS missing_index
            FROM \(identifier) AS manifest
            CROSS JOIN LATERAL jsonb_array_elements(manifest.payload -> 'expected') AS pair
            CROSS JOIN LATERAL generate_series((pair ->> 0)::bigint, (pair ->> 1)::bigint) AS entry
            WHERE manifest.event_type = 'DELIVERY_MANIFEST'
              AND manifest.ledger = \(literal(ledger))
              AND manifest.payload ->> 'lane' = \(literal(lane))
              AND NOT EXISTS (
                SELECT 1 FROM \(identifier) AS delivered
                WHERE delivered.ledger = manifest.ledger AND delivered.entry_index = entry
              )
            GROUP BY entry
            ORDER BY entry
            """
    }

    /// `source` is the table; the event's JSON stands in the column `Event`.
    private static func kusto(_ ledger: String, _ lane: String, _ table: String) -> String {
        """
        let delivered = \(table)
            | where tostring(Event.ledger) == \(quoted(ledger)) and isnotnull(Event.index)
            | distinct entry = tolong(Event.index);
        \(table)
        | where tostring(Event.eventType) == "DELIVERY_MANIFEST"
        | where tostring(Event.ledger) == \(quoted(ledger)) and tostring(Event.lane) == \(quoted(lane))
        | mv-expand pair = Event.expected
        | mv-expand entry = range(tolong(pair[0]), tolong(pair[1]), 1) to typeof(long) limit 2147483647
        | distinct entry
        | join kind=leftanti delivered on entry
        | order by entry asc
        | project missingIndex = entry
        """
    }
}
