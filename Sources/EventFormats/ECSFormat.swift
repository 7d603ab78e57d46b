import JSON
import MerkleLog
import WallTime

/// Writes an event in the Elastic Common Schema 8.11 (elastic.co/guide/en/ecs/8.11). What ECS has no field for stands under
/// `muniment`, a namespace of our own, as ECS asks for custom fields.
struct ECSFormat {
    static let version = "8.11.0"

    let facts: EventFacts
    let product: ProductIdentity

    var json: JSONValue {
        var json: [String: JSONValue] = [
            "@timestamp": .string(facts.event.timestamp.description),
            "ecs": ["version": .string(Self.version)],
            "event": event,
            "message": .string(facts.text("sentence") ?? facts.title),
            "observer": [
                "product": .string(product.name), "vendor": .string(product.vendor),
                "version": .string(product.version), "name": .string(facts.event.producer),
            ],
            "muniment": muniment,
        ]
        var related: [JSONValue] = []
        if let actor = facts.actor {
            json["user"] = ["id": .string(actor)]
            related.append(.string(actor))
        }
        if !related.isEmpty { json["related"] = ["user": .array(related)] }
        if let address = facts.address { json["source"] = ["ip": .string(address), "address": .string(address)] }
        if let rule { json["rule"] = rule }
        return .object(json)
    }

    private var event: JSONValue {
        let (kind, category, type) = classification
        var event: [String: JSONValue] = [
            "id": .string(facts.event.recordID),
            "kind": .string(kind),
            "category": .array(category.map { .string($0) }),
            "type": .array(type.map { .string($0) }),
            "action": .string(facts.event.type.lowercased()),
            "outcome": .string(outcome),
            "sequence": .integer(Int64(clamping: facts.event.index)),
            "severity": .integer(Int64(facts.severity.rawValue)),
            "dataset": "muniment.ledger",
            "module": "muniment",
            "provider": .string(facts.event.producer),
        ]
        event["hash"] = facts.event.leafHash.map { .string($0.hex) }
        if let reason = facts.text("reason") { event["reason"] = .string(reason) }
        return .object(event)
    }

    /// Kind, categories and types from the closed lists of ECS.
    private var classification: (kind: String, category: [String], type: [String]) {
        switch facts.kind {
        case .read, .trailRead: ("event", ["database"], ["access"])
        case .correction: ("event", ["database"], ["info"])
        case .authentication: ("event", ["authentication"], ["start"])
        case .entity(.create): ("event", ["iam", "configuration"], ["creation"])
        case .entity(.update): ("event", ["iam", "configuration"], ["change"])
        case .entity(.deactivate): ("event", ["iam", "configuration"], ["deletion"])
        case .lifecycle(.install): ("event", ["package"], ["installation"])
        case .lifecycle(.start): ("event", ["process"], ["start"])
        case .lifecycle(.stop): ("event", ["process"], ["end"])
        case .store: ("event", ["database"], ["change"])
        case .finding: ("alert", ["threat"], ["indicator"])
        case .containment: ("event", ["threat"], ["change"])
        case .other: ("event", [], ["info"])
        }
    }

    private var outcome: String {
        switch facts.result {
        case .success: "success"
        case .failure: "failure"
        case .unknown: "unknown"
        }
    }

    private var rule: JSONValue? {
        guard let id = facts.text("ruleId") ?? facts.text("ruleName") else { return nil }
        var rule: [String: JSONValue] = ["id": .string(id)]
        if let name = facts.text("ruleName") { rule["name"] = .string(name) }
        if let version = facts.visible["ruleVersion"] {
            rule["version"] = .string(version.string ?? version.integer.map(String.init) ?? "")
        }
        return .object(rule)
    }

    private var muniment: JSONValue {
        var own = facts.rest(without: [])
        own["ledger"] = .string(facts.event.ledger)
        own["index"] = .integer(Int64(clamping: facts.event.index))
        own["leafHash"] = facts.event.leafHash.map { .string($0.base64) }
        own["eventId"] = .string(facts.event.eventID)
        return .object(own)
    }
}
