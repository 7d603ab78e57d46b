import Detection
public import JSON
import Ledger
import Redaction
public import WallTime

/// A suppression as the record tells of it.
public struct SuppressionView: Sendable {
    /// Its id.
    public let id: String
    /// What was ordered: rule, entity, reason, end, and by whom.
    let order: JSONValue
    /// When it was set, and when it ends.
    public let since: Timestamp
    public let until: Timestamp
    /// When it was lifted before its time, and by whom.
    public fileprivate(set) var lifted: (at: Timestamp, actor: String)?
    /// How many matches it is known to have held back: told at the first, second, fourth, eighth … and at its end.
    public fileprivate(set) var matches: Int64 = 0

    /// Whether it holds back matches at that moment.
    public func lasts(at now: Timestamp) -> Bool { lifted == nil && now <= until }

    /// The suppression, with whether it lasts.
    public func json(at now: Timestamp) -> JSONValue {
        [
            "suppressionId": .string(id), "rule": order["rule"] ?? .null, "entity": order["entity"] ?? .null,
            "reason": order["reason"] ?? .null, "actor": order["actor"] ?? .null, "since": .string(since.description),
            "until": .string(until.description), "lasts": .bool(lasts(at: now)), "matches": .integer(matches),
            "lifted": lifted.map { ["at": .string($0.at.description), "actor": .string($0.actor)] } ?? .null,
        ]
    }
}

extension AlertDesk {
    /// Has matches counted that would raise alerts.
    /// - Parameter rule: a rule's name or code, or `*` for all that is about the entity.
    /// - Throws: ``AlertError`` when it is not bounded, or there is no such rule; nothing is recorded then.
    public func suppress(
        rule: String,
        entity: String?,
        reason: String,
        until: Timestamp,
        by actor: String
    ) async throws -> SuppressionView {
        let now = clock.now()
        guard rule == "*" || rules.contains(rule) else { throw AlertError.unknownRule(rule) }
        let order = try Suppression(rule: rule, entity: entity, reason: reason, until: until, now: now)
        let id = "sup_" + EventIdentity.random(producer: "").id.prefix(16)
        var fields: [String: JSONValue] = [
            "suppressionId": .string(id), "rule": .string(order.rule),
            "reason": .string(RecordedWords.masked(order.reason)),
            "until": .string(order.until.description), "actor": .string(actor),
        ]
        fields["entity"] = order.entity.map { .string($0) }
        try await append(.detectionSuppressionSet, fields, at: now)
        return SuppressionView(id: id, order: .object(fields), since: now, until: until)
    }

    /// Ends a suppression before its time.
    /// - Throws: ``AlertError`` when none that lasts has this id, or the reason is empty; nothing is recorded then.
    public func lift(_ id: String, reason: String, by actor: String) async throws -> SuppressionView {
        let now = clock.now()
        guard var found = try await suppressions().first(where: { $0.id == id }), found.lasts(at: now) else {
            throw AlertError.unknownSuppression(id)
        }
        try AlertCommand.require(reason)
        try await append(
            .detectionSuppressionLifted,
            ["suppressionId": .string(id), "reason": .string(RecordedWords.masked(reason)), "actor": .string(actor)],
            at: now
        )
        found.lifted = (now, actor)
        return found
    }

    /// The newest suppressions, newest first, ended ones too.
    public func suppressions(limit: Int = 1000) async throws -> [SuppressionView] {
        var found: [SuppressionView] = []
        for event in try await newest(.detectionSuppressionSet, limit) {
            let value = try JSONValue(parsing: event.bytes)
            guard let id = value["suppressionId"]?.string,
                let since = value["timestamp"]?.string.flatMap({ Timestamp($0) }),
                let until = value["until"]?.string.flatMap({ Timestamp($0) })
            else { continue }
            found.append(SuppressionView(id: id, order: value, since: since, until: until))
        }
        let places = Dictionary(found.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        for event in try await newest(.detectionSuppressionLifted, limit) {
            let value = try JSONValue(parsing: event.bytes)
            guard let place = value["suppressionId"]?.string.flatMap({ places[$0] }),
                let at = value["timestamp"]?.string.flatMap({ Timestamp($0) })
            else { continue }
            found[place].lifted = (at, value["actor"]?.string ?? "")
        }
        for event in try await newest(.detectionSuppressionCounted, 10 * limit) {
            let value = try JSONValue(parsing: event.bytes)
            guard let place = value["suppressionId"]?.string.flatMap({ places[$0] }) else { continue }
            found[place].matches = max(found[place].matches, value["matches"]?.integer ?? 0)
        }
        return found
    }
}
