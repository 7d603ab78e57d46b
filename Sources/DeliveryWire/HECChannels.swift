public import WallTime

/// An exchange with the collector: a request with events, or a question.
public struct HECExchange: Sendable, Hashable {
    /// The channel that it names.
    public let channel: HECChannel
    /// When it set out.
    public let began: Timestamp
}

/// The channels of one sender: the one that requests go on, and earlier ones on which something still waits.
///
/// A Splunk that restarts counts ids anew on every channel. So as soon as it may have restarted, requests go on a new channel, on
/// which no id was given out yet; what waits is asked for on its own channel, on which nothing is sent any more. Then no id comes
/// twice, and what is sent after a restart need not be sent again. It may have restarted when an exchange failed without an answer,
/// when a proxy answered in its place, and when it said that it stops; it did when an id came again.
///
/// There are never more earlier channels than requests that wait. A channel begins at most once a second on average, so that
/// Splunk, which forgets idle channels after 600 s (`maxIdleTime` of inputs.conf), keeps a few hundred of its 1,000,000.
public struct HECChannels<Batch: Hashable & Sendable>: Sendable {
    /// So many channels may begin at once; after that, one a second.
    static var burst: Int { 16 }

    private let timeout: Duration
    private var guarantee: HECGuarantee
    private var books: [HECChannel: HECAcknowledgements<Batch>] = [:]
    private var current: HECChannel?
    /// When the newest channels began, the oldest of them first.
    private var births: [Timestamp] = []
    /// Whether it may have restarted since the newest channel began.
    private var isDoubtful = false
    /// Channels of which a question is under way.
    private var questions: Set<HECChannel> = []

    /// - Parameters:
    ///   - guarantee: what is known of the token.
    ///   - timeout: after this long without `true` a request is sent again.
    public init(
        guarantee: HECGuarantee = .unknown,
        timeout: Duration = HECAcknowledgements<Batch>.defaultTimeout
    ) {
        self.guarantee = guarantee
        self.timeout = timeout
    }

    /// How many channels are kept.
    public var count: Int { books.count }

    // MARK: Requests

    /// A request sets out. One of ``accepted(_:acknowledgement:_:now:)``, ``declined(acknowledgement:_:restarts:)`` and
    /// ``unanswered(_:mayHaveArrived:)`` follows.
    public mutating func send(now: Timestamp, using generator: inout some RandomNumberGenerator) -> HECExchange {
        let channel = open(now: now, using: &generator)
        books[channel]?.began()
        return HECExchange(channel: channel, began: now)
    }

    /// The channel for what is sent now.
    private mutating func open(now: Timestamp, using generator: inout some RandomNumberGenerator) -> HECChannel {
        if let current, let book = books[current], !isWorn(book, now) { return current }
        let channel = HECChannel.random(using: &generator)
        let old = current
        books[channel] = HECAcknowledgements(channel: channel, guarantee: guarantee, timeout: timeout)
        current = channel
        isDoubtful = false
        births = births.suffix(Self.burst - 1) + [now]
        if let old {
            books[old]?.leave()
            forget(old)
        }
        return channel
    }

    private func isWorn(_ book: HECAcknowledgements<Batch>, _ now: Timestamp) -> Bool {
        book.isShared || isDoubtful && book.isUsed && mayBegin(now)
    }

    /// Whether there were few enough channels lately for another.
    private func mayBegin(_ now: Timestamp) -> Bool {
        births.count < Self.burst || births.first.map { now.since($0) >= Int64(Self.burst) * 1000 } ?? true
    }

    /// Takes a successful reply to a request. Nil when the channel was given up meanwhile: the batch is to be sent again.
    ///
    /// At ``HECAcknowledgements/Effect/receiverRestarted`` the channel is given up; take what waited on it with ``giveUp(_:)``.
    public mutating func accepted(
        _ batch: Batch,
        acknowledgement: UInt64?,
        _ exchange: HECExchange,
        now: Timestamp
    ) -> HECAcknowledgements<Batch>.Effect? {
        guard var book = books[exchange.channel] else { return nil }
        let effect = book.accepted(batch, acknowledgement: acknowledgement, now: now)
        books[exchange.channel] = book
        guarantee = book.guarantee
        // Behind a balancer that asks any node ids come again all the time: then the lane has to slow down.
        if book.isShared, exchange.channel == current, !mayBegin(now) { return .receiverRestarted }
        forget(exchange.channel)
        return effect
    }

    /// Takes any other reply to a request. Returns false when the channel must be given up.
    /// - Parameter restarts: whether the reply tells of a receiver that may restart.
    public mutating func declined(
        acknowledgement: UInt64?,
        _ exchange: HECExchange,
        restarts: Bool
    ) -> Bool {
        if restarts { doubt(exchange) }
        let isGood = books[exchange.channel]?.declined(acknowledgement: acknowledgement) ?? true
        forget(exchange.channel)
        return isGood
    }

    /// Notes that a request had no reply.
    public mutating func unanswered(_ exchange: HECExchange, mayHaveArrived: Bool) {
        doubt(exchange)
        books[exchange.channel]?.unanswered(mayHaveArrived: mayHaveArrived)
        forget(exchange.channel)
    }

    /// An exchange that set out before the channel began tells nothing of what happens on it.
    private mutating func doubt(_ exchange: HECExchange) {
        guard let born = births.last, exchange.began >= born else { return }
        isDoubtful = true
    }

    /// Leaves a channel on which there is nothing to wait for, unless requests go on it.
    private mutating func forget(_ channel: HECChannel) {
        if channel != current, books[channel]?.isDone == true { books[channel] = nil }
    }

    /// Gives a channel up. Returns what waited on it: it is to be sent again and may then be there twice.
    public mutating func giveUp(_ channel: HECChannel) -> [Batch] {
        if channel == current { current = nil }
        return books.removeValue(forKey: channel)?.waiting ?? []
    }

    // MARK: Questions

    /// What to ask now; ``answered(_:_:now:)`` or ``refused(_:_:now:)`` must follow.
    public mutating func question(now: Timestamp) -> (exchange: HECExchange, ids: [UInt64])? {
        for (channel, book) in books where !questions.contains(channel) {
            guard let ids = book.question(now: now) else { continue }
            questions.insert(channel)
            return (HECExchange(channel: channel, began: now), ids)
        }
        return nil
    }

    /// When the next question is due, or nil when none is.
    public var questionDue: Timestamp? {
        books.filter { !questions.contains($0.key) }.compactMap(\.value.questionDue).min()
    }

    /// Takes an answer. Returns the batches that are confirmed.
    public mutating func answered(_ states: [UInt64: Bool], _ exchange: HECExchange, now: Timestamp) -> [Batch] {
        questions.remove(exchange.channel)
        let confirmed = books[exchange.channel]?.answered(states, now: now) ?? []
        // A process that dies now begins a new channel and sends again whatever it had not stored as confirmed.
        books[exchange.channel]?.persisted()
        forget(exchange.channel)
        return confirmed
    }

    /// Takes a refusal of a question, or that it had no answer. Returns false when the lane must stop.
    public mutating func refused(_ verdict: Verdict, _ exchange: HECExchange, now: Timestamp) -> Bool {
        questions.remove(exchange.channel)
        if verdict.replyClass == .retry { doubt(exchange) }
        return books[exchange.channel]?.refused(verdict, now: now) ?? true
    }

    /// Batches that can be believed to be confirmed now that more replies have come.
    public mutating func takeConfirmed() -> [Batch] {
        take { book in
            defer { book.persisted() }
            return book.takeConfirmed()
        }
    }

    /// Batches that are to be sent again; see ``HECAcknowledgements/takeOverdue(now:)``.
    public mutating func takeOverdue(now: Timestamp) -> [Batch] { take { $0.takeOverdue(now: now) } }

    private mutating func take(_ body: (inout HECAcknowledgements<Batch>) -> [Batch]) -> [Batch] {
        var taken: [Batch] = []
        for channel in Array(books.keys) {
            guard var book = books[channel] else { continue }
            taken += body(&book)
            books[channel] = book
            forget(channel)
        }
        return taken
    }
}
