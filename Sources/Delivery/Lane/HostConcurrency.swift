public import DeliveryWire
import Synchronization

/// How many requests are under way to a host, and how many may be. Sinks of one process that deliver to the same host share it.
public final class HostConcurrency: Sendable {
    private struct State {
        var control: AdaptiveConcurrency
        var underway = 0
    }

    private let state: Mutex<State>

    /// Begins with what an ``AdaptiveConcurrency`` allows.
    public init(_ control: AdaptiveConcurrency) { state = Mutex(State(control: control)) }

    /// Most requests that may be under way now.
    public var limit: Int { state.withLock { $0.control.limit } }

    /// Claims the right to one request.
    /// - Parameter isOnly: whether the lane has none under way. One it may always have: whoever shares the host, no lane waits
    ///   for ever.
    func begin(isOnly: Bool) -> Bool {
        state.withLock { state in
            guard isOnly || state.underway < state.control.limit else { return false }
            state.underway += 1
            return true
        }
    }

    /// Gives the right back and learns from the answer.
    /// - Parameter microseconds: from request to answer.
    func end(_ verdict: Verdict, after microseconds: UInt64) {
        state.withLock { state in
            state.underway -= 1
            state.control.answered(.init(verdict, after: microseconds), underway: state.underway)
        }
    }
}

extension AdaptiveConcurrency.Answer {
    init(_ verdict: Verdict, after microseconds: UInt64) {
        self =
            switch verdict.replyClass {
            case .ok: verdict.asksToSlowDown ? .slowed : .taken(microseconds: microseconds)
            case .throttle: .slowed
            case .retry: .failed
            case .split, .poison, .auth, .config: .neutral
            }
    }
}
