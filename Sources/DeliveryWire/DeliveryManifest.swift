public import JSON
public import MerkleLog
public import WallTime

/// Tells a destination, down the lane itself, what it must have: with it the destination can prove by one query of its own that
/// nothing is missing. See ``CompletenessQuery``.
public struct DeliveryManifest: Sendable, Hashable {
    /// The event type under which manifests travel.
    public static let eventType = "DELIVERY_MANIFEST"
    /// Most ranges of one manifest. A lane whose filter leaves more gaps closes its manifest sooner.
    public static let maximumRanges = 1000

    /// Which lane it is of.
    public let lane: String
    /// First and one past the last index that the manifest covers. Manifests of a lane follow one another without gaps.
    public let covered: Range<UInt64>
    /// The indexes that the destination must have.
    public let expected: RangeSet<UInt64>
    /// How many of the covered indexes were not for this destination.
    public let filtered: UInt64
    /// The covered indexes that could not be delivered; they are told, not hidden.
    public let dead: RangeSet<UInt64>
    /// Head of the ledger that holds all of them.
    public let checkpoint: Checkpoint
    /// The signed checkpoint, a C2SP note.
    public let note: String
    /// When it was made.
    public let timestamp: Timestamp

    /// Why the parts make no manifest.
    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// Nothing is covered, or more than the checkpoint holds.
        case range
        /// Expected, filtered and dead do not make up what is covered.
        case sum
        /// More ranges than ``DeliveryManifest/maximumRanges``.
        case tooManyRanges

        /// What is wrong.
        public var description: String {
            switch self {
            case .range: "manifest: the range is empty or beyond the checkpoint"
            case .sum: "manifest: expected, filtered and dead do not make up the range"
            case .tooManyRanges: "manifest: too many ranges; cover fewer entries"
            }
        }
    }

    /// Makes a manifest.
    /// - Throws: ``Problem``.
    public init(
        lane: String,
        covered: Range<UInt64>,
        expected: RangeSet<UInt64>,
        filtered: UInt64,
        dead: RangeSet<UInt64>,
        checkpoint: Checkpoint,
        note: String,
        timestamp: Timestamp
    ) throws(Problem) {
        guard !covered.isEmpty, covered.upperBound <= checkpoint.size else { throw .range }
        let all = RangeSet(covered)
        guard expected.isSubset(of: all), dead.isSubset(of: all), expected.isDisjoint(dead),
            filtered <= all.total, expected.total + dead.total == all.total - filtered
        else { throw .sum }
        guard expected.ranges.count <= Self.maximumRanges, dead.ranges.count <= Self.maximumRanges else {
            throw .tooManyRanges
        }
        self.lane = lane
        self.covered = covered
        self.expected = expected
        self.filtered = filtered
        self.dead = dead
        self.checkpoint = checkpoint
        self.note = note
        self.timestamp = timestamp
    }

    /// How far a manifest can reach that names at most so many ranges of each kind.
    /// - Parameters:
    ///   - covered: what it would cover at the most.
    ///   - ranges: at least 1.
    public static func reach(
        of covered: Range<UInt64>,
        expected: RangeSet<UInt64>,
        dead: RangeSet<UInt64>,
        ranges: Int
    ) -> Range<UInt64> {
        let all = RangeSet(covered)
        // It ends where the first range begins that is one too many.
        let ends = [expected, dead].compactMap {
            $0.intersection(all).ranges.dropFirst(max(ranges, 1)).first?.lowerBound
        }
        return covered.lowerBound..<(ends.min() ?? covered.upperBound)
    }

    /// Names the manifest, in the place of a record id.
    public var recordID: String { "\(checkpoint.origin)/manifest/\(lane)/\(covered.lowerBound)" }

    /// The manifest as the destination gets it in JSON formats. Ranges are pairs of first and last index, both included.
    public var json: JSONValue {
        [
            "eventType": .string(Self.eventType),
            "recordId": .string(recordID),
            "ledger": .string(checkpoint.origin),
            "lane": .string(lane),
            "timestamp": .string(timestamp.description),
            "first": .integer(Int64(clamping: covered.lowerBound)),
            "last": .integer(Int64(clamping: covered.upperBound - 1)),
            "count": .integer(Int64(clamping: expected.total)),
            "filtered": .integer(Int64(clamping: filtered)),
            "dead": Self.json(dead),
            "expected": Self.json(expected),
            "treeSize": .integer(Int64(clamping: checkpoint.size)),
            "rootHash": .string(checkpoint.root.base64),
            "checkpoint": .string(note),
        ]
    }

    private static func json(_ set: RangeSet<UInt64>) -> JSONValue {
        .array(
            set.ranges.map {
                [.integer(Int64(clamping: $0.lowerBound)), .integer(Int64(clamping: $0.upperBound - 1))]
            }
        )
    }

    /// The manifest as a message for syslog: the same facts as structured data, ranges as `0-9,12-12`.
    /// - Returns: parameters in a fixed order.
    public var parameters: [(name: String, value: String)] {
        func text(_ set: RangeSet<UInt64>) -> String {
            set.ranges.map { "\($0.lowerBound)-\($0.upperBound - 1)" }.joined(separator: ",")
        }
        return [
            ("id", recordID), ("ledger", checkpoint.origin), ("eventType", Self.eventType), ("lane", lane),
            ("first", String(covered.lowerBound)), ("last", String(covered.upperBound - 1)),
            ("count", String(expected.total)), ("filtered", String(filtered)), ("dead", text(dead)),
            ("expected", text(expected)), ("treeSize", String(checkpoint.size)),
            ("rootHash", checkpoint.root.base64),
        ]
    }
}
