public import Genesys

/// A pretend contact centre on this machine: a Genesys Cloud and a CRM, each on a port of its own.
///
/// It takes the place of the real systems in demonstrations and tests. People and ids follow from the seed; time is the
/// ``SandboxConfiguration/clock``; faults are ordered by ``inject(_:)`` and by the customers of ``CustomerFault``.
public actor Sandbox {
    let state: SandboxState
    private var serving: Task<Void, Never>?
    private var ports: (platform: Int, crm: Int)?

    /// Opens for replies that wait, when the pace is gated.
    public nonisolated let gate: SandboxGate
    /// The sandbox's time.
    public nonisolated let clock: SandboxClock
    /// Who and what is in it.
    public nonisolated let directory: SandboxDirectory

    /// Makes a sandbox that does not listen yet.
    public init(_ configuration: SandboxConfiguration = SandboxConfiguration()) {
        state = SandboxState(configuration)
        gate = state.gate
        clock = configuration.clock
        directory = state.with { $0.world.directory }
    }

    /// Listens and serves until ``stop()``. Does nothing when it serves already.
    ///
    /// - Throws: the network's error when a port is taken.
    public func start() async throws {
        guard serving == nil else { return }
        let state = state
        let host = state.configuration.host
        let pause: @Sendable () async -> Void = { await state.pause(.seconds(1)) }
        let platform = try await HTTPListener(host: host, port: state.configuration.platformPort, pause: pause)
        let crm: HTTPListener
        do {
            crm = try await HTTPListener(host: host, port: state.configuration.crmPort, pause: pause)
        } catch {
            await platform.close()
            throw error
        }
        ports = (platform.port, crm.port)
        let admin = AdminAPI(state: state)
        let platformAPI = PlatformAPI(state: state)
        let customerAPI = CustomerAPI(state: state)
        serving = Task {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    await platform.run { request in
                        request.segments.first == "sandbox"
                            ? admin.respond(to: request) : await platformAPI.respond(to: request)
                    }
                }
                group.addTask {
                    await crm.run { request in
                        request.segments.first == "sandbox"
                            ? admin.respond(to: request) : await customerAPI.respond(to: request)
                    }
                }
            }
        }
    }

    /// Starts if need be and serves until the task is cancelled, as a service does.
    ///
    /// - Throws: what ``start()`` throws.
    public func run() async throws {
        try await start()
        guard let serving else { return }
        await withTaskCancellationHandler {
            await serving.value
        } onCancel: {
            serving.cancel()
        }
    }

    /// Stops serving and waits until all connections are closed.
    public func stop() async {
        serving?.cancel()
        await serving?.value
        serving = nil
        ports = nil
    }

    /// Base URL of the pretend Genesys Cloud, such as `http://127.0.0.1:8181`; nil when it does not listen.
    public var platformURL: String? { ports.map { "http://\(state.configuration.host):\($0.platform)" } }

    /// Base URL of the pretend CRM; nil when it does not listen.
    public var crmURL: String? { ports.map { "http://\(state.configuration.host):\($0.crm)" } }

    /// Orders a fault of the pretend platform. Faults of one route strike in the order in which they were ordered.
    public nonisolated func inject(_ fault: PlatformFault) {
        state.with { $0.faults.append(fault) }
    }

    /// Looks at the accounts, or changes them, at the sandbox's time.
    nonisolated func accounts<Value: Sendable, Failure: Error>(
        _ body: (inout SandboxState.Contents, Int64) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let now = clock.now
        return try state.with { (contents) throws(Failure) -> Value in try body(&contents, now) }
    }

    /// How many requests arrived, by route, such as `GET /api/v2/conversations/{id}` or `CRM GET /customers/{id}`.
    public nonisolated var requestCounts: [String: Int] { state.with { $0.counts } }

    /// Makes all access tokens invalid, as a new client secret does.
    public nonisolated func revokeAllTokens() {
        state.with { $0.tokens.revokeAll() }
    }

    /// Begins a live conversation of an agent, with a customer or with somebody nobody has identified.
    ///
    /// - Returns: the conversation's id.
    /// - Throws: ``SandboxError`` when the agent or the customer is unknown.
    public nonisolated func begin(
        _ channel: ConversationFacts.Channel = .voice,
        agent: String,
        customer: String?
    ) throws(SandboxError) -> String {
        try state.with { (contents) throws(SandboxError) in
            try contents.world.begin(channel, agent: agent, customer: customer, now: clock.now)
        }
    }

    /// Hands a live conversation to another agent; the one before begins after-call work.
    ///
    /// - Throws: ``SandboxError`` when the agent is unknown or the conversation does not last.
    public nonisolated func transfer(_ conversation: String, to agent: String) throws(SandboxError) {
        try state.with { (contents) throws(SandboxError) in
            try contents.world.transfer(conversation, to: agent, now: clock.now)
        }
    }

    /// Ends a live conversation; its agent begins after-call work.
    ///
    /// - Throws: ``SandboxError`` when the conversation does not last.
    public nonisolated func end(_ conversation: String) throws(SandboxError) {
        try state.with { (contents) throws(SandboxError) in
            try contents.world.end(conversation, now: clock.now)
        }
    }

    /// Ends all after-call work of a conversation.
    ///
    /// - Throws: ``SandboxError`` when the conversation is unknown.
    public nonisolated func finishWrapUp(_ conversation: String) throws(SandboxError) {
        try state.with { (contents) throws(SandboxError) in
            try contents.world.finishWrapUp(conversation, now: clock.now)
        }
    }
}
