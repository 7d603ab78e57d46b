public import JSON
import MerkleLog
import WallTime

extension DeliveryManifest {
    /// Reads what ``json`` writes; nil for anything else. The checkpoint's signature is not checked.
    public init?(json: JSONValue) {
        func count(_ key: String) -> UInt64? { json[key]?.integer.flatMap { UInt64(exactly: $0) } }
        guard json["eventType"]?.string == Self.eventType, let lane = json["lane"]?.string,
            let first = count("first"), let last = count("last"), first <= last, last < .max,
            let filtered = count("filtered"), let expected = Self.ranges(json["expected"]),
            let dead = Self.ranges(json["dead"]), let note = json["checkpoint"]?.string,
            let text = try? SignedNote(note).text, let checkpoint = try? Checkpoint(text: text),
            let timestamp = json["timestamp"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        try? self.init(
            lane: lane,
            covered: first..<last + 1,
            expected: expected,
            filtered: filtered,
            dead: dead,
            checkpoint: checkpoint,
            note: note,
            timestamp: timestamp
        )
    }

    private static func ranges(_ value: JSONValue?) -> RangeSet<UInt64>? {
        guard let pairs = value?.array else { return nil }
        var set = RangeSet<UInt64>()
        for pair in pairs {
            guard let first = pair[0]?.integer.flatMap({ UInt64(exactly: $0) }),
                let last = pair[1]?.integer.flatMap({ UInt64(exactly: $0) }), first <= last, last < .max
            else { return nil }
            set.insert(contentsOf: first..<last + 1)
        }
        return set
    }
}
