public import AccessPolicy
import Genesys

/// Why a read has its binding grade.
public enum BindingReason: String, Sendable, CaseIterable {
    /// The agent is on the live conversation, and the customer is the one resolved for it.
    case agentAndCustomerMatch = "agent_and_customer_match"
    /// The agent is on the conversation; nothing tells which customer it is about.
    case customerUnknown = "customer_unknown"
    /// No platform is configured to ask.
    case noPlatform = "no_platform"
    /// The agent was never on the conversation.
    case agentNotOnConversation = "agent_not_on_conversation"
    /// The agent left the conversation too long ago.
    case agentLeft = "agent_left"
    /// The conversation is about another customer.
    case otherCustomer = "other_customer"
    /// The platform does not know the conversation, or no longer.
    case conversationNotFound = "conversation_not_found"
    /// The platform's answer came too late for this read.
    case lookupLate = "lookup_late"
    /// The platform could not answer.
    case lookupFailed = "lookup_failed"

    /// The grade that goes with the reason. What the platform does not know is never held against the agent.
    public var grade: BindingGrade {
        switch self {
        case .agentAndCustomerMatch: .verified
        case .customerUnknown: .partial
        case .noPlatform: .claimed
        case .agentNotOnConversation, .agentLeft, .otherCustomer: .contradicted
        case .conversationNotFound, .lookupLate, .lookupFailed: .unverifiable
        }
    }
}

/// How a read is tied to a conversation.
struct Binding: Sendable {
    let reason: BindingReason
    var channel: String?
    var queue: String?

    var grade: BindingGrade { reason.grade }

    init(_ reason: BindingReason) { self.reason = reason }

    /// Grades a read by what the platform says of the conversation.
    /// - Parameter now: milliseconds since 1970.
    init(
        agent: String,
        customer: String,
        facts: ConversationFacts,
        at now: Int64,
        settings: GatewaySettings.Binding
    ) {
        switch facts.presence(ofAgent: agent, at: now, wrapUpGrace: settings.wrapUpSeconds * 1000) {
        case .never: reason = .agentNotOnConversation
        case .left: reason = .agentLeft
        case .live, .wrapUp:
            let known = settings.customerAttribute.map { facts.values(ofAttribute: $0) } ?? []
            if known.isEmpty {
                reason = .customerUnknown
            } else {
                reason = known.contains(customer) ? .agentAndCustomerMatch : .otherCustomer
            }
        }
        channel = facts.channelType(ofAgent: agent)?.rawValue
        queue = facts.queueID(ofAgent: agent)
    }
}
