internal import JSON
internal import WallTime

/// A read with its verdict, and what it was before.
struct Judgement {
    let access: Access
    let verdict: Verdict
    let previous: String?
    /// Of the read's event, what rules look at, and what tells it from a second delivery.
    let fields: JSONValue
    let identity: Int64
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

    private(set) var store = RelationshipStore()
    private(set) var covered: [String: Int64] = [:]
    private var open = OpenReads()

    var openCount: Int { open.count }
    var relationshipCount: Int { store.count }

    /// The judge's standing instructions.
    struct Rules {
        let times: ExplanationTimes
        let requiredFeeds: [String]
        /// The members of a read that rules look at once it is judged.
        let interests: Set<String>
        /// The most reads that are put aside.
        let mostOpen: Int
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

    /// Judges a read, or puts it aside until facts come. Without required feeds nothing can ever speak against a read, so that none
    /// is put aside unless an alert waits for its explanation: see ``watch(_:_:_:)``.
    /// - Returns: the read when it is judged, and one that must make room for it without its facts having come.
    mutating func judge(_ event: LedgerEvent, _ rules: Rules) -> [Judgement] {
        guard let access = Access(event) else { return [] }
        let explainer = explainer(rules)
        let verdict = explainer.verdict(access)
        let read = OpenRead(access, event, interests: rules.interests, verdict: nil)
        if case .explained = verdict { return [judgement(read, verdict, nil, explainer)] }
        guard !rules.requiredFeeds.isEmpty else { return [judgement(read, verdict, nil, explainer)] }
        guard verdict == .unexplained else { return putAside(read, rules, explainer) }
        return putAside(OpenRead(access, event, interests: rules.interests, verdict: verdict.name), rules, explainer)
            + [judgement(read, verdict, nil, explainer)]
    }

    /// Keeps a judged read because an alert waits for what explains it.
    mutating func watch(_ event: LedgerEvent, _ verdict: Verdict, _ rules: Rules) {
        guard let access = Access(event) else { return }
        // It makes room for none that waits, since none does without required feeds.
        _ = putAside(
            OpenRead(access, event, interests: rules.interests, verdict: verdict.name),
            rules,
            explainer(rules)
        )
    }

    private mutating func putAside(_ read: OpenRead, _ rules: Rules, _ explainer: Explainer) -> [Judgement] {
        open.insert(read)
        guard open.count > rules.mostOpen, let oldest = open.removeOldest(), oldest.verdict == nil else { return [] }
        return [judgement(oldest, .unverifiable(missing: [Self.noRoom]), nil, explainer)]
    }

    /// What is said of a read that waited while too many others did.
    static let noRoom = "room for more reads that wait for facts"

    /// Takes in a platform fact and judges again what it may explain.
    mutating func learn(_ event: LedgerEvent, _ rules: Rules) -> [Judgement] {
        switch event.type {
        case "RELATIONSHIP_RECORDED":
            guard let relationship = Relationship(event) else { return [] }
            store.put(relationship)
            if let agent = relationship.agent { return reconsider(open.ofAgent(agent), rules) }
            return reconsider(open.all, rules)
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
            return reconsider(open.ofAgent(agent), rules)
        case "PLATFORM_FEED_ADVANCED":
            guard let feed = event.text("feed"), let through = event.moment("through") else { return [] }
            covered[feed] = max(covered[feed] ?? .min, through.milliseconds)
            return reconsider(open.all.filter { open[$0]?.verdict != "unexplained" }, rules)
        case "BINDING_CORRECTED":
            guard let id = event.text("correctedEventId"), let index = open.index(ofEvent: id) else { return [] }
            if let binding = event.text("binding") { open[index]?.access.binding = binding }
            return reconsider([index], rules)
        case "CUSTOMERS_LINKED", "IDENTITY_MERGED":
            guard let customer = event.text("customerId").map(rules.resolve) else { return [] }
            return reconsider(open.all.filter { open[$0].map { rules.resolve($0.access.customer) } == customer }, rules)
        default: return []
        }
    }

    /// Gives up waiting for facts that did not come in time.
    mutating func advance(to watermark: Timestamp, _ rules: Rules) -> [Judgement] {
        var judgements: [Judgement] = []
        let explainer = explainer(rules)
        for index in open.all {
            guard let read = open[index], read.verdict == nil,
                read.access.time + Self.patienceMilliseconds < watermark.milliseconds
            else { continue }
            let verdict = explainer.verdict(read.access)
            open[index]?.verdict = verdict.name
            judgements.append(judgement(read, verdict, nil, explainer))
        }
        return judgements
    }

    mutating func sweep(watermark: Timestamp) {
        store.sweep(watermark: watermark)
        let oldest = watermark.milliseconds - Self.reconsideredMilliseconds
        for index in open.all where (open[index]?.access.time ?? oldest) < oldest { open.remove(index) }
    }

    // MARK: Judging again

    private mutating func reconsider(_ indexes: [Int64], _ rules: Rules) -> [Judgement] {
        guard !indexes.isEmpty else { return [] }
        var judgements: [Judgement] = []
        let explainer = explainer(rules)
        for index in indexes {
            guard let read = open[index] else { continue }
            let verdict = explainer.verdict(read.access)
            if case .unverifiable = verdict { continue }
            guard verdict.name != read.verdict else { continue }
            // What was found unexplained stays so unless something explains it.
            judgements.append(judgement(read, verdict, read.verdict, explainer))
            if case .explained = verdict { open.remove(index) } else { open[index]?.verdict = verdict.name }
        }
        return judgements
    }

    private func judgement(
        _ read: OpenRead,
        _ verdict: Verdict,
        _ previous: String?,
        _ explainer: Explainer
    ) -> Judgement {
        let access = read.access
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
            fields: read.fields.value,
            identity: read.identity,
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
