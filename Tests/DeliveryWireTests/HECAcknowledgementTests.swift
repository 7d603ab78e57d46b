import DeliveryWire
import Testing
import WallTime

@Suite struct HECAcknowledgementTests {
    typealias Acknowledgements = HECAcknowledgements<Int>

    static func channel(_ seed: UInt64 = 1) -> HECChannel {
        var generator = Seeded(state: seed)
        return HECChannel.random(using: &generator)
    }

    @Test func channelsAreGUIDs() throws {
        let channel = Self.channel()
        #expect(try HECChannel(channel.description) == channel)
        #expect(try HECChannel(channel.description.lowercased()) == channel)
        let groups = channel.description.split(separator: "-")
        #expect(groups.map(\.count) == [8, 4, 4, 4, 12] && groups[2].hasPrefix("4"))
        #expect("89AB".contains(groups[3].prefix(1)))
        for text in [
            "", "x", String(channel.description.dropLast()), channel.description + "0",
            "G" + channel.description.dropFirst(),
        ] {
            #expect(throws: HECError.channel) { try HECChannel(text) }
        }
    }

    @Test func confirmedOnlyByTrueAndAskedAgainOnlyAfterItIsKept() throws {
        var acks = Acknowledgements(channel: Self.channel())
        let now = Samples.moment
        #expect(acks.question(now: now) == nil)
        #expect(acks.accepted(100, acknowledgement: 0, now: now) == .awaiting)
        #expect(acks.accepted(101, acknowledgement: 1, now: now) == .awaiting)
        #expect(acks.guarantee == .acknowledged)
        #expect(acks.question(now: now.after(499)) == nil)
        #expect(acks.question(now: now.after(500)) == [0, 1])
        #expect(acks.answered([0: false, 1: true, 9: true], now: now.after(500)) == [101])
        // The server has forgotten id 1: ask nothing before its confirmation is kept.
        #expect(acks.question(now: now.after(100_000)) == nil)
        #expect(acks.questionDue == nil)
        acks.persisted()
        #expect(acks.question(now: now.after(1499)) == nil)
        #expect(acks.question(now: now.after(1500)) == [0])
        #expect(acks.waiting == [100])
        #expect(acks.answered([:], now: now.after(1500)) == [])
        #expect(acks.answered([0: false], now: now.after(3500)) == [])
        #expect(acks.question(now: now.after(8499)) == nil)
        #expect(acks.question(now: now.after(8500)) == [0])
        #expect(acks.answered([0: true], now: now.after(8500)) == [100])
        #expect(acks.waiting.isEmpty)
    }

    @Test func aTokenThatStopsAcknowledgingStopsTheLane() {
        var acks = Acknowledgements(channel: Self.channel())
        #expect(acks.accepted(1, acknowledgement: 0, now: Samples.moment) == .awaiting)
        #expect(acks.accepted(2, acknowledgement: nil, now: Samples.moment) == .guaranteeLost)
        #expect(acks.guarantee == .acknowledged)
        // Across a restart too, when the lane kept what it knew.
        var later = Acknowledgements(channel: Self.channel(2), guarantee: .acknowledged)
        #expect(later.accepted(1, acknowledgement: nil, now: Samples.moment) == .guaranteeLost)
    }

    @Test func aTokenWithoutAcknowledgementsIsSaidToBeOne() {
        var acks = Acknowledgements(channel: Self.channel())
        #expect(acks.guarantee == .unknown)
        #expect(acks.accepted(1, acknowledgement: nil, now: Samples.moment) == .accepted)
        #expect(acks.guarantee == .acceptedOnly)
        // Switched on later, it only gets better.
        #expect(acks.accepted(2, acknowledgement: 0, now: Samples.moment) == .awaiting)
        #expect(acks.guarantee == .acknowledged)
    }

    @Test func aRefusedQuestionConfirmsNothing() {
        var acks = Acknowledgements(channel: Self.channel())
        _ = acks.accepted(1, acknowledgement: 0, now: Samples.moment)
        #expect(acks.refused(Verdict(.retry, reason: ""), now: Samples.moment) == true)
        #expect(acks.refused(ReplyTable.splunkHEC.judge(status: 400, code: 14), now: Samples.moment) == false)
        #expect(acks.refused(ReplyTable.splunkHEC.judge(status: 404), now: Samples.moment) == false)
        #expect(acks.waiting == [1])
    }

    @Test func falseForTooLongIsSentAgain() {
        var acks = Acknowledgements(channel: Self.channel(), timeout: .seconds(300))
        _ = acks.accepted(1, acknowledgement: 0, now: Samples.moment)
        _ = acks.accepted(2, acknowledgement: 1, now: Samples.moment.after(1000))
        #expect(acks.takeOverdue(now: Samples.moment.after(299_999)) == [])
        #expect(acks.takeOverdue(now: Samples.moment.after(300_000)) == [1])
        #expect(acks.takeOverdue(now: Samples.moment.after(300_000)) == [])
        // Its true may still come; it is nobody's by then.
        #expect(acks.answered([0: true], now: Samples.moment.after(300_001)) == [])
        #expect(acks.waiting == [2])
    }

    /// A Splunk that restarted counts from 0 again. Its true for the new 0 must not confirm the batch that had the old 0.
    @Test func anIDGivenTwiceMakesTheChannelWorthless() {
        var acks = Acknowledgements(channel: Self.channel(1))
        _ = acks.accepted(1, acknowledgement: 0, now: Samples.moment)
        _ = acks.accepted(2, acknowledgement: 1, now: Samples.moment)
        #expect(acks.answered([1: true], now: Samples.moment) == [2])
        acks.persisted()
        #expect(acks.accepted(3, acknowledgement: 0, now: Samples.moment) == .receiverRestarted)
        #expect(acks.question(now: Samples.moment.after(100_000)) == nil)
        #expect(acks.answered([0: true, 1: true], now: Samples.moment) == [], "nothing counts any more")
        #expect(acks.waiting == [1, 3], "all of it is to be sent again")
    }

    /// Id 0 could be that of a request whose reply is still to come: a restarted Splunk gives 0 to the first it gets.
    @Test func aTrueThatCouldBeAnothersWaitsForTheOthersReply() {
        var acks = Acknowledgements(channel: Self.channel())
        acks.began()
        #expect(acks.accepted(1, acknowledgement: 0, now: Samples.moment) == .awaiting)
        acks.began()
        #expect(acks.answered([0: true], now: Samples.moment) == [])
        #expect(acks.question(now: Samples.moment.after(100_000)) == nil, "it was said, and is not said again")
        #expect(acks.accepted(2, acknowledgement: 1, now: Samples.moment) == .awaiting)
        #expect(acks.takeConfirmed() == [1])
        acks.began()
        #expect(acks.answered([1: true], now: Samples.moment) == [2], "one request cannot have had 0 and 1")
    }

    @Test func aTrueThatCouldBeThatOfALostRequestIsNeverBelieved() {
        var acks = Acknowledgements(channel: Self.channel())
        acks.began()
        acks.began()
        acks.began()
        acks.unanswered(mayHaveArrived: true)
        #expect(acks.accepted(1, acknowledgement: 0, now: Samples.moment) == .awaiting)
        #expect(acks.accepted(2, acknowledgement: 1, now: Samples.moment) == .awaiting)
        #expect(acks.answered([0: true, 1: true], now: Samples.moment) == [2])
        #expect(acks.takeOverdue(now: Samples.moment) == [1], "sent again at once")
        // One that found no connection got no id.
        acks.began()
        acks.unanswered(mayHaveArrived: false)
        #expect(acks.accepted(3, acknowledgement: 2, now: Samples.moment) == .awaiting)
        #expect(acks.answered([2: true], now: Samples.moment) == [3])
        #expect(acks.isDone)
    }

    /// A request that was refused for one event has an id for those before it.
    @Test func anIDOfARefusedRequestIsGivenOut() {
        var acks = Acknowledgements(channel: Self.channel())
        acks.began()
        let isFirst = acks.declined(acknowledgement: 0)
        #expect(isFirst)
        acks.began()
        #expect(acks.accepted(1, acknowledgement: 0, now: Samples.moment) == .receiverRestarted)
        acks.began()
        let isAgain = !acks.declined(acknowledgement: 0)
        #expect(isAgain)
    }

    /// What is still false half a minute after Splunk answers again on a channel that was left is unknown to it.
    @Test func aChannelThatWasLeftIsWaitedForLess() {
        var acks = Acknowledgements(channel: Self.channel(), timeout: .seconds(300))
        _ = acks.accepted(1, acknowledgement: 0, now: Samples.moment)
        _ = acks.accepted(2, acknowledgement: 1, now: Samples.moment)
        acks.leave()
        #expect(acks.takeOverdue(now: Samples.moment.after(60_000)) == [], "nothing was heard of it since")
        #expect(acks.answered([0: true, 1: false], now: Samples.moment.after(60_000)) == [1])
        #expect(acks.takeOverdue(now: Samples.moment.after(89_999)) == [])
        #expect(acks.takeOverdue(now: Samples.moment.after(90_000)) == [2])
    }
}
