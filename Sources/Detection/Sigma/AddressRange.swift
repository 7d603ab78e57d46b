/// A range of IPv4 or IPv6 addresses in CIDR form (RFC 4632, RFC 4291 section 2.3), for the modifier `cidr`.
struct AddressRange: Hashable, Sendable {
    private let bytes: [UInt8]
    private let prefix: Int

    /// Nil unless the text is an address, with a prefix length after a slash or without one.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let bytes = Self.address(parts[0]) else { return nil }
        var prefix = bytes.count * 8
        if parts.count == 2 {
            guard let length = Int(parts[1]), (0...prefix).contains(length) else { return nil }
            prefix = length
        }
        self.bytes = bytes
        self.prefix = prefix
    }

    func contains(_ text: String) -> Bool {
        guard let address = Self.address(text[...]) else { return false }
        return holds(address) || holds(Self.unmapped(address))
    }

    private func holds(_ address: [UInt8]) -> Bool {
        guard address.count == bytes.count else { return false }
        for index in 0..<bytes.count {
            let bits = min(max(prefix - index * 8, 0), 8)
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            guard address[index] & mask == bytes[index] & mask else { return false }
        }
        return true
    }

    /// The IPv4 address in an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2), as listeners for both families write it; others as they are.
    static func unmapped(_ address: [UInt8]) -> [UInt8] {
        let prefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return address.count == 16 && address.starts(with: prefix) ? Array(address.suffix(4)) : address
    }

    /// The 4 or 16 bytes of an address; nil when it is none.
    static func address(_ text: Substring) -> [UInt8]? { text.contains(":") ? version6(text) : version4(text) }

    private static func version4(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let bytes = parts.compactMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt8($0) : nil }
        return bytes.count == 4 ? bytes : nil
    }

    private static func version6(_ text: Substring) -> [UInt8]? {
        var halves: [[UInt8]] = []
        var rest = text
        while true {
            let gap = rest.indices.first { rest[$0...].hasPrefix("::") }
            guard let bytes = groups(gap.map { rest[..<$0] } ?? rest) else { return nil }
            halves.append(bytes)
            guard let gap else { break }
            rest = rest[rest.index(gap, offsetBy: 2)...]
        }
        switch halves.count {
        case 1: return halves[0].count == 16 ? halves[0] : nil
        case 2:
            let missing = 16 - halves[0].count - halves[1].count
            return missing >= 2 ? halves[0] + [UInt8](repeating: 0, count: missing) + halves[1] : nil
        default: return nil
        }
    }

    private static func groups(_ text: Substring) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains("."), let tail = version4(part) {
                bytes += tail
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(\.isHexadecimal),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
            }
        }
        return bytes
    }
}

extension UInt8 {
    fileprivate var isHexadecimal: Bool {
        (0x30...0x39).contains(self) || (0x41...0x46).contains(self) || (0x61...0x66).contains(self)
    }
}
