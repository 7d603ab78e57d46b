/// How a PostgreSQL database is reached.
public struct PostgresSettings: Sendable, CustomStringConvertible {
    /// When a commit counts as durable.
    public enum Durability: Sendable {
        /// The server's own setting, which must not be off or local: what was acknowledged survives the loss of the server, and of
        /// the primary where it waits for a standby.
        case durable
        /// The commit does not wait for the disk: for data that can be rebuilt from the ledger.
        case rebuildable
    }

    /// A `postgresql://` address, possibly of several hosts, or libpq's `key=value` form. It may hold a password.
    let address: String
    /// A file that holds the password; read anew for each connection, so that a changed password needs no restart.
    public var passwordFile: String?
    /// When a commit counts as durable.
    public var durability = Durability.durable
    /// Whether nothing may be committed while the server waits for no standby: then a server that was replaced, and woke up
    /// alone, cannot acknowledge anything.
    public var requireStandby = false
    /// How long a statement may take, in milliseconds. The server is told, and the client stops waiting a second later: a server
    /// that is frozen, or waits for its standby, never tells.
    public var timeoutMilliseconds = 10_000
    /// Connections for reading at the most.
    public var maximumConnections = 8
    /// How long a reader waits for one of them, in milliseconds.
    public var poolTimeoutMilliseconds = 5000

    /// Turns the name of a server, or its address, into the addresses that are connected to, and throws when it may not be
    /// connected to; the client's own resolution when nil. May block.
    public var resolve: (@Sendable (String) throws -> [String])?

    /// Names a database.
    public init(address: String) { self.address = address }

    public var description: String { "PostgreSQL at \(location)" }

    /// Host, port and database, without user and password.
    public var location: String { PostgresAddress.location(of: address) }

    /// What is wrong with the address; nil when it can be used. The text repeats nothing of it.
    public var addressFault: String? {
        do throws(StorageError) {
            let parameters = try PostgresAddress.parameters(of: address)
            guard parameters["password"] == nil else {
                return "must not hold the password: write it into a file of mode 0600 and name that in 'passwordFile'"
            }
            return nil
        } catch { return error.message }
    }

    /// Whether nobody on the way can read or change what is sent: TLS with a certificate that is checked, or no network at all.
    public var isEncrypted: Bool {
        guard let servers = try? PostgresAddress.servers(of: address) else { return false }
        return servers.allSatisfy { server in
            if ["verify-full", "verify-ca"].contains(server["sslmode"]) { return true }
            let host = server["hostaddr"] ?? server["host"] ?? ""
            return host.isEmpty || host.hasPrefix("/") || ["localhost", "127.0.0.1", "::1"].contains(host)
        }
    }
}
