/// Finds the records of a refused batch that can never be taken, and gets the others through, in order.
///
/// The front of what is left is always sent first, so what is taken grows from the front and order is kept. One bad record in
/// a batch of n is found after at most log2(n) + 1 further requests (rounded up), and everything after it goes in one more.
/// Nothing is called poison by inference: a record is, only when a request that holds it alone was refused.
public struct Bisection: Sendable, Hashable {
    /// What became of a record.
    public enum Fate: Sendable, Hashable {
        /// These positions were taken.
        case taken(Range<Int>)
        /// This one was refused alone.
        case poison(Int)
    }

    /// Positions that are still to be sent.
    public private(set) var remaining: Range<Int>
    /// Requests answered since the batch was refused.
    public private(set) var requests = 0
    /// Everything from the front of ``remaining`` up to here holds at least one bad record; nil when nothing is known.
    private var suspectEnd: Int?
    /// Where the next cut would help most.
    private var hintedCut: Int?

    /// Begins with a batch of `count` records that was refused as `split`. Records that the refusal says are stored are not sent
    /// again: take them from ``settled(by:)``.
    public init(count: Int, hint: Verdict.Hint = .none) {
        remaining = 0..<max(count, 0)
        suspectEnd = remaining.isEmpty ? nil : remaining.upperBound
        use(hint, of: remaining)
    }

    /// The positions to send next, or nil when all records have their fate.
    public var next: Range<Int>? {
        guard !remaining.isEmpty else { return nil }
        guard let suspectEnd else { return remaining }
        let count = suspectEnd - remaining.lowerBound
        guard count > 1 else { return remaining.lowerBound..<(remaining.lowerBound + 1) }
        let half = remaining.lowerBound + count / 2
        guard let hintedCut, hintedCut > remaining.lowerBound, hintedCut < suspectEnd else {
            return remaining.lowerBound..<half
        }
        return remaining.lowerBound..<hintedCut
    }

    /// Takes the verdict on a request for ``next``: `ok`, `split` or `poison`. The other classes say nothing about the records;
    /// for them the same positions stay next, and nil is returned.
    public mutating func record(_ verdict: Verdict) -> [Fate]? {
        guard let sent = next else { return nil }
        switch verdict.replyClass {
        case .retry, .throttle, .auth, .config: return nil
        case .ok:
            requests += 1
            advance(to: sent.upperBound)
            return [.taken(sent)]
        case .split, .poison:
            requests += 1
            if sent.count == 1 {
                advance(to: sent.upperBound)
                suspectEnd = nil
                return [.poison(sent.lowerBound)]
            }
            suspectEnd = sent.upperBound
            let before = remaining.lowerBound
            use(verdict.hint, of: sent)
            return remaining.lowerBound > before ? [.taken(before..<remaining.lowerBound)] : []
        }
    }

    /// The records that a first refusal says are stored, of a batch of `count`. Never all of them: then the refusal would name
    /// a record that is not there, and is not believed.
    public static func settled(by hint: Verdict.Hint, count: Int) -> Range<Int> {
        guard case .stored(let prefix) = hint, prefix > 0, prefix < count else { return 0..<0 }
        return 0..<prefix
    }

    private mutating func use(_ hint: Verdict.Hint, of sent: Range<Int>) {
        hintedCut = nil
        switch hint {
        case .none: break
        case .stored:
            let stored = Self.settled(by: hint, count: sent.count)
            advance(to: sent.lowerBound + stored.count)
            // The record after them is named: try it alone.
            hintedCut = remaining.lowerBound + 1
        case .near(let position) where position >= 0 && position < sent.count:
            hintedCut = sent.lowerBound + max(position, 1)
        case .near: break
        }
    }

    private mutating func advance(to position: Int) {
        remaining = position..<remaining.upperBound
        // A suspect stretch that was taken whole had nothing bad in it after all; nothing is known of the rest.
        if let end = suspectEnd, end <= position { suspectEnd = nil }
        if let cut = hintedCut, cut <= position { hintedCut = nil }
    }
}
