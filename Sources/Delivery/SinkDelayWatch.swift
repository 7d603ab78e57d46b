import DeliveryWire
import JSON
import Ledger
public import Storage
import WallTime

/// Notices sinks that take nothing although something waits for them: a destination that refuses for a while or answers nobody stops no
/// sink. Each such stretch is told once in the record, whichever node looks and however often it is started.
public struct SinkDelayWatch: Sendable {
    /// Its table, for whoever prepares a database.
    public static let schema = SchemaComponent(
        "sink_delays",
        [
            Migration(
                version: 1,
                statements: ["CREATE TABLE sink_delays (sink TEXT PRIMARY KEY, since BIGINT NOT NULL)"]
            )
        ]
    )

    /// After how long without a confirmation a sink is delayed, in seconds, where its settings say nothing.
    public static let standardSeconds: Int64 = 900
    /// How often it looks.
    private static let rhythm = Duration.seconds(30)

    private let control: DeliveryControl
    private let limits: [String: Int64]

    /// - Parameter limits: of each configured sink, after how many seconds it is delayed. Others are not looked at.
    public init(control: DeliveryControl, limits: [String: Int64]) throws {
        self.control = control
        self.limits = limits
        try Schema.migrate(control.state.database.makeConnection(), Self.schema)
    }

    /// Looks until the task is cancelled or the lease is lost.
    public func run(_ lease: Lease) async throws {
        while !Task.isCancelled {
            try await look(at: control.clock.now(), lease)
            try await Task.sleep(for: Self.rhythm)
        }
    }

    /// One look at all sinks.
    func look(at now: Timestamp, _ lease: any LeaseHolding) async throws {
        let delayed = try await delayed()
        let sinks = try await control.sinks()
        for sink in sinks {
            if let since = delayed[sink.name] {
                guard sink.oldest == nil || sink.lastConfirmed.map({ $0 > since }) ?? false else { continue }
                try await tell(
                    .sinkRecovered,
                    sink.name,
                    ["delayedAt": .string(since.description), "seconds": .integer(now.since(since) / 1000)],
                    now,
                    lease
                ) { try $0.run("DELETE FROM sink_delays WHERE sink = $1", [.text(sink.name)]) }
            } else if let limit = limits[sink.name], sink.isSilent(for: limit, at: now), let oldest = sink.oldest {
                try await tell(
                    .sinkDelayed,
                    sink.name,
                    [
                        "seconds": .integer(now.since(oldest) / 1000), "oldestUndelivered": .string(oldest.description),
                        "entryIndex": .integer(Int64(clamping: sink.lowWatermark)),
                        "lastConfirmed": sink.lastConfirmed.map { .string($0.description) } ?? .null,
                        "reason": .string(sink.whyDelayed),
                    ],
                    now,
                    lease
                ) {
                    try $0.run(
                        "INSERT INTO sink_delays (sink, since) VALUES ($1, $2)",
                        [.text(sink.name), .integer(now.milliseconds)]
                    )
                }
            }
        }
        // Nobody recovers what was given up.
        for gone in Set(delayed.keys).subtracting(sinks.map(\.name)) {
            try await control.state.commit([]) { connection in
                try lease.confirm(connection)
                try connection.run("DELETE FROM sink_delays WHERE sink = $1", [.text(gone)])
            }
        }
    }

    private func delayed() async throws -> [String: Timestamp] {
        let rows = try await control.state.database.read { connection in
            try connection.all("SELECT sink, since FROM sink_delays") {
                ($0.text(0), Timestamp(milliseconds: $0.integer(1)))
            }
        }
        return Dictionary(rows) { $1 }
    }

    private func tell(
        _ type: EventType,
        _ sink: String,
        _ fields: [String: JSONValue],
        _ now: Timestamp,
        _ lease: any LeaseHolding,
        _ change: @escaping @Sendable (any SQLConnection) throws -> Void
    ) async throws {
        try await control.state.commit([control.state.event(type, sink, now, fields)]) { connection in
            try lease.confirm(connection)
            try change(connection)
        }
    }
}

extension SinkStatus {
    /// In our own words, for what a destination says does not belong into the record.
    fileprivate var whyDelayed: String {
        guard case .paused(let reason) = state else { return lastFailure?.reason ?? "nothing was confirmed" }
        return "paused" + (stateActor.map { " by \($0)" } ?? "") + " since \(since)" + (reason.map { ": \($0)" } ?? "")
    }
}
