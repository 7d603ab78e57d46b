internal import JSON
public import WallTime

/// Follows the ledger and raises alerts: the same events under the same rules give the same alerts, byte for byte, in whatever
/// portions they come and wherever the engine was stopped and started again.
///
/// It does no input or output and knows no clock: time is what events say. The host feeds it committed entries in the order of
/// their index, appends the events that it returns, and keeps ``encodedState()`` now and then. After a restart it feeds the
/// entries from ``nextIndex`` on; events returned a second time have the same ids.
public struct DetectionEngine: Sendable {
    /// The rules.
    public let rules: RulePack
    /// How it judges.
    public let configuration: DetectionConfiguration
    var state: EngineState
    private let interests: Set<String>
    /// The read about which an alert was raised last that its explanation clears.
    private var awaitedRead: Int64?

    /// Starts with nothing known.
    public init(rules: RulePack, configuration: DetectionConfiguration) {
        self.rules = rules
        self.configuration = configuration
        state = EngineState()
        interests = rules.interests.union(Self.ownInterests)
    }

    /// Goes on from a stored state. Windows of rules that have changed since begin anew.
    /// - Throws: ``DetectionStateError`` when the state cannot be read.
    public init(
        rules: RulePack,
        configuration: DetectionConfiguration,
        restoring bytes: [UInt8]
    ) throws(DetectionStateError) {
        self.init(rules: rules, configuration: configuration)
        state = try EngineState(bytes)
    }

    /// The state as canonical JSON.
    /// - Throws: ``DetectionStateError`` when a number in it has no canonical form.
    public func encodedState() throws(DetectionStateError) -> [UInt8] { try state.encoded() }

    /// The index of the first entry that it has not seen.
    public var nextIndex: Int64 { state.nextIndex }
    /// The latest moment that events have come to.
    public var watermark: Timestamp? { state.watermark.map { Timestamp(milliseconds: $0) } }
    /// Events that came so late that windows could no longer count them exactly.
    public var lateEvents: Int { state.lateEvents }
    /// Alerts that are open, or were not long ago, by id.
    public var alerts: [String: Alert] { state.book.alerts }
    /// How many matches each running suppression has held back, by its id.
    public var suppressed: [String: Int] { state.book.silences.mapValues(\.count) }

    /// The members of events that the engine itself looks at.
    private static let ownInterests: Set<String> = [
        "eventId", "eventType", "producer", "timestamp", "agentId", "customerId", "interactionId", "queueId", "binding",
        "route",
        "outcome", "dataFieldsViewed", "dataFieldsMasked", "relationshipId", "provider", "from", "to", "mode",
        "objectId",
        "fetchedAt", "queueIds", "shifts", "peerGroup", "feed", "through", "correctedEventId", "executions", "actionId",
        "actionName",
        "sameAs", "absorbed", "freed", "remoteIp", "userId", "clientId", "serviceName", "entityType", "action",
        "alertId", "actor", "reason", "until", "suppressionId", "rule", "entity", "sink", "honeyId", "codes", "epoch",
        "purpose",
    ]

    // MARK: Following

    /// Takes in a committed entry. One that is no event of ours is stepped over; one seen before changes nothing.
    public mutating func observe(index: Int64, entry: UnsafeRawBufferPointer) -> [DetectionEvent] {
        guard index >= state.nextIndex else { return [] }
        guard let event = LedgerEvent(index: index, entry: entry, interests: interests) else {
            state.nextIndex = index + 1
            return []
        }
        return observe(event)
    }

    /// Takes in a committed event.
    public mutating func observe(_ event: LedgerEvent) -> [DetectionEvent] {
        guard event.index >= state.nextIndex else { return [] }
        state.nextIndex = event.index + 1
        // What the engine wrote itself must not move it, as it stands at other places after a restart.
        guard DetectionEvent.Kind(rawValue: event.type) == nil else { return [] }
        var output: [DetectionEvent] = []
        let ticked = state.advance(to: event, lateness: configuration.latenessSeconds)
        if ticked.minute { tick(event, &output) }
        take(event, &output)
        if ticked.hour { output += state.sweep(rules.rules, configuration) }
        return output
    }

    private mutating func take(_ event: LedgerEvent, _ output: inout [DetectionEvent]) {
        switch event.type {
        case "CUSTOMER_DATA_ACCESSED": takeAccess(event, &output)
        case "CUSTOMER_DATA_ACCESS_REFUSED":
            let honey = honeyRead(event)
            settle(state.reconciliation.countRead(event, isOrdinary: honey == nil), event, &output)
            evaluate(event, &output)
            if let honey {
                evaluate(honey, &output)
            } else if let customer = event.text("customerId"),
                let rhythm = state.rhythm.count(event, customer: state.windows.resolve(customer))
            {
                evaluate(rhythm, &output)
            }
        case "DETECTION_ALERT_ACKNOWLEDGED", "DETECTION_ALERT_RESOLVED", "DETECTION_ALERT_DISMISSED",
            "DETECTION_ALERT_REOPENED", "DETECTION_SUPPRESSION_SET", "DETECTION_SUPPRESSION_LIFTED":
            if let told = state.decide(event) { output.append(told) }
        case "DETECTION_ALERT_ASSIGNED", "DETECTION_ALERT_NOTED":
            break
        default:
            takeFact(event, &output)
            evaluate(event, &output)
        }
    }

    private mutating func takeAccess(_ event: LedgerEvent, _ output: inout [DetectionEvent]) {
        let event = event.revealing()
        let honey = honeyRead(event)
        settle(state.reconciliation.countRead(event, isOrdinary: honey == nil), event, &output)
        evaluate(event, &output)
        if let honey { evaluate(honey, &output) }
        let customer = event.text("customerId").map { state.windows.resolve($0) } ?? ""
        let judgements = state.judge.judge(event, judgeRules)
        let own = judgements.first { $0.access.index == event.index }
        var isExplained = false
        if case .explained = own?.verdict { isExplained = true }
        // What no work needs says nothing of what is usual.
        if honey == nil,
            let measured = state.baselines.count(
                event,
                customer: customer,
                explained: isExplained,
                configuration.localTime
            )
        {
            evaluate(measured, &output)
        }
        for judgement in judgements { pronounce(judgement, event, &output) }
        if let own, configuration.requiredFeeds.isEmpty, awaitedRead == event.index {
            state.judge.watch(event, own.verdict, judgeRules)
        }
        if honey == nil, let rhythm = state.rhythm.count(event, customer: customer) { evaluate(rhythm, &output) }
    }

    /// Facts and signs of life.
    private mutating func takeFact(_ event: LedgerEvent, _ output: inout [DetectionEvent]) {
        switch event.type {
        case "CUSTOMERS_LINKED":
            if let token = event.text("customerId"), let other = event.text("sameAs") {
                state.windows.link(token, to: other)
            }
        case "CUSTOMERS_UNLINKED":
            if let token = event.text("customerId") { state.windows.unlink(token) }
        case "IDENTITY_MERGED":
            for token in event.texts("absorbed") { state.windows.link(token, to: event.text("customerId") ?? token) }
        case "IDENTITY_UNMERGED":
            for token in event.texts("freed") { state.windows.unlink(token) }
        case "HONEY_CUSTOMER_PLANTED": state.honey.plant(event)
        case "HONEY_CUSTOMER_REMOVED": state.honey.remove(event)
        case "PLATFORM_AUDIT_RECORDED":
            if let located = state.networks.locate(event) { evaluate(located, &output) }
        case "AGENT_RECORDED":
            if let agent = event.text("agentId"), let group = event.text("peerGroup") {
                state.baselines.setGroup(group, of: agent)
            }
        case "RELATIONSHIP_RECORDED": state.reconciliation.noteParticipant(event)
        case "PLATFORM_EXECUTIONS_COUNTED":
            if let watermark {
                state.reconciliation.countExecutions(event, watermark: watermark)
                settle(state.reconciliation.advance(to: event, watermark: watermark, configuration), event, &output)
            }
        case "PLATFORM_FEED_ADVANCED":
            if let feed = event.text("feed"), state.feeds.hear(feed, at: event.timestamp) {
                output += recover("FEED_SILENT", feed, "the feed speaks again", event)
            }
        case "SINK_RECOVERED":
            if let sink = event.text("sink") {
                output += recover("SINK_DELAYED", sink, "the destination confirms again", event)
            }
        case "SINK_RESUMED":
            if let sink = event.text("sink") {
                for type in ["SINK_STOPPED", "SINK_PAUSED"] {
                    output += recover(type, sink, "the sink delivers again", event)
                }
            }
        default: break
        }
        for judgement in state.judge.learn(event, judgeRules) { pronounce(judgement, event, &output) }
    }

    /// What was wrong with a part of our own is over.
    private mutating func recover(
        _ type: String,
        _ entity: String,
        _ reason: String,
        _ event: LedgerEvent
    ) -> [DetectionEvent] {
        state.book.recover(type: type, entity: [entity], reason, at: event.timestamp)
    }

    /// Once a minute of event time: what has waited long enough.
    private mutating func tick(_ event: LedgerEvent, _ output: inout [DetectionEvent]) {
        guard let watermark else { return }
        for judgement in state.judge.advance(to: watermark, judgeRules) { pronounce(judgement, event, &output) }
        settle(state.reconciliation.advance(to: event, watermark: watermark, configuration), event, &output)
        let silent = state.feeds.advance(to: event, watermark: watermark, limits: configuration.feedSilenceSeconds)
        for feed in silent { evaluate(feed, &output) }
    }

    private var judgeRules: AccessJudge.Rules {
        let windows = state.windows
        return AccessJudge.Rules(
            times: configuration.explanationTimes,
            requiredFeeds: configuration.requiredFeeds,
            interests: rules.judgedInterests,
            mostOpen: configuration.mostOpenReads,
            resolve: { windows.resolve($0) }
        )
    }

    private mutating func settle(
        _ findings: [ReadReconciliation.Finding],
        _ event: LedgerEvent,
        _ output: inout [DetectionEvent]
    ) {
        for finding in findings {
            switch finding {
            case .found(let derived): evaluate(derived, &output)
            case .recovered(let type, let entity):
                output += state.book.recover(
                    type: type,
                    entity: entity,
                    "the read was audited, but came late",
                    at: event.timestamp
                )
            }
        }
    }

    // MARK: Verdicts

    /// Lets the rules see a verdict, says when it changed, and counts it when it could not be reached.
    private mutating func pronounce(_ judgement: Judgement, _ event: LedgerEvent, _ output: inout [DetectionEvent]) {
        if case .explained(let provider, let evidence, let fetchedAt) = judgement.verdict, judgement.previous != nil {
            let source = [evidence, fetchedAt.map { "as fetched at \($0)" }].compactMap(\.self).joined(separator: ", ")
            let reason = "\(provider.words) explains it" + (source.isEmpty ? "" : " (\(source))")
            output += state.book.explain(judgement.access.index, reason, at: event.timestamp)
        }
        if case .unverifiable(let missing) = judgement.verdict, judgement.previous == nil {
            state.unverifiable.count(judgement.access.index, missing)
        }
        let many = weigh(judgement, event)
        if let told = judgement.told(at: event) { output.append(told) }
        evaluate(judgement.event, &output)
        if let many { output.append(many) }
    }

    // MARK: Rules

    mutating func evaluate(_ event: LedgerEvent, _ output: inout [DetectionEvent]) {
        for number in rules.candidates(event.type) {
            guard case .detection(let detection) = rules.rules[number].kind, detection.matches(event.fields) else {
                continue
            }
            fire(number, event, nil, &output)
        }
    }

    private mutating func fire(
        _ number: Int,
        _ event: LedgerEvent,
        _ match: CorrelationMatch?,
        _ output: inout [DetectionEvent]
    ) {
        let rule = rules.rules[number]
        if rule.alerts {
            let found = ruleMatch(rule, event, match)
            if found.awaitsExplanation { awaitedRead = event.index }
            if let told = state.book.add(found) { output.append(told) }
        }
        for counter in rules.counters[number] {
            let counting = rules.rules[counter]
            guard case .correlation(let correlation) = counting.kind,
                let found = state.windows.count(
                    event,
                    matching: correlation.rules.contains(rule.name) ? rule.name : rule.id,
                    for: counting,
                    correlation,
                    lateness: configuration.latenessSeconds * 1000
                )
            else { continue }
            fire(counter, event, found, &output)
        }
    }

    private func ruleMatch(_ rule: Rule, _ event: LedgerEvent, _ match: CorrelationMatch?) -> RuleMatch {
        var counted: [String: String] = [:]
        if case .correlation(let correlation) = rule.kind {
            counted["timespan"] = correlation.spanText
            counted["threshold"] = JSONValue.number(correlation.bound).scalarText
            counted["count"] = match.flatMap { JSONValue.number(($0.measured * 100).rounded() / 100).scalarText }
        }
        let awaits = event.type == "ACCESS_JUDGED" && event.text("verdict") != "explained" && match == nil
        return RuleMatch(
            rule: rule,
            event: event,
            entity: rule.entity.map { Text.bounded($0.text(in: event.fields) ?? "unknown", to: 256) },
            indexes: match?.indexes ?? [event.index],
            sentence: Text.bounded(rule.sentence.filled(from: event.fields, counted: counted)),
            counterEvidence: counterEvidence(event),
            nearest: event.text("nearestExplanation"),
            unexplainedReads: unexplainedReads(event),
            awaitsExplanation: awaits
        )
    }

    /// What speaks for the agent.
    private func counterEvidence(_ event: LedgerEvent) -> [String] {
        var found: [String] = []
        if let agent = event.text("agentId"), let today = state.baselines.today(agent), today.explained > 0 {
            found.append("\(today.explained) of the agent's \(today.reads) reads that day were explained at once")
        }
        if event.text("shift") == "on" { found.append("the agent was on shift") }
        if event.text("binding") == "verified" {
            found.append("the platform confirmed that the agent was in a conversation with the customer")
        }
        if event.text("binding") == "partial" {
            found.append("the platform confirmed that the agent was in the conversation")
        }
        return found
    }
}
