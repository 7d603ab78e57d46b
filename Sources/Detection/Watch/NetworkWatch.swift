internal import JSON
internal import WallTime

/// Remembers from which networks each user and each OAuth client works, as the platform's audits tell, and says of every audited act
/// whether its network is a new one.
///
/// A network is the first 16 bits of an IPv4 address or the first 32 of an IPv6 address: near to what a provider announces as one,
/// and wide enough that a new lease of an address is no news.
struct NetworkWatch: Codable, Sendable {
    /// For how long somebody must have been known before a network of theirs can be new.
    static let acquaintanceMilliseconds: Int64 = 7 * 86_400_000
    /// How long a network is remembered after it was last used.
    static let rememberedMilliseconds: Int64 = 90 * 86_400_000
    /// Networks remembered of one user or client.
    static let most = 64

    private struct Known: Codable, Sendable {
        var first: Int64
        /// When each network was last used.
        var networks: [String: Int64]
    }

    private var known: [String: Known] = [:]

    /// Takes in an audited act.
    /// - Returns: the act with its network; nil when it has no address or nobody did it.
    mutating func locate(_ event: LedgerEvent) -> LedgerEvent? {
        guard let address = event.text("remoteIp"), let network = Self.network(of: address) else { return nil }
        let (user, client) = (event.text("userId"), event.text("clientId"))
        guard let subject = user.map({ "user " + $0 }) ?? client.map({ "client " + $0 }) else { return nil }
        let now = event.timestamp.milliseconds
        var entry = known[subject] ?? Known(first: now, networks: [:])
        let isUnknown = entry.networks[network].map { now - $0 > Self.rememberedMilliseconds } ?? true
        let isNew = isUnknown && now - entry.first >= Self.acquaintanceMilliseconds
        let others = entry.networks.count
        entry.first = min(entry.first, now)
        entry.networks[network] = max(entry.networks[network] ?? .min, now)
        if entry.networks.count > Self.most,
            let oldest = entry.networks.min(by: { ($0.value, $0.key) < ($1.value, $1.key) })
        {
            entry.networks[oldest.key] = nil
        }
        known[subject] = entry
        var fields: [String: JSONValue] = [
            "network": .string(network), "isNew": .bool(isNew), "knownNetworks": .integer(Int64(others)),
            "remoteIp": .string(address),
        ]
        fields["userId"] = user.map { .string($0) }
        fields["clientId"] = client.map { .string($0) }
        for name in ["serviceName", "entityType", "action"] { fields[name] = event.fields[name] }
        return event.deriving("PLATFORM_ACT_LOCATED", fields)
    }

    mutating func sweep(watermark: Timestamp) {
        let oldest = watermark.milliseconds - Self.rememberedMilliseconds
        guard known.contains(where: { $0.value.networks.contains { $0.value < oldest } }) else { return }
        known = known.compactMapValues { entry in
            var entry = entry
            entry.networks = entry.networks.filter { $0.value >= oldest }
            return entry.networks.isEmpty ? nil : entry
        }
    }

    /// The network of an address; nil when it is none.
    static func network(of address: String) -> String? {
        guard let bytes = AddressRange.address(address[...]).map(AddressRange.unmapped) else { return nil }
        if bytes.count == 4 { return "\(bytes[0]).\(bytes[1]).0.0/16" }
        let groups = [0, 2].map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
        return "\(groups[0]):\(groups[1])::/32"
    }
}
