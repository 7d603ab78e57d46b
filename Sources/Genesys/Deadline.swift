/// Time and chance as the client sees them, so that tests can move the one and fix the other.
public struct ClientClock: Sendable {
    /// Time since a fixed moment; never goes back.
    public let now: @Sendable () -> Duration
    /// Waits; throws `CancellationError` when the task is cancelled.
    public let sleep: @Sendable (Duration) async throws -> Void
    /// A number from 0 up to 1 that spreads retries.
    public let jitter: @Sendable () -> Double

    /// Makes a clock.
    public init(
        now: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void,
        jitter: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.now = now
        self.sleep = sleep
        self.jitter = jitter
    }

    /// The clock of the operating system, counted from this call.
    public static func system() -> ClientClock {
        let start = ContinuousClock.now
        return ClientClock(
            now: { start.duration(to: .now) },
            sleep: { try await Task.sleep(for: $0) }
        )
    }
}
