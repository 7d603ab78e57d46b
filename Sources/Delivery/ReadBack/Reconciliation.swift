public import JSON

/// What a comparison of a destination with the ledger's account came to.
public struct Reconciliation: Sendable, Hashable {
    /// What an index can be found to be.
    public enum Finding: String, Sendable, Hashable, CaseIterable {
        /// Confirmed, and not there.
        case missing
        /// There more than once.
        case doubled
        /// There under the ledger's name, and never delivered: filtered, set aside, or not read yet.
        case foreign
        /// There with another leaf hash than the ledger's entry has.
        case altered
    }

    /// The sink.
    public let sink: String
    /// The indexes that were compared.
    public let range: Range<UInt64>
    /// How many of them were confirmed.
    public internal(set) var expected: UInt64 = 0
    /// How many of the confirmed ones are there.
    public internal(set) var found: UInt64 = 0
    /// Indexes by what they were found to be.
    public internal(set) var findings: [Finding: UInt64] = [:]
    /// What is there under the ledger's name without an index.
    public internal(set) var unknown: UInt64 = 0
    /// Indexes of which it is not known whether they were confirmed or filtered: they were delivered before that was kept.
    public internal(set) var unjudged: UInt64 = 0
    /// How many of the missing ones are sent again.
    public internal(set) var resent: UInt64 = 0

    init(sink: String, range: Range<UInt64>) {
        self.sink = sink
        self.range = range
    }

    /// How many indexes were found to be that.
    public subscript(finding: Finding) -> UInt64 { findings[finding] ?? 0 }

    /// Whether all that was confirmed is there as it was sent. Nothing is said of what is not confirmed yet.
    public var isComplete: Bool { self[.missing] == 0 && self[.altered] == 0 && unjudged == 0 }

    /// The result, for the API and the command line.
    public var json: JSONValue { .object(members) }

    var members: [String: JSONValue] {
        func number(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }
        var members: [String: JSONValue] = [
            "sink": .string(sink), "firstIndex": number(range.lowerBound), "pastIndex": number(range.upperBound),
            "expected": number(expected), "found": number(found), "unknown": number(unknown),
            "unjudged": number(unjudged), "resent": number(resent), "complete": .bool(isComplete),
        ]
        for finding in Finding.allCases { members[finding.rawValue] = number(self[finding]) }
        return members
    }
}
