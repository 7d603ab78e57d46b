/// An OAuth client of the pretend organisation. Its secret protects nothing and is published in the directory.
public struct SandboxClient: Sendable, Hashable {
    /// Id to log in with.
    public let id: String
    /// Name shown.
    public let name: String
    /// Secret to log in with.
    public let secret: String
    /// Name of its one role.
    public let role: String
    /// Permissions of that role as `domain:entity:action`.
    public let permissions: [String]

    /// Makes a client.
    public init(id: String, name: String, secret: String, role: String, permissions: [String]) {
        self.id = id
        self.name = name
        self.secret = secret
        self.role = role
        self.permissions = permissions
    }
}

/// How a sandbox is made up.
public struct SandboxConfiguration: Sendable {
    /// How slow replies are slow.
    public enum Pace: Sendable, Hashable {
        /// Slow replies take real seconds.
        case realTime
        /// Slow replies wait for ``Sandbox/gate``.
        case gated
    }

    /// All people, ids and records follow from this number.
    public var seed: UInt64 = 1
    /// Address to listen on.
    public var host = "127.0.0.1"
    /// Port of the pretend Genesys Cloud; 0 takes any free one.
    public var platformPort = 0
    /// Port of the pretend CRM; 0 takes any free one.
    public var crmPort = 0
    /// Number of agents, at least 8.
    public var agents = 12
    /// Number of customers, at least 4.
    public var customers = 25
    /// Bearer token that the CRM demands.
    public var crmToken = "sandbox-crm-token"
    /// Requests per minute and token before the platform answers 429.
    public var requestsPerMinute = 300
    /// Life of access tokens in seconds; the platform's default is 86400.
    public var tokenSeconds = 86_400
    /// How slow replies are slow.
    public var pace = Pace.realTime
    /// The sandbox's time.
    public var clock = SandboxClock.system()
    /// OAuth clients: the first may do all that reads and containment need, the second may not see conversations or change anything.
    public var clients = [
        SandboxClient(
            id: "sandbox-gateway",
            name: "Muniment gateway",
            secret: "sandbox-gateway-secret",
            role: "Operator",
            permissions: [
                "conversation:communication:view", "conversation:participant:attributesview", "directory:user:view",
                "audits:audit:view", "audits:interactionDetails:view", "analytics:conversationDetail:view",
                "integrations:action:view", "routing:queue:view", "wfm:publishedSchedule:view", "oauth:token:delete",
                "oauth:client:view", "oauth:client:edit",
                "directory:user:edit", "directory:user:setPassword",
            ]
        ),
        SandboxClient(
            id: "sandbox-limited",
            name: "Limited client",
            secret: "sandbox-limited-secret",
            role: "Directory reader",
            permissions: ["directory:user:view"]
        ),
    ]

    /// The defaults.
    public init() {}
}
