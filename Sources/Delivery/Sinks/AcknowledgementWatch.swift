import DeliveryWire
import Synchronization
import WallTime

/// Waits for the acknowledgements of one collector on behalf of all requests that were sent to it: whichever request finds a
/// question due asks for all of a channel.
final class AcknowledgementWatch: Sendable {
    private struct State {
        var channels: HECChannels<Int>
        var next = 0
        /// What became of requests whose senders have not looked yet.
        var verdicts: [Int: Verdict] = [:]
    }

    private enum Look {
        case done(Verdict)
        case ask([UInt64], HECExchange)
        case wait(Duration)
    }

    private let state: Mutex<State>
    private let timeout: Duration
    private let clock: any WallClock
    private let sleep: @Sendable (Duration) async throws -> Void

    init(timeout: Duration, clock: any WallClock, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        state = Mutex(State(channels: HECChannels(guarantee: .acknowledged, timeout: timeout)))
        self.timeout = timeout
        self.clock = clock
        self.sleep = sleep
    }

    /// Begins anew. Nobody waits any more.
    func begin() {
        state.withLock { state in
            state.channels = HECChannels(guarantee: .acknowledged, timeout: timeout)
            state.verdicts.removeAll()
        }
    }

    /// A request sets out; one of the three functions below must follow.
    func send() -> HECExchange {
        state.withLock { state in
            var generator = SystemRandomNumberGenerator()
            return state.channels.send(now: clock.now(), using: &generator)
        }
    }

    /// A request had no reply.
    func unanswered(_ exchange: HECExchange, _ failure: TransportFailure) {
        state.withLock { $0.channels.unanswered(exchange, mayHaveArrived: failure.verdict.mayBeStored) }
    }

    /// A request was refused, or nothing is to be waited for.
    func declined(_ exchange: HECExchange, _ reply: HECReply) {
        state.withLock { state in
            let isGood = state.channels.declined(
                acknowledgement: reply.acknowledgement,
                exchange,
                restarts: reply.mayRestart
            )
            if !isGood { Self.giveUp(exchange.channel, Self.countsAnew, &state) }
        }
    }

    /// Waits until a request is acknowledged, or until it must be sent again.
    func acknowledged(
        _ id: UInt64?,
        _ exchange: HECExchange,
        said: Verdict,
        ask: @Sendable ([UInt64], HECChannel) async -> HECAcknowledgementReply
    ) async -> SinkReply {
        guard let request = enlist(id, exchange) else { return SinkReply(Self.notAcknowledging) }
        while true {
            switch look(request) {
            case .done(let verdict):
                return SinkReply(
                    Verdict(
                        verdict.replyClass,
                        mayBeStored: verdict.mayBeStored,
                        asksToSlowDown: said.asksToSlowDown,
                        reason: verdict.reason
                    )
                )
            case .ask(let ids, let question): take(await ask(ids, question.channel), question)
            case .wait(let duration):
                do { try await sleep(duration) } catch {
                    return SinkReply(Verdict(.retry, mayBeStored: true, reason: "ended before it was acknowledged"))
                }
            }
        }
    }

    /// Notes a request that was answered with success; nil when the token gave no id.
    private func enlist(_ id: UInt64?, _ exchange: HECExchange) -> Int? {
        state.withLock { state in
            let request = state.next
            state.next += 1
            switch state.channels.accepted(request, acknowledgement: id, exchange, now: clock.now()) {
            case .awaiting: break
            case .accepted, .guaranteeLost: return nil
            case .receiverRestarted: Self.giveUp(exchange.channel, Self.countsAnew, &state)
            case nil: state.verdicts[request] = Self.countsAnew
            }
            return request
        }
    }

    private func look(_ request: Int) -> Look {
        state.withLock { state in
            if let verdict = state.verdicts.removeValue(forKey: request) { return .done(verdict) }
            let now = clock.now()
            Self.settle(state.channels.takeConfirmed(), Self.isAcknowledged, &state)
            Self.settle(state.channels.takeOverdue(now: now), Self.overdue, &state)
            if let verdict = state.verdicts.removeValue(forKey: request) { return .done(verdict) }
            if let (exchange, ids) = state.channels.question(now: now) { return .ask(ids, exchange) }
            let due = state.channels.questionDue.map { Duration.milliseconds($0.since(now)) } ?? .milliseconds(100)
            return .wait(min(max(due, .milliseconds(20)), .milliseconds(500)))
        }
    }

    private func take(_ reply: HECAcknowledgementReply, _ question: HECExchange) {
        state.withLock { state in
            switch reply {
            case .states(let states):
                Self.settle(state.channels.answered(states, question, now: clock.now()), Self.isAcknowledged, &state)
            case .refused(let verdict):
                guard !state.channels.refused(verdict, question, now: clock.now()) else { return }
                // The lane must stop, and nothing of what waits is confirmed.
                let stop = Verdict(verdict.replyClass, mayBeStored: true, reason: verdict.reason)
                Self.giveUp(question.channel, stop, &state)
            }
        }
    }

    private static func giveUp(_ channel: HECChannel, _ verdict: Verdict, _ state: inout State) {
        settle(state.channels.giveUp(channel), verdict, &state)
    }

    private static func settle(_ requests: [Int], _ verdict: Verdict, _ state: inout State) {
        for request in requests { state.verdicts[request] = verdict }
    }

    private static let isAcknowledged = Verdict(.ok, reason: "acknowledged")
    private static let notAcknowledging = Verdict(
        .config,
        mayBeStored: true,
        reason: "the token does not acknowledge; switch acknowledgement on for it in Splunk, or set acknowledge: false"
    )
    private static let countsAnew = Verdict(
        .retry,
        mayBeStored: true,
        reason: "Splunk began to count acknowledgements anew"
    )
    private static let overdue = Verdict(.retry, mayBeStored: true, reason: "not acknowledged in time")
}
