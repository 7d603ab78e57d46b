import JSON
import MerkleLog
import WallTime

/// Versions of the Open Cybersecurity Schema Framework that can be written. What we fill is the same in both; a receiver
/// checks events against the version they name.
public enum OCSFVersion: String, Sendable, Hashable, CaseIterable {
    case v15 = "1.5.0"
    case v18 = "1.8.0"
}

/// Writes an event as OCSF (schema.ocsf.io). All times are `timestamp_t`: whole milliseconds since 1970.
///
/// Members of the event that the class has no attribute for go into `unmapped`, the one place where OCSF allows them.
struct OCSFFormat {
    let facts: EventFacts
    let version: OCSFVersion
    let product: ProductIdentity

    var json: JSONValue {
        let mapping = mapping
        var json = mapping.attributes
        json["activity_id"] = .integer(mapping.activity)
        if let name = mapping.activityName {
            json["activity_name"] = .string(name)
            json["type_name"] = .string(name)
        }
        json["category_uid"] = .integer(mapping.classUID / 1000)
        json["class_uid"] = .integer(mapping.classUID)
        json["type_uid"] = .integer(mapping.classUID * 100 + mapping.activity)
        json["severity_id"] = .integer(Int64(facts.severity.rawValue))
        json["time"] = .integer(facts.event.timestamp.milliseconds)
        json["metadata"] = metadata
        if json["message"] == nil { json["message"] = .string(facts.title) }
        let rest = facts.rest(without: mapping.told)
        var unmapped = rest
        unmapped["eventId"] = .string(facts.event.eventID)
        unmapped["leafHash"] = facts.event.leafHash.map { .string($0.base64) }
        unmapped["producer"] = .string(facts.event.producer)
        json["unmapped"] = .object(unmapped)
        return .object(json)
    }

    /// Which class and activity the event is, what it fills, and which of our members are thereby told.
    struct Mapping {
        let classUID: Int64
        let activity: Int64
        /// The caption that activity 99 must have.
        var activityName: String?
        var attributes: [String: JSONValue]
        var told: Set<String>
    }

    private var metadata: JSONValue {
        var metadata: [String: JSONValue] = [
            "version": .string(version.rawValue),
            "product": [
                "name": .string(product.name), "vendor_name": .string(product.vendor),
                "version": .string(product.version),
            ],
            "uid": .string(facts.event.recordID),
            "sequence": .integer(Int64(clamping: facts.event.index)),
            "event_code": .string(facts.event.type.lowercased()),
            "log_name": .string(facts.event.ledger),
        ]
        if let correlation = facts.correlation { metadata["correlation_uid"] = .string(correlation) }
        return .object(metadata)
    }

    private var mapping: Mapping {
        switch facts.kind {
        case .read: apiActivity(activity: 2)
        case .correction: apiActivity(activity: 99, name: "Correct")
        case .trailRead: apiActivity(activity: 2)
        case .authentication: authentication
        case .entity(let change): entityManagement(change)
        case .lifecycle(let change): applicationLifecycle(change)
        case .store(let change): datastoreActivity(change)
        case .finding(let stage): OCSFFinding(facts: facts).mapping(stage)
        case .containment(let stage): containment(stage)
        case .other:
            Mapping(
                classUID: 0,
                activity: 99,
                activityName: facts.title,
                attributes: status(),
                told: []
            )
        }
    }

    // MARK: - Classes

    /// API Activity, 6003.
    private func apiActivity(activity: Int64, name: String? = nil) -> Mapping {
        var api: [String: JSONValue] = ["operation": .string(facts.operation ?? facts.title)]
        var told: Set<String> = ["agentId", "actor", "clientId", "route", "question", "interactionId", "customerId"]
        if let upstream = facts.text("upstream") {
            api["service"] = ["name": .string(upstream)]
            told.insert("upstream")
        } else if facts.kind == .trailRead {
            api["service"] = ["name": "audit trail"]
        }
        api["request"] = ["uid": .string(facts.event.eventID)]
        var attributes = status(told: &told)
        attributes["api"] = .object(api)
        attributes["actor"] = actor
        attributes["src_endpoint"] = source
        if let customer = facts.customer {
            attributes["resources"] = [["uid": .string(customer), "type": "customer"]]
        }
        return Mapping(
            classUID: 6003,
            activity: activity,
            activityName: name,
            attributes: attributes,
            told: told
        )
    }

    /// Authentication, 3002, activity Logon.
    private var authentication: Mapping {
        var told: Set<String> = ["clientId", "attempts", "reason"]
        var attributes = status()
        attributes["user"] = ["name": .string(facts.client ?? "unknown")]
        attributes["service"] = ["name": .string(product.name)]
        attributes["dst_endpoint"] = ["svc_name": .string(facts.event.producer)]
        attributes["src_endpoint"] = source
        if facts.address != nil { told.insert("remoteAddress") }
        if let attempts = facts.visible["attempts"]?.integer, attempts > 0 { attributes["count"] = .integer(attempts) }
        if let reason = facts.text("reason") { attributes["status_detail"] = .string(reason) }
        return Mapping(classUID: 3002, activity: 1, attributes: attributes, told: told)
    }

    /// Entity Management, 3004.
    private func entityManagement(_ change: EventKind.EntityChange) -> Mapping {
        var told: Set<String> = ["actor", "clientId"]
        var attributes = status()
        if let client = facts.client {
            attributes["entity"] = ["uid": .string(client), "type": "API client"]
        } else {
            var entity: [String: JSONValue] = ["name": "configuration", "type": "configuration"]
            if let hash = facts.text("configurationHash") {
                entity["uid"] = .string(hash)
                told.insert("configurationHash")
            }
            attributes["entity"] = .object(entity)
        }
        attributes["actor"] = actor
        if let reason = facts.text("reason") {
            attributes["comment"] = .string(reason)
            told.insert("reason")
        }
        let activity: Int64 =
            switch change {
            case .create: 1
            case .update: 3
            case .deactivate: 11
            }
        return Mapping(classUID: 3004, activity: activity, attributes: attributes, told: told)
    }

    /// Remediation Activity, 7001. The command's uid is the case's id and stays the same over its life. The class
    /// has no attribute for who acted or for the account: they are in `unmapped`.
    private func containment(_ stage: EventKind.ContainmentStage) -> Mapping {
        var told: Set<String> = ["containmentId", "problem"]
        var attributes = status(told: &told)
        attributes["command_uid"] = .string(facts.text("containmentId") ?? facts.event.eventID)
        if let problem = facts.text("problem") { attributes["status_detail"] = .string(problem) }
        let evicts = ["delete_tokens", "random_password"].contains(facts.text("step") ?? "")
        let (activity, name): (Int64, String?) =
            switch stage {
            case .accepted, .shown, .unknown, .failed: (evicts ? 2 : 1, nil)
            case .restoring, .restored: (3, nil)
            case .decision: (99, facts.title)
            }
        return Mapping(classUID: 7001, activity: activity, activityName: name, attributes: attributes, told: told)
    }

    /// Application Lifecycle, 6002.
    private func applicationLifecycle(_ change: EventKind.Lifecycle) -> Mapping {
        var attributes = status()
        var app: [String: JSONValue] = [
            "name": .string(product.name), "vendor_name": .string(product.vendor),
        ]
        var told: Set<String> = []
        if let version = facts.text("version") {
            app["version"] = .string(version)
            told.insert("version")
        }
        attributes["app"] = .object(app)
        let activity: Int64 =
            switch change {
            case .install: 1
            case .start: 3
            case .stop: 4
            }
        return Mapping(classUID: 6002, activity: activity, attributes: attributes, told: told)
    }

    /// Datastore Activity, 6005.
    private func datastoreActivity(_ change: EventKind.StoreChange) -> Mapping {
        var attributes = status()
        attributes["actor"] = actor
        attributes["src_endpoint"] = source
        // Type 99 is "Other"; its caption stands beside it.
        attributes["database"] = [
            "name": .string(facts.event.ledger), "type_id": 99, "type": "append-only ledger",
        ]
        let (activity, name): (Int64, String?) =
            switch change {
            case .write: (5, nil)
            case .backup: (99, "Backup")
            case .restore: (99, "Restore")
            }
        return Mapping(
            classUID: 6005,
            activity: activity,
            activityName: name,
            attributes: attributes,
            told: ["actor"]
        )
    }

    // MARK: - Objects

    /// `actor` needs one of user, app_name and others; the producer is the last resort.
    private var actor: JSONValue {
        var actor: [String: JSONValue] = ["app_name": .string(facts.event.producer)]
        if let uid = facts.actor { actor["user"] = ["uid": .string(uid)] }
        return .object(actor)
    }

    /// `src_endpoint` needs one of ip, name, svc_name and others.
    private var source: JSONValue {
        var endpoint: [String: JSONValue] = [:]
        if let address = facts.address { endpoint["ip"] = .string(address) }
        if let client = facts.client { endpoint["svc_name"] = .string(client) }
        if endpoint.isEmpty { endpoint["name"] = .string(facts.text("channel") ?? facts.event.producer) }
        return .object(endpoint)
    }

    private func status() -> [String: JSONValue] {
        switch facts.result {
        case .success: ["status_id": 1]
        case .failure: ["status_id": 2]
        case .unknown: ["status_id": 0]
        }
    }

    private func status(told: inout Set<String>) -> [String: JSONValue] {
        var attributes = status()
        if let outcome = facts.text("outcome") {
            attributes["status_code"] = .string(outcome)
            told.insert("outcome")
        }
        if facts.result == .failure, let reason = facts.text("reason") {
            attributes["status_detail"] = .string(reason)
            told.insert("reason")
        }
        return attributes
    }
}
