public import Logging
public import Storage
import Synchronization
public import WallTime

/// A sink as it is configured, with whatever runs it.
public struct ConfiguredSink: Sendable {
    /// What makes its lane besides its destination.
    public let definition: LaneDefinition
    /// What a success means.
    public let guarantee: DeliveryGuarantee
    /// What its lanes count in this process.
    public let measures: LaneMeasures
    /// Asks the destination what it holds; nil when this kind cannot be asked.
    public let readBack: (any ReadBack)?
    let makeLane: @Sendable (any LaneHolder) -> any RunnableLane

    /// Ties a destination to its settings.
    /// - Parameter host: what it shares with other sinks that deliver to the same host.
    public init<Destination: Sink>(
        _ definition: LaneDefinition,
        _ sink: Destination,
        host: HostConcurrency? = nil
    ) {
        let measures = LaneMeasures()
        let concurrency = host ?? HostConcurrency(definition.concurrency(upTo: sink.concurrency))
        self.definition = definition
        guarantee = sink.guarantee
        readBack = sink as? any ReadBack
        self.measures = measures
        makeLane = { holder in
            var parts = LaneParts(
                definition: definition,
                sink: sink,
                ledger: holder.ledger,
                state: holder.state,
                lease: holder.lease
            )
            parts.measures = measures
            parts.concurrency = concurrency
            parts.clock = holder.clock
            parts.logger = holder.logger
            return Lane(parts)
        }
    }
}

extension ConfiguredSink {
    /// What can be asked.
    /// - Throws: ``ReadBackError/notReadable(kind:)``.
    public func asked() throws(ReadBackError) -> any ReadBack {
        guard let readBack else { throw .notReadable(kind: definition.kind) }
        return readBack
    }
}

/// What a lane gets from the service that runs it.
protocol LaneHolder: Sendable {
    var ledger: any FollowedLedger { get }
    var state: DeliveryState { get }
    var lease: any LeaseHolding { get }
    var clock: any WallClock { get }
    var logger: Logger { get }
}

/// A lane whatever its destination.
protocol RunnableLane: Sendable {
    func run() async
    func end()
}

extension Lane: RunnableLane {}

/// Runs the configured sinks, each on one node of a cluster at a time.
public final class DeliveryService: Sendable {
    private struct Holder: LaneHolder {
        let ledger: any FollowedLedger
        let state: DeliveryState
        let lease: any LeaseHolding
        let clock: any WallClock
        let logger: Logger
    }

    private struct Running {
        var isEnding = false
        var lanes: [String: any RunnableLane] = [:]
    }

    /// The sinks.
    public let sinks: [ConfiguredSink]
    private let ledger: any FollowedLedger
    private let state: DeliveryState
    private let leases: LeaseKeeper
    private let clock: any WallClock
    private let logger: Logger
    private let running = Mutex(Running())

    /// Puts a service together; nothing is sent before ``run()``.
    public init(
        sinks: [ConfiguredSink],
        ledger: any FollowedLedger,
        state: DeliveryState,
        leases: LeaseKeeper,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.sinks = sinks
        self.ledger = ledger
        self.state = state
        self.leases = leases
        self.clock = clock
        self.logger = logger
    }

    /// Delivers until the task is cancelled. For an end in order call ``end(within:)`` before.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            for sink in sinks {
                group.addTask { [self] in
                    await leases.run("sink/" + sink.definition.name) { [self] lease in await hold(sink, lease) }
                }
            }
        }
    }

    /// Sends nothing more and waits for what is under way.
    public func end(within grace: Duration) async {
        let lanes = running.withLock { running in
            running.isEnding = true
            return Array(running.lanes.values)
        }
        for lane in lanes { lane.end() }
        let deadline = ContinuousClock.now + grace
        while !running.withLock({ $0.lanes.isEmpty }), ContinuousClock.now < deadline {
            // A look at a flag, not a wait for an event: the end of a server is in no hurry.
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
    }

    private func hold(_ sink: ConfiguredSink, _ lease: Lease) async {
        let lane = sink.makeLane(
            Holder(ledger: ledger, state: state, lease: lease, clock: clock, logger: logger)
        )
        let name = sink.definition.name
        let mayRun = running.withLock { running in
            guard !running.isEnding else { return false }
            running.lanes[name] = lane
            return true
        }
        guard mayRun else { return }
        await lane.run()
        running.withLock { $0.lanes[name] = nil }
    }
}
