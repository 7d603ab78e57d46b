import DeliveryWire
import Synchronization
import WallTime

/// Waits for the acknowledgements of one HEC channel on behalf of all requests that were sent on it: whichever request finds a
/// question due asks for all.
final class AcknowledgementWatch: Sendable {
    private struct State {
        var book: HECAcknowledgements<Int>
        var next = 0
        /// What became of requests whose senders have not looked yet.
        var verdicts: [Int: Verdict] = [:]
        var isAsking = false
    }

    private enum Look {
        case done(Verdict)
        case ask([UInt64], HECChannel)
        case wait(Duration)
    }

    private let state: Mutex<State>
    private let timeout: Duration
    private let clock: any WallClock
    private let sleep: @Sendable (Duration) async throws -> Void

    init(timeout: Duration, clock: any WallClock, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        var generator = SystemRandomNumberGenerator()
        let book = HECAcknowledgements<Int>(
            channel: .random(using: &generator),
            guarantee: .acknowledged,
            timeout: timeout
        )
        state = Mutex(State(book: book))
        self.timeout = timeout
        self.clock = clock
        self.sleep = sleep
    }

    /// The channel to send on.
    var channel: HECChannel { state.withLock(\.book.channel) }

    /// Begins a new channel. Nobody waits on the old one any more.
    func begin() {
        state.withLock { state in
            Self.renew(&state)
            state.verdicts.removeAll()
        }
    }

    /// Waits until a request is acknowledged, or until it must be sent again.
    func acknowledged(
        _ id: UInt64?,
        on channel: HECChannel,
        said: Verdict,
        ask: @Sendable ([UInt64], HECChannel) async -> HECAcknowledgementReply
    ) async -> SinkReply {
        guard let request = enlist(id, channel) else { return SinkReply(Self.notAcknowledging) }
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
            case .ask(let ids, let channel): take(await ask(ids, channel), channel)
            case .wait(let duration):
                do { try await sleep(duration) } catch {
                    return SinkReply(Verdict(.retry, mayBeStored: true, reason: "ended before it was acknowledged"))
                }
            }
        }
    }

    /// Notes a request that was answered with success; nil when the token gave no id.
    private func enlist(_ id: UInt64?, _ channel: HECChannel) -> Int? {
        state.withLock { state in
            let request = state.next
            state.next += 1
            guard channel == state.book.channel else {
                state.verdicts[request] = Self.channelGone
                return request
            }
            switch state.book.accepted(request, acknowledgement: id, now: clock.now()) {
            case .awaiting: break
            case .accepted, .guaranteeLost: return nil
            case .receiverRestarted: Self.restart(&state)
            }
            return request
        }
    }

    private func look(_ request: Int) -> Look {
        state.withLock { state in
            if let verdict = state.verdicts.removeValue(forKey: request) { return .done(verdict) }
            let now = clock.now()
            for overdue in state.book.takeOverdue(now: now) { state.verdicts[overdue] = Self.overdue }
            if let verdict = state.verdicts.removeValue(forKey: request) { return .done(verdict) }
            if !state.isAsking, let ids = state.book.question(now: now) {
                state.isAsking = true
                return .ask(ids, state.book.channel)
            }
            let due = state.book.questionDue.map { Duration.milliseconds($0.since(now)) } ?? .milliseconds(100)
            return .wait(min(max(due, .milliseconds(20)), .milliseconds(500)))
        }
    }

    private func take(_ reply: HECAcknowledgementReply, _ channel: HECChannel) {
        state.withLock { state in
            state.isAsking = false
            guard channel == state.book.channel else { return }
            switch reply {
            case .states(let states):
                for request in state.book.answered(states, now: clock.now()) {
                    state.verdicts[request] = Verdict(.ok, reason: "acknowledged")
                }
                // A process that dies now begins a new channel and sends again whatever it had not stored as confirmed.
                state.book.persisted()
            case .refused(let verdict):
                guard !state.book.refused(verdict, now: clock.now()) else { return }
                // The lane must stop, and nothing of what waits is confirmed.
                for request in state.book.waiting {
                    state.verdicts[request] = Verdict(verdict.replyClass, mayBeStored: true, reason: verdict.reason)
                }
                Self.renew(&state)
            }
        }
    }

    private static func restart(_ state: inout State) {
        for request in state.book.waiting { state.verdicts[request] = channelGone }
        renew(&state)
    }

    private static func renew(_ state: inout State) {
        var generator = SystemRandomNumberGenerator()
        _ = state.book.restart(channel: .random(using: &generator))
        state.isAsking = false
    }

    private static let notAcknowledging = Verdict(
        .config,
        mayBeStored: true,
        reason: "the token does not acknowledge; switch acknowledgement on for it in Splunk, or set acknowledge: false"
    )
    private static let channelGone = Verdict(
        .retry,
        mayBeStored: true,
        reason: "Splunk began to count acknowledgements anew"
    )
    private static let overdue = Verdict(.retry, mayBeStored: true, reason: "not acknowledged in time")
}
