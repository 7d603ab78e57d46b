/// Who and what is in a sandbox: the ids that a demonstration or a test starts from. The same seed gives the same
/// directory.
public struct SandboxDirectory: Sendable, Hashable, Codable {
    /// Id of the pretend organisation.
    public let organizationID: String
    /// Id of the OAuth client that may do all that reads need.
    public let clientID: String
    /// Its secret.
    public let clientSecret: String
    /// Id of the OAuth client that may not see conversations.
    public let limitedClientID: String
    /// Its secret.
    public let limitedClientSecret: String
    /// Bearer token of the CRM.
    public let crmToken: String
    /// Queue of the live call.
    public let queue: String
    /// Agent on ``liveConversation``.
    public let agentWithLiveCall: String
    /// Agent who is on none of the conversations with ``customer``.
    public let otherAgent: String
    /// Agent with the role Supervisor.
    public let supervisor: String
    /// Agent with the role Fraud Specialist.
    public let fraudSpecialist: String
    /// User who is not active.
    public let inactiveAgent: String
    /// Customer on ``liveConversation``; its attribute `customerId` names this customer.
    public let customer: String
    /// A customer who is on no live voice call.
    public let otherCustomer: String
    /// Voice call that lasts.
    public let liveConversation: String
    /// Voice call of ``agentWithLiveCall`` with ``customer`` that ended an hour ago, after-call work included.
    public let endedConversation: String
    /// Voice call of ``agentWithLiveCall`` with ``otherCustomer`` that ended a minute ago; after-call work lasts.
    public let wrapUpConversation: String
    /// Live voice call that ``transferredFrom`` has handed to ``transferredTo``.
    public let transferredConversation: String
    /// Agent who was on ``transferredConversation``.
    public let transferredFrom: String
    /// Agent who is on ``transferredConversation``.
    public let transferredTo: String
    /// Live voice call that rings at ``otherAgent``, who has not answered.
    public let ringingConversation: String
    /// Live chat of ``chatAgent``.
    public let chatConversation: String
    /// Live e-mail of ``chatAgent``.
    public let emailConversation: String
    /// Live message of ``chatAgent``.
    public let messageConversation: String
    /// Live callback of ``chatAgent``.
    public let callbackConversation: String
    /// Live voice call of ``chatAgent`` without an attribute `customerId`.
    public let anonymousConversation: String
    /// Agent on the conversations that are not calls.
    public let chatAgent: String
    /// The data action that calls the route `customer-profile`.
    public let customerAction: String
    /// The business unit of workforce management; nothing is published in it at first.
    public let businessUnit: String
    /// All agents.
    public let agents: [String]
    /// All customers.
    public let customers: [String]
}
