/// Where traces go.
public struct TracingSettings: Sendable, Hashable {
    /// The collector's address for traces, such as `http://127.0.0.1:4318/v1/traces`.
    public let endpoint: String
    /// Which part of the traces that begin here is kept, 0 to 1.
    public let sampleRatio: Double
}

/// Reads where traces go.
struct TracingReader {
    let network: NetworkReader

    func settings(_ section: Section?) -> TracingSettings? {
        guard let section else { return nil }
        defer { section.end() }
        // Both are read before either is judged: a setting that nobody has read counts as unknown.
        let ratio = Double(section.text("sampleRatio") ?? "1").flatMap { (0...1).contains($0) ? $0 : nil }
        if ratio == nil { section.problem("sampleRatio", "must be a number from 0 to 1, such as 0.1") }
        guard let endpoint = section.requiredText("endpoint", example: "http://127.0.0.1:4318/v1/traces") else {
            return nil
        }
        let isTLS = endpoint.hasPrefix("https://")
        let isAccepted = network.acceptsPlaintext(section, hasTLS: isTLS)
        guard isTLS || endpoint.hasPrefix("http://") else {
            section.problem("endpoint", "must begin with https:// or http://")
            return nil
        }
        let rest = endpoint.drop { $0 != "/" }.dropFirst(2)
        let authority = rest.prefix { $0 != "/" }
        guard !authority.contains("@"),
            let address = NetworkAddress(String(authority), defaultPort: isTLS ? 443 : 80), address.port > 0,
            endpoint.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else {
            section.problem(
                "endpoint",
                "must have a host, perhaps a port, and a path, such as http://127.0.0.1:4318/v1/traces"
            )
            return nil
        }
        if !isTLS, !isAccepted, !address.isLoopback {
            section.problem(
                "endpoint",
                "would carry traces over the network in clear: use https, or add 'plaintext: accepted'"
            )
        }
        return ratio.map { TracingSettings(endpoint: endpoint, sampleRatio: $0) }
    }
}
