public import Detection
public import JSON
public import Ledger
import Redaction
public import WallTime

/// An alert as the record tells of it.
public struct AlertView: Sendable {
    /// Its id.
    public let id: String
    /// Where it stands, by detection itself and by people.
    public fileprivate(set) var status: AlertStatus
    /// The latest event of detection about it: sentence, evidence, counter-evidence, entity, severity, rule.
    public fileprivate(set) var fields: JSONValue
    /// When its dismissal ends.
    public fileprivate(set) var dismissedUntil: Timestamp?
    /// Who has it.
    public fileprivate(set) var assignee: String?
    /// What happened to it: indexes of the events in the ledger, oldest first.
    public fileprivate(set) var history: [Step]

    /// One event of its life.
    public struct Step: Sendable {
        /// The entry.
        public let index: UInt64
        /// The kind of event.
        public let type: String
        /// When.
        public let timestamp: String
        /// Who.
        public let actor: String
        /// Why; of a note, what it says.
        public let reason: String?
    }

    /// The alert with its history.
    public var json: JSONValue {
        guard case .object(var members) = fields else { return .null }
        for name in ["eventId", "eventType", "producer", "schemaVersion", "timestamp"] { members[name] = nil }
        members["status"] = .string(status.rawValue)
        members["assignee"] = assignee.map { .string($0) } ?? .null
        members["dismissedUntil"] = dismissedUntil.map { .string($0.description) }
        members["history"] = .array(
            history.map { step in
                .object([
                    "index": .integer(Int64(clamping: step.index)), "eventType": .string(step.type),
                    "timestamp": .string(step.timestamp), "actor": .string(step.actor),
                    "reason": step.reason.map { .string($0) } ?? .null,
                ])
            }
        )
        return .object(members)
    }
}

/// What people see of alerts and decide about them. Every decision is an event, and the engine learns of it from the ledger.
public struct AlertDesk: Sendable {
    let ledger: Ledger
    let clock: any WallClock
    private let producer: String
    let rules: Set<String>

    /// - Parameters:
    ///   - rules: the names and codes of the rules that there are.
    ///   - producer: named in the events as what wrote them.
    public init(ledger: Ledger, rules: RulePack, clock: any WallClock, producer: String) {
        self.ledger = ledger
        self.rules = Set(rules.rules.flatMap { [$0.name, $0.code] })
        self.clock = clock
        self.producer = producer
    }

    private static let ownTypes: [EventType] = [
        .detectionAlertRaised, .detectionAlertUpdated, .detectionAlertCleared,
    ]
    private static let remarks: [EventType] = [.detectionAlertAssigned, .detectionAlertNoted]
    private static let decisions: [EventType: AlertStatus] = [
        .detectionAlertAcknowledged: .acknowledged, .detectionAlertResolved: .resolved,
        .detectionAlertDismissed: .dismissed, .detectionAlertReopened: .open,
    ]

    /// The alerts of the newest `limit` events of each kind, newest first.
    /// - Parameter statuses: which to list; empty for all.
    public func alerts(_ statuses: Set<AlertStatus> = [], limit: Int = 1000) async throws -> [AlertView] {
        var events: [StoredEvent] = []
        for type in Self.ownTypes + Self.decisions.keys + Self.remarks {
            events += try await newest(type, limit)
        }
        return fold(events).filter { statuses.isEmpty || statuses.contains($0.status) }
    }

    /// One alert.
    /// - Throws: ``AlertError`` when there is none of this id.
    public func alert(_ id: String) async throws -> AlertView {
        guard let found = try await alerts(limit: 100_000).first(where: { $0.id == id }) else {
            throw AlertError.unknownAlert(id)
        }
        return found
    }

    /// Carries out a person's decision. What looks like personal data in its reason is masked.
    /// - Throws: ``AlertError`` when it cannot be made; nothing is recorded then.
    public func decide(_ command: AlertCommand, on id: String, by actor: String) async throws -> AlertView {
        let now = clock.now()
        let current = try await alert(id)
        _ = try command.apply(to: current.status, at: now)
        var fields: [String: JSONValue] = ["alertId": .string(id), "actor": .string(actor)]
        let type: EventType
        switch command {
        case .acknowledge(let reason):
            type = .detectionAlertAcknowledged
            fields["reason"] = reason.map { .string(RecordedWords.masked($0)) }
        case .resolve(let reason):
            type = .detectionAlertResolved
            fields["reason"] = .string(RecordedWords.masked(reason))
        case .dismiss(let reason, let until):
            type = .detectionAlertDismissed
            fields["reason"] = .string(RecordedWords.masked(reason))
            fields["until"] = .string(until.description)
        case .reopen(let reason):
            type = .detectionAlertReopened
            fields["reason"] = .string(RecordedWords.masked(reason))
        }
        try await append(type, fields, at: now)
        return try await alert(id)
    }

    /// Gives an alert to somebody; nil takes it from whoever has it.
    /// - Throws: ``AlertError`` when there is none of this id; nothing is recorded then.
    public func assign(_ id: String, to assignee: String?, by actor: String) async throws -> AlertView {
        _ = try await alert(id)
        var fields: [String: JSONValue] = ["alertId": .string(id), "actor": .string(actor)]
        fields["assignee"] = assignee.map { .string($0) } ?? .null
        try await append(.detectionAlertAssigned, fields, at: clock.now())
        return try await alert(id)
    }

    /// Writes something down about an alert. What looks like personal data is masked: a note stays for ever.
    /// - Throws: ``AlertError`` when there is none of this id, or nothing to write down; nothing is recorded then.
    public func note(_ id: String, _ text: String, by actor: String) async throws -> AlertView {
        _ = try await alert(id)
        try AlertCommand.require(text)
        try await append(
            .detectionAlertNoted,
            ["alertId": .string(id), "actor": .string(actor), "note": .string(RecordedWords.masked(text))],
            at: clock.now()
        )
        return try await alert(id)
    }

    func append(_ type: EventType, _ fields: [String: JSONValue], at now: Timestamp) async throws {
        try await ledger.append(
            Event(type: type, identity: .random(producer: producer), timestamp: now, fields: fields)
        )
    }

    func newest(_ type: EventType, _ limit: Int) async throws -> [StoredEvent] {
        try await ledger.events(EventQuery(keys: [IndexKey(.eventType, type.rawValue)], limit: limit)).events
    }

    private static func words(_ event: JSONValue, _ type: EventType) -> String? {
        switch type {
        case .detectionAlertNoted: event["note"]?.string
        case .detectionAlertAssigned: event["assignee"]?.string.map { "to \($0)" } ?? "to nobody"
        default: nil
        }
    }

    private func fold(_ events: [StoredEvent]) -> [AlertView] {
        var views: [String: AlertView] = [:]
        for event in events.sorted(by: { $0.index < $1.index }) {
            guard let value = try? JSONValue(parsing: event.bytes), let id = value["alertId"]?.string,
                let name = value["eventType"]?.string
            else { continue }
            let type = EventType(rawValue: name)
            let step = AlertView.Step(
                index: event.index,
                type: name,
                timestamp: value["timestamp"]?.string ?? "",
                actor: value["actor"]?.string ?? DetectionEvent.producer,
                reason: value["reason"]?.string ?? Self.words(value, type)
            )
            if let status = Self.decisions[type] {
                guard views[id] != nil else { continue }
                views[id]?.status = status
                views[id]?.dismissedUntil = value["until"]?.string.flatMap { Timestamp($0) }
                views[id]?.history.append(step)
            } else if Self.remarks.contains(type) {
                if type == .detectionAlertAssigned { views[id]?.assignee = value["assignee"]?.string }
                views[id]?.history.append(step)
            } else {
                let status = value["status"]?.string.flatMap { AlertStatus(rawValue: $0) } ?? .open
                var view =
                    views[id] ?? AlertView(id: id, status: status, fields: value, dismissedUntil: nil, history: [])
                view.fields = value
                // A later match of an alert that somebody has taken up leaves it taken up.
                if type != .detectionAlertUpdated { view.status = status }
                view.history.append(step)
                views[id] = view
            }
        }
        return views.values.sorted { ($0.history.last?.index ?? 0, $0.id) > ($1.history.last?.index ?? 0, $1.id) }
    }
}
