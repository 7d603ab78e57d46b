/// How the servers of NATS are reached.
public struct NATSSettings: Sendable {
    /// Who we are there.
    public enum Credential: Sendable {
        /// Nobody in particular.
        case none
        /// A user's name and password.
        case user(String, password: String)
        /// A token.
        case token(String)
        /// A file with a user's JWT and the seed of its key, as `nsc` writes it.
        case file(String)
    }

    /// Files in PEM for TLS.
    public struct TLS: Sendable {
        /// The authorities to trust; the system's when nil.
        public var trustRoots: String?
        /// Our certificate, and its key.
        public var identity: (certificate: String, privateKey: String)?

        /// Names the files.
        public init(trustRoots: String? = nil, identity: (certificate: String, privateKey: String)? = nil) {
            self.trustRoots = trustRoots
            self.identity = identity
        }
    }

    /// Addresses such as `nats://nats.example.com:4222`, without credentials; any of them will do.
    public var servers: [String]
    /// Who we are.
    public var credential: Credential
    /// Set for TLS, which then is required of the server.
    public var tls: TLS?
    /// How long a connection may take to come about, and a write to be taken by the network, in milliseconds.
    public var timeoutMilliseconds = 5000

    /// Turns the name of a server, or its address, into the addresses that are connected to, and throws when it may not be
    /// connected to; the library's own resolution when nil. May block.
    public var resolve: (@Sendable (String) throws -> [String])?

    /// Names the servers.
    public init(servers: [String], credential: Credential = .none, tls: TLS? = nil) {
        self.servers = servers
        self.credential = credential
        self.tls = tls
    }
}

/// Why something was not done. Texts are those of the client's library and of the server; neither repeats credentials.
public struct NATSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: Sendable, Hashable {
        /// No server could be reached.
        case unreachable
        /// A server's name leads where nothing may be sent to.
        case forbidden
        /// The server refuses our credentials.
        case credentials
        /// The server does not let us use the subject.
        case permission
        /// No TLS, or a certificate that one side does not trust.
        case tls
        /// The connection ended.
        case closed
        /// Nothing came in time.
        case timeout
        /// The message is larger than the server takes.
        case size
        /// Nobody listens to the subject.
        case nobody
        /// A file that was named cannot be used, or a setting is wrong.
        case settings
        /// Anything else.
        case other
    }

    /// The kind.
    public let code: Code
    /// What was said of it.
    public let description: String

    /// Names a failure.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
