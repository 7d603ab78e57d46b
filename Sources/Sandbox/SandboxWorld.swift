import Genesys

/// The state of the pretend contact centre: people that stay and conversations that change.
struct SandboxWorld: Sendable {
    let agents: [SandboxAgent]
    let queues: [SandboxQueue]
    let customers: [String: SandboxCustomer]
    let directory: SandboxDirectory
    private(set) var conversations: [String: ConversationFacts] = [:]
    private var generator: SeededGenerator

    init(_ configuration: SandboxConfiguration, now: Int64) {
        var generator = SeededGenerator(seed: configuration.seed)
        let agents = (0..<max(8, configuration.agents)).map { generator.agent($0) }
        let queues = ["Support", "Billing", "Fraud", "Sales"].map { SandboxQueue(id: generator.uuid(), name: $0) }
        let customers = (0..<max(4, configuration.customers)).map { generator.customer($0) }
        let organization = generator.uuid()
        var stage = Stage(queue: queues[0].id, now: now, generator: generator)
        let minute: Int64 = 60_000

        let live = stage.call(
            .voice,
            agents[0],
            customers[0],
            joined: now - 3 * minute
        )
        let ended = stage.call(
            .voice,
            agents[0],
            customers[0],
            joined: now - 70 * minute,
            end: now - 60 * minute,
            wrapUpEnd: now - 58 * minute
        )
        let wrapUp = stage.call(.voice, agents[0], customers[1], joined: now - 8 * minute, end: now - minute)
        let first = ConversationFacts.Participant(
            purpose: "agent",
            userID: agents[1].id,
            queueID: queues[0].id,
            connected: now - 9 * minute,
            end: now - 4 * minute,
            wrapUpStart: now - 4 * minute,
            wrapUpEnd: now - 3 * minute,
            legs: [.init(channel: .voice, connected: now - 9 * minute, disconnected: now - 4 * minute)]
        )
        let transferred = stage.call(.voice, agents[2], customers[2], joined: now - 4 * minute, earlier: [first])
        let ringing = stage.call(.voice, agents[3], customers[3], joined: nil)
        let others = ConversationFacts.Channel.allCases.filter { $0 != .voice }.map { channel in
            (channel, stage.call(channel, agents[6], customers[3], joined: now - 2 * minute))
        }
        let anonymous = stage.call(.voice, agents[6], nil, joined: now - minute)

        let byChannel = Dictionary(uniqueKeysWithValues: others)
        let limited = configuration.clients.dropFirst().first
        let facts = SandboxFacts(seed: configuration.seed)
        directory = SandboxDirectory(
            organizationID: organization,
            clientID: configuration.clients.first?.id ?? "",
            clientSecret: configuration.clients.first?.secret ?? "",
            limitedClientID: limited?.id ?? "",
            limitedClientSecret: limited?.secret ?? "",
            crmToken: configuration.crmToken,
            queue: queues[0].id,
            agentWithLiveCall: agents[0].id,
            otherAgent: agents[3].id,
            supervisor: agents[4].id,
            fraudSpecialist: agents[5].id,
            inactiveAgent: agents[7].id,
            customer: customers[0].id,
            otherCustomer: customers[1].id,
            liveConversation: live,
            endedConversation: ended,
            wrapUpConversation: wrapUp,
            transferredConversation: transferred,
            transferredFrom: agents[1].id,
            transferredTo: agents[2].id,
            ringingConversation: ringing,
            chatConversation: byChannel[.chat] ?? "",
            emailConversation: byChannel[.email] ?? "",
            messageConversation: byChannel[.message] ?? "",
            callbackConversation: byChannel[.callback] ?? "",
            anonymousConversation: anonymous,
            chatAgent: agents[6].id,
            customerAction: facts.actions[0].id,
            businessUnit: facts.workforce.units.keys.first ?? "",
            agents: agents.map(\.id),
            customers: customers.map(\.id)
        )
        self.agents = agents
        self.queues = queues
        self.customers = Dictionary(uniqueKeysWithValues: customers.map { ($0.id, $0) })
        conversations = stage.conversations
        self.generator = stage.generator
    }

    /// An agent by id in any letter case.
    func agent(_ id: String) -> SandboxAgent? {
        let wanted = id.lowercased()
        return agents.first { $0.id == wanted }
    }

    /// A conversation by id in any letter case.
    func conversation(_ id: String) -> ConversationFacts? {
        conversations[id.lowercased()]
    }

    /// Begins a live conversation.
    mutating func begin(
        _ channel: ConversationFacts.Channel,
        agent: String,
        customer: String?,
        joining: Bool = true,
        now: Int64
    ) throws(SandboxError) -> String {
        guard let agent = self.agent(agent) else { throw .unknownAgent }
        var known: SandboxCustomer?
        if let customer {
            guard let found = customers[customer] else { throw .unknownCustomer }
            known = found
        }
        var stage = Stage(queue: directory.queue, now: now, generator: generator)
        let id = stage.call(channel, agent, known, joined: joining ? now : nil)
        conversations.merge(stage.conversations) { $1 }
        generator = stage.generator
        return id
    }

    /// Puts a callback to a customer into a queue, where it waits for any of its agents.
    mutating func wait(queue: String, customer: String, now: Int64) throws(SandboxError) -> String {
        guard queues.contains(where: { $0.id == queue }) else { throw .unknownQueue }
        guard let known = customers[customer] else { throw .unknownCustomer }
        var stage = Stage(queue: queue, now: now, generator: generator)
        let id = stage.call(.callback, nil, known, joined: nil)
        conversations.merge(stage.conversations) { $1 }
        generator = stage.generator
        return id
    }

    /// Hands a live conversation to another agent; the one before begins after-call work.
    mutating func transfer(_ id: String, to agent: String, now: Int64) throws(SandboxError) {
        guard let facts = conversation(id), facts.end == nil else { throw .unknownConversation }
        guard let agent = self.agent(agent) else { throw .unknownAgent }
        let channel = facts.participants.last?.legs.last?.channel ?? .voice
        let next = ConversationFacts.Participant(
            purpose: "agent",
            userID: agent.id,
            queueID: directory.queue,
            connected: now,
            legs: [.init(channel: channel, connected: now, disconnected: nil)]
        )
        let before = facts.participants.map { $0.purpose == "agent" ? $0.ended(at: now, wrapUp: true) : $0 }
        conversations[facts.id] = ConversationFacts(
            id: facts.id,
            start: facts.start,
            end: nil,
            participants: before + [next]
        )
    }

    /// Ends a live conversation; its agent begins after-call work.
    mutating func end(_ id: String, now: Int64) throws(SandboxError) {
        guard let facts = conversation(id), facts.end == nil else { throw .unknownConversation }
        conversations[facts.id] = ConversationFacts(
            id: facts.id,
            start: facts.start,
            end: now,
            participants: facts.participants.map { $0.ended(at: now, wrapUp: $0.purpose == "agent") }
        )
    }

    /// Ends all after-call work of a conversation.
    mutating func finishWrapUp(_ id: String, now: Int64) throws(SandboxError) {
        guard let facts = conversation(id) else { throw .unknownConversation }
        let participants = facts.participants.map { participant in
            var participant = participant
            if participant.wrapUpStart != nil, participant.wrapUpEnd == nil { participant.wrapUpEnd = now }
            return participant
        }
        conversations[facts.id] = ConversationFacts(
            id: facts.id,
            start: facts.start,
            end: facts.end,
            participants: participants
        )
    }
}

/// Why the sandbox refuses a change.
public enum SandboxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No agent has this id.
    case unknownAgent
    /// No customer has this id.
    case unknownCustomer
    /// No such conversation, or it has ended.
    case unknownConversation
    /// No queue has this id.
    case unknownQueue
    /// The agent's account is not active.
    case inactiveAgent

    /// What to do.
    public var description: String {
        switch self {
        case .unknownAgent: "The sandbox has no such agent; GET /sandbox/directory lists them."
        case .unknownCustomer: "The sandbox has no such customer; GET /sandbox/directory lists them."
        case .unknownConversation: "The sandbox has no such conversation, or it has ended."
        case .unknownQueue: "The sandbox has no such queue."
        case .inactiveAgent: "The agent's account is not active."
        }
    }
}

/// Puts conversations together.
private struct Stage {
    let queue: String
    let now: Int64
    var generator: SeededGenerator
    var conversations: [String: ConversationFacts] = [:]

    /// Adds a conversation of a customer, the queue's distributor and an agent; one who has not joined is being called.
    mutating func call(
        _ channel: ConversationFacts.Channel,
        _ agent: SandboxAgent?,
        _ customer: SandboxCustomer?,
        joined: Int64?,
        end: Int64? = nil,
        wrapUpEnd: Int64? = nil,
        earlier: [ConversationFacts.Participant] = []
    ) -> String {
        let id = generator.uuid()
        let start = (earlier.first?.connected ?? joined ?? now) - 30_000
        let caller = ConversationFacts.Participant(
            purpose: "customer",
            externalContactID: customer == nil ? nil : generator.uuid(),
            connected: start,
            end: end,
            attributes: customer.map { ["customerId": $0.id] } ?? [:],
            legs: [.init(channel: channel, connected: start, disconnected: end)]
        )
        let distributor = ConversationFacts.Participant(
            purpose: "acd",
            queueID: queue,
            connected: start,
            end: joined,
            legs: [.init(channel: channel, connected: start, disconnected: joined)]
        )
        let answering = agent.map { agent in
            ConversationFacts.Participant(
                purpose: "agent",
                userID: agent.id,
                queueID: queue,
                connected: joined,
                end: end,
                wrapUpStart: end,
                wrapUpEnd: wrapUpEnd,
                legs: [.init(channel: channel, connected: joined, disconnected: end)]
            )
        }
        conversations[id] = ConversationFacts(
            id: id,
            start: start,
            end: end,
            participants: [caller, distributor] + earlier + [answering].compactMap(\.self)
        )
        return id
    }
}

extension ConversationFacts.Participant {
    /// The same participant after leaving; one who had left is unchanged.
    fileprivate func ended(at instant: Int64, wrapUp: Bool) -> Self {
        guard end == nil else { return self }
        var ended = self
        ended.end = instant
        if wrapUp, connected != nil { ended.wrapUpStart = instant }
        ended.legs = legs.map {
            .init(channel: $0.channel, connected: $0.connected, disconnected: $0.disconnected ?? instant)
        }
        return ended
    }
}
