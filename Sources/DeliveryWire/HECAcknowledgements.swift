public import WallTime

/// A channel of the HTTP Event Collector: a GUID that scopes acknowledgement ids. Ids start anew with each channel, so a process
/// makes a new one when it starts and never uses one again.
public struct HECChannel: Sendable, Hashable, CustomStringConvertible {
    /// 8-4-4-4-12 hexadecimal digits, upper case.
    public let description: String

    /// Draws a version 4 GUID (RFC 9562).
    public static func random(using generator: inout some RandomNumberGenerator) -> HECChannel {
        let high: UInt64 = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low: UInt64 = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        func hex(_ value: UInt64) -> String {
            let text = String(value, radix: 16, uppercase: true)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        let digits = Array(hex(high) + hex(low))
        let groups = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
        return HECChannel(unchecked: groups.map { String($0) }.joined(separator: "-"))
    }

    private init(unchecked text: String) { description = text }

    /// Reads a GUID.
    /// - Throws: ``HECError/channel``.
    public init(_ text: String) throws(HECError) {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12], text.allSatisfy({ $0 == "-" || $0.isHexDigit }) else {
            throw .channel
        }
        description = text.uppercased()
    }
}

/// What a token does with acknowledgements, found out from its replies and never guessed.
public enum HECGuarantee: Sendable, Hashable {
    /// No reply yet.
    case unknown
    /// Replies carry acknowledgement ids: delivery can be confirmed.
    case acknowledged
    /// Replies carry none: a success means taken, not stored.
    case acceptedOnly
}

/// Follows the acknowledgements of one channel. `Batch` names what a request carried.
///
/// Splunk says `true` once and forgets the id. What was said true is therefore handed out by ``answered(_:now:)`` and no further
/// question is due until ``persisted()`` says that it is kept.
public struct HECAcknowledgements<Batch: Hashable & Sendable>: Sendable {
    /// What the sender must do about a reply to events.
    public enum Effect: Sendable, Hashable {
        /// Wait for the acknowledgement.
        case awaiting
        /// There will be no acknowledgement: the batch is accepted, and no more can be said.
        case accepted
        /// The token stopped sending acknowledgement ids. The lane must stop and say so; the batch is not confirmed.
        case guaranteeLost
        /// The id was given out before on this channel: Splunk restarted and counts anew, or another one answers. No id of this
        /// channel can be trusted any more: call ``HECAcknowledgements/restart(channel:)`` and send everything again.
        case receiverRestarted
    }

    /// How long `false` is believed to mean "not yet". Splunk's documentation advises five minutes.
    public static var defaultTimeout: Duration { .seconds(300) }
    /// Waits between questions about the same state: the first few quick, because an idle Splunk acknowledges after about a
    /// second.
    static var schedule: [Duration] { [.milliseconds(500), .seconds(1), .seconds(2), .seconds(5)] }

    private struct Pending: Sendable {
        let batch: Batch
        let sentAt: Timestamp
    }

    /// The channel that events and questions name.
    public private(set) var channel: HECChannel
    /// What is known of the token.
    public private(set) var guarantee: HECGuarantee
    /// After this long without `true` a request is sent again.
    public let timeout: Duration
    private var pending: [UInt64: Pending] = [:]
    /// All ids given out on this channel; they come nearly in order, so this is nearly one range.
    private var seen = RangeSet<UInt64>()
    /// Batches whose id was given out before. Once there is one, no answer counts.
    private var doubted: [Batch] = []
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
    public var waiting: [Batch] { pending.sorted { $0.key < $1.key }.map(\.value.batch) + doubted }

    /// Takes a successful reply to a request that carried `batch`.
    public mutating func accepted(_ batch: Batch, acknowledgement: UInt64?, now: Timestamp) -> Effect {
        guard let id = acknowledgement else {
            if guarantee == .acknowledged { return .guaranteeLost }
            guarantee = .acceptedOnly
            return .accepted
        }
        // A token that starts to acknowledge only strengthens the guarantee.
        guarantee = .acknowledged
        guard id < .max, !seen.contains(id) else {
            doubted.append(batch)
            return .receiverRestarted
        }
        seen.insert(contentsOf: id..<(id + 1))
        pending[id] = Pending(batch: batch, sentAt: now)
        asked = 0
        schedule(now)
        return .awaiting
    }

    /// The ids to ask for, or nil when no question is due: nothing waits, it is too soon, or the last answer is not kept yet.
    public func question(now: Timestamp) -> [UInt64]? {
        guard !unpersisted, doubted.isEmpty, let nextQuestion, now >= nextQuestion, !pending.isEmpty else { return nil }
        return pending.keys.sorted()
    }

    /// When the next question is due, or nil when none is.
    public var questionDue: Timestamp? { unpersisted || !doubted.isEmpty || pending.isEmpty ? nil : nextQuestion }

    /// Takes an answer. Returns the batches that are confirmed: keep that, then call ``persisted()``.
    public mutating func answered(_ states: [UInt64: Bool], now: Timestamp) -> [Batch] {
        guard doubted.isEmpty else { return [] }
        var confirmed: [Batch] = []
        for (id, isStored) in states.sorted(by: { $0.key < $1.key }) where isStored {
            if let entry = pending.removeValue(forKey: id) { confirmed.append(entry.batch) }
        }
        asked += 1
        schedule(now)
        unpersisted = unpersisted || !confirmed.isEmpty
        return confirmed
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

    /// Batches that were not acknowledged in time. They are to be sent again and may then be there twice.
    public mutating func takeOverdue(now: Timestamp) -> [Batch] {
        let overdue = pending.filter { now.since($0.value.sentAt) >= timeout.wholeMilliseconds }
        for id in overdue.keys { pending[id] = nil }
        return overdue.sorted { $0.key < $1.key }.map(\.value.batch)
    }

    /// Begins a new channel, after a restart or when the receiver changed. Returns what was not confirmed on the old one: it is
    /// to be sent again and may then be there twice. What is known of the token stays.
    public mutating func restart(channel: HECChannel) -> [Batch] {
        let unconfirmed = waiting
        self = HECAcknowledgements(channel: channel, guarantee: guarantee, timeout: timeout)
        return unconfirmed
    }

    private mutating func schedule(_ now: Timestamp) {
        let wait = Self.schedule[min(asked, Self.schedule.count - 1)]
        nextQuestion = now.adding(wait)
    }
}
