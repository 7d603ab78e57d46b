public import Detection
import JSON
public import Ledger
import Redaction
public import Storage
public import WallTime

/// What people see of alerts and decide about them. Every decision is an event, and the engine learns of it from the ledger.
public struct AlertDesk: Sendable {
    /// The tables, for whoever prepares a database.
    public static let schema = AlertRecord.schema

    /// Some alerts, and where the next page goes on; nil when these are the last.
    public typealias Page = (alerts: [AlertView], next: UInt64?)

    let ledger: Ledger
    let record: AlertRecord
    let clock: any WallClock
    private let producer: String
    let rules: Set<String>

    /// - Parameters:
    ///   - rules: the names and codes of the rules that there are.
    ///   - producer: named in the events as what wrote them.
    public init(ledger: Ledger, rules: RulePack, clock: any WallClock, producer: String) throws {
        self.ledger = ledger
        record = AlertRecord(ledger: ledger)
        self.rules = Set(rules.rules.flatMap { [$0.name, $0.code] })
        self.clock = clock
        self.producer = producer
        try Schema.migrate(ledger.database.makeConnection(), Self.schema)
    }

    /// A page of alerts, the latest raised first, whatever happened to them since.
    /// - Parameters:
    ///   - statuses: which to list; empty for all.
    ///   - before: where the page goes on, from the page before.
    public func alerts(
        _ statuses: Set<AlertStatus> = [],
        before: UInt64? = nil,
        limit: Int = 100
    ) async throws -> Page {
        let found = try await record.alerts(statuses, before: before, limit: limit)
        return (Array(found.prefix(limit)), found.count > limit ? found.prefix(limit).last?.raised : nil)
    }

    /// One alert, however old.
    /// - Throws: ``AlertError`` when there is none of this id.
    public func alert(_ id: String) async throws -> AlertView { try await known(id).view }

    private func known(_ id: String) async throws -> (view: AlertView, size: UInt64) {
        guard let found = try await record.alert(id) else { throw AlertError.unknownAlert(id) }
        return found
    }

    /// Carries out a person's decision. What looks like personal data in its reason is masked.
    ///
    /// Of several at the same moment one is recorded, and the others are looked at again with the alert as it stands then.
    /// - Throws: ``AlertError`` when it cannot be made; nothing is recorded then.
    public func decide(_ command: AlertCommand, on id: String, by actor: String) async throws -> AlertView {
        for _ in 1...Self.attempts {
            let now = clock.now()
            let (current, size) = try await known(id)
            _ = try command.apply(to: current.status, at: now)
            let decision = event(of: command, on: id, by: actor, at: now)
            do {
                try await record.record(decision, upon: id, seen: current.decided, since: size)
            } catch is AlertRecord.Overtaken {
                // Whether it can still be decided so is seen from how the alert stands by then.
                continue
            }
            return try await alert(id)
        }
        throw AlertError.overtaken
    }

    /// How often a decision is tried again because something else happened to its alert at the same moment.
    static let attempts = 20

    private func event(of command: AlertCommand, on id: String, by actor: String, at now: Timestamp) -> Event {
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
        return event(type, fields, at: now)
    }

    /// Gives an alert to somebody; nil takes it from whoever has it.
    /// - Throws: ``AlertError`` when there is none of this id; nothing is recorded then.
    public func assign(_ id: String, to assignee: String?, by actor: String) async throws -> AlertView {
        if let assignee { try Self.require(identifier: assignee, "assignee") }
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

    /// Makes sure that what names somebody can stand in the record for ever.
    static func require(identifier text: String, _ field: String) throws(AlertError) {
        let isOne = text.unicodeScalars.allSatisfy { scalar in
            ("0"..."9").contains(scalar) || ("A"..."Z").contains(scalar) || ("a"..."z").contains(scalar)
                || "._~@+:/-".unicodeScalars.contains(scalar)
        }
        guard isOne, !text.isEmpty, RecordedWords.masked(text) == text else {
            throw AlertError.notAnIdentifier(field: field)
        }
    }

    func append(_ type: EventType, _ fields: [String: JSONValue], at now: Timestamp) async throws {
        try await ledger.append(event(type, fields, at: now))
    }

    func event(_ type: EventType, _ fields: [String: JSONValue], at now: Timestamp) -> Event {
        Event(type: type, identity: .random(producer: producer), timestamp: now, fields: fields)
    }
}
