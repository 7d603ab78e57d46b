import DeliveryWire
import JSON
import Ledger
import Redaction
import Storage
public import WallTime

/// What operators see of sinks and do to them, from any process. Each act is an event in the ledger, in the same transaction.
public struct DeliveryControl: Sendable {
    /// Which dead letters are sent again.
    public enum Selection: Sendable, Hashable {
        /// All of them.
        case all
        /// Those within a range of indexes.
        case range(Range<UInt64>)
    }

    let state: DeliveryState
    let ledger: any FollowedLedger
    let clock: any WallClock

    /// Sees and acts on the sinks of a ledger.
    public init(state: DeliveryState, ledger: any FollowedLedger, clock: any WallClock = SystemClock()) {
        self.state = state
        self.ledger = ledger
        self.clock = clock
    }

    // MARK: Seeing

    /// Every sink that was ever configured and not forgotten, by name.
    public func sinks() async throws -> [SinkStatus] { try await status("") }

    /// One sink.
    /// - Throws: ``DeliveryError/unknownSink(_:)``.
    public func sink(_ name: String) async throws -> SinkStatus {
        guard !name.isEmpty, let found = try await status(name).first else { throw DeliveryError.unknownSink(name) }
        return found
    }

    /// Where every entry stands for a sink, at one instant.
    public func conservation(_ name: String) async throws -> Conservation {
        let found = try await state.database.read { connection in
            try connection.snapshot { try Conservation.all(connection, sink: name)[name] }
        }
        guard let found else { throw DeliveryError.unknownSink(name) }
        return found
    }

    private func status(_ name: String) async throws -> [SinkStatus] {
        var found = try await state.database.read { connection in
            try connection.snapshot { try SinkStatus.all(connection, sink: name) }
        }
        for index in found.indices {
            let oldest = found[index].lowWatermark
            guard oldest < found[index].conservation.head else { continue }
            let entry = try await ledger.entries(oldest..<oldest + 1, maximumBytes: 1).first
            found[index].oldest = entry.flatMap { try? JSONValue(parsing: $0.bytes) }?["timestamp"]?.string
                .flatMap { Timestamp($0) }
        }
        return found
    }

    /// Dead letters of a sink from an index on, in order.
    /// - Parameter limit: at most so many.
    public func deadLetters(
        _ name: String,
        from index: UInt64 = 0,
        limit: Int = 100
    ) async throws -> [StoredDeadLetter] {
        try await state.database.read { connection in
            try Self.check(connection, name)
            return try connection.all(
                """
                SELECT idx, reason, detail, attempts, died_at FROM sink_dead WHERE sink = $1 AND idx >= $2 ORDER BY idx LIMIT $3
                """,
                [.text(name), .position(index), .integer(Int64(limit))]
            ) { row in
                StoredDeadLetter(
                    index: row.position(0),
                    reason: row.text(1),
                    detail: row.optionalText(2),
                    attempts: Int(row.integer(3)),
                    died: Timestamp(milliseconds: row.integer(4))
                )
            }
        }
    }

    /// How many dead letters a selection has.
    public func deadLetterCount(_ name: String, _ selection: Selection = .all) async throws -> UInt64 {
        let bounds = Self.bounds(selection)
        return try await state.database.read { connection in
            try Self.check(connection, name)
            return try connection.first(
                "SELECT COUNT(*) FROM sink_dead WHERE sink = $1 AND idx >= $2 AND idx < $3",
                [.text(name), .position(bounds.lowerBound), .position(bounds.upperBound)]
            ) { $0.position(0) } ?? 0
        }
    }

    // MARK: Acting

    /// Stops sending; everything stays in the ledger.
    public func pause(_ name: String, reason: String?, actor: String) async throws {
        let reason = reason.map(RecordedWords.masked)
        let fields: [String: JSONValue] = ["actor": .string(actor), "reason": reason.map { .string($0) } ?? .null]
        try await move(name, to: "paused", reason: reason, actor, .sinkPaused, fields) { $0 != "paused" }
    }

    /// Goes on, after a pause or after the sink stopped itself.
    public func resume(_ name: String, actor: String) async throws {
        try await move(name, to: "running", reason: nil, actor, .sinkResumed, ["actor": .string(actor)]) {
            $0 != "running"
        }
    }

    private func move(
        _ name: String,
        to target: String,
        reason: String?,
        _ actor: String,
        _ type: EventType,
        _ fields: [String: JSONValue],
        from isAllowed: @escaping @Sendable (String) -> Bool
    ) async throws {
        let now = clock.now()
        try await state.commit([state.event(type, name, now, fields)]) { connection in
            let current = try connection.first("SELECT state FROM sinks WHERE name = $1", [.text(name)]) { $0.text(0) }
            guard let current else { throw DeliveryError.unknownSink(name) }
            guard isAllowed(current) else { throw DeliveryError.alreadyIn(name, state: current) }
            try connection.run(
                "UPDATE sinks SET state = $1, reason = $2, since = $3, state_actor = $4 WHERE name = $5",
                [.text(target), .optional(reason), .integer(now.milliseconds), .text(actor), .text(name)]
            )
        }
    }

    /// Has dead letters sent again, before anything else. They are read from the ledger anew.
    /// - Returns: how many.
    @discardableResult
    public func redrive(_ name: String, _ selection: Selection, actor: String) async throws -> UInt64 {
        let bounds = Self.bounds(selection)
        let count = try await deadLetterCount(name, selection)
        guard count > 0 else {
            throw DeliveryError.noDeadLetter(name, index: bounds.count == 1 ? bounds.lowerBound : nil)
        }
        let now = clock.now()
        let event = state.event(
            .sinkRedriven,
            name,
            now,
            [
                "actor": .string(actor), "count": .integer(Int64(count)),
                "firstIndex": .integer(Int64(bounds.lowerBound)),
            ]
        )
        try await state.commit([event]) { connection in
            let parameters: [SQLParameter] = [
                .text(name), .position(bounds.lowerBound), .position(bounds.upperBound),
            ]
            let moved = try connection.run(
                """
                INSERT INTO sink_ranges (sink, first, past, records, place)
                SELECT sink, idx, idx + 1, 1, 'waiting' FROM sink_dead WHERE sink = $1 AND idx >= $2 AND idx < $3
                """,
                parameters
            )
            try connection.run("DELETE FROM sink_dead WHERE sink = $1 AND idx >= $2 AND idx < $3", parameters)
            try connection.run(
                "UPDATE sinks SET failure = NULL, failure_detail = NULL, failed_at = NULL WHERE name = $1",
                [.text(name)]
            )
            // Whoever was faster, or slower, has left another number: the event would not be true.
            guard UInt64(moved) == count else { throw DeliveryError.stateChanged(name) }
        }
        return count
    }

    /// What a backfill would take.
    /// - Throws: ``DeliveryError/backfillRange(_:start:)`` when that is nothing.
    public func backfillCount(_ name: String, _ range: Range<UInt64>) async throws -> UInt64 {
        try await state.database.read { connection in
            try Self.backfillPlan(connection, name, range).plan.taken.total
        }
    }

    /// Has a sink take older entries as well: those of a range that it neither has nor will get by itself.
    /// - Parameter range: what lies between its end and the sink's start is left out, and counts as filtered until it is asked for.
    /// - Returns: how many entries that are.
    @discardableResult
    public func backfill(_ name: String, _ range: Range<UInt64>, actor: String) async throws -> UInt64 {
        // Before an event is made of the range: its ends may be larger than any that an event can hold.
        let count = try await backfillCount(name, range)
        let now = clock.now()
        let event = state.event(
            .sinkBackfilled,
            name,
            now,
            [
                "actor": .string(actor), "firstIndex": .integer(Int64(clamping: range.lowerBound)),
                "pastIndex": .integer(Int64(clamping: range.upperBound)),
            ]
        )
        try await state.commit([event]) { connection in
            let (plan, before) = try Self.backfillPlan(connection, name, range)
            for taken in plan.taken.ranges {
                try connection.run(
                    "INSERT INTO sink_ranges (sink, first, past, records, place) VALUES ($1, $2, $3, $4, 'backfill')",
                    [
                        .text(name), .position(taken.lowerBound), .position(taken.upperBound),
                        .position(taken.upperBound - taken.lowerBound),
                    ]
                )
            }
            try connection.run("DELETE FROM sink_gaps WHERE sink = $1", [.text(name)])
            for gap in plan.gaps.ranges {
                try connection.run(
                    "INSERT INTO sink_gaps (sink, first, past) VALUES ($1, $2, $3)",
                    [.text(name), .position(gap.lowerBound), .position(gap.upperBound)]
                )
            }
            try connection.run(
                "UPDATE sinks SET start_index = $1, filtered = filtered + $2 - $3 WHERE name = $4",
                [.position(plan.start), .position(plan.gaps.total), .position(before), .text(name)]
            )
        }
        return count
    }

    /// - Returns: the plan, and how many entries were left out before.
    private static func backfillPlan(
        _ connection: any SQLConnection,
        _ name: String,
        _ range: Range<UInt64>
    ) throws -> (plan: BackfillPlan, leftOut: UInt64) {
        let standing = try connection.first(
            "SELECT s.start_index, h.size FROM sinks s CROSS JOIN head h WHERE s.name = $1",
            [.text(name)]
        ) { (start: $0.position(0), head: $0.position(1)) }
        guard let (start, head) = standing else { throw DeliveryError.unknownSink(name) }
        guard start <= head else { throw DeliveryError.notBegun(name, start: start, head: head) }
        let gaps = RangeSet(
            try connection.all("SELECT first, past FROM sink_gaps WHERE sink = $1", [.text(name)]) {
                $0.position(0)..<$0.position(1)
            }
        )
        guard let plan = BackfillPlan(range, start: start, gaps: gaps) else {
            throw DeliveryError.backfillRange(name, start: start)
        }
        return (plan, gaps.total)
    }

    /// Forgets a sink that is no longer configured, with its account and its dead letters.
    /// - Parameter givingUp: whether entries that were not delivered are given up.
    public func forget(_ name: String, givingUp: Bool, actor: String) async throws {
        let standing = try await conservation(name)
        let left = standing.backlog + standing.inFlight + standing.dead
        guard left == 0 || givingUp else { throw DeliveryError.stillNeeded(name, backlog: left) }
        let now = clock.now()
        let event = state.event(
            .sinkForgotten,
            name,
            now,
            ["actor": .string(actor), "undelivered": .integer(Int64(clamping: left))]
        )
        try await state.commit([event]) { connection in
            for table in [
                "sink_ranges WHERE sink", "sink_dead WHERE sink", "sink_confirmed WHERE sink",
                "sink_manifests WHERE sink", "sink_gaps WHERE sink", "sinks WHERE name",
            ] {
                try connection.run("DELETE FROM \(table) = $1", [.text(name)])
            }
        }
    }

    private static func check(_ connection: any SQLConnection, _ name: String) throws {
        let known = try connection.first("SELECT 1 FROM sinks WHERE name = $1", [.text(name)]) { _ in true }
        guard known == true else { throw DeliveryError.unknownSink(name) }
    }

    private static func bounds(_ selection: Selection) -> Range<UInt64> {
        switch selection {
        case .all: 0..<UInt64(Int64.max)
        case .range(let range): range.clamped(to: 0..<UInt64(Int64.max))
        }
    }
}
