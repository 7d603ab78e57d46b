import Detection
public import JSON
import Ledger
import Redaction
public import WallTime

/// A suppression as the record tells of it.
public struct SuppressionView: Sendable {
    /// Its id.
    public let id: String
    /// The entry that set it, by which lists go on.
    public let entry: UInt64
    /// What was ordered: rule, entity, reason, end, and by whom.
    let order: JSONValue
    /// When it was set, and when it ends.
    public let since: Timestamp
    public let until: Timestamp
    /// When it was lifted before its time, and by whom.
    public var lifted: (at: Timestamp, actor: String)?
    /// How many matches it is known to have held back: told at the first, second, fourth, eighth … and at its end.
    public var matches: Int64 = 0

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
        // Alerts of failed sign-ins are about addresses, which look like personal data.
        if let entity, !Self.isAddress(entity) { try Self.require(identifier: entity, "entity") }
        let id = "sup_" + EventIdentity.random(producer: "").id.prefix(16)
        var fields: [String: JSONValue] = [
            "suppressionId": .string(id), "rule": .string(order.rule),
            "reason": .string(RecordedWords.masked(order.reason)),
            "until": .string(order.until.description), "actor": .string(actor),
        ]
        fields["entity"] = order.entity.map { .string($0) }
        try await append(.detectionSuppressionSet, fields, at: now)
        guard let made = try await record.suppression(id) else { throw AlertError.unknownSuppression(id) }
        return made.view
    }

    /// Whether a text is an IP address, or a network with the length of its prefix.
    static func isAddress(_ text: String) -> Bool {
        let address = text.prefix { $0 != "/" }
        let prefix = text.dropFirst(address.count).dropFirst()
        guard prefix.isEmpty == !text.contains("/"), prefix.isEmpty || UInt8(prefix).map({ $0 <= 128 }) == true else {
            return false
        }
        let octets = address.split(separator: ".", omittingEmptySubsequences: false)
        if octets.count == 4 { return octets.allSatisfy { UInt8($0) != nil } }
        let groups = address.split(separator: ":", omittingEmptySubsequences: false)
        return (3...8).contains(groups.count)
            && groups.allSatisfy { $0.isEmpty || ($0.count <= 4 && UInt16($0, radix: 16) != nil) }
    }

    /// Ends a suppression before its time.
    /// - Throws: ``AlertError`` when none that lasts has this id, or the reason is empty; nothing is recorded then.
    public func lift(_ id: String, reason: String, by actor: String) async throws -> SuppressionView {
        let now = clock.now()
        guard let (known, size) = try await record.suppression(id), known.lasts(at: now) else {
            throw AlertError.unknownSuppression(id)
        }
        var found = known
        try AlertCommand.require(reason)
        let order = event(
            .detectionSuppressionLifted,
            ["suppressionId": .string(id), "reason": .string(RecordedWords.masked(reason)), "actor": .string(actor)],
            at: now
        )
        do { try await record.record(order, upon: id, seen: found.entry, since: size) } catch is AlertRecord.Overtaken {
            throw AlertError.unknownSuppression(id)
        }
        found.lifted = (now, actor)
        return found
    }

    /// A page of suppressions, the latest set first, and where the next page goes on; nil when these are the last.
    /// - Parameter lasting: only those that hold back matches at that moment; nil for all.
    public func suppressions(
        lasting: Timestamp? = nil,
        before: UInt64? = nil,
        limit: Int = 100
    ) async throws -> (suppressions: [SuppressionView], next: UInt64?) {
        let found = try await record.suppressions(lasting: lasting, before: before, limit: limit)
        return (Array(found.prefix(limit)), found.count > limit ? found.prefix(limit).last?.entry : nil)
    }
}
