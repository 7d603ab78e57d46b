/// Runs work on one node of a cluster at a time: takes its lease, prolongs it while the work goes on, and stops the work when the
/// lease is lost.
public struct LeaseKeeper: Sendable {
    /// What the work is told when it fails, for the log.
    public typealias Failed = @Sendable (_ work: String, any Error) -> Void

    /// The table of leases, for whoever prepares a database.
    public static let schema = SchemaComponent("leases", LeaseTable.migrations)

    private let database: any Database
    private let holder: String
    private let table: LeaseTable
    private let interval: Duration
    private let pause: @Sendable (Duration) async throws -> Void
    private let failed: Failed

    /// - Parameters:
    ///   - database: where the work keeps its state, so that a transaction can confirm the lease; its commits of leases need not
    ///     be durable, for a holder is told by name and number together.
    ///   - node: the name of this node.
    ///   - run: what tells this run of it from the one before. An embedded store is open in one server only, which may take over
    ///     from its former run at once: leave it out there.
    ///   - pause: waits; given by tests.
    public init(
        database: any Database,
        node: String,
        run: String?,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        failed: @escaping Failed
    ) throws {
        self.database = database
        holder = run.map { node + "/" + $0 } ?? node
        self.pause = pause
        self.failed = failed
        let connection = try database.makeConnection()
        try Schema.migrate(connection, Self.schema)
        // Over a wire a lost node is replaced within 2 s. An embedded store has one server, and every prolongation costs it a sync.
        table = LeaseTable(duration: connection.dialect == .postgres ? 1500 : 15_000)
        interval = connection.dialect == .postgres ? .milliseconds(400) : .seconds(5)
    }

    /// Runs the work whenever this node holds its lease, until the task is cancelled; then gives the lease back.
    /// - Parameter work: should end soon when its task is cancelled. When it throws or returns, the lease is given back and the
    ///   work begins anew after a pause.
    public func run(_ name: String, _ work: @escaping @Sendable (Lease) async throws -> Void) async {
        while !Task.isCancelled {
            do {
                if let lease = try await write({ try table.take(name, as: holder, $0) }) {
                    await hold(lease, work)
                    _ = try? await uncancelled { try await write { try table.release(lease, $0) } }
                }
            } catch {
                failed(name, error)
            }
            try? await pause(interval)
        }
    }

    /// All leases, whoever holds them.
    public func states() async throws -> [LeaseState] {
        try await database.read { try LeaseTable.all($0) }
    }

    /// The name under which this run holds leases.
    public var name: String { holder }

    private func hold(_ lease: Lease, _ work: @escaping @Sendable (Lease) async throws -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await work(lease)
                } catch is CancellationError {
                } catch {
                    failed(lease.name, error)
                }
            }
            group.addTask { await prolong(lease) }
            // Whichever ends first ends the other: no work without a lease, no lease without work.
            await group.next()
            group.cancelAll()
        }
    }

    /// Prolongs the lease until it is lost: taken by another, or not prolonged in time, whatever the reason.
    private func prolong(_ lease: Lease) async {
        let clock = ContinuousClock()
        var end = clock.now + .milliseconds(table.duration)
        while !Task.isCancelled {
            do { try await pause(interval) } catch { return }
            let started = clock.now
            do {
                guard try await write({ try table.prolong(lease, $0) }) else { return }
                end = started + .milliseconds(table.duration)
            } catch {
                failed(lease.name, error)
                if clock.now + interval >= end { return }
            }
        }
    }

    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await database.write(body)
    }

    /// Runs something that must be tried although the task was cancelled.
    private func uncancelled<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await Task { try await body() }.value
    }
}
