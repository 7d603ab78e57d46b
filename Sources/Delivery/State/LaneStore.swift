import DeliveryWire
import JSON
import Ledger
import Storage
import WallTime

/// What a lane must know of its stored state before each step.
struct LaneSnapshot: Sendable {
    /// Whether it may send.
    let state: SinkState
    /// The ledger's size.
    let head: UInt64
    /// The next index to read.
    let cursor: UInt64
    /// Ranges of backlog that go first, lowest first; a few of them.
    let waiting: [Range<UInt64>]
    /// The lowest range of older entries, when the sink was asked to take some.
    let backfill: Range<UInt64>?
    /// The first index that no manifest covers.
    let manifestFrom: UInt64
    /// When the last manifest was made.
    let manifestAt: Timestamp
    /// The manifest that is to be delivered, as JSON; nil when there is none.
    let manifest: String?
    /// What the sink said of its place.
    let position: String?
    /// Indexes at or above ``manifestFrom`` that are confirmed.
    let delivered: RangeSet<UInt64>
}

/// Reads and writes one lane's state. Every write first makes sure that the lease is still held.
struct LaneStore: Sendable {
    let definition: LaneDefinition
    let guarantee: DeliveryGuarantee
    let state: DeliveryState
    let lease: any LeaseHolding
    let countsDuplicates: Bool

    /// Most waiting ranges that one look returns.
    static let waitingAtOnce = 256

    private var name: String { definition.name }

    // MARK: Beginning

    /// Makes the lane's row when it is new, and puts what was in flight when its last holder ended back to the backlog.
    func begin(now: Timestamp) async throws {
        let known = try await state.database.read { [name] connection in
            try connection.first("SELECT definition FROM sinks WHERE name = $1", [.text(name)]) { $0.text(0) }
        }
        let events = known == definition.hash ? [] : [state.event(.sinkConfigured, name, now, configured(known))]
        try await state.commit(events) { connection in
            try lease.confirm(connection)
            try register(connection, now)
            try recover(connection)
        }
    }

    private func configured(_ known: String?) -> [String: JSONValue] {
        [
            "kind": .string(definition.kind), "definitionHash": .string(definition.hash),
            "previousDefinitionHash": known.map { .string($0) } ?? .null,
            "guarantee": .string(guarantee.level.rawValue),
        ]
    }

    private func register(_ connection: any SQLConnection, _ now: Timestamp) throws {
        let head = try connection.first("SELECT size FROM head WHERE id = 1") { $0.position(0) } ?? 0
        let start: UInt64 =
            switch definition.start {
            case .beginning: 0
            case .now: head
            // One that the ledger has not reached yet is waited for.
            case .index(let index): index
            }
        try connection.run(
            """
            INSERT INTO sinks (name, kind, definition, guarantee, start_index, cursor_index, filtered, confirmed, duplicates,
                state, since, delivered, manifest_from, manifest_at, guarantee_reason, made_at)
            VALUES ($1, $2, $3, $4, $5, $5, 0, 0, 0, 'running', $6, '', $5, $6, $7, $6)
            ON CONFLICT (name) DO NOTHING
            """,
            [
                .text(name), .text(definition.kind), .text(definition.hash), .text(guarantee.level.rawValue),
                .position(start), .integer(now.milliseconds), .text(guarantee.reason),
            ]
        )
        // What a destination of another kind said of its place means nothing to this one.
        try connection.run(
            """
            UPDATE sinks SET position = CASE WHEN kind = $1 THEN position END, kind = $1, definition = $2, guarantee = $3,
                guarantee_reason = $4
            WHERE name = $5 AND (kind <> $1 OR definition <> $2 OR guarantee <> $3 OR guarantee_reason <> $4)
            """,
            [
                .text(definition.kind), .text(definition.hash), .text(guarantee.level.rawValue),
                .text(guarantee.reason), .text(name),
            ]
        )
    }

    /// Nobody knows what became of what was in flight: all of it will be read, filtered and sent again.
    private func recover(_ connection: any SQLConnection) throws {
        try connection.run(
            """
            UPDATE sinks SET
                filtered = filtered - COALESCE((SELECT CAST(SUM(past - first - records) AS BIGINT) FROM sink_ranges
                    WHERE sink = $1 AND place = 'flight'), 0),
                duplicates = duplicates + $2 * COALESCE((SELECT CAST(SUM(records) AS BIGINT) FROM sink_ranges
                    WHERE sink = $1 AND place = 'flight'), 0)
            WHERE name = $1
            """,
            [.text(name), .integer(countsDuplicates ? 1 : 0)]
        )
        try connection.run(
            "UPDATE sink_ranges SET place = 'waiting', records = past - first WHERE sink = $1 AND place = 'flight'",
            [.text(name)]
        )
    }

    // MARK: Looking

    /// Whether the sink may send.
    func state() async throws -> SinkState {
        try await state.database.read { [name] connection in
            let found = try connection.first("SELECT state, reason FROM sinks WHERE name = $1", [.text(name)]) {
                SinkState($0.text(0), reason: $0.optionalText(1))
            }
            guard let found else { throw DeliveryError.unknownSink(name) }
            return found
        }
    }

    func snapshot() async throws -> LaneSnapshot {
        try await state.database.read { [name] connection in
            try connection.snapshot {
                let ranges =
                    "SELECT first, past FROM sink_ranges WHERE sink = $1 AND place = $2 ORDER BY first LIMIT $3"
                func range(_ row: any SQLRow) -> Range<UInt64> {
                    row.position(0)..<max(row.position(0), row.position(1))
                }
                let waiting = try connection.all(
                    ranges,
                    [.text(name), .text("waiting"), .integer(Int64(Self.waitingAtOnce))],
                    range
                )
                let backfill = try connection.first(ranges, [.text(name), .text("backfill"), .integer(1)], range)
                let head = try connection.first("SELECT size FROM head WHERE id = 1") { $0.position(0) } ?? 0
                let found = try connection.first(
                    """
                    SELECT state, reason, cursor_index, manifest_from, manifest_at, manifest, position, delivered
                    FROM sinks WHERE name = $1
                    """,
                    [.text(name)]
                ) { row in
                    LaneSnapshot(
                        state: SinkState(row.text(0), reason: row.optionalText(1)),
                        head: head,
                        cursor: row.position(2),
                        waiting: waiting,
                        backfill: backfill,
                        manifestFrom: row.position(3),
                        manifestAt: Timestamp(milliseconds: row.integer(4)),
                        manifest: row.optionalText(5),
                        position: row.optionalText(6),
                        delivered: RangeSet(text: row.text(7))
                    )
                }
                guard let found else { throw DeliveryError.unknownSink(name) }
                return found
            }
        }
    }

    /// Dead letters in a range, for a manifest.
    func dead(in range: Range<UInt64>) async throws -> RangeSet<UInt64> {
        try await state.database.read { [name] connection in
            RangeSet(
                indexes: try connection.all(
                    "SELECT idx FROM sink_dead WHERE sink = $1 AND idx >= $2 AND idx < $3",
                    [.text(name), .position(range.lowerBound), .position(range.upperBound)]
                ) { $0.position(0) }
            )
        }
    }

    // MARK: Writing

    /// Stores the steps of one turn, all or none.
    /// - Parameter dead: what is told in the ledger of entries that the turn sets aside.
    func apply(_ turn: LaneTurn, telling dead: DeadLetterNotice? = nil, now: Timestamp) async throws {
        guard !turn.isEmpty else { return }
        let events = dead.map { [state.event(.deadLetterRecorded, name, now, $0.fields)] } ?? []
        try await state.commit(events) { connection in
            try lease.confirm(connection)
            try LaneWriter(sink: name, connection: connection, now: now).write(turn)
        }
    }

    /// Stops the lane and records why: in our own words, for what a destination says does not belong into the record.
    func stop(_ failure: LaneFailure, after turn: LaneTurn, now: Timestamp) async throws {
        let event = state.event(.sinkStopped, name, now, ["reason": .string(failure.reason)])
        try await state.commit([event]) { connection in
            try lease.confirm(connection)
            try LaneWriter(sink: name, connection: connection, now: now).write(turn)
            try connection.run(
                """
                UPDATE sinks SET state = 'stopped', reason = $1, since = $2, state_actor = NULL
                WHERE name = $3 AND state <> 'paused'
                """,
                [.text(failure.text), .integer(now.milliseconds), .text(name)]
            )
        }
    }
}
