public import Genesys

/// A system of record that reads are fetched from.
public struct Upstream: Sendable {
    /// Its name in routes and records.
    public let name: String
    /// The host name or address to connect to.
    public let host: String
    /// The port.
    public let port: Int
    /// TLS towards it; nil for plain text.
    public let tls: UpstreamTLS?
    /// The region where it holds its data, for the record.
    public let region: String?
    /// Headers sent with every request, such as the credential. Never logged.
    public let headers: [(name: String, value: Secret)]
    /// Time for one exchange, in milliseconds, connecting included.
    public let timeoutMilliseconds: Int
    /// Connections to it from this process at the most; further reads wait their turn.
    public let maximumConnections: Int
    /// Consecutive failures after which it is left alone.
    public let failuresToOpen: Int
    /// How long it is left alone, in milliseconds, before one read tries again.
    public let openMilliseconds: Int

    /// Describes an upstream.
    public init(
        name: String,
        host: String,
        port: Int,
        tls: UpstreamTLS?,
        region: String? = nil,
        headers: [(name: String, value: Secret)] = [],
        timeoutMilliseconds: Int = 2000,
        maximumConnections: Int = 256,
        failuresToOpen: Int = 5,
        openMilliseconds: Int = 10_000
    ) {
        self.name = name
        self.host = host
        self.port = port
        self.tls = tls
        self.region = region
        self.headers = headers
        self.timeoutMilliseconds = timeoutMilliseconds
        self.maximumConnections = maximumConnections
        self.failuresToOpen = failuresToOpen
        self.openMilliseconds = openMilliseconds
    }
}

/// TLS towards an upstream. The certificate is always verified.
public struct UpstreamTLS: Sendable {
    /// A PEM file of certificates to trust instead of the system's.
    public let trustRoots: String?
    /// A PEM file of our own certificate, for mutual TLS.
    public let certificate: String?
    /// A PEM file of its key.
    public let privateKey: String?

    /// Sets up TLS.
    public init(trustRoots: String? = nil, certificate: String? = nil, privateKey: String? = nil) {
        self.trustRoots = trustRoots
        self.certificate = certificate
        self.privateKey = privateKey
    }
}
