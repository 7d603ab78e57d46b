/// Where every entry of the ledger stands for one lane. Each index from the lane's start up to the head is in exactly one of
/// five places:
///
///     head - start = filtered + confirmed + in flight + dead + backlog
///
/// That holds at every instant because indexes only ever move from one place to another. Filtered and confirmed entries are
/// counted, the others kept as ranges; a lane in good order has very few.
public struct LaneAccount: Sendable, Hashable {
    /// One of the five places.
    public enum Place: String, Sendable, Hashable, CaseIterable {
        /// Not for this destination.
        case filtered
        /// The destination has it, as surely as the lane's guarantee says.
        case confirmed
        /// Sent, or being sent, and not yet confirmed.
        case inFlight
        /// Can never be taken, or was set aside; listed with its reason.
        case dead
        /// Not sent yet.
        case backlog
    }

    /// The first index that the lane is responsible for.
    public let start: UInt64
    /// The ledger's size as far as the lane knows it.
    public private(set) var head: UInt64
    /// How many were left out by the lane's filter.
    public private(set) var filtered: UInt64 = 0
    /// How many the destination has.
    public private(set) var confirmed: UInt64 = 0
    /// Those that are in flight.
    public private(set) var inFlight: RangeSet<UInt64> = RangeSet()
    /// Those that are dead.
    public private(set) var dead: RangeSet<UInt64> = RangeSet()
    /// Those that are not sent yet.
    public private(set) var backlog: RangeSet<UInt64> = RangeSet()
    /// How many may have been sent twice, because nobody knew what became of them when they were sent again.
    public private(set) var possibleDuplicates: UInt64 = 0

    /// A lane that begins at an index; everything from there to `head` is backlog.
    public init(start: UInt64, head: UInt64) {
        self.start = start
        self.head = max(start, head)
        if self.head > start { backlog.insert(contentsOf: start..<self.head) }
    }

    /// A lane as it was stored.
    /// - Throws: ``LaneAccountError/notConserved`` when the parts overlap, lie outside the lane or do not add up.
    public init(
        start: UInt64,
        head: UInt64,
        filtered: UInt64,
        confirmed: UInt64,
        inFlight: RangeSet<UInt64>,
        dead: RangeSet<UInt64>,
        backlog: RangeSet<UInt64>,
        possibleDuplicates: UInt64
    ) throws(LaneAccountError) {
        self.start = start
        self.head = head
        self.filtered = filtered
        self.confirmed = confirmed
        self.inFlight = inFlight
        self.dead = dead
        self.backlog = backlog
        self.possibleDuplicates = possibleDuplicates
        guard isConserved else { throw .notConserved }
    }

    /// How many are in a place.
    public func count(_ place: Place) -> UInt64 {
        switch place {
        case .filtered: filtered
        case .confirmed: confirmed
        case .inFlight: inFlight.total
        case .dead: dead.total
        case .backlog: backlog.total
        }
    }

    /// Whether the identity holds; it can only fail for a lane that was stored wrongly.
    public var isConserved: Bool {
        guard start <= head else { return false }
        let lane = RangeSet(start..<head)
        let parts = [inFlight, dead, backlog]
        var sum: UInt64 = 0
        for count in Place.allCases.map(count) {
            let (next, overflow) = sum.addingReportingOverflow(count)
            guard !overflow else { return false }
            sum = next
        }
        return sum == head - start && parts.allSatisfy { $0.isSubset(of: lane) }
            && inFlight.isDisjoint(dead) && inFlight.isDisjoint(backlog) && dead.isDisjoint(backlog)
    }

    /// Everything below is filtered, confirmed or dead: what the lane never has to read again of its own accord.
    public var lowWatermark: UInt64 {
        min(backlog.ranges.first?.lowerBound ?? head, inFlight.ranges.first?.lowerBound ?? head)
    }

    /// The next stretch to read, of at most `count` entries, from the front of the backlog.
    public func nextBacklog(upTo count: UInt64) -> Range<UInt64>? {
        guard let first = backlog.ranges.first, count > 0 else { return nil }
        return first.lowerBound..<(first.lowerBound + min(count, first.upperBound - first.lowerBound))
    }

    /// The ledger has grown; a smaller size than before is refused.
    /// - Throws: ``LaneAccountError/headMovedBack(from:to:)``.
    public mutating func grow(to size: UInt64) throws(LaneAccountError) {
        guard size >= head else { throw .headMovedBack(from: head, to: size) }
        if size > head { backlog.insert(contentsOf: head..<size) }
        head = size
    }

    /// Entries of the backlog are not for this destination.
    public mutating func filter(_ indexes: RangeSet<UInt64>) throws(LaneAccountError) {
        try take(indexes, from: .backlog)
        filtered += indexes.total
    }

    /// Entries of the backlog are about to be sent.
    public mutating func send(_ indexes: RangeSet<UInt64>) throws(LaneAccountError) {
        try take(indexes, from: .backlog)
        inFlight.formUnion(indexes)
    }

    /// The destination has what was in flight.
    public mutating func confirm(_ indexes: RangeSet<UInt64>) throws(LaneAccountError) {
        try take(indexes, from: .inFlight)
        confirmed += indexes.total
    }

    /// What was in flight will be sent again.
    /// - Parameter mayBeStored: whether the destination may have it already.
    public mutating func putBack(_ indexes: RangeSet<UInt64>, mayBeStored: Bool) throws(LaneAccountError) {
        try take(indexes, from: .inFlight)
        backlog.formUnion(indexes)
        if mayBeStored { possibleDuplicates += indexes.total }
    }

    /// What was in flight can never be taken.
    public mutating func bury(_ indexes: RangeSet<UInt64>) throws(LaneAccountError) {
        try take(indexes, from: .inFlight)
        dead.formUnion(indexes)
    }

    /// Dead entries will be sent again.
    public mutating func redrive(_ indexes: RangeSet<UInt64>) throws(LaneAccountError) {
        try take(indexes, from: .dead)
        backlog.formUnion(indexes)
    }

    /// After a crash nobody knows what became of what was in flight: all of it is sent again and counted as perhaps twice.
    public mutating func recover() {
        possibleDuplicates += inFlight.total
        backlog.formUnion(inFlight)
        inFlight = RangeSet()
    }

    private mutating func take(_ indexes: RangeSet<UInt64>, from place: Place) throws(LaneAccountError) {
        let source = place == .backlog ? backlog : place == .inFlight ? inFlight : dead
        guard indexes.isSubset(of: source) else {
            throw .notThere(index: indexes.subtracting(source).ranges.first?.lowerBound ?? start, place: place)
        }
        switch place {
        case .backlog: backlog.subtract(indexes)
        case .inFlight: inFlight.subtract(indexes)
        case .dead: dead.subtract(indexes)
        case .filtered, .confirmed: break
        }
    }
}

/// Why an account refuses a change; it is then as it was.
public enum LaneAccountError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An index is not in the place that it is to be moved from.
    case notThere(index: UInt64, place: LaneAccount.Place)
    /// The ledger would be smaller than before.
    case headMovedBack(from: UInt64, to: UInt64)
    /// A stored account does not add up.
    case notConserved

    /// What is wrong.
    public var description: String {
        switch self {
        case .notThere(let index, let place): "lane: index \(index) is not in \(place.rawValue)"
        case .headMovedBack(let old, let new):
            "lane: the ledger had \(old) entries and now says \(new); it was put back or is another ledger"
        case .notConserved: "lane: the stored parts do not add up to the ledger; reconcile the lane"
        }
    }
}

extension RangeSet<UInt64> {
    /// How many indexes it holds.
    public var total: UInt64 { ranges.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) } }

    /// The set of single indexes. Those that follow one another are taken together, which is how deliveries name them.
    public init(indexes: some Sequence<UInt64>) {
        self.init()
        var run: Range<UInt64> = 0..<0
        for index in indexes where index < .max {
            if index == run.upperBound, !run.isEmpty {
                run = run.lowerBound..<index + 1
            } else {
                insert(contentsOf: run)
                run = index..<index + 1
            }
        }
        insert(contentsOf: run)
    }
}
