import JSON

/// Alerts as OCSF Detection Finding, 2004. The finding's uid is the alert's id and stays the same over its life.
struct OCSFFinding {
    let facts: EventFacts

    func mapping(_ stage: EventKind.FindingStage) -> OCSFFormat.Mapping {
        var attributes: [String: JSONValue] = [
            "is_alert": true,
            "finding_info": information,
        ]
        let statusID: Int64 =
            switch stage {
            case .create: 1  // New
            case .update: isDismissed ? 3 : 2  // Suppressed, In Progress
            case .close: isDismissed ? 3 : 4  // Suppressed, Resolved
            }
        attributes["status_id"] = .integer(statusID)
        if let sentence = facts.text("sentence") { attributes["message"] = .string(sentence) }
        if let evidence { attributes["evidences"] = [evidence] }
        if let reason = facts.text("reason") ?? facts.text("note") { attributes["comment"] = .string(reason) }
        let activity: Int64 =
            switch stage {
            case .create: 1
            case .update: 2
            case .close: 3
            }
        return OCSFFormat.Mapping(
            classUID: 2004,
            activity: activity,
            attributes: attributes,
            told: [
                "agentId", "alertId", "evidence", "note", "reason", "rule", "ruleCode", "ruleVersion", "sentence",
                "severity",
                "title",
            ]
        )
    }

    private var isDismissed: Bool {
        facts.text("status") == "dismissed" || facts.event.type.hasSuffix("_DISMISSED")
    }

    private var information: JSONValue {
        var information: [String: JSONValue] = [
            "uid": .string(facts.text("alertId") ?? facts.event.eventID),
            "title": .string(facts.text("title") ?? facts.text("rule") ?? facts.title),
        ]
        if let rule = facts.text("ruleCode") ?? facts.text("rule") {
            // Type 1 is "Rule".
            var analytic: [String: JSONValue] = ["type_id": 1, "uid": .string(rule)]
            if let name = facts.text("rule") { analytic["name"] = .string(name) }
            if let version = facts.visible["ruleVersion"] {
                analytic["version"] = .string(version.string ?? version.integer.map(String.init) ?? "")
            }
            information["analytic"] = .object(analytic)
        }
        let related = related
        if !related.isEmpty {
            information["related_events"] = .array(related.map { ["uid": .string($0)] })
            information["related_events_count"] = .integer(Int64(related.count))
        }
        return .object(information)
    }

    /// The events that the alert rests on: indexes of the same ledger, or record ids.
    private var related: [String] {
        (facts.visible["evidence"]?.array ?? []).compactMap { element in
            element.string ?? element.integer.map { "\(facts.event.ledger)/\($0)" }
        }
    }

    private var evidence: JSONValue? {
        var evidence: [String: JSONValue] = [:]
        if let actor = facts.actor { evidence["user"] = ["uid": .string(actor)] }
        if let indexes = facts.visible["evidence"], indexes.array?.isEmpty == false {
            evidence["data"] = ["indexes": indexes]
        }
        return evidence.isEmpty ? nil : .object(evidence)
    }
}
