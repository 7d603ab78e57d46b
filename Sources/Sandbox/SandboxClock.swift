import Synchronization
import WallTime

/// The sandbox's time: a base that may run or stand still, plus an offset that only grows.
public final class SandboxClock: Sendable {
    private let base: @Sendable () -> Int64
    private let offset = Mutex<Int64>(0)

    private init(base: @escaping @Sendable () -> Int64) {
        self.base = base
    }

    /// A clock that runs with the operating system's.
    public static func system() -> SandboxClock {
        let start = ContinuousClock.now
        let started = SystemClock().now().milliseconds
        return SandboxClock {
            let passed = start.duration(to: .now).components
            return started + passed.seconds * 1000 + passed.attoseconds / 1_000_000_000_000_000
        }
    }

    /// A clock that stands still until it is advanced, at milliseconds since 1970.
    public static func standing(at instant: Int64) -> SandboxClock {
        SandboxClock { instant }
    }

    /// Milliseconds since 1970.
    public var now: Int64 { base() + offset.withLock { $0 } }

    /// Moves the clock on; negative amounts are ignored.
    public func advance(seconds: Int64) {
        offset.withLock { $0 += max(0, min(seconds, 100 * 366 * 86_400)) * 1000 }
    }
}
