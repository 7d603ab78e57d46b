import Foundation

/// A host and a port, as configured.
struct NetworkAddress: Hashable {
    /// A host name, an IPv4 address, or an IPv6 address without brackets.
    let host: String
    let port: Int

    /// Reads `host:port` or `[IPv6]:port`.
    /// - Parameter defaultPort: the port when none is written; nil when one must be.
    init?(_ text: String, defaultPort: Int? = nil) {
        var host = text[...]
        var port = defaultPort
        // The colons of an IPv6 address are inside brackets.
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            let digits = text[text.index(after: colon)...]
            guard !digits.isEmpty, digits.utf8.allSatisfy(Self.isDigit), let number = Int(digits), number <= 65_535
            else {
                return nil
            }
            host = text[..<colon]
            port = number
        }
        guard let port else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard Self.ipv6(String(host)) != nil else { return nil }
        } else if host.utf8.allSatisfy({ Self.isDigit($0) || $0 == UInt8(ascii: ".") }) {
            guard Self.isIPv4(host) else { return nil }
        } else {
            guard Self.isName(host) else { return nil }
        }
        self.host = String(host)
        self.port = port
    }

    /// Whether only this machine can reach it. A name that merely begins like a loopback address is none.
    var isLoopback: Bool {
        if host.lowercased() == "localhost" { return true }
        if let bytes = Self.ipv6(host) { return bytes == [UInt8](repeating: 0, count: 15) + [1] }
        return Self.isIPv4(host[...]) && host.hasPrefix("127.")
    }

    /// Whether it stands for every address of this machine.
    private var isWildcard: Bool { host == "0.0.0.0" || Self.ipv6(host) == [UInt8](repeating: 0, count: 16) }

    /// Whether two listeners cannot both have their addresses. Port 0 is any free one.
    func collides(with other: NetworkAddress) -> Bool {
        guard port == other.port, port != 0 else { return false }
        if host.lowercased() == other.host.lowercased() || isWildcard || other.isWildcard { return true }
        return isLoopback && other.isLoopback && [host, other.host].contains { $0.lowercased() == "localhost" }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isIPv4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                // A leading zero means octal to some readers.
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy(isDigit)
                    && (part == "0" || !part.hasPrefix("0"))
                    && Int(part).map { $0 <= 255 } == true
            }
    }

    private static func ipv6(_ text: String) -> [UInt8]? {
        var address = in6_addr()
        guard text.contains(":"), inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: address) { Array($0) }
    }

    private static func isName(_ text: Substring) -> Bool {
        text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                            UInt8(ascii: "-"),
                            UInt8(ascii: "_"):
                            true
                        default: isDigit(byte)
                        }
                    }
            }
    }
}
