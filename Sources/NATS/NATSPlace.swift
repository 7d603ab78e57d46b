/// One address of a server, as the library is given it.
struct NATSPlace {
    /// Its URL, with an address in place of the name.
    let url: String
    /// The name that its certificate must be for; nil when the URL says it itself.
    let certificateName: String?

    /// The addresses of a server.
    /// - Parameter server: `scheme://host:port`.
    static func all(of server: String, _ settings: NATSSettings) throws(NATSError) -> [NATSPlace] {
        guard let resolve = settings.resolve else { return [NATSPlace(url: server, certificateName: nil)] }
        guard let (scheme, host, port) = parts(server) else {
            throw NATSError(.settings, "a server must be named as scheme://host:port")
        }
        let addresses: [String]
        do { addresses = try resolve(host) } catch { throw NATSError(.forbidden, "\(error)") }
        guard !addresses.isEmpty else { throw NATSError(.unreachable, "the server's name has no address") }
        return addresses.map { address in
            let written = address.contains(":") ? "[\(address)]" : address
            return NATSPlace(
                url: "\(scheme)://\(written):\(port)",
                certificateName: address == host ? nil : host
            )
        }
    }

    private static func parts(_ server: String) -> (scheme: Substring, host: String, port: Substring)? {
        guard let colon = server.firstIndex(of: ":"), server[colon...].hasPrefix("://"),
            let last = server.lastIndex(of: ":"), last > server.index(colon, offsetBy: 2)
        else { return nil }
        let host = server[server.index(colon, offsetBy: 3)..<last]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard !host.isEmpty, isBracketed || !host.contains(":") else { return nil }
        return (
            server[..<colon], String(isBracketed ? host.dropFirst().dropLast() : host),
            server[server.index(after: last)...]
        )
    }
}

extension NATSError {
    /// The one of two failures to connect that says more: a server that answers, or may not be asked, over one that is away.
    static func worse(_ one: NATSError?, _ other: NATSError) -> NATSError {
        guard let one, one.code != .unreachable else { return other }
        return other.code == .forbidden ? other : one
    }
}
