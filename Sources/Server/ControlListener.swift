public import Gateway

/// Where and how the control plane listens.
public struct ControlListener: Sendable {
    /// The host or address.
    public var host: String
    /// The port; 0 for any.
    public var port: Int
    /// TLS; nil for plain text.
    public var tls: TLSKeeper?
    /// How long a connection may be silent before it is closed, while no answer is due.
    public var idleTimeout: Duration
    /// Connections at the most; further ones wait to be accepted.
    public var maximumConnections: Int

    /// Describes a listener.
    public init(
        host: String,
        port: Int,
        tls: TLSKeeper? = nil,
        idleTimeout: Duration = .seconds(30),
        maximumConnections: Int = 512
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.idleTimeout = idleTimeout
        self.maximumConnections = maximumConnections
    }
}
