public import JSON

/// The answer of `POST services/search/v2/jobs/export` with `output_mode=json`: an object on each line, with a row in `result`.
///
/// Rows of a preview are interim and do not count. The last row of a set has `lastrow`; a set without rows is that alone. What goes
/// wrong while a search runs comes as `messages` in between, with status 200. An answer without its last row is none.
public enum SplunkExport {
    /// A record as a row has it, with how many events have it.
    public struct Record: Sendable, Hashable {
        /// The record's id; empty when the events have none.
        public let id: String
        /// The leaf hash; empty when they have none.
        public let hash: String
        /// How many events.
        public let count: UInt64
    }

    /// The answer to ``SplunkSearch/records(_:)``.
    public static func records(_ body: [UInt8]) throws(SplunkSearchError) -> [Record] {
        let rows = try rows(body)
        var records: [Record] = []
        records.reserveCapacity(rows.count)
        for row in rows {
            guard let id = row["id"]?.string, let hash = row["hash"]?.string, let count = number(row["count"]),
                let all = number(row["rows"])
            else { throw .malformed }
            guard all == UInt64(rows.count) else { throw .limited }
            records.append(Record(id: id, hash: hash, count: count))
        }
        return records
    }

    /// The answer to ``SplunkSearch/standing``. Without events Splunk leaves the sum out.
    public static func standing(_ body: [UInt8]) throws(SplunkSearchError) -> (events: UInt64, strays: UInt64) {
        let rows = try rows(body)
        guard rows.count == 1, let events = number(rows[0]["events"]) else { throw .malformed }
        guard let strays = number(rows[0]["strays"]) ?? (events == 0 ? 0 : nil) else { throw .malformed }
        return (events, strays)
    }

    /// The rows of an answer that is there to the end.
    public static func rows(_ body: [UInt8]) throws(SplunkSearchError) -> [JSONValue] {
        var rows: [JSONValue] = []
        var isComplete = false
        for line in body.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            guard let value = try? JSONValue(parsing: Array(line)), value.object != nil else {
                throw isComplete ? .malformed : .cut
            }
            try check(value["messages"])
            guard let isPreview = value["preview"]?.bool else {
                guard value["messages"] != nil else { throw .malformed }
                continue
            }
            if isPreview { continue }
            let isLast = value["lastrow"]?.bool == true
            switch value["result"] {
            case .object?: rows.append(value["result"] ?? .null)
            case nil where isLast || value["messages"] != nil: break
            default: throw .malformed
            }
            isComplete = isLast
        }
        guard isComplete else { throw .cut }
        return rows
    }

    /// Splunk warns, for one, when an indexer did not answer and results are missing.
    private static func check(_ messages: JSONValue?) throws(SplunkSearchError) {
        guard let messages else { return }
        guard let messages = messages.array else { throw .malformed }
        for message in messages {
            let type = message["type"]?.string ?? ""
            guard !["INFO", "DEBUG"].contains(type.uppercased()) else { continue }
            throw .message(String("\(type) \(message["text"]?.string ?? "")".prefix(500)))
        }
    }

    /// Numbers are written as texts.
    private static func number(_ value: JSONValue?) -> UInt64? {
        value?.string.flatMap { UInt64($0) } ?? value?.integer.flatMap { UInt64(exactly: $0) }
    }
}
