import Synchronization

/// A fault that the pretend platform shows on one route, for a number of requests.
public struct PlatformFault: Sendable, Hashable {
    /// The route, as counted, such as `GET /api/v2/conversations/{id}` or `POST /oauth/token`.
    public var route: String
    /// HTTP status to answer with; nil answers as usual, after the delay. One of success answers without doing anything.
    public var status: Int?
    /// How many requests it strikes.
    public var times: Int
    /// Seconds for the header `Retry-After`.
    public var retryAfter: Int?
    /// Milliseconds to wait before answering.
    public var delayMilliseconds: Int
    /// Whether the reply waits for ``Sandbox/gate``.
    public var isHeld: Bool
    /// Whether the body drips: one byte a second, or the rest when ``Sandbox/gate`` opens.
    public var drips: Bool
    /// Whether it strikes after the request was carried out, so that only the answer is lost.
    public var isLate: Bool

    /// Makes a fault.
    public init(
        route: String,
        status: Int? = nil,
        times: Int = 1,
        retryAfter: Int? = nil,
        delayMilliseconds: Int = 0,
        isHeld: Bool = false,
        drips: Bool = false,
        isLate: Bool = false
    ) {
        self.route = route
        self.status = status
        self.times = times
        self.retryAfter = retryAfter
        self.delayMilliseconds = delayMilliseconds
        self.isHeld = isHeld
        self.drips = drips
        self.isLate = isLate
    }
}

/// Everything in the sandbox that changes.
final class SandboxState: Sendable {
    struct Contents: Sendable {
        var world: SandboxWorld
        var facts: SandboxFacts
        var accounts: SandboxAccounts
        var tokens = TokenTable()
        let tokenSeconds: Int
        var faults: [PlatformFault] = []
        var counts: [String: Int] = [:]
        /// Ids of replies and tokens, apart from the generator of the world so that requests do not change people.
        var generator: SeededGenerator
    }

    let configuration: SandboxConfiguration
    let gate = SandboxGate()
    private let contents: Mutex<Contents>

    init(_ configuration: SandboxConfiguration) {
        self.configuration = configuration
        let world = SandboxWorld(configuration, now: configuration.clock.now)
        var facts = SandboxFacts(seed: configuration.seed)
        facts.workforce.members[world.directory.queue] = Set(world.agents.map(\.id))
        contents = Mutex(
            Contents(
                world: world,
                facts: facts,
                accounts: SandboxAccounts(
                    agents: world.agents,
                    clients: configuration.clients,
                    tokenSeconds: configuration.tokenSeconds,
                    now: configuration.clock.now
                ),
                tokenSeconds: configuration.tokenSeconds,
                generator: SeededGenerator(seed: ~configuration.seed)
            )
        )
    }

    func with<Value: Sendable, Failure: Error>(
        _ body: (inout Contents) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try contents.withLock { (contents) throws(Failure) -> Value in try body(&contents) }
    }

    /// Counts a request and takes the fault that strikes it.
    func arrival(_ route: String) -> PlatformFault? {
        with { contents in
            contents.counts[route, default: 0] += 1
            guard let index = contents.faults.firstIndex(where: { $0.route == route }) else { return nil }
            contents.faults[index].times -= 1
            let fault = contents.faults[index]
            if fault.times <= 0 { contents.faults.remove(at: index) }
            return fault
        }
    }

    /// Waits as slow replies do: at the gate, or for real seconds.
    func pause(_ duration: Duration) async {
        switch configuration.pace {
        case .gated: await gate.pass()
        // Cancelled means that the sandbox stops.
        case .realTime: try? await Task.sleep(for: duration)
        }
    }
}
