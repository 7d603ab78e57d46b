public import AccessPolicy

/// Everything that the data plane is configured with.
public struct GatewaySettings: Sendable {
    /// An address to listen on.
    public struct Listener: Sendable {
        /// The host or address.
        public let host: String
        /// The port; 0 for any.
        public let port: Int
        /// TLS; nil for plain text.
        public let tls: ServerTLS?

        /// Describes a listener.
        public init(host: String, port: Int, tls: ServerTLS?) {
            self.host = host
            self.port = port
            self.tls = tls
        }
    }

    /// How agents are tied to interactions by platform facts.
    public struct Binding: Sendable {
        /// How long a read waits for the platform's answer about a conversation seen for the first time, in milliseconds.
        public var budgetMilliseconds = 400
        /// How long an answer is good for, in milliseconds.
        public var factsMilliseconds = 8000
        /// How old an answer must be, in milliseconds, to be asked for again before it is held against an agent: who has just
        /// been transferred to is not on the facts of a moment ago.
        public var recheckMilliseconds = 500
        /// How long an agent's roles are good for, in milliseconds.
        public var rolesMilliseconds = 300_000
        /// How long after an agent left a conversation counts as finishing it, when the platform reports no after-call work.
        public var wrapUpSeconds: Int64 = 120
        /// The participant attribute that holds the customer's id; nil when conversations carry none.
        public var customerAttribute: String?
        /// Whether the policy needs the agents' platform roles.
        public var needsRoles = false

        /// The defaults.
        public init() {}
    }

    /// Where to listen.
    public var listener: Listener
    /// The event loops; 0 for one per core.
    public var threads: Int
    /// Client connections at the most; further ones are closed at once.
    public var maximumConnections: Int
    /// How long a client may take to send a whole request, in milliseconds.
    public var receiveMilliseconds = 15_000
    /// How long a connection may lie idle between requests, in milliseconds.
    public var idleMilliseconds = 120_000
    /// The systems of record.
    public var upstreams: [Upstream]
    /// The kinds of read.
    public var routes: [Route]
    /// What decides about fields.
    public var policy: Policy
    /// A policy that is only compared.
    public var shadowPolicy: Policy?
    /// How agents are tied to interactions.
    public var binding: Binding
    /// Whether each released value is committed to in the record.
    public var commitments: Bool
    /// The folder of the journal that stands in for the ledger's store; nil when no route spools.
    public var spoolDirectory: String?
    /// The largest journal, in bytes; beyond it reads are refused.
    public var maximumSpoolBytes: Int
    /// Named in every record as what wrote it, and part of ids that must differ between nodes.
    public var producer: String

    /// Collects settings.
    public init(
        listener: Listener,
        threads: Int = 0,
        maximumConnections: Int = 4096,
        upstreams: [Upstream],
        routes: [Route],
        policy: Policy,
        shadowPolicy: Policy? = nil,
        binding: Binding = Binding(),
        commitments: Bool = true,
        spoolDirectory: String? = nil,
        maximumSpoolBytes: Int = 256 << 20,
        producer: String = "gateway"
    ) {
        self.listener = listener
        self.threads = threads
        self.maximumConnections = maximumConnections
        self.upstreams = upstreams
        self.routes = routes
        self.policy = policy
        self.shadowPolicy = shadowPolicy
        self.binding = binding
        self.commitments = commitments
        self.spoolDirectory = spoolDirectory
        self.maximumSpoolBytes = maximumSpoolBytes
        self.producer = producer
    }
}

/// TLS of a listener, from PEM files.
public struct ServerTLS: Sendable, Hashable {
    /// The certificate with its chain.
    public let certificate: String
    /// Its key.
    public let privateKey: String
    /// Authorities of client certificates; when given, every caller must present one.
    public let clientAuthorities: String?

    /// Names the files.
    public init(certificate: String, privateKey: String, clientAuthorities: String? = nil) {
        self.certificate = certificate
        self.privateKey = privateKey
        self.clientAuthorities = clientAuthorities
    }
}
