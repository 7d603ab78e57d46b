import Genesys

extension Sandbox {
    /// Puts a row into the audits.
    /// - Returns: its id.
    @discardableResult
    public nonisolated func audit(_ row: SandboxAudit) -> String {
        state.with { contents in
            let id = contents.generator.uuid()
            contents.facts.audits.append(.init(id: id, row: row, at: clock.now - row.secondsAgo * 1000))
            return id
        }
    }

    /// From now on only these services write audits.
    public nonisolated func auditOnly(_ services: Set<String>) {
        state.with { $0.facts.services = SandboxFacts.allServices.filter { services.contains($0.name) } }
    }

    /// Counts executions of a data action, whoever answered them.
    /// - Parameters:
    ///   - action: such as ``SandboxDirectory/customerAction``.
    ///   - status: the HTTP status of the answers.
    public nonisolated func execute(_ action: String, times: Int, secondsAgo: Int64 = 0, status: Int = 200) {
        state.with { contents in
            contents.facts.executions.append(
                .init(action: action, at: clock.now - secondsAgo * 1000, status: status, count: times)
            )
        }
    }

    /// Lets somebody listen to, coach or join a conversation until it ends.
    /// - Parameter kind: `monitoring`, `coaching` or `barging`.
    /// - Throws: ``SandboxError`` when the agent or the conversation is unknown.
    public nonisolated func supervise(
        _ conversation: String,
        by agent: String,
        kind: String = "monitoring"
    ) throws(SandboxError) {
        try state.with { (contents) throws(SandboxError) in
            guard let facts = contents.world.conversation(conversation) else { throw .unknownConversation }
            guard let agent = contents.world.agent(agent) else { throw .unknownAgent }
            contents.facts.supervisions[facts.id, default: []].append(
                .init(user: agent.id, kind: kind, from: clock.now)
            )
        }
    }

    /// Makes a callback of an agent to a customer that is due later.
    ///
    /// - Returns: the conversation's id.
    /// - Throws: ``SandboxError`` when the agent or the customer is unknown.
    public nonisolated func scheduleCallback(
        agent: String,
        customer: String,
        inSeconds seconds: Int64
    ) throws(SandboxError) -> String {
        try state.with { (contents) throws(SandboxError) in
            let id = try contents.world.begin(
                .callback,
                agent: agent,
                customer: customer,
                joining: false,
                now: clock.now
            )
            contents.facts.callbacksDue[id] = clock.now + seconds * 1000
            return id
        }
    }

    /// Puts a callback to a customer that is due later into a queue, where it waits for any of its agents.
    ///
    /// - Returns: the conversation's id.
    /// - Throws: ``SandboxError`` when the queue or the customer is unknown.
    public nonisolated func scheduleCallback(
        queue: String,
        customer: String,
        inSeconds seconds: Int64
    ) throws(SandboxError) -> String {
        try state.with { (contents) throws(SandboxError) in
            let id = try contents.world.wait(queue: queue, customer: customer, now: clock.now)
            contents.facts.callbacksDue[id] = clock.now + seconds * 1000
            return id
        }
    }
}
