internal import JSON
internal import WallTime

/// Whether a read is explained.
enum Verdict: Sendable, Hashable {
    case explained(ExplanationProvider, evidence: String?, fetchedAt: String? = nil)
    /// Everything that could explain it is known, and does not.
    case unexplained
    /// Facts are missing; nobody is blamed for that.
    case unverifiable(missing: [String])

    var name: String {
        switch self {
        case .explained: "explained"
        case .unexplained: "unexplained"
        case .unverifiable: "unverifiable"
        }
    }
}

/// A read of customer data whose explanation is looked for.
struct Access: Codable, Sendable {
    let index: Int64
    let time: Int64
    let agent: String
    let customer: String
    let interaction: String?
    let queue: String?
    /// As the platform said last.
    var binding: String

    init?(_ event: LedgerEvent) {
        guard let agent = event.text("agentId"), let customer = event.text("customerId") else { return nil }
        index = event.index
        time = event.timestamp.milliseconds
        self.agent = agent
        self.customer = customer
        interaction = event.text("interactionId")
        queue = event.text("queueId")
        binding = event.text("binding") ?? "claimed"
    }
}

/// Explains reads from the platform's facts: pure, so that the same facts give the same verdict.
struct Explainer {
    let store: RelationshipStore
    let times: ExplanationTimes
    /// How far each feed of facts is complete, in milliseconds.
    let covered: [String: Int64]
    /// The feeds without which nothing can be called unexplained.
    let requiredFeeds: [String]
    let resolve: (String) -> String

    func verdict(_ access: Access) -> Verdict {
        // The gateway asked the platform at the time of the read.
        if access.binding == "verified" { return .explained(.liveParticipant, evidence: access.interaction) }
        let customer = resolve(access.customer)
        let own = store.ofAgent(access.agent, queue: access.queue)
        let isAboutKnown = namesKnownConversation(access, own)
        var unknown = access.binding == "partial" ? "the customer of the conversation" : nil
        var best: (provider: ExplanationProvider, relationship: Relationship)?
        for relationship in own {
            guard let provider = provider(relationship, at: access.time) else { continue }
            let isTied: Bool
            if let known = relationship.customer {
                isTied = resolve(known) == customer
            } else {
                isTied = provider == .breakGlass && relationship.interaction == nil
                if relationship.isConversation(of: access) {
                    unknown = "the customer of the conversation"
                } else if !isAboutKnown, unknown == nil {
                    unknown = "the customer of \(provider.words)"
                }
            }
            guard isTied, best == nil || Self.rank(provider) < Self.rank(best?.provider ?? .breakGlass) else {
                continue
            }
            best = (provider, relationship)
        }
        if let (provider, found) = best {
            return .explained(provider, evidence: found.object ?? found.id, fetchedAt: found.fetchedAt)
        }
        if let unknown { return .unverifiable(missing: [unknown]) }
        guard !requiredFeeds.isEmpty else { return .unverifiable(missing: ["a feed of platform facts"]) }
        let missing = requiredFeeds.filter { (covered[$0] ?? .min) < access.time }
        return missing.isEmpty ? .unexplained : .unverifiable(missing: missing.map { "facts of the feed '\($0)'" })
    }

    /// Whether the read says which of the agent's conversations it is for, and that one's customer is known: then what else the
    /// agent had to do at the time does not matter.
    private func namesKnownConversation(_ access: Access, _ own: [Relationship]) -> Bool {
        own.contains { $0.isConversation(of: access) && $0.customer != nil }
    }

    private static func rank(_ provider: ExplanationProvider) -> Int {
        ExplanationProvider.allCases.firstIndex(of: provider) ?? 0
    }

    /// What a relationship is at a time: itself, what is left of it after its end, or nothing.
    private func provider(_ relationship: Relationship, at time: Int64) -> ExplanationProvider? {
        let lead = (times.lead[relationship.provider] ?? 0) * 1000
        let life = (times.life[relationship.provider] ?? 0) * 1000
        guard time >= relationship.from - lead else { return nil }
        guard let to = relationship.to, time > to else { return relationship.provider }
        guard time <= to + life else { return nil }
        return relationship.provider == .liveParticipant ? .recentInteraction : relationship.provider
    }

    // MARK: What would have explained it

    /// Seconds since the agent's latest conversation with the customer, or on the interaction named, ended.
    func secondsSinceEnd(_ access: Access) -> Int64? {
        let customer = resolve(access.customer)
        let ends = store.ofAgent(access.agent, queue: nil).compactMap { relationship -> Int64? in
            guard relationship.provider == .liveParticipant || relationship.provider == .consult,
                let to = relationship.to,
                to <= access.time
            else { return nil }
            let isSame =
                relationship.customer.map { resolve($0) == customer }
                ?? (relationship.interaction != nil && relationship.interaction == access.interaction)
            return isSame ? to : nil
        }
        return ends.max().map { (access.time - $0) / 1000 }
    }

    /// The explanation that was nearest to holding, in words.
    func nearest(_ access: Access) -> String {
        let customer = resolve(access.customer)
        let own = store.ofAgent(access.agent, queue: access.queue)
        let outOfTime = own.filter { $0.customer.map { resolve($0) == customer } ?? false }
            .map { ($0, gap($0, access.time)) }
            .min { abs($0.1) < abs($1.1) }
        if let (relationship, gap) = outOfTime {
            let distance = Duration.words(abs(gap))
            return gap > 0
                ? "\(relationship.provider.words) with this customer ended \(distance) earlier\(relationship.freshness)"
                : "\(relationship.provider.words) with this customer began \(distance) later\(relationship.freshness)"
        }
        if let other = own.first(where: { $0.customer != nil && provider($0, at: access.time) != nil }) {
            return "\(other.provider.words) existed at the time, but for another customer\(other.freshness)"
        }
        if let colleague = store.ofCustomer(access.customer).first(where: {
            $0.agent != nil && $0.agent != access.agent && provider($0, at: access.time) != nil
        }) {
            return
                "\(colleague.provider.words) tied this customer to agent \(colleague.agent ?? "unknown"), not to this one"
                + colleague.freshness
        }
        return "none is known"
    }

    /// How far a time lies after the end (positive) or before the beginning (negative).
    private func gap(_ relationship: Relationship, _ time: Int64) -> Int64 {
        if time < relationship.from { return time - relationship.from }
        return max(time - (relationship.to ?? time), 0)
    }

    enum Duration {
        static func words(_ milliseconds: Int64) -> String {
            let seconds = milliseconds / 1000
            if seconds < 120 { return "\(seconds) s" }
            if seconds < 7200 { return "\(seconds / 60) min" }
            return "\(seconds / 3600) h \(seconds / 60 % 60) min"
        }
    }
}
