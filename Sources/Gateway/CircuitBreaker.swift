import Synchronization

/// Leaves an upstream alone after it has failed several times in a row, then lets one read try.
final class CircuitBreaker: Sendable {
    private enum State {
        case closed(failures: Int)
        case open(until: Int64)
        case probing(until: Int64)
    }

    private let state = Mutex<State>(.closed(failures: 0))
    private let failuresToOpen: Int
    private let openMilliseconds: Int64

    init(failuresToOpen: Int, openMilliseconds: Int64) {
        self.failuresToOpen = failuresToOpen
        self.openMilliseconds = openMilliseconds
    }

    /// Whether a request may go out at `now`, in milliseconds of a clock that never steps.
    func allows(_ now: Int64) -> Bool {
        state.withLock { state in
            switch state {
            case .closed: return true
            case .open(let until), .probing(let until):
                guard now >= until else { return false }
                // A probe whose end is never reported makes room for another after the same time.
                state = .probing(until: now + openMilliseconds)
                return true
            }
        }
    }

    func succeeded() {
        state.withLock { $0 = .closed(failures: 0) }
    }

    func failed(_ now: Int64) {
        state.withLock { state in
            switch state {
            case .closed(let failures) where failures + 1 < failuresToOpen: state = .closed(failures: failures + 1)
            case .closed, .probing: state = .open(until: now + openMilliseconds)
            case .open: break
            }
        }
    }

    /// Whether requests are being held back.
    var isOpen: Bool {
        state.withLock { state in
            if case .closed = state { return false }
            return true
        }
    }
}
