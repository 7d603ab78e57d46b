import Glibc
public import WallTime

/// Time that only goes forward, since the machine started: for waits and time-outs, which must not follow the time of day when that is
/// set back or forth.
public struct SteadyClock: WallClock {
    /// Makes one; all of a machine agree.
    public init() {}

    public func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
