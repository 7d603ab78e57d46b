/// How many requests a destination takes at the same time, found out from its answers: more by one while round trips stay short
/// and the limit is what holds requests back, fewer by a share when they grow long or the destination says that it is too much
/// (additive increase, multiplicative decrease, as in RFC 5681). A pure value: it reads no clock.
///
/// A round is as many answers as the limit. Until the destination first shows that it is full, each round doubles the limit.
public struct AdaptiveConcurrency: Sendable, Hashable {
    /// What an answer says of the destination's load.
    public enum Answer: Sendable, Hashable {
        /// It took the request, this many microseconds after it was sent.
        case taken(microseconds: UInt64)
        /// It asks for less.
        case slowed
        /// There was none, or it was a failure of the destination.
        case failed
        /// Nothing: the request itself was refused.
        case neutral
    }

    /// Most requests that may be under way now.
    public private(set) var limit: Int
    /// What ``limit`` never exceeds.
    public let ceiling: Int

    /// The round trip of a destination that is in no hurry, in microseconds; nil until one was seen.
    private var unhurried: UInt64?
    private var isDoubling = true
    private var answers = 0
    private var sum: UInt64 = 0
    private var isHeldBack = false
    /// Requests that were sent before the limit was lowered: they say nothing of the lower one.
    private var outdated = 0
    private var isFixed = false

    /// A round trip counts as long when it is longer than an unhurried one by half, and by this much in microseconds: less comes
    /// and goes by itself.
    private static let noise: UInt64 = 2000
    /// Longest round trip that is counted, in microseconds: an hour, so that sums cannot overflow.
    private static let longest: UInt64 = 3_600_000_000

    /// Begins with one request at a time.
    public init(ceiling: Int) {
        self.ceiling = max(ceiling, 1)
        limit = 1
    }

    /// Begins with a limit that stays as it is.
    public init(fixed limit: Int) {
        self.limit = max(limit, 1)
        ceiling = self.limit
        isFixed = true
    }

    /// Takes what came of a request.
    /// - Parameter underway: how many others are still under way.
    public mutating func answered(_ answer: Answer, underway: Int) {
        guard !isFixed else { return }
        guard outdated == 0 else {
            outdated = min(outdated - 1, max(underway, 0))
            return
        }
        switch answer {
        case .neutral: return
        case .slowed: lower(to: limit / 2, underway)
        case .failed:
            lower(to: limit / 2, underway)
            // A destination that was away may come back as it was.
            if limit == 1 { isDoubling = true }
        case .taken(let microseconds):
            sum += min(microseconds, Self.longest)
            answers += 1
            if underway + 1 >= limit { isHeldBack = true }
            if answers >= limit { endRound(underway) }
        }
    }

    private mutating func endRound(_ underway: Int) {
        let mean = sum / UInt64(answers)
        let known = unhurried ?? mean
        // Alone, a request cannot be slow for want of room: so long is what it takes now.
        unhurried = limit == 1 ? mean : min(known, mean)
        if limit > 1, mean > max(known + known / 2, known + Self.noise) {
            return lower(to: limit - max(limit / 4, 1), underway)
        }
        if isHeldBack { limit = min(isDoubling ? limit * 2 : limit + 1, ceiling) }
        beginRound()
    }

    private mutating func lower(to lower: Int, _ underway: Int) {
        limit = max(lower, 1)
        isDoubling = false
        outdated = max(underway, 0)
        beginRound()
    }

    private mutating func beginRound() {
        (answers, sum, isHeldBack) = (0, 0, false)
    }
}
