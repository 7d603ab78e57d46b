import Glibc
import Synchronization

/// A source of the time of day. Injected everywhere, so that tests move it instead of waiting.
public protocol WallClock: Sendable {
    /// The present moment.
    func now() -> Timestamp
}

/// The machine's clock.
public struct SystemClock: WallClock {
    /// Makes the machine's clock.
    public init() {}

    public func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

/// A clock that stands still until it is moved, backwards too.
public final class ManualClock: WallClock {
    private let moment: Mutex<Timestamp>

    /// Makes a clock that shows `start`.
    public init(_ start: Timestamp) { moment = Mutex(start) }

    public func now() -> Timestamp { moment.withLock { $0 } }

    /// Moves the clock by a number of seconds, negative to step back.
    public func advance(seconds: Int64) { moment.withLock { $0 = $0.adding(seconds: seconds) } }
}
