internal import Foundation

/// A range of IP addresses in CIDR notation, or one address.
public struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    private let bytes: [UInt8]
    private let prefix: Int

    /// Reads `192.0.2.0/24`, `2001:db8::/32` or a single address; nil for anything else, and for bits set beyond the prefix.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = parts.first, let bytes = IPAddress.bytes(String(address)) else {
            return nil
        }
        var prefix = bytes.count * 8
        if parts.count == 2 {
            guard let given = Int(parts[1]), String(given) == parts[1], (0...prefix).contains(given) else { return nil }
            prefix = given
        }
        for bit in prefix..<bytes.count * 8 where bytes[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 { return nil }
        // Addresses are compared unmapped, so a range of mapped ones must be, too.
        let unmapped = prefix >= 96 ? IPAddress.unmapped(bytes) : bytes
        self.prefix = prefix - (bytes.count - unmapped.count) * 8
        self.bytes = unmapped
    }

    /// Whether an address lies in the range. An IPv4 address mapped into IPv6 counts as IPv4.
    public func contains(_ address: [UInt8]) -> Bool {
        let address = IPAddress.unmapped(address)
        guard address.count == bytes.count else { return false }
        let whole = prefix / 8
        guard address.prefix(whole).elementsEqual(bytes.prefix(whole)) else { return false }
        guard prefix % 8 != 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xff00 >> (prefix % 8))
        return (address[whole] ^ bytes[whole]) & mask == 0
    }

    public var description: String { IPAddress.text(bytes) + "/\(prefix)" }
}

/// IP addresses as 4 or 16 bytes.
public enum IPAddress {
    /// Reads an address in text form; nil when it is none.
    public static func bytes(_ text: String) -> [UInt8]? {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return withUnsafeBytes(of: v4) { Array($0) } }
        var v6 = in6_addr()
        if inet_pton(AF_INET6, text, &v6) == 1 { return withUnsafeBytes(of: v6) { Array($0) } }
        return nil
    }

    /// The four bytes of an IPv4 address that came mapped into IPv6 (RFC 4291 section 2.5.5.2); others unchanged.
    public static func unmapped(_ address: [UInt8]) -> [UInt8] {
        guard address.count == 16, address.prefix(10).allSatisfy({ $0 == 0 }), address[10] == 0xff, address[11] == 0xff
        else { return address }
        return Array(address.suffix(4))
    }

    static func text(_ bytes: [UInt8]) -> String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard bytes.withUnsafeBytes({ inet_ntop(family, $0.baseAddress, &buffer, socklen_t(buffer.count)) }) != nil
        else {
            return "?"
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
