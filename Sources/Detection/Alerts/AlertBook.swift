internal import JSON
internal import WallTime

/// What a rule found, ready to become an alert.
struct RuleMatch {
    let rule: Rule
    let event: LedgerEvent
    let entity: [String]
    let indexes: [Int64]
    let sentence: String
    let counterEvidence: [String]
    let nearest: String?
    /// How many of the agent's reads nothing explains at present.
    let unexplainedReads: Int
    /// Set when the match is about an unexplained read that late facts may explain.
    let awaitsExplanation: Bool
}

/// All alerts that matter still, and what is suppressed.
struct AlertBook: Codable, Sendable {
    /// A ``Suppression`` that lasts, or ended lately.
    struct Silence: Codable, Sendable, Hashable {
        let rule: String
        let entity: String?
        let until: Int64
        let actor: String
        /// How many matches it held back, how many of them an event has told of, and whether a later alert has.
        var count = 0
        var told = 0
        var isReported = false

        /// The event that tells how many it held back; nil when the last one did.
        fileprivate mutating func tell(_ id: String, at time: Timestamp) -> DetectionEvent? {
            guard count > told else { return nil }
            told = count
            var fields: [String: JSONValue] = [
                "suppressionId": .string(id), "rule": .string(rule), "matches": .integer(Int64(count)),
                "until": .string(Timestamp(milliseconds: until).description),
            ]
            fields["entity"] = entity.map { .string($0) }
            return DetectionEvent(
                kind: .suppressionCounted,
                eventID: "suppression/\(id)/\(count)",
                timestamp: time,
                fields: fields
            )
        }
    }

    static let forgottenMilliseconds: Int64 = 30 * 86_400_000

    private(set) var alerts: [String: Alert] = [:]
    /// The latest alert of a rule and entity.
    private var latest: [String: String] = [:]
    private(set) var silences: [String: Silence] = [:]

    // MARK: Matches

    /// Takes in a match.
    mutating func add(_ match: RuleMatch) -> DetectionEvent? {
        let time = match.event.timestamp
        var earlier: [String] = []
        for id in silences.keys.sorted() {
            guard var silence = silences[id], silence.covers(match) else { continue }
            defer { silences[id] = silence }
            if time.milliseconds <= silence.until {
                silence.count += 1
                return silence.count & (silence.count - 1) == 0 ? silence.tell(id, at: time) : nil
            }
            if silence.count > 0, !silence.isReported {
                earlier.append("\(silence.count) earlier matches were suppressed by \(silence.actor)")
                silence.isReported = true
            }
        }
        let key = match.rule.name + "\u{0}" + match.entity.joined(separator: "\u{0}").lowercased()
        if let id = latest[key], var alert = alerts[id] {
            switch alert.status {
            case .open, .acknowledged:
                if time.milliseconds <= alert.lastMatch + Alert.joinedMilliseconds {
                    let event = join(match, &alert)
                    alerts[id] = alert
                    return event
                }
            case .dismissed:
                if time.milliseconds <= alert.dismissedUntil ?? .min {
                    if alert.remember(match.event.identity) { alert.dismissedMatches += 1 }
                    alerts[id] = alert
                    return nil
                }
                if alert.dismissedMatches > 0 {
                    earlier.append("\(alert.dismissedMatches) matches fell into the dismissal of \(alert.id)")
                }
            case .resolved:
                // A second delivery of the event that was resolved is nothing new.
                if alert.identities.contains(match.event.identity) { return nil }
            }
        }
        return raise(match, key, earlier)
    }

    private mutating func raise(_ match: RuleMatch, _ key: String, _ earlier: [String]) -> DetectionEvent {
        let time = match.event.timestamp
        let name = match.entity.joined(separator: "/")
        var id = Text.bounded("\(match.rule.code)-\(match.event.index)-\(name)", to: 240)
        // Rules may share a code, and two of them may match one event: each has an alert of its own.
        if alerts[id] != nil { id += "-\(match.rule.id.prefix(8))" }
        var alert = Alert(
            id: id,
            rule: match.rule.name,
            code: match.rule.code,
            ruleVersion: match.rule.version,
            title: match.rule.title,
            severity: match.rule.severity,
            entity: match.entity,
            sentence: match.sentence,
            evidence: [],
            evidenceCount: 0,
            counterEvidence: match.counterEvidence + earlier,
            nearestExplanation: match.nearest,
            unexplainedReads: match.unexplainedReads,
            containment: match.rule.containment,
            raised: time.milliseconds,
            lastMatch: time.milliseconds,
            matches: 1,
            dismissedMatches: 0,
            status: .open,
            history: [],
            dismissedUntil: nil,
            sequence: 0,
            awaiting: match.awaitsExplanation ? [match.event.index] : [],
            source: match.event.type,
            identities: [match.event.identity],
            agent: match.event.text("agentId").map { Text.bounded($0, to: 256) },
            customer: match.event.text("customerId").map { Text.bounded($0, to: 256) },
            interaction: match.event.text("interactionId").map { Text.bounded($0, to: 256) }
        )
        alert.add(match.indexes)
        alert.move(to: .open, by: DetectionEvent.producer, "the rule matched", at: time)
        let event = alert.event(.alertRaised, at: time)
        alerts[alert.id] = alert
        latest[key] = alert.id
        return event
    }

    private func join(_ match: RuleMatch, _ alert: inout Alert) -> DetectionEvent? {
        guard alert.remember(match.event.identity) else { return nil }
        alert.matches += 1
        alert.lastMatch = max(alert.lastMatch, match.event.timestamp.milliseconds)
        alert.add(match.indexes)
        if match.awaitsExplanation, alert.awaiting.count < 1000 { alert.awaiting.append(match.event.index) }
        guard alert.matches & (alert.matches - 1) == 0 else { return nil }
        alert.sentence = match.sentence
        alert.counterEvidence = match.counterEvidence
        alert.nearestExplanation = match.nearest ?? alert.nearestExplanation
        alert.unexplainedReads = match.unexplainedReads
        return alert.event(.alertUpdated, at: match.event.timestamp)
    }

    // MARK: Late facts

    /// Notes that a read is explained after all; resolves the alerts that were about it and nothing else.
    mutating func explain(_ index: Int64, _ reason: String, at time: Timestamp) -> [DetectionEvent] {
        var events: [DetectionEvent] = []
        for id in alerts.keys.sorted() {
            guard var alert = alerts[id], let place = alert.awaiting.firstIndex(of: index) else { continue }
            alert.awaiting.remove(at: place)
            alert.counterEvidence.append(Text.bounded("the read at index \(index) is explained: \(reason)"))
            if alert.counterEvidence.count > 16 { alert.counterEvidence.removeFirst() }
            // An alert of more reads than are watched is not cleared by those alone.
            if alert.awaiting.isEmpty, alert.matches <= 1000, alert.status == .open || alert.status == .acknowledged {
                alert.move(to: .resolved, by: DetectionEvent.producer, reason, at: time)
                events.append(alert.event(.alertCleared, at: time))
            }
            alerts[id] = alert
        }
        return events
    }

    /// Resolves the alerts of a type of event about an entity: what had stopped goes again.
    mutating func recover(type: String, entity: [String], _ reason: String, at time: Timestamp) -> [DetectionEvent] {
        var events: [DetectionEvent] = []
        for id in alerts.keys.sorted() {
            guard var alert = alerts[id], alert.source == type, entity.allSatisfy(alert.entity.contains),
                alert.status == .open || alert.status == .acknowledged
            else { continue }
            alert.move(to: .resolved, by: DetectionEvent.producer, reason, at: time)
            events.append(alert.event(.alertCleared, at: time))
            alerts[id] = alert
        }
        return events
    }

    // MARK: What people decide

    /// Applies a person's command.
    mutating func apply(_ command: AlertCommand, to id: String, by actor: String, at now: Timestamp) throws(AlertError)
    {
        guard var alert = alerts[id] else { throw .unknownAlert(id) }
        let status = try command.apply(to: alert.status, at: now)
        var reason = "taken up"
        switch command {
        case .acknowledge(let given): reason = given ?? reason
        case .resolve(let given), .reopen(let given): reason = given
        case .dismiss(let given, let until):
            reason = given
            alert.dismissedUntil = until.milliseconds
        }
        alert.move(to: status, by: actor, reason, at: now)
        alerts[id] = alert
    }

    /// Begins a suppression; one without an end or reason is not taken.
    mutating func suppress(_ event: LedgerEvent) {
        guard let id = event.text("suppressionId"), let until = event.moment("until"), until > event.timestamp,
            let reason = event.text("reason"), !reason.isEmpty
        else { return }
        silences[id] = Silence(
            rule: event.text("rule") ?? "*",
            entity: event.text("entity"),
            until: until.milliseconds,
            actor: event.text("actor") ?? "unknown"
        )
    }

    /// Ends a suppression before its time.
    mutating func lift(_ id: String, at time: Timestamp) -> DetectionEvent? {
        var silence = silences.removeValue(forKey: id)
        return silence?.tell(id, at: time)
    }

    /// Forgets alerts that were closed a month ago, or that nobody touched for half a year.
    /// - Returns: what suppressions that have ended held back in all.
    mutating func sweep(watermark: Timestamp) -> [DetectionEvent] {
        let now = watermark.milliseconds
        var events: [DetectionEvent] = []
        for id in silences.keys.sorted() {
            guard var silence = silences[id], silence.until < now, let event = silence.tell(id, at: watermark) else {
                continue
            }
            silences[id] = silence
            events.append(event)
        }
        let old = alerts.values.filter { alert in
            let touched = max(alert.lastMatch, alert.history.last?.time ?? 0, alert.dismissedUntil ?? 0)
            let isOpen = alert.status == .open || alert.status == .acknowledged
            return touched < now - (isOpen ? 6 : 1) * Self.forgottenMilliseconds
        }
        for alert in old { alerts[alert.id] = nil }
        if !old.isEmpty { latest = latest.filter { alerts[$0.value] != nil } }
        silences = silences.filter { $0.value.until >= now - Self.forgottenMilliseconds }
        return events
    }
}

extension AlertBook.Silence {
    fileprivate func covers(_ match: RuleMatch) -> Bool {
        guard rule == "*" || rule == match.rule.name || rule == match.rule.code else { return false }
        guard let entity else { return true }
        return match.entity.contains { $0.lowercased() == entity.lowercased() }
    }
}

extension Alert {
    /// Notes an event; false when it is known already.
    fileprivate mutating func remember(_ identity: Int64) -> Bool {
        guard !identities.contains(identity) else { return false }
        identities.append(identity)
        if identities.count > 32 { identities.removeFirst() }
        return true
    }
}
