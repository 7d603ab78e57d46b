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

    @Test func aRestartTakesANewChannelAndSendsAgain() {
        var acks = Acknowledgements(channel: Self.channel(1))
        _ = acks.accepted(1, acknowledgement: 0, now: Samples.moment)
        _ = acks.accepted(2, acknowledgement: 1, now: Samples.moment)
        #expect(acks.restart(channel: Self.channel(2)) == [1, 2])
        #expect(acks.channel == Self.channel(2) && acks.waiting.isEmpty && acks.guarantee == .acknowledged)
        // Ids begin anew with the channel.
        #expect(acks.accepted(1, acknowledgement: 0, now: Samples.moment) == .awaiting)
    }

    /// A Splunk that restarted counts from 0 again. Its true for the new 0 must not confirm the batch that had the old 0.
    @Test func anIDGivenTwiceMakesTheChannelWorthless() {
        var acks = Acknowledgements(channel: Self.channel(1))
        _ = acks.accepted(1, acknowledgement: 0, now: Samples.moment)
        _ = acks.accepted(2, acknowledgement: 1, now: Samples.moment)
        #expect(acks.answered([1: true], now: Samples.moment) == [2])
        acks.persisted()
        #expect(acks.accepted(3, acknowledgement: 1, now: Samples.moment) == .receiverRestarted)
        #expect(acks.question(now: Samples.moment.after(100_000)) == nil)
        #expect(acks.answered([0: true, 1: true], now: Samples.moment) == [], "nothing counts any more")
        #expect(acks.restart(channel: Self.channel(2)) == [1, 3])
    }

    /// Random lives against a Splunk of a few lines: nothing is confirmed that it does not hold.
    @Test(arguments: 0..<200)
    func nothingIsConfirmedThatIsNotStored(seed: UInt64) {
        var generator = Seeded(state: seed)
        var stored: Set<Int> = []
        var pending: [UInt64: Int] = [:]
        var counter: UInt64 = 0
        var acks = Acknowledgements(channel: Self.channel(seed))
        var confirmed: [Int] = []
        var toSend = Array(0..<60)
        var now = Samples.moment
        var steps = 0
        while confirmed.count < 60, steps < 20_000 {
            steps += 1
            now = now.after(Int64.random(in: 0...4000, using: &generator))
            switch Int.random(in: 0..<12, using: &generator) {
            case 0...4:
                guard let batch = toSend.first else { break }
                toSend.removeFirst()
                pending[counter] = batch
                let effect = acks.accepted(batch, acknowledgement: counter, now: now)
                counter += 1
                if effect == .receiverRestarted {
                    toSend = acks.restart(channel: Self.channel(seed + counter)) + toSend
                }
            case 5:
                // The receiver restarts: what it held unstored is lost, its counter begins again.
                pending = [:]
                counter = 0
            case 6:
                toSend += acks.takeOverdue(now: now)
            default:
                guard let question = acks.question(now: now) else { break }
                var states: [UInt64: Bool] = [:]
                for id in question {
                    guard let batch = pending[id], Bool.random(using: &generator) else {
                        states[id] = false
                        continue
                    }
                    stored.insert(batch)
                    pending[id] = nil
                    states[id] = true
                }
                let now = acks.answered(states, now: now)
                confirmed += now.filter { !confirmed.contains($0) }
                acks.persisted()
            }
        }
        #expect(Set(confirmed) == Set(0..<60), "all confirmed in the end")
        #expect(Set(confirmed).isSubset(of: stored))
    }
}
