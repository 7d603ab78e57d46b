import JSON
import Ledger
import Storage
import WallTime

extension AlertRecord {
    static func take(
        suppression event: JSONValue,
        _ type: EventType,
        at position: UInt64,
        _ connection: any SQLConnection
    ) throws {
        guard let id = event["suppressionId"]?.string else { return }
        let known = try suppression(id, connection)
        if type == .detectionSuppressionSet {
            guard known == nil, let made = SuppressionView(setBy: event, at: position) else { return }
            try connection.run(
                """
                INSERT INTO alert_suppressions (since, suppression_id, until_ms, is_lifted, state)
                VALUES ($1, $2, $3, 0, $4)
                """,
                [.position(position), key(id), .integer(made.until.milliseconds), .text(try text(made.state))]
            )
        } else if var known {
            known.take(event, type)
            try connection.run(
                "UPDATE alert_suppressions SET is_lifted = $1, state = $2 WHERE since = $3",
                [.integer(known.lifted == nil ? 0 : 1), .text(try text(known.state)), .position(known.entry)]
            )
        }
    }

    /// One suppression, and the size of the ledger up to which that is how it stands.
    func suppression(_ id: String) async throws -> (view: SuppressionView, size: UInt64)? {
        let size = try await follow()
        return try await ledger.database.read { try Self.suppression(id, $0) }.map { ($0, size) }
    }

    /// A page of suppressions, the latest set first, one more than `limit` when there are more.
    /// - Parameter lasting: only those that hold back matches at that moment; nil for all.
    func suppressions(lasting: Timestamp?, before: UInt64?, limit: Int) async throws -> [SuppressionView] {
        try await follow()
        return try await ledger.database.read { connection in
            try connection.all(
                """
                SELECT since, state FROM alert_suppressions
                WHERE since < $1 AND is_lifted <= $2 AND until_ms >= $3 ORDER BY since DESC LIMIT $4
                """,
                [
                    .integer(before.map { Int64(clamping: $0) } ?? .max), .integer(lasting == nil ? 1 : 0),
                    .integer(lasting?.milliseconds ?? .min), .integer(Int64(limit) + 1),
                ]
            ) { try Self.suppression($0) }
        }
    }

    private static func suppression(_ id: String, _ connection: any SQLConnection) throws -> SuppressionView? {
        try connection.first("SELECT since, state FROM alert_suppressions WHERE suppression_id = $1", [key(id)]) {
            try suppression($0)
        }
    }

    private static func suppression(_ row: any SQLRow) throws -> SuppressionView {
        guard let view = SuppressionView(kept: try value(row.text(1)), at: row.position(0)) else {
            throw LedgerError.inconsistent("a row about a suppression in the store cannot be read")
        }
        return view
    }
}

extension SuppressionView {
    /// The suppression that an event set; nil when it has no id or no end.
    init?(setBy event: JSONValue, at entry: UInt64) {
        guard let id = event["suppressionId"]?.string,
            let since = event["timestamp"]?.string.flatMap({ Timestamp($0) }),
            let until = event["until"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        self.init(id: id, entry: entry, order: event, since: since, until: until)
    }

    mutating func take(_ event: JSONValue, _ type: EventType) {
        if type == .detectionSuppressionCounted {
            matches = max(matches, event["matches"]?.integer ?? 0)
        } else if lifted == nil, let at = event["timestamp"]?.string.flatMap({ Timestamp($0) }) {
            lifted = (at, event["actor"]?.string ?? "")
        }
    }

    /// What the store keeps of it.
    var state: JSONValue {
        [
            "order": order, "matches": .integer(matches),
            "lifted": lifted.map { ["at": .string($0.at.description), "actor": .string($0.actor)] } ?? .null,
        ]
    }

    init?(kept state: JSONValue, at entry: UInt64) {
        self.init(setBy: state["order"] ?? .null, at: entry)
        matches = state["matches"]?.integer ?? 0
        lifted = state["lifted"]?["at"]?.string.flatMap { Timestamp($0) }.map {
            ($0, state["lifted"]?["actor"]?.string ?? "")
        }
    }
}
