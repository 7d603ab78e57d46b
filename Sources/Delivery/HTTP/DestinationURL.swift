import Addresses
import Glibc

/// Why an address cannot be delivered to.
public enum DestinationURLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Not `https://`, a host, perhaps a port and a path.
    case form
    /// Not encrypted, and neither on this machine nor permitted.
    case plaintext
    /// An address of the machine's own network link, at which clouds serve credentials.
    case linkLocal
    /// A number that resolvers take for an address, as 2852039166 or 0xa9fea9fe.
    case number

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .form: "must be https:// with a host, perhaps a port and a path, and neither user, query nor fragment"
        case .plaintext: "must be https://; http is for this machine only, or where 'plaintext: accepted' permits it"
        case .number: "names its host by a number; write the address as four decimal numbers, or a name"
        case .linkLocal: "is a link-local address, at which clouds hand out credentials; name the destination's own"
        }
    }
}

/// An address that audit records may be sent to: encrypted, unless it is on this machine or somebody said otherwise.
public struct DestinationURL: Sendable, Hashable, CustomStringConvertible {
    /// The address without a slash at its end.
    public let description: String
    /// Host and port as they were given.
    public let authority: String
    /// Whether the connection is encrypted.
    public let isEncrypted: Bool

    /// Checks an address.
    /// - Throws: ``DestinationURLError``.
    public init(_ text: String, allowingPlaintext: Bool = false) throws(DestinationURLError) {
        isEncrypted = text.hasPrefix("https://")
        guard isEncrypted || text.hasPrefix("http://") else { throw .form }
        let rest = text.dropFirst(isEncrypted ? 8 : 7)
        guard !rest.contains(where: { $0 == "@" || $0 == "?" || $0 == "#" || $0 == "\\" }),
            rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .form }
        let authority = rest.prefix { $0 != "/" }
        guard let host = Self.host(authority) else { throw .form }
        if Self.isLinkLocal(host) { throw .linkLocal }
        if Self.isHiddenAddress(host) { throw .number }
        guard isEncrypted || allowingPlaintext || Self.isLoopback(host) else { throw .plaintext }
        self.authority = authority.lowercased()
        description = text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// The host of `host`, `host:port` or `[IPv6]:port`.
    private static func host(_ authority: Substring) -> String? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let host = String(authority[authority.index(after: authority.startIndex)..<end])
            return host.contains(":") && MachineAddress(host) != nil
                && isPort(authority[authority.index(after: end)...])
                ? host : nil
        }
        let host = authority.prefix { $0 != ":" }
        guard !host.isEmpty, isPort(authority.dropFirst(host.count)),
            host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "." || $0 == "_") })
        else { return nil }
        // A dot at the end of a name says only that it is whole.
        return (host.hasSuffix(".") ? host.dropLast() : host).lowercased()
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.hasPrefix(":") && (UInt16(text.dropFirst()) ?? 0) > 0)
    }

    /// Whether only this machine can be meant. A name that merely begins like a loopback address is none.
    public static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" { return true }
        return MachineAddress(host)?.isLoopback ?? false
    }

    /// Whether a resolver reads an address that is not written as one: fewer than four numbers, octal or hexadecimal ones.
    private static func isHiddenAddress(_ host: String) -> Bool {
        var address = in_addr()
        return !host.contains(":") && MachineAddress(host) == nil && inet_aton(host, &address) != 0
    }

    private static func isLinkLocal(_ host: String) -> Bool {
        // Names that clouds give to the service that hands out credentials.
        if ["metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"].contains(host) {
            return true
        }
        return MachineAddress(host)?.isLinkLocal ?? false
    }
}
