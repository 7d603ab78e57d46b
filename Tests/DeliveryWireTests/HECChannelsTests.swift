import Testing
import WallTime

@testable import DeliveryWire

@Suite struct HECChannelsTests {
    typealias Channels = HECChannels<Int>

    /// A sender and its generator.
    private struct Sender {
        var channels = Channels(timeout: .seconds(60))
        var generator = Seeded(state: 7)

        mutating func send(_ now: Timestamp) -> HECExchange { channels.send(now: now, using: &generator) }

        /// Asks once for what is due, and has this for an answer.
        mutating func answer(_ states: [UInt64: Bool], _ now: Timestamp) -> [Int] {
            guard let (exchange, ids) = channels.question(now: now) else { return [] }
            #expect(Set(ids) == Set(states.keys))
            return channels.answered(states, exchange, now: now)
        }

        /// Sends one that is answered with this id.
        @discardableResult mutating func send(_ batch: Int, _ id: UInt64, _ now: Timestamp) -> HECExchange {
            let exchange = send(now)
            let effect = channels.accepted(batch, acknowledgement: id, exchange, now: now)
            #expect(effect == .awaiting)
            return exchange
        }
    }

    /// Splunk died: what is sent afterwards gets 0 again, on a channel that has no 0 yet.
    @Test func afterARefusedConnectionIDsCannotBeConfused() {
        var sender = Sender()
        let old = sender.send(1, 0, Samples.moment)
        for second in 1...20 {
            let refused = sender.send(Samples.moment.after(Int64(second) * 400))
            sender.channels.unanswered(refused, mayHaveArrived: false)
        }
        let later = Samples.moment.after(9000)
        let new = sender.send(2, 0, later)
        #expect(new.channel != old.channel)
        #expect(sender.channels.count == 2, "a channel that was never used is not left")
        // Both are asked for, each on its own.
        let due = later.after(500)
        let questions = [sender.channels.question(now: due), sender.channels.question(now: due)].compactMap { $0 }
        let another = sender.channels.question(now: due)
        #expect(another == nil)
        #expect(Set(questions.map(\.exchange.channel)) == [old.channel, new.channel])
        for question in questions {
            let confirmed = sender.channels.answered([0: true], question.exchange, now: due)
            #expect(confirmed == (question.exchange.channel == new.channel ? [2] : [1]), "it did not die after all")
        }
        #expect(sender.channels.count == 1, "the old one is dropped with the last that waited on it")
    }

    /// It restarted while nobody spoke to it: what is sent then gets ids that came before and were said true, so they are its own.
    @Test func afterARestartThatNobodySawNothingIsSentAgain() {
        var sender = Sender()
        let old = sender.send(1, 0, Samples.moment)
        sender.send(2, 1, Samples.moment)
        let due = Samples.moment.after(500)
        let confirmed = sender.answer([0: true, 1: true], due)
        #expect(confirmed == [1, 2])
        let two = [sender.send(due), sender.send(due)]
        for (exchange, id) in zip(two, [0, 1] as [UInt64]) {
            let effect = sender.channels.accepted(Int(id) + 3, acknowledgement: id, exchange, now: due)
            #expect(effect == .awaiting && exchange.channel == old.channel)
        }
        let again = sender.channels.takeOverdue(now: due)
        #expect(again == [])
        let later = due.after(500)
        let confirmed2 = sender.answer([0: true, 1: true], later)
        #expect(confirmed2 == [3, 4])
        let next = sender.send(5, 0, later)
        #expect(next.channel != old.channel && sender.channels.count == 1)
    }

    /// An id that waits is not given to another: which of them a `true` means nobody could say.
    @Test func whatWaitedWhenItRestartedIsSentAgain() {
        var sender = Sender()
        sender.send(1, 0, Samples.moment)
        sender.send(2, 1, Samples.moment)
        let due = Samples.moment.after(500)
        let confirmed = sender.answer([0: true, 1: false], due)
        #expect(confirmed == [1])
        let (first, second) = (sender.send(due), sender.send(due))
        let effect = sender.channels.accepted(3, acknowledgement: 0, first, now: due)
        #expect(effect == .awaiting)
        let again = sender.channels.takeOverdue(now: due)
        #expect(again == [2])
        // While another has no reply, it may be the one that a true is of.
        let later = due.after(500)
        let confirmed2 = sender.answer([0: true], later)
        #expect(confirmed2 == [])
        let effect2 = sender.channels.accepted(4, acknowledgement: 1, second, now: later)
        #expect(effect2 == .receiverRestarted, "1 was never said true")
        let givenUp = sender.channels.giveUp(second.channel)
        #expect(givenUp == [3, 4])
    }

    @Test func aProxyThatAnswersInItsPlaceIsARestartToo() {
        for (status, code, isNew) in [(502, nil, true), (503, 23, true), (503, 9, false), (429, 26, false)]
            as [(Int, Int?, Bool)]
        {
            var sender = Sender()
            let old = sender.send(1, 0, Samples.moment)
            let refused = sender.send(Samples.moment)
            let body = code.map { Array("{\"text\":\"\",\"code\":\($0)}".utf8) } ?? Array("<h1>Bad Gateway</h1>".utf8)
            let reply = HECReply(status: status, body: body)
            let isGood = sender.channels.declined(
                acknowledgement: reply.acknowledgement,
                refused,
                restarts: reply.mayRestart
            )
            #expect(isGood)
            let next = sender.send(Samples.moment).channel
            #expect((next != old.channel) == isNew, "\(status) \(String(describing: code))")
        }
    }

    /// A failure of an exchange that is older than the channel says nothing of it.
    @Test func oneRestartTakesOneNewChannel() {
        var sender = Sender()
        let cut = (0..<16).map { _ in sender.send(Samples.moment) }
        sender.channels.unanswered(cut[0], mayHaveArrived: true)
        let new = sender.send(1, 0, Samples.moment.after(1))
        for exchange in cut.dropFirst() { sender.channels.unanswered(exchange, mayHaveArrived: true) }
        let next = sender.send(2, 1, Samples.moment.after(2))
        #expect(next.channel == new.channel)
        #expect(sender.channels.count == 1)
    }

    /// However often a network breaks, channels begin about once a second and none is kept for nothing.
    @Test func aNetworkThatBreaksAllTheTimeTakesFewChannels() {
        var sender = Sender()
        var seen: Set<HECChannel> = []
        for step in 0..<60_000 {
            let now = Samples.moment.after(Int64(step))
            let exchange = sender.send(now)
            seen.insert(exchange.channel)
            sender.channels.unanswered(exchange, mayHaveArrived: true)
            #expect(sender.channels.count == 1)
        }
        #expect((60...60 + 2 * Channels.burst).contains(seen.count), "\(seen.count)")
    }

    @Test func aChannelThatWasGivenUpIsForgotten() {
        var sender = Sender()
        let exchange = sender.send(1, 0, Samples.moment)
        let (second, third) = (sender.send(Samples.moment), sender.send(Samples.moment))
        let effect = sender.channels.accepted(2, acknowledgement: 0, second, now: Samples.moment)
        #expect(effect == .receiverRestarted)
        let givenUp = sender.channels.giveUp(exchange.channel)
        #expect(givenUp == [1, 2])
        let late = sender.channels.accepted(3, acknowledgement: 1, third, now: Samples.moment)
        #expect(late == nil)
        let new = sender.send(1, 0, Samples.moment)
        #expect(new.channel != exchange.channel)
    }

    /// Random lives against Splunks that restart unseen, behind a balancer that now and then asks another node, over a network that
    /// loses requests, replies and answers: nothing is confirmed that is not stored, and all of it is in the end.
    @Test(arguments: 0..<400)
    func nothingIsConfirmedThatIsNotStored(seed: UInt64) {
        var world = HECWorld(seed: seed)
        for _ in 0..<3000 { world.step(isCalm: false) }
        for _ in 0..<6000 where world.confirmed.count < HECWorld.batches { world.step(isCalm: true) }
        #expect(world.wrong.isEmpty, "confirmed and not stored: \(world.wrong)")
        #expect(world.confirmed.count == HECWorld.batches)
        #expect(world.most <= 2 * HECWorld.concurrency + 1)
    }
}
