import Glibc

/// The address of a machine, as its bytes in the order of the network.
public struct MachineAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 of IPv4, or 16 of IPv6.
    public let bytes: [UInt8]

    /// Reads an address as it is written: four decimal numbers, or IPv6 without brackets and zone.
    public init?(_ text: String) {
        var four = in_addr()
        var sixteen = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
            bytes = withUnsafeBytes(of: sixteen) { Array($0) }
        } else {
            return nil
        }
    }

    /// Takes bytes in the order of the network; nil unless they are 4 or 16.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "no address" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether only this machine can be meant.
    public var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// Whether it is an address of the machine's own network link, at which clouds serve credentials to whoever asks:
    /// 169.254.0.0/16 (RFC 3927) also where IPv6 carries it, fe80::/10 (RFC 4291 section 2.5.6), and fd00:ec2::/32, where EC2 serves
    /// instance metadata over IPv6.
    public var isLinkLocal: Bool {
        guard bytes.count == 16 else { return bytes[0] == 169 && bytes[1] == 254 }
        return (bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80) || bytes.starts(with: [0xFD, 0x00, 0x0E, 0xC2])
            || (carriesIPv4 && bytes[12] == 169 && bytes[13] == 254)
    }

    /// Mapped (RFC 4291 section 2.5.5.2) or translated (RFC 6052 section 2.1).
    private var carriesIPv4: Bool {
        bytes.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF])
            || bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B] + [UInt8](repeating: 0, count: 8))
    }
}
