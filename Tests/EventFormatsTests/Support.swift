import EventFormats
import JSON
import MerkleLog
import WallTime

/// A generator whose numbers follow from its seed.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

enum Samples {
    static let ledger = "ledger.example/acme"
    static let product = ProductIdentity(version: "1.0.0")
    static let moment = Timestamp(milliseconds: 1_768_469_400_123)

    static func record(
        _ type: String,
        _ fields: [String: JSONValue] = [:],
        index: UInt64 = 184_467
    ) throws -> RecordedEvent {
        var members = fields
        members["eventId"] = "9f86d081884c7d659a2feaa0c55ad015"
        members["eventType"] = .string(type)
        members["producer"] = "gateway@node-1"
        members["schemaVersion"] = 1
        members["timestamp"] = .string(moment.description)
        return try RecordedEvent(ledger: ledger, index: index, entry: JSONValue.object(members).canonicalBytes())
    }

    static let accessed: [String: JSONValue] = [
        "agentId": "agent-42", "interactionId": "conv-7c9e",
        "customerId": "hmac-sha256:3:customer:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "channelType": "voice", "queueId": "queue-1", "binding": "verified",
        "bindingReason": "agent_and_customer_match", "route": "customer-profile", "purpose": "service",
        "clientId": "desktop", "upstream": "crm", "dataFieldsViewed": ["$.name", "$.ssn"],
        "dataFieldsMasked": ["$.ssn": "last4"], "dataFieldsWithheld": [], "policyVersion": "7", "outcome": "released",
        "releasedBytes": 812, "latencyMicroseconds": 1234,
    ]

    /// One event of every kind that the software writes, plus alerts and one that no table knows.
    static func all() throws -> [RecordedEvent] {
        try [
            record("CUSTOMER_DATA_ACCESSED", accessed),
            record(
                "CUSTOMER_DATA_ACCESSED",
                accessed.merging(["binding": "contradicted", "overVelocityLimit": true]) { $1 }
            ),
            record(
                "CUSTOMER_DATA_ACCESS_REFUSED",
                accessed.merging(["outcome": "velocity_exceeded", "reason": "velocity-exceeded"]) { $1 }
            ),
            record("CUSTOMER_DATA_ACCESS_REFUSED", ["outcome": "refused", "reason": "policy"]),
            record(
                "DISCLOSURE_CORRECTED",
                ["correctedEventId": "abc", "outcome": "client_gone", "bytesSentAtLeast": 5]
            ),
            record(
                "BINDING_CORRECTED",
                [
                    "correctedEventId": "abc", "previousBinding": "unverifiable", "binding": "verified",
                    "agentId": "agent-42",
                ]
            ),
            record(
                "AUTHENTICATION_FAILED",
                ["reason": "unknown_client", "remoteAddress": "198.51.100.7", "attempts": 12]
            ),
            record("AUTHENTICATION_FAILED", ["reason": "wrong_secret", "remoteAddress": "others", "attempts": 3]),
            record("API_CLIENT_CREATED", ["actor": "root", "clientId": "desktop", "scopes": ["read"]]),
            record(
                "API_CLIENT_ROTATED",
                ["actor": "root", "clientId": "desktop", "oldSecretsUntil": "2026-02-01T00:00:00Z"]
            ),
            record("API_CLIENT_REVOKED", ["actor": "root", "clientId": "desktop", "reason": "left"]),
            record(
                "CONFIGURATION_CHANGED",
                [
                    "configurationHash": "aa", "previousConfigurationHash": "bb", "policyHash": "cc",
                    "policyVersion": "7",
                ]
            ),
            record(
                "LEDGER_CREATED",
                ["origin": .string(ledger), "vkey": "k", "actor": "root", "version": "1.0.0"],
                index: 0
            ),
            record("SERVER_STARTED", ["previousStop": "unclean", "processId": 7, "treeSize": 12, "version": "1.0.0"]),
            record("SERVER_STOPPED", ["processId": 7]),
            record("SPOOL_REPLAYED", ["records": 4, "firstIndex": 10, "lastIndex": 13]),
            record("BACKUP_CREATED", ["actor": "root", "treeSize": 12, "rootHash": "aa"]),
            record("LEDGER_RESTORE_ACCEPTED", ["actor": "root", "reason": "disk lost", "restoredTreeSize": 10]),
            record(
                "REDACTION_REVERSED",
                ["actor": "desktop", "dataType": "PHONE", "scope": "call-1", "reason": "callback"]
            ),
            record("AUDIT_TRAIL_READ", ["actor": "auditor", "channel": "cli", "question": "customer", "results": 3]),
            record(
                "DETECTION_ALERT_RAISED",
                [
                    "alertId": "alert-1", "severity": "critical", "ruleCode": "D-03", "rule": "velocity",
                    "title": "Record access velocity",
                    "ruleVersion": 3, "agentId": "agent-42", "sentence": "agent-42 read 200 customers in 600 s",
                    "evidence": [184_467, 184_468], "evidenceCount": 200, "entity": ["agent-42"],
                ]
            ),
            record("DETECTION_ALERT_UPDATED", ["alertId": "alert-1", "severity": "high", "evidence": []]),
            record("DETECTION_ALERT_ACKNOWLEDGED", ["alertId": "alert-1", "actor": "ann"]),
            record("DETECTION_ALERT_DISMISSED", ["alertId": "alert-1", "status": "dismissed", "reason": "known test"]),
            record(
                "CONTAINMENT_PROPOSED",
                [
                    "containmentId": "c1", "number": 0, "actor": "ann", "step": "delete_tokens",
                    "targetId": "agent-42", "reason": "scraping", "alerts": ["alert-1"], "approvalsNeeded": 1,
                ]
            ),
            record("CONTAINMENT_PERFORMED", containment("delete_tokens")),
            record("CONTAINMENT_EFFECT_UNKNOWN", containment("delete_tokens", problem: "no answer")),
            record("CONTAINMENT_EFFECT_VERIFIED", containment("deactivate_user")),
            record("CONTAINMENT_FAILED", containment("block", problem: "reading back did not show the effect")),
            record("CONTAINMENT_UNDO_PERFORMED", containment("deactivate_user")),
            record("CONTAINMENT_UNDONE", containment("deactivate_user")),
            record("SOMETHING_NEWER", ["outcome": "odd", "nested": ["a": [1, 2.5, nil]]]),
        ]
    }

    private static func containment(_ step: JSONValue, problem: JSONValue? = nil) -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "containmentId": "c1", "number": 3, "actor": "detection", "step": step, "targetId": "agent-42",
        ]
        members["problem"] = problem
        return members
    }
}
