/// What a destination's reply means for the records that were sent. Every reply is exactly one of these.
public enum ReplyClass: String, Sendable, Hashable, CaseIterable {
    /// Taken.
    case ok
    /// Not taken, or nobody knows; the same request may be sent again.
    case retry
    /// Not taken; sent again no sooner than the destination asks.
    case throttle
    /// The request is refused as it is, but its parts may be taken: it is too large or a member is bad.
    case split
    /// This record can never be taken.
    case poison
    /// The credentials are refused: the lane stops and keeps everything.
    case auth
    /// The lane is set up wrongly: it stops and keeps everything.
    case config

    /// Whether the fault is of the lane and not of the records: they stay where they are and nothing of them is used up.
    public var stopsLane: Bool { self == .auth || self == .config }
}

/// A reply, judged.
public struct Verdict: Sendable, Hashable {
    /// What a refusal says of which record is bad. Positions count from 0 in the request.
    public enum Hint: Sendable, Hashable {
        /// Nothing.
        case none
        /// As many records from the front are stored although the request was refused; the one after them is bad.
        case stored(prefix: Int)
        /// The bad one is probably near this position.
        case near(Int)

        /// Whether some of the records are stored.
        public var storesSome: Bool {
            if case .stored(let prefix) = self { prefix > 0 } else { false }
        }
    }

    /// What it means.
    public let replyClass: ReplyClass
    /// Whether the records may have been stored although no success was said. Sending them again may store them twice.
    public let mayBeStored: Bool
    /// Whether the destination is nearly full: keep on, but send less.
    public let asksToSlowDown: Bool
    /// Which record a refusal names.
    public let hint: Hint
    /// The row of the table that decided, for the operator.
    public let reason: String

    /// Makes a verdict.
    public init(
        _ replyClass: ReplyClass,
        mayBeStored: Bool = false,
        asksToSlowDown: Bool = false,
        hint: Hint = .none,
        reason: String
    ) {
        self.replyClass = replyClass
        self.mayBeStored = mayBeStored
        self.asksToSlowDown = asksToSlowDown
        self.hint = hint
        self.reason = reason
    }
}
