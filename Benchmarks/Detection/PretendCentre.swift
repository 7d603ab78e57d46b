import JSON
import WallTime

/// A made-up contact centre, the same from the same seed: agents in shifts, conversations, transfers, callbacks, campaigns, quality
/// reviews, supervision and cases, the reads that belong to them, the platform's facts as the feeds bring them minutes later, and the
/// faults of all that. Into it snoops are put, each marked, so that what detection says can be held against what was so.
struct PretendCentre {
    static let start: Int64 = 1_772_409_600_000  // Monday, 2 March 2026, midnight UTC
    private static let minute: Int64 = 60_000
    private static let day: Int64 = 86_400_000

    let agents: Int
    private var random: UInt64
    private var conversations = 0
    private var facts = 0
    private var later: [Int64: [Item]] = [:]
    /// A few customers whom each agent spoke with, for those who look them up again.
    private var known: [Int: [String]] = [:]

    init(agents: Int, seed: UInt64) {
        self.agents = agents
        random = seed
    }

    // MARK: Days

    /// What happens on a day, in order.
    mutating func items(ofDay number: Int) -> [Item] {
        let midnight = Self.start + Int64(number) * Self.day
        if number % 7 < 5 {
            for agent in 0..<agents where !chance(0.08) {
                let from = midnight + Int64([7, 9, 11][agent % 3]) * 60 * Self.minute
                shift(of: agent, from: from, to: from + 8 * 60 * Self.minute)
            }
        }
        for step in 0..<288 {
            let time = midnight + Int64(step) * 5 * Self.minute
            fact(time, "PLATFORM_FEED_ADVANCED", ["feed": "conversations", "through": text(time - 8 * Self.minute)])
        }
        let items = later.removeValue(forKey: Int64(number)) ?? []
        return items.sorted { ($0.time, $0.read == nil ? 0 : 1) < ($1.time, $1.read == nil ? 0 : 1) }
    }

    private mutating func shift(of agent: Int, from: Int64, to: Int64) {
        let day = text(from - from % Self.day)
        fact(
            from - 3600_000,
            "SCHEDULE_RECORDED",
            [
                "agentId": name(agent), "from": day, "to": text(from - from % Self.day + Self.day),
                "shifts": [.string("\(Timestamp(milliseconds: from))/\(Timestamp(milliseconds: to))")],
            ]
        )
        var time = from + between(1, 10)
        while time < to {
            let end = time + between(3, 13)
            conversation(agent, from: time, to: end)
            if chance(Share.snoop) { snoop(agent, at: end + between(1, 4)) }
            if chance(Share.adversarial) { adversary(agent, after: end) }
            time = end + between(2, 20)
        }
    }

    // MARK: What people do for customers

    private mutating func conversation(_ agent: Int, from: Int64, to: Int64) {
        let id = interaction()
        let customer = customer()
        let isUnknown = chance(Share.customerIsUnknown)
        let isLost = chance(Share.factIsLost)
        let isCampaign = chance(Share.campaign)
        let seen = isUnknown ? nil : customer
        if !isLost { participant(agent, seen, id, from, to, provider: isCampaign ? "outbound" : "live_participant") }
        let reason = isUnknown ? "customer_unknown" : "agent_and_customer_match"
        let task = isLost ? "a call that no feed brought" : isUnknown ? "a call of somebody unknown" : "a call"
        read(agent, customer, id, from + seconds(5, 60), reason, task)
        if chance(Share.readsAgain) {
            read(agent, customer, id, from + (to - from) / 2 + seconds(10, 60), reason, task)
        }
        if chance(Share.readsAfterwards) {
            // The gateway takes two minutes for wrap-up; later the agent has left.
            let time = to + (isCampaign ? between(0, 13) : between(0, 28))
            read(agent, customer, id, time, time <= to + 120_000 ? reason : "agent_left", "what was left of " + task)
        }
        known[agent] = Array(((known[agent] ?? []) + [customer]).suffix(8))
        guard !isUnknown, !isLost else { return }
        if chance(Share.transfer) { transfer(from: agent, customer, id, at: to) }
        if chance(Share.callback) { callback(agent, customer, to) }
        if chance(Share.review) { review(customer, id, to) }
        if chance(Share.supervision) { supervise(customer, id, from, to) }
        if chance(Share.behalf) { behalf(agent, id, from, to) }
    }

    private mutating func transfer(from agent: Int, _ customer: String, _ id: String, at time: Int64) {
        // Somebody of the same shift.
        let second = (agent + 3 * (1 + Int(next(UInt64(max(agents / 3 - 1, 1)))))) % agents
        let end = time + between(2, 9)
        participant(second, customer, id, time, end, provider: "consult", mode: "transfer")
        read(second, customer, id, time + seconds(5, 50), "agent_and_customer_match", "a transferred call")
    }

    /// On the next working day, by appointment; the agent looks before calling.
    private mutating func callback(_ agent: Int, _ customer: String, _ now: Int64) {
        let today = (now - Self.start) / Self.day
        let days: Int64 = today % 7 == 4 ? 3 : 1
        let due = Self.start + (today + days) * Self.day + 12 * 60 * Self.minute + between(0, 120)
        relationship(due - 60 * Self.minute, "callback", agent, customer, nil, due, due + 15 * Self.minute)
        read(agent, customer, interaction(), due - between(1, 25), "conversation_not_found", "a callback")
    }

    private mutating func review(_ customer: String, _ id: String, _ now: Int64) {
        let reviewer = agents + Int(next(UInt64(max(agents / 100, 1))))
        let from = now + between(60, 120)
        relationship(from, "quality_review", reviewer, customer, id, from, from + 45 * Self.minute)
        read(reviewer, customer, id, from + between(2, 40), "agent_not_on_conversation", "a quality review")
    }

    private mutating func supervise(_ customer: String, _ id: String, _ from: Int64, _ to: Int64) {
        let supervisor = supervisor()
        relationship(to + between(1, 4), "supervisor", supervisor, customer, id, from + Self.minute, to)
        read(supervisor, customer, id, to + between(0, 20), "agent_not_on_conversation", "supervision")
    }

    /// A caller asks about somebody else's account. Most agents open a case for it.
    private mutating func behalf(_ agent: Int, _ id: String, _ from: Int64, _ to: Int64) {
        let other = customer()
        let hasCase = !chance(Share.behalfWithoutCase)
        if hasCase {
            relationship(to + between(1, 8), "open_case", agent, other, nil, from, to + between(20, 600))
        }
        let task = hasCase ? "somebody else's case" : "somebody else's account, without a case"
        read(agent, other, id, from + (to - from) / 2, "other_customer", task)
    }

    // MARK: What they should not do

    private mutating func snoop(_ agent: Int, at time: Int64) {
        if chance(0.3), let old = known[agent]?.first {
            // Hours later, when the day's conversations with that customer are over.
            read(agent, old, interaction(), time + between(240, 300), "conversation_not_found", "", .old)
        } else {
            let reason = chance(0.5) ? "other_customer" : "conversation_not_found"
            read(agent, customer(), interaction(), time, reason, "", .stranger)
        }
    }

    private mutating func adversary(_ agent: Int, after end: Int64) {
        let id = interaction()
        let target = customer()
        let from = end + Self.minute
        switch next(4) {
        case 0:
            participant(agent, nil, id, from, from + 5 * Self.minute, provider: "live_participant")
            read(agent, target, id, from + 2 * Self.minute, "customer_unknown", "", .duringCall)
        case 1:
            for (number, one) in [target, customer()].enumerated() {
                let at = from + Int64(number) * 60 * Self.minute
                relationship(at, "break_glass", agent, nil, nil, at, at + 10 * Self.minute)
                read(agent, one, interaction(), at + Self.minute, "conversation_not_found", "", .slowDrip)
            }
        case 2:
            guard let customer = known[agent]?.last else { return }
            read(agent, customer, id, end + between(3, 25), "agent_left", "", .again)
        default:
            let boss = supervisor()
            relationship(from, "supervisor", boss, target, id, from, from + 2 * Self.minute)
            read(boss, target, id, from + Self.minute, "agent_not_on_conversation", "", .supervisor)
        }
    }

    // MARK: Events

    /// What the gateway makes of its reasons; see docs/events.md.
    private static let grades = [
        "agent_and_customer_match": "verified", "customer_unknown": "partial", "no_platform": "claimed",
        "conversation_not_found": "unverifiable", "lookup_late": "unverifiable",
    ]

    /// Brought when the feed has seen its beginning, and again when it has seen its end.
    private mutating func participant(
        _ agent: Int,
        _ customer: String?,
        _ id: String,
        _ from: Int64,
        _ to: Int64,
        provider: String,
        mode: String? = nil
    ) {
        let relation = "r-\(facts)"
        let early = from + seconds(60, 240)
        if early < to { relationship(early, provider, agent, customer, id, from, nil, mode, relation) }
        relationship(max(early, to + seconds(60, 240)), provider, agent, customer, id, from, to, mode, relation)
    }

    private mutating func relationship(
        _ time: Int64,
        _ provider: String,
        _ agent: Int,
        _ customer: String?,
        _ interaction: String?,
        _ from: Int64,
        _ to: Int64?,
        _ mode: String? = nil,
        _ id: String? = nil
    ) {
        var fields: [String: JSONValue] = [
            "relationshipId": .string(id ?? "r-\(facts)"), "provider": .string(provider), "agentId": name(agent),
            "from": text(from),
        ]
        fields["customerId"] = customer.map { .string($0) }
        fields["interactionId"] = interaction.map { .string($0) }
        fields["to"] = to.map { text($0) }
        fields["mode"] = mode.map { .string($0) }
        fact(time, "RELATIONSHIP_RECORDED", fields)
    }

    private mutating func read(
        _ agent: Int,
        _ customer: String,
        _ interaction: String,
        _ time: Int64,
        _ reason: String,
        _ task: String,
        _ motive: Motive = .honest
    ) {
        let isLate = reason == "agent_and_customer_match" && chance(Share.lookupFails)
        let reason = isLate ? "lookup_late" : reason
        add(
            time,
            "CUSTOMER_DATA_ACCESSED",
            [
                "agentId": name(agent), "customerId": .string(customer), "interactionId": .string(interaction),
                "binding": .string(Self.grades[reason] ?? "contradicted"), "bindingReason": .string(reason),
                "queueId": .string("queue-\(agent % 20)"), "route": "profile",
                "purpose": "service", "outcome": "released", "dataFieldsViewed": ["name", "phone"],
            ],
            Read(agent: "agent-\(agent)", customer: customer, motive: motive, task: task)
        )
    }

    private mutating func fact(_ time: Int64, _ type: String, _ fields: [String: JSONValue]) {
        add(time, type, fields, nil)
    }

    private mutating func add(_ time: Int64, _ type: String, _ fields: [String: JSONValue], _ read: Read?) {
        facts += 1
        var fields = fields
        fields["eventType"] = .string(type)
        fields["eventId"] = .string("e-\(facts)")
        fields["producer"] = read == nil ? "platform" : "gateway@node-1"
        fields["timestamp"] = text(time)
        later[(time - Self.start) / Self.day, default: []].append(Item(time: time, fields: fields, read: read))
    }

    private mutating func interaction() -> String {
        conversations += 1
        return "i-\(conversations)"
    }

    private mutating func customer() -> String { "c-\(next(2_000_000))" }
    private mutating func supervisor() -> Int { agents + agents / 50 + Int(next(UInt64(max(agents / 20, 1)))) }
    private func name(_ agent: Int) -> JSONValue { .string("agent-\(agent)") }
    private func text(_ time: Int64) -> JSONValue { .string(Timestamp(milliseconds: time).description) }

    // MARK: Chance

    /// SplitMix64.
    private mutating func next(_ bound: UInt64) -> UInt64 {
        random &+= 0x9e37_79b9_7f4a_7c15
        var mixed = random
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return (mixed ^ (mixed >> 31)) % bound
    }

    private mutating func chance(_ share: Double) -> Bool { Double(next(1_000_000)) < share * 1_000_000 }
    private mutating func between(_ least: Int64, _ most: Int64) -> Int64 { seconds(least * 60, most * 60) }
    private mutating func seconds(_ least: Int64, _ most: Int64) -> Int64 {
        least * 1000 + Int64(next(UInt64((most - least) * 1000 + 1)))
    }
}
