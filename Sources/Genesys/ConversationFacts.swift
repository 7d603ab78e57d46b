/// What the platform says of a conversation, reduced to who was on it and when.
///
/// Instants are milliseconds since 1970-01-01T00:00:00Z by the platform's clock. The description shows the id alone,
/// because attributes may hold personal data.
public struct ConversationFacts: Sendable, Hashable, CustomStringConvertible {
    /// How people speak with each other.
    public enum Channel: String, Sendable, Hashable, CaseIterable {
        case voice, chat, email, message, callback
    }

    /// One stretch of one medium of a participant.
    public struct Leg: Sendable, Hashable {
        /// The medium.
        public let channel: Channel
        /// When it was connected; nil while it rings.
        public let connected: Int64?
        /// When it was disconnected; nil while it lasts.
        public let disconnected: Int64?

        /// Makes a leg.
        public init(channel: Channel, connected: Int64?, disconnected: Int64?) {
            self.channel = channel
            self.connected = connected
            self.disconnected = disconnected
        }
    }

    /// Somebody or something that took part. One person who left and came back is two participants.
    public struct Participant: Sendable, Hashable {
        /// Role in the conversation, such as `customer`, `agent`, `acd` or `ivr`.
        public var purpose: String
        /// Id of the user, lower case, if it is one.
        public var userID: String?
        /// Id of the queue through which it joined, lower case.
        public var queueID: String?
        /// Id of the external contact, lower case.
        public var externalContactID: String?
        /// When it joined.
        public var connected: Int64?
        /// When it left.
        public var end: Int64?
        /// When its after-call work began.
        public var wrapUpStart: Int64?
        /// When its after-call work ended.
        public var wrapUpEnd: Int64?
        /// Attributes that flows and scripts have set.
        public var attributes: [String: String]
        /// Its media.
        public var legs: [Leg]

        /// Makes a participant; ids are lower-cased.
        public init(
            purpose: String,
            userID: String? = nil,
            queueID: String? = nil,
            externalContactID: String? = nil,
            connected: Int64? = nil,
            end: Int64? = nil,
            wrapUpStart: Int64? = nil,
            wrapUpEnd: Int64? = nil,
            attributes: [String: String] = [:],
            legs: [Leg] = []
        ) {
            self.purpose = purpose
            self.userID = userID?.lowercased()
            self.queueID = queueID?.lowercased()
            self.externalContactID = externalContactID?.lowercased()
            self.connected = connected
            self.end = end
            self.wrapUpStart = wrapUpStart
            self.wrapUpEnd = wrapUpEnd
            self.attributes = attributes
            self.legs = legs
        }
    }

    /// Id of the conversation, lower case.
    public let id: String
    /// When it began.
    public let start: Int64?
    /// When it ended; nil while it lasts.
    public let end: Int64?
    /// All participants, in the platform's order.
    public let participants: [Participant]

    /// Makes facts; the id is lower-cased.
    public init(id: String, start: Int64?, end: Int64?, participants: [Participant]) {
        self.id = id.lowercased()
        self.start = start
        self.end = end
        self.participants = participants
    }

    /// The id alone.
    public var description: String { "Conversation \(id)" }

    /// All values that any participant carries for an attribute. More than one means that the platform's facts
    /// disagree.
    public func values(ofAttribute name: String) -> Set<String> {
        Set(participants.compactMap { $0.attributes[name] })
    }

    /// Channel of an agent's latest part in the conversation; nil when the agent has none.
    public func channelType(ofAgent agentID: String) -> Channel? {
        latestPart(ofAgent: agentID)?.legs.last?.channel
    }

    /// Queue, lower case, through which an agent's latest part in the conversation came; nil when there is none.
    public func queueID(ofAgent agentID: String) -> String? {
        latestPart(ofAgent: agentID)?.queueID
    }

    private func latestPart(ofAgent agentID: String) -> Participant? {
        parts(ofAgent: agentID).max { ($0.connected ?? .min) < ($1.connected ?? .min) }
    }

    /// The participants that are this agent.
    func parts(ofAgent agentID: String) -> [Participant] {
        let wanted = agentID.lowercased()
        return participants.filter { $0.userID == wanted && ($0.purpose == "agent" || $0.purpose == "user") }
    }
}
