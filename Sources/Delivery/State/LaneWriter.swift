import DeliveryWire
import MerkleLog
import Storage
import WallTime

/// What a lane stores in one transaction.
struct LaneTurn: Sendable {
    var changes: [LaneChange] = []
    /// The indexes that are confirmed.
    var confirmed = RangeSet<UInt64>()
    /// The sink's place after the last confirmation.
    var position: String?
    /// What is confirmed since the last manifest, when that changed.
    var delivered: RangeSet<UInt64>?
    /// A manifest that is to be delivered: its JSON.
    var manifest: String?
    /// The manifest that was delivered.
    var deliveredManifest: DeliveryManifest?
    /// The first index that the delivered manifest does not cover.
    var manifestFrom: UInt64?
    /// Why something was last not taken. What is confirmed without one ends the one that is stored.
    var failure: LaneFailure?
    /// Requests at the same time, when that changed.
    var concurrency: Int?

    var isEmpty: Bool {
        changes.isEmpty && position == nil && delivered == nil && manifest == nil && manifestFrom == nil
            && failure == nil && concurrency == nil
    }
}

/// Writes a turn inside a transaction.
struct LaneWriter {
    let sink: String
    let connection: any SQLConnection
    let now: Timestamp

    /// What the counters of the lane's row change by.
    private struct Sums {
        var filtered: Int64 = 0
        var confirmed: Int64 = 0
        var duplicates: Int64 = 0
        var cursor: UInt64?
    }

    func write(_ turn: LaneTurn) throws {
        var sums = Sums()
        for change in turn.changes { try write(change, &sums) }
        guard sums.confirmed == Int64(turn.confirmed.total) else { throw DeliveryError.stateChanged(sink) }
        try update(turn, sums)
        // After the lane's row, whose lock keeps others from these bits.
        try ConfirmedIndexes(sink: sink, connection: connection).insert(turn.confirmed)
        if let manifest = turn.deliveredManifest { try keep(manifest) }
    }

    private func keep(_ manifest: DeliveryManifest) throws {
        try connection.run(
            """
            INSERT INTO sink_manifests (sink, first, past, records, filtered, dead, tree_size, root, delivered_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (sink, first) DO NOTHING
            """,
            [
                .text(sink), .position(manifest.covered.lowerBound), .position(manifest.covered.upperBound),
                .position(manifest.expected.total), .position(manifest.filtered), .position(manifest.dead.total),
                .position(manifest.checkpoint.size), .text(manifest.checkpoint.root.base64),
                .integer(now.milliseconds),
            ]
        )
    }

    private func update(_ turn: LaneTurn, _ sums: Sums) throws {
        try one(
            """
            UPDATE sinks SET filtered = filtered + $1, confirmed = confirmed + $2, duplicates = duplicates + $3,
                cursor_index = COALESCE($4, cursor_index), position = COALESCE($5, position),
                delivered = COALESCE($6, delivered), confirmed_at = COALESCE($7, confirmed_at),
                failure = CASE WHEN $8 = 1 THEN $9 ELSE failure END,
                failure_detail = CASE WHEN $8 = 1 THEN $10 ELSE failure_detail END,
                failed_at = CASE WHEN $8 = 1 THEN $11 ELSE failed_at END,
                concurrency = COALESCE($12, concurrency)
            WHERE name = $13
            """,
            [
                .integer(sums.filtered), .integer(sums.confirmed), .integer(sums.duplicates),
                .optional(sums.cursor.map { Int64(bitPattern: $0) }), .optional(turn.position),
                .optional(turn.delivered?.text), .optional(sums.confirmed > 0 ? now.milliseconds : nil),
                .integer(turn.failure != nil || sums.confirmed > 0 ? 1 : 0), .optional(turn.failure?.reason),
                .optional(turn.failure?.words?.description),
                .optional(turn.failure == nil ? nil : now.milliseconds),
                .optional(turn.concurrency.map { Int64($0) }), .text(sink),
            ]
        )
        if let manifest = turn.manifest {
            try one(
                "UPDATE sinks SET manifest = $1, manifest_at = $2 WHERE name = $3",
                [.text(manifest), .integer(now.milliseconds), .text(sink)]
            )
        }
        if let from = turn.manifestFrom {
            try one(
                "UPDATE sinks SET manifest = NULL, manifest_from = $1 WHERE name = $2",
                [.position(from), .text(sink)]
            )
        }
    }

    private func write(_ change: LaneChange, _ sums: inout Sums) throws {
        switch change {
        case .admit(let stretch, let source):
            try take(stretch.first..<stretch.past, from: source, &sums)
            sums.filtered += Int64(stretch.filtered)
            if stretch.records > 0 { try insert(stretch, place: "flight") }
        case .refuse(let index, let source, let letter):
            try take(index..<index + 1, from: source, &sums)
            try bury(index, letter)
        case .confirm(let first, let to, let records):
            try cut(first: first, to: to, records: records)
            sums.confirmed += Int64(records)
        case .bury(let first, let index, let to, let letter):
            try cut(first: first, to: to, records: 1)
            try bury(index, letter)
        case .putBack(let stretch):
            try one(
                """
                UPDATE sink_ranges SET place = 'waiting', records = past - first
                WHERE sink = $1 AND first = $2 AND place = 'flight'
                """,
                [.text(sink), .position(stretch.first)]
            )
            sums.filtered -= Int64(stretch.filtered)
        case .duplicates(let count): sums.duplicates += Int64(count)
        case .manifestDelivered: break
        }
    }

    /// Takes what was read out of the backlog.
    private func take(_ range: Range<UInt64>, from source: LaneChange.Source, _ sums: inout Sums) throws {
        switch source {
        case .cursor: sums.cursor = range.upperBound
        case .range(let first):
            guard first == range.lowerBound else { throw DeliveryError.stateChanged(sink) }
            let past = try connection.first(
                "SELECT past FROM sink_ranges WHERE sink = $1 AND first = $2 AND place <> 'flight'",
                [.text(sink), .position(first)]
            ) { $0.position(0) }
            guard let past, past >= range.upperBound else { throw DeliveryError.stateChanged(sink) }
            if past == range.upperBound {
                try one(
                    "DELETE FROM sink_ranges WHERE sink = $1 AND first = $2",
                    [.text(sink), .position(first)]
                )
            } else {
                try one(
                    "UPDATE sink_ranges SET first = $1, records = past - $1 WHERE sink = $2 AND first = $3",
                    [.position(range.upperBound), .text(sink), .position(first)]
                )
            }
        }
    }

    private func insert(_ stretch: Stretch, place: String) throws {
        try connection.run(
            "INSERT INTO sink_ranges (sink, first, past, records, place) VALUES ($1, $2, $3, $4, $5)",
            [
                .text(sink), .position(stretch.first), .position(stretch.past), .position(stretch.records),
                .text(place),
            ]
        )
    }

    /// Cuts the front off a stretch in flight.
    private func cut(first: UInt64, to: UInt64, records: UInt64) throws {
        let ended = try connection.run(
            """
            DELETE FROM sink_ranges WHERE sink = $1 AND first = $2 AND past = $3 AND records = $4 AND place = 'flight'
            """,
            [.text(sink), .position(first), .position(to), .position(records)]
        )
        guard ended == 0 else { return }
        try one(
            """
            UPDATE sink_ranges SET first = $1, records = records - $2
            WHERE sink = $3 AND first = $4 AND past > $1 AND records > $2 AND place = 'flight'
            """,
            [.position(to), .position(records), .text(sink), .position(first)]
        )
    }

    private func bury(_ index: UInt64, _ letter: DeadLetter) throws {
        try connection.run(
            """
            INSERT INTO sink_dead (sink, idx, reason, detail, attempts, died_at) VALUES ($1, $2, $3, $4, $5, $6)
            """,
            [
                .text(sink), .position(index), .text(letter.reason), .optional(letter.detail),
                .integer(Int64(letter.attempts)), .integer(now.milliseconds),
            ]
        )
    }

    /// Runs a statement that must change one row: with another number, memory and store do not agree, and the turn is undone.
    private func one(_ sql: String, _ parameters: [SQLParameter]) throws {
        guard try connection.run(sql, parameters) == 1 else { throw DeliveryError.stateChanged(sink) }
    }
}

extension RangeSet<UInt64> {
    /// Ranges as `0-9,12-12`, both ends included.
    var text: String { ranges.map { "\($0.lowerBound)-\($0.upperBound - 1)" }.joined(separator: ",") }

    /// Reads ``text``; what cannot be read is left out.
    init(text: String) {
        self.init()
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { UInt64($0) }
            if ends.count == 2, ends[0] <= ends[1], ends[1] < .max { insert(contentsOf: ends[0]..<ends[1] + 1) }
        }
    }
}
