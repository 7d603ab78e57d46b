internal import JSON
internal import WallTime

/// How many reads could not be judged since it was last told, by what was missing. Where nothing ties agents to customers that is
/// every read, so that an event each would double the ledger.
struct UnverifiableReads: Codable, Sendable {
    private struct Count: Codable, Sendable {
        var reads = 0
        var first: Int64
        var last: Int64
        let missing: [String]
    }

    /// The most different lists of missing facts that are told apart.
    private static let most = 64

    private var counts: [String: Count] = [:]

    /// Counts a read that nothing could be said of.
    /// - Parameter index: in the ledger.
    mutating func count(_ index: Int64, _ missing: [String]) {
        var missing = missing
        var key = missing.joined(separator: "\u{0}")
        if counts[key] == nil, counts.count >= Self.most { (missing, key) = (["facts"], "facts") }
        var count = counts[key] ?? Count(first: index, last: index, missing: missing)
        count.reads += 1
        count.first = min(count.first, index)
        count.last = max(count.last, index)
        counts[key] = count
    }

    /// The events that tell of them, one for each list of missing facts.
    mutating func tell(at time: Timestamp) -> [DetectionEvent] {
        defer { counts = [:] }
        return counts.sorted { $0.key < $1.key }.map { key, count in
            DetectionEvent(
                kind: .accessUnverifiable,
                eventID: "unverifiable/\(count.first)-\(count.last)/\(StableHash.of(key))",
                timestamp: time,
                fields: [
                    "reads": .integer(Int64(count.reads)), "firstIndex": .integer(count.first),
                    "lastIndex": .integer(count.last), "missingFacts": .array(count.missing.map { .string($0) }),
                ]
            )
        }
    }
}
