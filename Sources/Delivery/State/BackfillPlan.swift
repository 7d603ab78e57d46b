/// What a sink takes of older entries when it is asked for a range of them: those that it neither has nor will get by itself.
struct BackfillPlan: Hashable {
    /// The entries that it takes now.
    let taken: RangeSet<UInt64>
    /// The entries from its new start on that it leaves out, until it is asked for them.
    let gaps: RangeSet<UInt64>
    /// The first index that it is responsible for from now on.
    let start: UInt64

    /// - Parameters:
    ///   - start: the first index that the sink is responsible for so far.
    ///   - gaps: what it left out before; all of it from `start` on.
    /// - Returns: nil when it has or will get everything of the range.
    init?(_ range: Range<UInt64>, start: UInt64, gaps: RangeSet<UInt64>) {
        let asked = RangeSet(range)
        let below = range.clamped(to: 0..<start)
        var (taken, left) = (gaps.intersection(asked), gaps.subtracting(asked))
        if !below.isEmpty {
            taken.insert(contentsOf: below)
            left.insert(contentsOf: below.upperBound..<start)
        }
        guard !taken.isEmpty else { return nil }
        self.taken = taken
        self.gaps = left
        self.start = below.isEmpty ? start : below.lowerBound
    }
}
