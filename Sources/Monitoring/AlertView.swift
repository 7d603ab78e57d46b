public import Detection
public import JSON
import Ledger
public import WallTime

/// An alert as the record tells of it.
public struct AlertView: Sendable {
    /// Its id.
    public let id: String
    /// The entry that raised it, by which lists go on.
    public let raised: UInt64
    /// Where it stands, by detection itself and by people.
    public var status: AlertStatus
    /// The latest event of detection about it: sentence, evidence, counter-evidence, entity, severity, rule.
    public var fields: JSONValue
    /// When its dismissal ends.
    public var dismissedUntil: Timestamp?
    /// Who has it.
    public var assignee: String?
    /// What happened to it, oldest first.
    public var history: [Step] = []
    /// The latest entry that could change where it stands.
    var decided: UInt64

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
        members["history"] = .array(history.map(\.json))
        return .object(members)
    }
}

extension AlertView.Step {
    var json: JSONValue {
        [
            "index": .integer(Int64(clamping: index)), "eventType": .string(type), "timestamp": .string(timestamp),
            "actor": .string(actor), "reason": reason.map { .string($0) } ?? .null,
        ]
    }

    init(_ event: JSONValue, at index: UInt64) {
        self.init(
            index: index,
            type: event["eventType"]?.string ?? "",
            timestamp: event["timestamp"]?.string ?? "",
            actor: event["actor"]?.string ?? DetectionEvent.producer,
            reason: event["reason"]?.string
        )
    }

    /// The step that an event about an alert is.
    init(of event: JSONValue, at index: UInt64) {
        var event = event.object ?? [:]
        switch event["eventType"]?.string.map(EventType.init(rawValue:)) {
        case .detectionAlertNoted: event["reason"] = event["note"]
        case .detectionAlertAssigned:
            event["reason"] = .string(event["assignee"]?.string.map { "to \($0)" } ?? "to nobody")
        default: break
        }
        self.init(.object(event), at: index)
    }
}

extension AlertView {
    /// The alert that an event of detection raised; nil for another event, or of an alert whose beginning is unknown.
    init?(raisedBy event: JSONValue, at index: UInt64) {
        guard let id = event["alertId"]?.string, let name = event["eventType"]?.string,
            [EventType.detectionAlertRaised, .detectionAlertUpdated, .detectionAlertCleared].contains(
                EventType(rawValue: name)
            )
        else { return nil }
        self.init(id: id, raised: index, status: .open, fields: event, decided: index)
    }

    /// Takes in an event about it. A decision that does not fit where it stands changes nothing, as with the engine.
    mutating func take(_ event: JSONValue, at index: UInt64) {
        let type = event["eventType"]?.string ?? ""
        switch EventType(rawValue: type) {
        case .detectionAlertAssigned: assignee = event["assignee"]?.string
        case .detectionAlertNoted: break
        // A later match of an alert that somebody has taken up leaves it taken up.
        case .detectionAlertUpdated: fields = event
        case .detectionAlertRaised, .detectionAlertCleared:
            fields = event
            status = event["status"]?.string.flatMap { AlertStatus(rawValue: $0) } ?? .open
            dismissedUntil = nil
            decided = index
        default:
            decided = index
            guard let command = AlertCommand(eventType: type, { event[$0]?.string }),
                let now = event["timestamp"]?.string.flatMap({ Timestamp($0) }),
                let next = try? command.apply(to: status, at: now)
            else { return }
            status = next
            dismissedUntil = if case .dismiss(_, let until) = command { until } else { nil }
        }
    }
}

extension AlertView {
    /// What the store keeps of it besides its id and status.
    var state: JSONValue {
        [
            "fields": fields, "assignee": assignee.map { .string($0) } ?? .null,
            "dismissedUntil": dismissedUntil.map { .string($0.description) } ?? .null,
        ]
    }

    init(id: String, raised: UInt64, status: AlertStatus, decided: UInt64, state: JSONValue) {
        self.init(
            id: id,
            raised: raised,
            status: status,
            fields: state["fields"] ?? .null,
            dismissedUntil: state["dismissedUntil"]?.string.flatMap { Timestamp($0) },
            assignee: state["assignee"]?.string,
            decided: decided
        )
    }
}
