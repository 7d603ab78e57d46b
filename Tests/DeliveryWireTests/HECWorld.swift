import Testing
import WallTime

@testable import DeliveryWire

/// Splunks of a few lines, a network that loses things, and a sender.
struct HECWorld {
    static let batches = 60
    static let concurrency = 6

    /// A node's life, from one start to the next.
    private struct Life {
        var next: [HECChannel: UInt64] = [:]
        var held: [HECChannel: [UInt64: Int]] = [:]
    }
    private struct Request {
        let exchange: HECExchange
        let batch: Int
        /// The id, once it was taken.
        var id: UInt64?
    }

    private var generator: Seeded
    private var channels = HECChannels<Int>(timeout: .seconds(40))
    private var nodes = [Life(), Life()]
    private var requests: [Request] = []
    private var answers: [(exchange: HECExchange, states: [UInt64: Bool])] = []
    private var toSend = Array(0..<batches)
    private var waiting: Set<Int> = []
    private var stored: Set<Int> = []
    private var now = Samples.moment
    private(set) var confirmed: Set<Int> = []
    private(set) var wrong: Set<Int> = []
    private(set) var most = 0

    init(seed: UInt64) { generator = Seeded(state: seed) }

    mutating func step(isCalm: Bool) {
        now = now.after(Int64.random(in: 0...(isCalm ? 2000 : 600), using: &generator))
        most = max(most, channels.count)
        switch Int.random(in: 0..<14, using: &generator) {
        case 0...3: send()
        case 4...6: arrive(isCalm)
        case 7...8: reply()
        case 9: if !isCalm { breakSomething() }
        case 10: ask(isCalm)
        case 11: answer(isCalm)
        default: collect()
        }
    }

    private mutating func send() {
        guard let batch = toSend.first, requests.count + waiting.count < Self.concurrency else { return }
        toSend.removeFirst()
        requests.append(Request(exchange: channels.send(now: now, using: &generator), batch: batch))
    }

    private mutating func node(_ isCalm: Bool) -> Int {
        isCalm || Int.random(in: 0..<10, using: &generator) > 0 ? 0 : 1
    }

    private mutating func arrive(_ isCalm: Bool) {
        guard let position = requests.indices.filter({ requests[$0].id == nil }).randomElement(using: &generator) else {
            return
        }
        let (node, channel) = (node(isCalm), requests[position].exchange.channel)
        let id = nodes[node].next[channel, default: 0]
        nodes[node].next[channel] = id + 1
        nodes[node].held[channel, default: [:]][id] = requests[position].batch
        requests[position].id = id
    }

    private mutating func reply() {
        guard let position = requests.indices.filter({ requests[$0].id != nil }).randomElement(using: &generator) else {
            return
        }
        let request = requests.remove(at: position)
        switch channels.accepted(request.batch, acknowledgement: request.id, request.exchange, now: now) {
        case .awaiting: waiting.insert(request.batch)
        case .receiverRestarted:
            waiting.insert(request.batch)
            sendAgain(channels.giveUp(request.exchange.channel))
        default: toSend.append(request.batch)
        }
    }

    private mutating func breakSomething() {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: nodes[Int.random(in: 0...1, using: &generator)] = Life()
        case 1:
            guard !answers.isEmpty else { return }
            let lost = answers.removeFirst()
            let goesOn = channels.refused(TransportFailure.noReply.verdict, lost.exchange, now: now)
            #expect(goesOn)
        default:
            guard let position = requests.indices.randomElement(using: &generator) else { return }
            let lost = requests.remove(at: position)
            let mayHaveArrived = lost.id != nil || Bool.random(using: &generator)
            channels.unanswered(lost.exchange, mayHaveArrived: mayHaveArrived)
            toSend.append(lost.batch)
        }
    }

    /// The answer is made here and comes later.
    private mutating func ask(_ isCalm: Bool) {
        guard let (exchange, ids) = channels.question(now: now) else { return }
        let node = node(isCalm)
        var states: [UInt64: Bool] = [:]
        for id in ids {
            states[id] = false
            guard let batch = nodes[node].held[exchange.channel]?[id], isCalm || Bool.random(using: &generator) else {
                continue
            }
            stored.insert(batch)
            nodes[node].held[exchange.channel]?[id] = nil
            states[id] = true
        }
        answers.append((exchange, states))
    }

    private mutating func answer(_ isCalm: Bool) {
        guard !answers.isEmpty else { return }
        let (exchange, states) = answers.removeFirst()
        confirm(channels.answered(states, exchange, now: now))
    }

    private mutating func collect() {
        confirm(channels.takeConfirmed())
        sendAgain(channels.takeOverdue(now: now))
    }

    private mutating func confirm(_ batches: [Int]) {
        wrong.formUnion(batches.filter { !stored.contains($0) })
        confirmed.formUnion(batches)
        waiting.subtract(batches)
    }

    private mutating func sendAgain(_ batches: [Int]) {
        waiting.subtract(batches)
        toSend += batches
    }
}
