internal import JSON
internal import WallTime

/// Compares the platform's own count of executions of a data action with the reads that were audited, and expects a read of its
/// own from every agent to whom a conversation was transferred. What is missing was answered from a cache or went past the gateway.
struct ReadReconciliation: Codable, Sendable {
    /// How long reads are kept for comparison: a day longer than the feed of executions goes back after a pause.
    static let keptMilliseconds: Int64 = 8 * 86_400_000
    /// How long a count is kept after it came or its interval ended, for reads that come late.
    static let countMilliseconds: Int64 = 48 * 3_600_000
    /// How long a conversation's reads are kept for a transfer.
    static let conversationMilliseconds: Int64 = 2 * 3_600_000

    private struct Interval: Codable, Sendable {
        let route: String
        let action: String
        let name: String?
        let from: Int64
        let to: Int64
        let executions: Int64
        let index: Int64
        /// Its end or when it was counted, whichever is later.
        let counted: Int64
        /// Nil until it was compared.
        var missing: Int64?
        /// Executions at its end whose reads were taken from the minute after it: those are not counted again in the next one.
        var carried: Int64?

        func covers(_ route: String, _ time: Int64) -> Bool { self.route == route && from <= time && time < to }
    }

    private struct Handover: Codable, Sendable {
        let interaction: String
        let agent: String
        let previous: String
        let route: String
        let from: Int64
        var to: Int64?
        let index: Int64
        var isMissing: Bool
    }

    private struct ConversationReads: Codable, Sendable {
        var route: String
        /// The latest read of each agent.
        var agents: [String: Int64]
        var firstAgent: String
        var latest: Int64
    }

    /// Audited reads of each route in each minute.
    private var reads: [String: [String: Int64]] = [:]
    /// Of planted customers: neither these nor their executions are counted with the rest.
    private var honey: [String: [String: Int64]] = [:]
    private var intervals: [Interval] = []
    private var conversations: [String: ConversationReads] = [:]
    private var handovers: [Handover] = []

    /// What came to light: a derived event, or the end of what an earlier one said.
    enum Finding {
        case found(LedgerEvent)
        /// Late reads made up for what was missing.
        case recovered(type: String, entity: [String])
    }

    private static func minute(_ milliseconds: Int64) -> Int64 {
        milliseconds / 60_000 - (milliseconds % 60_000 < 0 ? 1 : 0)
    }

    // MARK: Events

    /// Counts an audited read, released or refused.
    /// - Parameter isOrdinary: whether it is of a customer who was not planted.
    mutating func countRead(_ event: LedgerEvent, isOrdinary: Bool) -> [Finding] {
        guard let route = event.text("route") else { return [] }
        let time = event.timestamp.milliseconds
        let minute = String(Self.minute(time))
        if isOrdinary { reads[route, default: [:]][minute, default: 0] += 1 }
        if !isOrdinary { honey[route, default: [:]][minute, default: 0] += 1 }
        var findings: [Finding] = []
        for place in intervals.indices where (intervals[place].missing ?? 0) > 0 && intervals[place].covers(route, time)
        {
            findings += compare(place, event)
        }
        guard isOrdinary, let interaction = event.text("interactionId"), let agent = event.text("agentId") else {
            return findings
        }
        var conversation =
            conversations[interaction]
            ?? ConversationReads(route: route, agents: [:], firstAgent: agent, latest: time)
        conversation.agents[agent] = max(conversation.agents[agent] ?? .min, time)
        conversation.latest = max(conversation.latest, time)
        conversations[interaction] = conversation
        handovers.removeAll { handover in
            guard handover.interaction == interaction, handover.agent == agent, time >= handover.from - 30_000 else {
                return false
            }
            if handover.isMissing {
                findings.append(.recovered(type: "SECOND_READ_MISSING", entity: [interaction, agent]))
            }
            return true
        }
        return findings
    }

    /// Takes in the platform's count of an interval; its ends are taken down to whole minutes. One whose reads are forgotten already
    /// cannot be compared.
    mutating func countExecutions(_ event: LedgerEvent, watermark: Timestamp) {
        guard let route = event.text("route"), let from = event.moment("from"), let to = event.moment("to"),
            let executions = event.fields["executions"]?.integer,
            from.milliseconds >= watermark.milliseconds - Self.keptMilliseconds
        else { return }
        let interval = Interval(
            route: route,
            action: event.text("actionId") ?? "unknown",
            name: event.text("actionName"),
            from: Self.minute(from.milliseconds) * 60_000,
            to: Self.minute(to.milliseconds) * 60_000,
            executions: executions,
            index: event.index,
            counted: max(event.timestamp.milliseconds, to.milliseconds)
        )
        // The platform may count an interval again; the later count holds.
        intervals.removeAll { $0.route == route && $0.action == interval.action && $0.from == interval.from }
        intervals.append(interval)
        // What other actions of the route were compared to counts together with it.
        for place in intervals.indices where intervals[place].route == route && intervals[place].from == interval.from {
            intervals[place].missing = nil
        }
    }

    /// Notes that a conversation went to a further agent, or that the agent's part in it ended.
    mutating func noteParticipant(_ event: LedgerEvent) {
        guard let provider = event.text("provider"), provider == "consult" || provider == "live_participant",
            let interaction = event.text("interactionId"), let agent = event.text("agentId"),
            let from = event.moment("from")
        else { return }
        let to = event.moment("to")?.milliseconds
        if let place = handovers.firstIndex(where: { $0.interaction == interaction && $0.agent == agent }) {
            handovers[place].to = to
            return
        }
        guard let conversation = conversations[interaction], conversation.agents[agent] == nil,
            let mode = event.text("mode"), mode == "transfer" || mode == "conference"
        else { return }
        handovers.append(
            Handover(
                interaction: interaction,
                agent: agent,
                previous: conversation.firstAgent,
                route: conversation.route,
                from: from.milliseconds,
                to: to,
                index: event.index,
                isMissing: false
            )
        )
    }

    // MARK: Time

    /// Compares what has had time enough to arrive.
    mutating func advance(to event: LedgerEvent, watermark: Timestamp, _ configuration: DetectionConfiguration)
        -> [Finding]
    {
        var findings: [Finding] = []
        let due = watermark.milliseconds - configuration.reconciliationDelaySeconds * 1000
        // In the order of time, since each hands on to the next what was under way at its end.
        let places = intervals.indices.filter { intervals[$0].missing == nil && intervals[$0].to <= due }
        for place in places.sorted(by: { (intervals[$0].from, $0) < (intervals[$1].from, $1) }) {
            findings += compare(place, event)
        }
        let wait = configuration.secondReadSeconds * 1000
        var kept: [Handover] = []
        for var handover in handovers {
            // Whoever hung up before was not shown the customer.
            if let to = handover.to, to < handover.from + wait { continue }
            if !handover.isMissing, handover.from + wait < watermark.milliseconds {
                handover.isMissing = true
                findings.append(
                    .found(
                        event.deriving(
                            "SECOND_READ_MISSING",
                            at: Timestamp(milliseconds: handover.from + wait),
                            key: handover.interaction + "/" + handover.agent,
                            [
                                "agentId": .string(handover.agent), "previousAgentId": .string(handover.previous),
                                "interactionId": .string(handover.interaction), "route": .string(handover.route),
                                "connectedAt": .string(Timestamp(milliseconds: handover.from).description),
                            ]
                        )
                    )
                )
            }
            if handover.from + Self.conversationMilliseconds >= watermark.milliseconds { kept.append(handover) }
        }
        handovers = kept
        return findings
    }

    /// Compares an interval's executions with its reads. Reads that were under way at its end fall into the minute after it; they
    /// are taken from there, and the next interval has so many fewer. So nothing is missed because of where intervals end, and what
    /// is missing for good stays missing from interval to interval until it shows.
    private mutating func compare(_ place: Int, _ event: LedgerEvent) -> [Finding] {
        let interval = intervals[place]
        // Several actions may call one route; their reads cannot be told apart.
        let together = intervals.filter {
            $0.route == interval.route && $0.from == interval.from && $0.to == interval.to
        }
        guard together.first?.index == interval.index else {
            intervals[place].missing = 0
            return []
        }
        var executions = together.reduce(0) { $0 + $1.executions }
        let minutes = reads[interval.route] ?? [:]
        let planted = honey[interval.route] ?? [:]
        var (audited, ofPlanted) = (Int64(0), Int64(0))
        for minute in stride(from: interval.from / 60_000, to: interval.to / 60_000, by: 1) {
            audited += minutes[String(minute)] ?? 0
            ofPlanted += planted[String(minute)] ?? 0
        }
        let previous = intervals.first { $0.route == interval.route && $0.to == interval.from && $0.carried != nil }
        audited = max(audited - (previous?.carried ?? 0), 0)
        // A read of a planted customer that the platform ran is not missing; one that went past it hides no other.
        executions -= min(ofPlanted, max(executions - audited, 0))
        let short = max(executions - audited, 0)
        let carried = min(short, minutes[String(interval.to / 60_000)] ?? 0)
        intervals[place].carried = carried
        let missing = short - carried
        let before = interval.missing
        intervals[place].missing = missing
        if let before, before > 0, missing == 0 {
            return [
                .recovered(
                    type: "READS_RECONCILED",
                    entity: [interval.route, Timestamp(milliseconds: interval.from).description]
                )
            ]
        }
        guard missing != before else { return [] }
        return [
            .found(
                event.deriving(
                    "READS_RECONCILED",
                    at: Timestamp(milliseconds: interval.to),
                    key: "\(interval.route)/\(interval.action)/\(interval.from)/\(missing)",
                    [
                        "route": .string(interval.route),
                        "actionId": .string(together.map(\.action).joined(separator: ", ")),
                        "actionName": .string(together.map { $0.name ?? $0.action }.joined(separator: ", ")),
                        "from": .string(Timestamp(milliseconds: interval.from).description),
                        "to": .string(Timestamp(milliseconds: interval.to).description),
                        "executions": .integer(executions), "auditedReads": .integer(audited),
                        "missingReads": .integer(missing),
                        "surplusReads": .integer(max(audited - executions, 0)),
                    ]
                )
            )
        ]
    }

    mutating func sweep(watermark: Timestamp) {
        let oldest = watermark.milliseconds - Self.keptMilliseconds
        intervals.removeAll { $0.counted < watermark.milliseconds - Self.countMilliseconds }
        Self.drop(before: oldest, &reads)
        Self.drop(before: oldest, &honey)
        let quiet = watermark.milliseconds - Self.conversationMilliseconds
        conversations = conversations.filter { $0.value.latest >= quiet }
    }

    private static func drop(before oldest: Int64, _ counts: inout [String: [String: Int64]]) {
        for (route, minutes) in counts where minutes.keys.contains(where: { (Int64($0) ?? 0) * 60_000 < oldest }) {
            counts[route] = minutes.filter { (Int64($0.key) ?? 0) * 60_000 >= oldest }
        }
    }
}
