internal import JSON
internal import WallTime

/// A read with its verdict, and what it was before.
struct Judgement {
    let access: Access
    let verdict: Verdict
    let previous: String?
    /// The event of the read.
    let fields: JSONValue
    let secondsSinceEnd: Int64?
    let nearest: String?
    let shift: String
}

/// Judges reads when the facts are there, waits when they are not, and judges again when late facts come.
struct AccessJudge: Codable, Sendable {
    /// How long a read waits for facts before it is called unverifiable.
    static let patienceMilliseconds: Int64 = 15 * 60_000
    /// How long a read that is not explained is judged again.
    static let reconsideredMilliseconds: Int64 = 24 * 3_600_000

    private struct Open: Codable, Sendable {
        let access: Access
        let eventID: String
        let fields: JSONBox
        /// Nil while it waits.
        var verdict: String?
        var binding: String
    }

    private(set) var store = RelationshipStore()
    private(set) var covered: [String: Int64] = [:]
    /// By the read's index, as text.
    private var open: [String: Open] = [:]
    private var openOfAgent: [String: [String]] = [:]
    private var openByEventID: [String: String] = [:]

    enum CodingKeys: String, CodingKey { case store, covered, open, openOfAgent, openByEventID }

    var openCount: Int { open.count }
    var relationshipCount: Int { store.count }

    /// The judge's standing instructions.
    struct Rules {
        let times: ExplanationTimes
        let requiredFeeds: [String]
        let resolve: (String) -> String
    }

    private func explainer(_ rules: Rules) -> Explainer {
        Explainer(
            store: store,
            times: rules.times,
            covered: covered,
            requiredFeeds: rules.requiredFeeds,
            resolve: rules.resolve
        )
    }

    // MARK: Events

    /// Judges a read, or puts it aside until facts come.
    mutating func judge(_ event: LedgerEvent, _ rules: Rules) -> Judgement? {
        guard let access = Access(event) else { return nil }
        let explainer = explainer(rules)
        let verdict = explainer.verdict(access)
        if case .explained = verdict { return judgement(access, verdict, nil, event.fields, explainer) }
        let key = String(event.index)
        let isDefinite = verdict == .unexplained || rules.requiredFeeds.isEmpty
        let eventID = event.text("eventId") ?? key
        open[key] = Open(
            access: access,
            eventID: eventID,
            fields: JSONBox(event.fields),
            verdict: isDefinite ? verdict.name : nil,
            binding: access.binding
        )
        openOfAgent[access.agent, default: []].append(key)
        openByEventID[eventID] = key
        return isDefinite ? judgement(access, verdict, nil, event.fields, explainer) : nil
    }

    /// Takes in a platform fact and judges again what it may explain.
    mutating func learn(_ event: LedgerEvent, _ rules: Rules) -> [Judgement] {
        switch event.type {
        case "RELATIONSHIP_RECORDED":
            guard let relationship = Relationship(event) else { return [] }
            store.put(relationship)
            if let agent = relationship.agent { return reconsider(openOfAgent[agent] ?? [], rules) }
            return reconsider(allOpen, rules)
        case "SCHEDULE_RECORDED":
            guard let agent = event.text("agentId"), let from = event.moment("from"), let to = event.moment("to") else {
                return []
            }
            store.recordSchedule(agent, from: from.milliseconds, to: to.milliseconds, shifts: event.shifts)
            return []
        case "AGENT_RECORDED":
            // A group of peers alone says nothing of queues.
            guard let agent = event.text("agentId"), let queues = event.fields["queueIds"]?.array else { return [] }
            store.setQueues(queues.compactMap(\.string), of: agent)
            return reconsider(openOfAgent[agent] ?? [], rules)
        case "PLATFORM_FEED_ADVANCED":
            guard let feed = event.text("feed"), let through = event.moment("through") else { return [] }
            covered[feed] = max(covered[feed] ?? .min, through.milliseconds)
            return reconsider(unsettled, rules)
        case "BINDING_CORRECTED":
            guard let id = event.text("correctedEventId"), let key = openByEventID[id] else { return [] }
            if let binding = event.text("binding") { open[key]?.binding = binding }
            return reconsider([key], rules)
        case "CUSTOMERS_LINKED", "IDENTITY_MERGED":
            guard let customer = event.text("customerId").map(rules.resolve) else { return [] }
            return reconsider(allOpen.filter { open[$0].map { rules.resolve($0.access.customer) } == customer }, rules)
        default: return []
        }
    }

    /// Gives up waiting for facts that did not come in time.
    mutating func advance(to watermark: Timestamp, _ rules: Rules) -> [Judgement] {
        var judgements: [Judgement] = []
        let explainer = explainer(rules)
        for key in waiting {
            guard let entry = open[key], entry.access.time + Self.patienceMilliseconds < watermark.milliseconds else {
                continue
            }
            let access = entry.access.bound(entry.binding)
            let verdict = explainer.verdict(access)
            open[key]?.verdict = verdict.name
            judgements.append(judgement(access, verdict, nil, entry.fields.value, explainer))
        }
        return judgements
    }

    mutating func sweep(watermark: Timestamp) {
        store.sweep(watermark: watermark)
        for (key, entry) in open where entry.access.time + Self.reconsideredMilliseconds < watermark.milliseconds {
            close(key)
        }
    }

    // MARK: Judging again

    private var allOpen: [String] { open.keys.sorted(by: Self.byIndex) }
    private var unsettled: [String] { open.filter { $0.value.verdict != "unexplained" }.keys.sorted(by: Self.byIndex) }
    private var waiting: [String] { open.filter { $0.value.verdict == nil }.keys.sorted(by: Self.byIndex) }

    /// Keys are decimal numbers.
    private static func byIndex(_ left: String, _ right: String) -> Bool {
        left.utf8.count != right.utf8.count ? left.utf8.count < right.utf8.count : left < right
    }

    private mutating func reconsider(_ keys: [String], _ rules: Rules) -> [Judgement] {
        guard !keys.isEmpty else { return [] }
        var judgements: [Judgement] = []
        let explainer = explainer(rules)
        for key in keys {
            guard let entry = open[key] else { continue }
            let access = entry.access.bound(entry.binding)
            let verdict = explainer.verdict(access)
            if case .unverifiable = verdict { continue }
            guard verdict.name != entry.verdict else { continue }
            // What was found unexplained stays so unless something explains it.
            judgements.append(judgement(access, verdict, entry.verdict, entry.fields.value, explainer))
            if case .explained = verdict { close(key) } else { open[key]?.verdict = verdict.name }
        }
        return judgements
    }

    private mutating func close(_ key: String) {
        guard let entry = open.removeValue(forKey: key) else { return }
        openOfAgent[entry.access.agent]?.removeAll { $0 == key }
        if openOfAgent[entry.access.agent]?.isEmpty == true { openOfAgent[entry.access.agent] = nil }
        openByEventID[entry.eventID] = nil
    }

    private func judgement(
        _ access: Access,
        _ verdict: Verdict,
        _ previous: String?,
        _ fields: JSONValue,
        _ explainer: Explainer
    ) -> Judgement {
        var nearest: String?
        var since: Int64?
        if case .explained = verdict {
        } else {
            nearest = explainer.nearest(access)
            since = explainer.secondsSinceEnd(access)
        }
        return Judgement(
            access: access,
            verdict: verdict,
            previous: previous,
            fields: fields,
            secondsSinceEnd: since,
            nearest: nearest,
            shift: store.calendar.answer(
                of: access.agent,
                at: access.time,
                grace: explainer.times.shiftGrace * 1000
            ).rawValue
        )
    }
}

extension Access {
    /// The same with what the platform said later of the binding.
    func bound(_ binding: String) -> Access {
        Access(
            index: index,
            time: time,
            agent: agent,
            customer: customer,
            interaction: interaction,
            queue: queue,
            binding: binding
        )
    }

    private init(
        index: Int64,
        time: Int64,
        agent: String,
        customer: String,
        interaction: String?,
        queue: String?,
        binding: String
    ) {
        self.index = index
        self.time = time
        self.agent = agent
        self.customer = customer
        self.interaction = interaction
        self.queue = queue
        self.binding = binding
    }
}
