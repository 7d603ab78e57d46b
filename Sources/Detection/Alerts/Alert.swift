internal import JSON
internal import WallTime

/// One finding about one agent, feed, route or other entity, however often its rule matched.
public struct Alert: Sendable, Codable {
    /// A step in an alert's life.
    public struct Step: Sendable, Codable, Hashable {
        /// Milliseconds since the Unix epoch.
        public let time: Int64
        /// Where the alert stood from then on.
        public let status: AlertStatus
        /// Who did it; `detection` for the engine itself.
        public let actor: String
        /// Why.
        public let reason: String
    }

    /// The same for the same events and rules: the rule's code, the index of the event that raised it, and whom it is about.
    public let id: String
    /// The rule's name, code and version.
    public let rule: String
    public let code: String
    public let ruleVersion: Int
    /// What was found, in a few words.
    public let title: String
    /// How grave it is.
    public let severity: Severity
    /// Who or what it is about.
    public let entity: [String]
    /// What was found, in one sentence with its numbers.
    public internal(set) var sentence: String
    /// Indexes in the ledger of what was found: the first ten and the latest ten.
    public internal(set) var evidence: [Int64]
    /// How many events were found in all.
    public internal(set) var evidenceCount: Int
    /// What speaks for the agent.
    public internal(set) var counterEvidence: [String]
    /// What would have explained it, had it been so.
    public internal(set) var nearestExplanation: String?
    /// How many of the agent's reads nothing explained when its latest event was written.
    public internal(set) var unexplainedReads: Int
    /// The step of containment that fits.
    public let containment: ContainmentStep?
    /// When it was raised and when its rule matched last, in milliseconds since the Unix epoch.
    public let raised: Int64
    public internal(set) var lastMatch: Int64
    /// How often its rule matched, and how often while it was dismissed.
    public internal(set) var matches: Int
    public internal(set) var dismissedMatches: Int
    /// Where it stands, and how it came there.
    public internal(set) var status: AlertStatus
    public internal(set) var history: [Step]
    /// When its dismissal ends, in milliseconds since the Unix epoch.
    public internal(set) var dismissedUntil: Int64?

    /// How many events told of it.
    var sequence: Int
    /// Unexplained reads that late facts may still explain.
    var awaiting: [Int64]
    /// The type of event that its rule matched.
    let source: String
    /// What tells its latest events from further deliveries of them.
    var identities: [Int64]
    /// The agent, customer and conversation of the event that raised it.
    let agent: String?
    let customer: String?
    let interaction: String?

    /// Further matches join an open alert for a day after the last.
    static let joinedMilliseconds: Int64 = 24 * 3_600_000

    mutating func add(_ indexes: [Int64]) {
        let new = indexes.filter { $0 > (evidence.last ?? -1) }
        evidenceCount += new.count
        evidence += new
        if evidence.count > 20 { evidence = Array(evidence.prefix(10) + evidence.suffix(10)) }
    }

    mutating func move(to status: AlertStatus, by actor: String, _ reason: String, at time: Timestamp) {
        self.status = status
        history.append(Step(time: time.milliseconds, status: status, actor: actor, reason: Text.bounded(reason)))
        if history.count > 64 { history.remove(at: 1) }
    }

    /// The event that tells of it.
    mutating func event(_ type: DetectionEvent.Kind, at time: Timestamp) -> DetectionEvent {
        sequence += 1
        var fields: [String: JSONValue] = [
            "alertId": .string(id), "rule": .string(rule), "ruleCode": .string(code),
            "ruleVersion": .integer(Int64(ruleVersion)), "title": .string(title),
            "severity": .string(severity.rawValue),
            "entity": .array(entity.map { .string($0) }), "sentence": .string(sentence),
            "evidence": .array(evidence.map { .integer($0) }), "evidenceCount": .integer(Int64(evidenceCount)),
            "counterEvidence": .array(counterEvidence.map { .string($0) }),
            "nearestExplanation": nearestExplanation.map { .string($0) } ?? .null, "matches": .integer(Int64(matches)),
            "status": .string(status.rawValue), "reason": history.last.map { .string($0.reason) } ?? .null,
            "raisedAt": .string(Timestamp(milliseconds: raised).description),
            "lastMatchAt": .string(Timestamp(milliseconds: lastMatch).description),
        ]
        if unexplainedReads > 0 { fields["unexplainedReads"] = .integer(Int64(unexplainedReads)) }
        fields["suggestedStep"] = containment.map { .string($0.rawValue) }
        fields["agentId"] = agent.map { .string($0) }
        fields["customerId"] = customer.map { .string($0) }
        fields["interactionId"] = interaction.map { .string($0) }
        return DetectionEvent(kind: type, eventID: "\(id)/\(sequence)", timestamp: time, fields: fields)
    }
}

/// Keeps texts that come from events within an entry's size.
enum Text {
    static func bounded(_ text: String, to limit: Int = 1000) -> String {
        text.utf8.count <= limit ? text : String(text.prefix(limit / 4)) + "…"
    }
}
