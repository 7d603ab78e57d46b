public import WallTime

/// Follows the acknowledgements of one channel. `Batch` names what a request carried.
///
/// Splunk says `true` once and forgets the id. What was said true is therefore handed out by ``answered(_:now:)`` and no further
/// question is due until ``persisted()`` says that it is kept.
///
/// A `true` can be another request's: when Splunk restarts, or another node answers, ids are given out anew. Each counts from 0 in
/// steps of one, so an id n comes twice without two replies of the same id only if at least n + 1 requests of the channel have no
/// reply here. A `true` is believed when fewer have none.
///
/// An id that comes again after its `true` was believed is taken once more: who gave it first has forgotten it. From then on the
/// channel is ``isShared``, what waited on it is to be sent again, and a `true` is believed when no request is without a reply.
public struct HECAcknowledgements<Batch: Hashable & Sendable>: Sendable {
    /// What the sender must do about a reply to events.
    public enum Effect: Sendable, Hashable {
        /// Wait for the acknowledgement.
        case awaiting
        /// There will be no acknowledgement: the batch is accepted, and no more can be said.
        case accepted
        /// The token stopped sending acknowledgement ids. The lane must stop and say so; the batch is not confirmed.
        case guaranteeLost
        /// The id was given out before on this channel, and its `true` may still come: Splunk restarted and counts anew, or another
        /// one answers. No id of this channel can be trusted any more: leave it, and send everything that is
        /// ``HECAcknowledgements/waiting`` again.
        case receiverRestarted
    }

    /// How long `false` is believed to mean "not yet". Splunk's documentation advises five minutes.
    public static var defaultTimeout: Duration { .seconds(300) }
    /// How long that is believed of a channel that was left because Splunk may have restarted: if it did, it knows nothing of it.
    static var patience: Duration { .seconds(30) }
    /// Waits between questions about the same state: the first few quick, because an idle Splunk acknowledges after about a
    /// second.
    static var schedule: [Duration] { [.milliseconds(500), .seconds(1), .seconds(2), .seconds(5)] }

    private struct Pending: Sendable {
        let batch: Batch
        let sentAt: Timestamp
        /// Said true, and not believed yet.
        var isSaid = false
    }

    /// The channel that events and questions name.
    public let channel: HECChannel
    /// What is known of the token.
    public private(set) var guarantee: HECGuarantee
    /// After this long without `true` a request is sent again.
    public let timeout: Duration
    private var pending: [UInt64: Pending] = [:]
    /// All ids given out on this channel; they come nearly in order, so this is nearly one range.
    private var seen = RangeSet<UInt64>()
    /// Ids whose `true` was believed: who gave them has forgotten them.
    private var settled = RangeSet<UInt64>()
    /// Whether ids of several lives or nodes are among those given out.
    public private(set) var isShared = false
    /// What waited when that was found out.
    private var abandoned: [Batch] = []
    /// Batches whose id was given out before. Once there is one, no answer counts.
    private var doubted: [Batch] = []
    /// Requests that may have got an id and have no reply: yet, or for ever.
    private var underway: UInt64 = 0
    private var lost: UInt64 = 0
    private var isLeft = false
    /// When the first answer came after the channel was left.
    private var answeredSinceLeft: Timestamp?
    private var unpersisted = false
    private var asked = 0
    private var nextQuestion: Timestamp?

    /// Begins a channel.
    /// - Parameter guarantee: what the lane stored of the token before, so that a token that stops acknowledging is noticed
    ///   across restarts too.
    public init(channel: HECChannel, guarantee: HECGuarantee = .unknown, timeout: Duration = defaultTimeout) {
        self.channel = channel
        self.guarantee = guarantee
        self.timeout = timeout
    }

    /// Batches that wait for their acknowledgement.
    public var waiting: [Batch] { pending.sorted { $0.key < $1.key }.map(\.value.batch) + abandoned + doubted }
    /// Whether any request may have got an id.
    public var isUsed: Bool { !seen.isEmpty || underway + lost > 0 }
    /// Whether nothing waits and no reply is to come.
    public var isDone: Bool { waiting.isEmpty && underway == 0 }

    // MARK: Requests

    /// A request sets out. One of ``accepted(_:acknowledgement:now:)``, ``declined(acknowledgement:)`` and
    /// ``unanswered(mayHaveArrived:)`` follows.
    public mutating func began() { underway += 1 }

    /// Takes a successful reply to a request that carried `batch`.
    public mutating func accepted(_ batch: Batch, acknowledgement: UInt64?, now: Timestamp) -> Effect {
        endOne()
        guard let id = acknowledgement else {
            if guarantee == .acknowledged { return .guaranteeLost }
            guarantee = .acceptedOnly
            return .accepted
        }
        // A token that starts to acknowledge only strengthens the guarantee.
        guarantee = .acknowledged
        guard note(id) else {
            doubted.append(batch)
            return .receiverRestarted
        }
        pending[id] = Pending(batch: batch, sentAt: now)
        asked = 0
        schedule(now)
        return .awaiting
    }

    /// Takes any other reply, which can carry an id too: for the events before a bad one. Returns false when that was given out
    /// before; then it is as with ``Effect/receiverRestarted``.
    public mutating func declined(acknowledgement: UInt64?) -> Bool {
        endOne()
        return acknowledgement.map { note($0) } ?? true
    }

    /// Notes that a request will have no reply.
    /// - Parameter mayHaveArrived: whether the receiver may have given it an id.
    public mutating func unanswered(mayHaveArrived: Bool) {
        endOne()
        if mayHaveArrived { lost += 1 }
    }

    private mutating func endOne() { if underway > 0 { underway -= 1 } }

    private mutating func note(_ id: UInt64) -> Bool {
        guard id < .max else { return false }
        if seen.contains(id) {
            guard settled.contains(id) else { return false }
            settled.remove(contentsOf: id..<(id + 1))
            if !isShared {
                isShared = true
                abandoned = pending.sorted { $0.key < $1.key }.map(\.value.batch)
                pending = [:]
            }
        }
        seen.insert(contentsOf: id..<(id + 1))
        return true
    }

    /// How many requests without a reply allow a `true` to be another's.
    private func isBelieved(_ id: UInt64, despite unanswered: UInt64) -> Bool {
        unanswered <= (isShared ? 0 : id)
    }

    /// No further request goes on this channel, because Splunk may have restarted.
    public mutating func leave() { isLeft = true }

    // MARK: Questions

    /// The ids to ask for, or nil when no question is due: nothing waits, it is too soon, or the last answer is not kept yet.
    public func question(now: Timestamp) -> [UInt64]? {
        guard let questionDue, now >= questionDue else { return nil }
        return pending.filter { !$0.value.isSaid }.keys.sorted()
    }

    /// When the next question is due, or nil when none is.
    public var questionDue: Timestamp? {
        guard !unpersisted, doubted.isEmpty, pending.contains(where: { !$0.value.isSaid }) else { return nil }
        return nextQuestion
    }

    /// Takes an answer. Returns the batches that are confirmed: keep that, then call ``persisted()``.
    public mutating func answered(_ states: [UInt64: Bool], now: Timestamp) -> [Batch] {
        guard doubted.isEmpty else { return [] }
        if isLeft { answeredSinceLeft = answeredSinceLeft ?? now }
        for (id, isStored) in states where isStored { pending[id]?.isSaid = true }
        asked += 1
        schedule(now)
        return takeConfirmed()
    }

    /// Batches that were said true and could not be believed, and can be now that more replies have come; as with
    /// ``answered(_:now:)``.
    public mutating func takeConfirmed() -> [Batch] {
        guard doubted.isEmpty else { return [] }
        let confirmed = pending.filter { $0.value.isSaid && isBelieved($0.key, despite: underway + lost) }
        for id in confirmed.keys {
            pending[id] = nil
            settled.insert(contentsOf: id..<(id + 1))
        }
        unpersisted = unpersisted || !confirmed.isEmpty
        return confirmed.sorted { $0.key < $1.key }.map(\.value.batch)
    }

    /// What the last answer confirmed is kept.
    public mutating func persisted() { unpersisted = false }

    /// Takes a refusal of a question. Nothing is confirmed by it. Returns false when the lane must stop: the token has no
    /// acknowledgements any more, or the lane is refused.
    public mutating func refused(_ verdict: Verdict, now: Timestamp) -> Bool {
        asked += 1
        schedule(now)
        return !verdict.replyClass.stopsLane
    }

    /// Batches that were not acknowledged in time, or whose acknowledgement will never be believed. They are to be sent again and
    /// may then be there twice.
    public mutating func takeOverdue(now: Timestamp) -> [Batch] {
        let isForgotten = answeredSinceLeft.map { now.since($0) >= Self.patience.wholeMilliseconds } ?? false
        let overdue = pending.filter { id, entry in
            isForgotten || now.since(entry.sentAt) >= timeout.wholeMilliseconds
                || entry.isSaid && !isBelieved(id, despite: lost)
        }
        for id in overdue.keys { pending[id] = nil }
        defer { abandoned = [] }
        return abandoned + overdue.sorted { $0.key < $1.key }.map(\.value.batch)
    }

    private mutating func schedule(_ now: Timestamp) {
        let wait = Self.schedule[min(asked, Self.schedule.count - 1)]
        nextQuestion = now.adding(wait)
    }
}
