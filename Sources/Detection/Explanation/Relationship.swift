internal import JSON
internal import WallTime

/// What ties an agent to a customer, so that a read of that customer is explained.
public enum ExplanationProvider: String, Sendable, Hashable, Codable, CaseIterable {
    /// The agent's leg of the conversation was connected.
    case liveParticipant = "live_participant"
    /// The agent was wrapping the conversation up.
    case afterCallWork = "after_call_work"
    /// The conversation had ended not long before.
    case recentInteraction = "recent_interaction"
    /// A callback was due with the customer.
    case callback
    /// A campaign had given the customer's record to the agent.
    case outbound
    /// The agent was consulted, took the conversation over, or was in a conference.
    case consult
    /// The agent monitored, coached or barged in.
    case supervisor
    /// An evaluation of the conversation was assigned to the agent.
    case qualityReview = "quality_review"
    /// A case of the customer was assigned: a digital case, a privacy request, a complaint, a fraud case.
    case openCase = "open_case"
    /// The agent stated a reason and a second person was told; such reads are always reviewed.
    case breakGlass = "break_glass"

    /// As it stands in a sentence.
    var words: String {
        switch self {
        case .liveParticipant: "a conversation"
        case .afterCallWork: "after-call work"
        case .recentInteraction: "a conversation that had just ended"
        case .callback: "a callback"
        case .outbound: "a campaign call"
        case .consult: "a consultation or transfer"
        case .supervisor: "supervision"
        case .qualityReview: "a quality review"
        case .openCase: "an open case"
        case .breakGlass: "break-glass access"
        }
    }
}

/// A platform fact: an agent, or the agents of a queue, had to do with a customer or a conversation for some time.
struct Relationship: Codable, Sendable, Hashable {
    let id: String
    let provider: ExplanationProvider
    let agent: String?
    let queue: String?
    let customer: String?
    let interaction: String?
    let from: Int64
    /// Nil while it lasts.
    let to: Int64?
    let mode: String?
    /// The platform's object that says so, and when it was fetched.
    let object: String?
    let fetchedAt: String?

    /// Nil when the event lacks what a relationship needs.
    init?(_ event: LedgerEvent) {
        guard let provider = event.text("provider").flatMap({ ExplanationProvider(rawValue: $0) }),
            let from = event.moment("from"), event.text("agentId") != nil || event.text("queueId") != nil
        else { return nil }
        self.provider = provider
        self.from = from.milliseconds
        id = event.text("relationshipId") ?? "\(event.index)"
        agent = event.text("agentId")
        queue = event.text("queueId")
        customer = event.text("customerId")
        interaction = event.text("interactionId")
        to = event.moment("to")?.milliseconds
        mode = event.text("mode")
        object = event.text("objectId")
        fetchedAt = event.moment("fetchedAt")?.description
    }

    /// How fresh it is, at the end of a sentence.
    var freshness: String { fetchedAt.map { " (as fetched at \($0))" } ?? "" }

    /// Whether the read names this conversation.
    func isConversation(of access: Access) -> Bool { interaction != nil && interaction == access.interaction }
}

/// For how long each provider explains reads before its beginning and after its end, in seconds.
public struct ExplanationTimes: Sendable, Hashable {
    /// Seconds before the beginning.
    public var lead: [ExplanationProvider: Int64]
    /// Seconds after the end.
    public var life: [ExplanationProvider: Int64]
    /// Seconds before and after a shift that still belong to it: people sign in early and finish late.
    public var shiftGrace: Int64 = 1800

    /// Thirty minutes after a conversation, two after its wrap-up, a half hour around a callback, fifteen minutes after a
    /// campaign's disposition or a broken glass, thirty after supervision, none after a review or a case.
    public static let standard = ExplanationTimes(
        lead: [.callback: 1800],
        life: [
            .liveParticipant: 1800, .consult: 1800, .afterCallWork: 120, .callback: 1800, .outbound: 900,
            .supervisor: 1800,
            .breakGlass: 900,
        ]
    )

    /// Sets both.
    public init(lead: [ExplanationProvider: Int64], life: [ExplanationProvider: Int64]) {
        self.lead = lead
        self.life = life
    }
}
