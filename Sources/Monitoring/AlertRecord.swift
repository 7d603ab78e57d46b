import Detection
import JSON
import Ledger
import Storage

/// Tables of the alerts and suppressions that the ledger tells of. Each look first takes in what is new in the ledger, so that old ones
/// are found as soon as new ones, however many there are.
struct AlertRecord: Sendable {
    static let schema = SchemaComponent(
        "alerts",
        [
            Migration(
                version: 1,
                statements: [
                    "CREATE TABLE alert_progress (id {key} PRIMARY KEY CHECK (id = 1), next_index BIGINT NOT NULL)",
                    """
                    CREATE TABLE alert_views (
                        raised {key} PRIMARY KEY, alert_id {blob} NOT NULL UNIQUE, status TEXT NOT NULL,
                        decided BIGINT NOT NULL, state TEXT NOT NULL)
                    """,
                    "CREATE INDEX alert_views_by_status ON alert_views (status, raised)",
                    """
                    CREATE TABLE alert_steps (
                        raised BIGINT NOT NULL, position BIGINT NOT NULL, step TEXT NOT NULL,
                        PRIMARY KEY (raised, position))
                    """,
                    """
                    CREATE TABLE alert_suppressions (
                        since {key} PRIMARY KEY, suppression_id {blob} NOT NULL UNIQUE, until_ms BIGINT NOT NULL,
                        is_lifted BIGINT NOT NULL, state TEXT NOT NULL)
                    """,
                    // What was decided upon which state: each state is decided upon once.
                    """
                    CREATE TABLE alert_claims (
                        subject {blob} NOT NULL, seen BIGINT NOT NULL, PRIMARY KEY (subject, seen))
                    """,
                ]
            )
        ],
        appendOnly: ["alert_claims"]
    )

    /// What may change where an alert stands, besides people's decisions that claim its state.
    private static let alertTypes: Set<EventType> = [
        .detectionAlertRaised, .detectionAlertUpdated, .detectionAlertCleared, .detectionAlertAssigned,
        .detectionAlertNoted, .detectionAlertAcknowledged, .detectionAlertResolved, .detectionAlertDismissed,
        .detectionAlertReopened,
    ]
    private static let suppressionTypes: Set<EventType> = [
        .detectionSuppressionSet, .detectionSuppressionLifted, .detectionSuppressionCounted,
    ]
    /// Events taken in with one transaction, which must not hold up those of reads for long.
    private static let batch = 200
    /// Other entries that are looked through again at the next look, rather than write down each time how far it came.
    private static let lookedThrough: UInt64 = 1000

    let ledger: Ledger

    /// Thrown when somebody else decided first.
    struct Overtaken: Error {}

    // MARK: Following

    /// Takes in what is new.
    /// - Returns: the size of the ledger up to which everything was taken in.
    @discardableResult
    func follow() async throws -> UInt64 {
        let start = try await ledger.database.read(Self.next)
        let (found, size) = try await ledger.positions(of: Self.alertTypes.union(Self.suppressionTypes), from: start)
        for first in stride(from: 0, to: found.count, by: Self.batch) {
            let batch = Array(found[first..<min(first + Self.batch, found.count)])
            let end = first + Self.batch < found.count ? (batch.last ?? 0) + 1 : size
            try await move(to: end, taking: batch)
        }
        if found.isEmpty, size > start + Self.lookedThrough { try await move(to: size, taking: []) }
        return size
    }

    private func move(to end: UInt64, taking positions: [UInt64]) async throws {
        try await ledger.database.write { connection in
            try connection.run(
                "INSERT INTO alert_progress (id, next_index) VALUES (1, 0) ON CONFLICT (id) DO NOTHING"
            )
            // Other nodes do the same: one after another.
            if connection.dialect == .postgres {
                _ = try connection.first("SELECT next_index FROM alert_progress WHERE id = 1 FOR UPDATE") { _ in true }
            }
            let next = try Self.next(connection)
            for position in positions where position >= next {
                let event = try ledger.event(at: position, connection)
                guard let value = try? JSONValue(parsing: event.bytes) else { continue }
                try Self.take(value, at: position, connection)
            }
            if end > next {
                try connection.run("UPDATE alert_progress SET next_index = $1 WHERE id = 1", [.position(end)])
            }
        }
    }

    private static func next(_ connection: any SQLConnection) throws -> UInt64 {
        try connection.first("SELECT next_index FROM alert_progress WHERE id = 1") { $0.position(0) } ?? 0
    }

    private static func take(_ event: JSONValue, at position: UInt64, _ connection: any SQLConnection) throws {
        guard let type = event["eventType"]?.string.map(EventType.init(rawValue:)) else { return }
        if suppressionTypes.contains(type) { return try take(suppression: event, type, at: position, connection) }
        guard alertTypes.contains(type), let id = event["alertId"]?.string else { return }
        let known = try view(id, connection)
        guard var view = known ?? AlertView(raisedBy: event, at: position) else { return }
        view.take(event, at: position)
        let state = try text(view.state)
        if known == nil {
            try connection.run(
                "INSERT INTO alert_views (raised, alert_id, status, decided, state) VALUES ($1, $2, $3, $4, $5)",
                [.position(view.raised), key(id), .text(view.status.rawValue), .position(view.decided), .text(state)]
            )
        } else {
            try connection.run(
                "UPDATE alert_views SET status = $1, decided = $2, state = $3 WHERE raised = $4",
                [.text(view.status.rawValue), .position(view.decided), .text(state), .position(view.raised)]
            )
        }
        let step = AlertView.Step(of: event, at: position)
        try connection.run(
            "INSERT INTO alert_steps (raised, position, step) VALUES ($1, $2, $3)",
            [.position(view.raised), .position(position), .text(try text(step.json))]
        )
    }

    // MARK: Looking

    /// One alert, and the size of the ledger up to which that is how it stands; nil when there is none of this id.
    func alert(_ id: String) async throws -> (view: AlertView, size: UInt64)? {
        let size = try await follow()
        return try await ledger.database.read { connection in
            guard var view = try Self.view(id, connection) else { return nil }
            view.history = try connection.all(
                "SELECT position, step FROM alert_steps WHERE raised = $1 ORDER BY position",
                [.position(view.raised)]
            ) { Self.step($0, 0) }
            return (view, size)
        }
    }

    /// A page of alerts, the latest raised first, one more than `limit` when there are more.
    func alerts(_ statuses: Set<AlertStatus>, before: UInt64?, limit: Int) async throws -> [AlertView] {
        try await follow()
        let wanted = statuses.isEmpty ? AlertStatus.allCases : Array(statuses)
        return try await ledger.database.read { connection in
            let end = SQLParameter.integer(before.map { Int64(clamping: $0) } ?? .max)
            // Always four, so that the statement is one constant text.
            let four = (0..<4).map { SQLParameter.text(wanted[$0 % wanted.count].rawValue) }
            return try connection.snapshot {
                var views = try connection.all(
                    """
                    SELECT raised, alert_id, status, decided, state FROM alert_views
                    WHERE raised < $1 AND status IN ($2, $3, $4, $5) ORDER BY raised DESC LIMIT $6
                    """,
                    [end] + four + [.integer(Int64(limit) + 1)]
                ) { try Self.view($0) }
                guard let first = views.last?.raised else { return [] }
                var steps: [UInt64: [AlertView.Step]] = [:]
                try connection.rows(
                    """
                    SELECT s.raised, s.position, s.step FROM alert_views v JOIN alert_steps s ON s.raised = v.raised
                    WHERE v.raised < $1 AND v.status IN ($2, $3, $4, $5) AND v.raised >= $6
                    ORDER BY s.raised, s.position
                    """,
                    [end] + four + [.position(first)]
                ) { row in
                    steps[row.position(0), default: []].append(Self.step(row, 1))
                    return true
                }
                for place in views.indices { views[place].history = steps[views[place].raised] ?? [] }
                return views
            }
        }
    }

    // MARK: Deciding

    /// Records a decision upon an alert or suppression as it stood.
    /// - Parameters:
    ///   - seen: the latest entry that changed it, which nobody else may have decided upon.
    ///   - size: up to where the ledger was looked at; no event of detection about the alert may have come since.
    /// - Throws: ``Overtaken``; then nothing is recorded.
    func record(_ event: Event, upon id: String, seen: UInt64, since size: UInt64) async throws {
        _ = try await ledger.record([event]) { connection in
            let claim: [SQLParameter] = [Self.key(id), .position(seen)]
            let earlier = try connection.first(
                "SELECT 1 FROM alert_claims WHERE subject = $1 AND seen = $2",
                claim
            ) { _ in true }
            guard earlier == nil else { throw Overtaken() }
            let since = try ledger.positions(of: Self.alertTypes, from: size, connection).found
            for position in since {
                let event = try JSONValue(parsing: ledger.event(at: position, connection).bytes)
                let type = EventType(rawValue: event["eventType"]?.string ?? "")
                let isRemark = type == .detectionAlertAssigned || type == .detectionAlertNoted
                if event["alertId"]?.string == id, !isRemark { throw Overtaken() }
            }
            try connection.run("INSERT INTO alert_claims (subject, seen) VALUES ($1, $2)", claim)
        }
    }

    // MARK: Rows

    static func key(_ id: String) -> SQLParameter { .blob(Array(id.utf8)) }

    static func text(_ value: JSONValue) throws -> String {
        String(decoding: try value.canonicalBytes(), as: UTF8.self)
    }

    static func value(_ text: String) throws -> JSONValue {
        guard let value = try? JSONValue(parsing: Array(text.utf8)) else {
            throw LedgerError.inconsistent("a row about an alert in the store cannot be read")
        }
        return value
    }

    private static func view(_ id: String, _ connection: any SQLConnection) throws -> AlertView? {
        try connection.first(
            "SELECT raised, alert_id, status, decided, state FROM alert_views WHERE alert_id = $1",
            [key(id)]
        ) { try view($0) }
    }

    private static func view(_ row: any SQLRow) throws -> AlertView {
        try AlertView(
            id: String(decoding: row.blob(1), as: UTF8.self),
            raised: row.position(0),
            status: AlertStatus(rawValue: row.text(2)) ?? .open,
            decided: row.position(3),
            state: value(row.text(4))
        )
    }

    private static func step(_ row: any SQLRow, _ column: Int) -> AlertView.Step {
        let value = try? value(row.text(column + 1))
        return AlertView.Step(value ?? .null, at: row.position(column))
    }
}
