public import DeliveryWire
public import Logging
import Synchronization
public import WallTime

/// What a lane is made of.
public struct LaneParts<Destination: Sink>: Sendable {
    /// What makes it besides its destination.
    public let definition: LaneDefinition
    /// The destination.
    public let sink: Destination
    /// What it follows.
    public let ledger: any FollowedLedger
    /// Where its state is kept.
    public let state: DeliveryState
    /// The right to run it.
    public let lease: any LeaseHolding
    /// How many requests go at the same time.
    public var concurrency: HostConcurrency
    /// The time of day.
    public var clock: any WallClock = SystemClock()
    /// What waits are measured by.
    public var steady: any WallClock = SteadyClock()
    /// Waits.
    public var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    /// How long it waits after failures.
    public var backoff = Backoff(cap: .seconds(60))
    /// What it counts.
    public var measures = LaneMeasures()
    /// Where it says what goes wrong.
    public var logger = Logger(label: "delivery")

    /// Collects the parts; the rest have defaults.
    public init(
        definition: LaneDefinition,
        sink: Destination,
        ledger: any FollowedLedger,
        state: DeliveryState,
        lease: any LeaseHolding
    ) {
        self.definition = definition
        self.sink = sink
        self.ledger = ledger
        self.state = state
        self.lease = lease
        concurrency = HostConcurrency(definition.concurrency(upTo: sink.concurrency))
    }
}

/// A follower that delivers the ledger to one destination. It has a task and an account of its own: whatever its destination does,
/// others do not notice.
public final class Lane<Destination: Sink>: Sendable {
    private let parts: LaneParts<Destination>
    private let store: LaneStore
    private let mailbox = LaneMailbox()
    private let ending = Mutex(false)

    /// Makes a lane; nothing happens before ``run()``.
    public init(_ parts: LaneParts<Destination>) {
        self.parts = parts
        store = LaneStore(
            definition: parts.definition,
            guarantee: parts.sink.guarantee,
            state: parts.state,
            lease: parts.lease,
            countsDuplicates: parts.sink.guarantee.level != .exactlyOnce
        )
    }

    /// What it counts.
    public var measures: LaneMeasures { parts.measures }

    /// Delivers until ``end()`` is called or the task is cancelled.
    public func run() async {
        var failures = 0
        var isRegistered = false
        var generator = SystemRandomNumberGenerator()
        while !isEnding, !Task.isCancelled {
            do {
                // A sink that is paused costs no write.
                let isHalted = if isRegistered { try await store.state() != .running } else { false }
                if !isHalted { try await attempt() }
                isRegistered = true
                failures = 0
                if !isEnding { try await rest(.milliseconds(200)) }
            } catch is CancellationError {
                break
            } catch {
                parts.logger.error(
                    "a sink cannot go on",
                    metadata: ["sink": "\(parts.definition.name)", "error": "\(error)"]
                )
                try? await rest(parts.backoff.wait(retry: failures, using: &generator))
                failures += 1
            }
        }
        await parts.sink.close()
    }

    /// Ends in order: nothing more is sent, what is under way is waited for.
    public func end() {
        ending.withLock { $0 = true }
        mailbox.wake()
    }

    private var isEnding: Bool { ending.withLock { $0 } }

    /// One session, if the sink is to run.
    private func attempt() async throws {
        try await store.begin(now: parts.clock.now())
        let snapshot = try await store.snapshot()
        guard snapshot.state == .running else { return }
        let opened = await parts.sink.open(position: snapshot.position)
        switch opened.verdict.replyClass {
        case .ok: break
        case .auth, .config:
            try await store.stop(opened.failure, after: LaneTurn(), now: parts.clock.now())
            return
        default:
            var turn = LaneTurn()
            turn.failure = opened.failure
            try await store.apply(turn, now: parts.clock.now())
            throw SinkNotReady(reason: opened.verdict.reason)
        }
        var turn = LaneTurn()
        turn.position = opened.position
        try await store.apply(turn, now: parts.clock.now())
        var session = LaneSession(
            parts: parts,
            store: store,
            from: try await store.snapshot(),
            mailbox: mailbox,
            isEnding: { [self] in isEnding }
        )
        // Answers of an earlier session are of no flight of this one.
        _ = mailbox.take()
        do {
            try await session.run()
        } catch {
            await parts.sink.close()
            throw error
        }
        await parts.sink.close()
    }

    /// Waits, but not beyond the order to end.
    private func rest(_ duration: Duration) async throws {
        var left = duration
        while left > .zero, !isEnding {
            try await parts.sleep(min(left, .milliseconds(200)))
            left -= .milliseconds(200)
        }
    }
}

/// A destination that cannot be opened for a passing reason.
struct SinkNotReady: Error, CustomStringConvertible {
    let reason: String
    var description: String { "the destination is not ready: \(reason)" }
}
