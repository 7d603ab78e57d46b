import Gateway
import Genesys

/// Reads listeners and upstreams.
struct NetworkReader {
    let files: FileChecks

    // MARK: Listeners

    /// - Parameter example: what to write when the address is missing.
    func listener(_ section: Section, example: String) -> GatewaySettings.Listener? {
        let text = section.requiredText("address", example: example)
        let tls = section.section("tls").flatMap { serverTLS($0) }
        let isAccepted = acceptsPlaintext(section, hasTLS: section.has("tls"))
        guard let text else { return nil }
        guard let address = NetworkAddress(text) else {
            section.problem("address", "must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080")
            return nil
        }
        if !section.has("tls"), !isAccepted, !address.isLoopback {
            section.problem(
                "address",
                "can be reached from other machines without TLS, so customers' data and secrets would cross the "
                    + "network in clear: add 'tls', or 'plaintext: accepted' when something in front of it does TLS"
            )
        }
        return GatewaySettings.Listener(host: address.host, port: address.port, tls: tls)
    }

    private func serverTLS(_ section: Section) -> ServerTLS? {
        defer { section.end() }
        section.require("certificate", example: "tls/server.pem")
        let certificate = files.present(section, "certificate")
        let key = files.keyFile(section, "privateKey", example: "tls/server.key")
        let authorities = files.present(section, "clientAuthorities")
        guard let certificate, let key else { return nil }
        return ServerTLS(certificate: certificate, privateKey: key, clientAuthorities: authorities)
    }

    /// Whether the operator has written that clear text is meant.
    func acceptsPlaintext(_ section: Section, hasTLS: Bool) -> Bool {
        guard let text = section.text("plaintext") else { return section.has("plaintext") }
        if text != "accepted" {
            section.problem("plaintext", "must be 'accepted', or be left out")
        } else if hasTLS {
            section.problem("plaintext", "has no effect beside TLS: remove it")
        }
        return true
    }

    // MARK: Upstreams

    /// What was read of an upstream.
    struct UpstreamReading {
        let name: String
        let section: Section
        /// Its time-out, to be compared with budgets; nil when it is wrong.
        let timeoutMilliseconds: Int?
        /// Nil when it cannot be used.
        let upstream: Upstream?
    }

    func upstream(_ name: String, _ section: Section) -> UpstreamReading {
        defer { section.end() }
        Names.check(name, section)
        let url = url(section)
        let headers = headers(section)
        let tls = upstreamTLS(section, isTLS: url?.isTLS)
        let timeout = section.duration("timeout", in: 10...50_000) ?? (section.has("timeout") ? nil : 2000)
        let connections = section.integer("maximumConnections", in: 1...10_000) ?? 256
        let breaker = section.section("breaker")
        let failures = breaker?.integer("failures", in: 1...1000) ?? 5
        let open = breaker?.duration("open", in: 100...3_600_000) ?? 10_000
        breaker?.end()
        let region = section.text("region")
        let upstream = url.flatMap { url in
            timeout.map { timeout in
                Upstream(
                    name: name,
                    host: url.address.host,
                    port: url.address.port,
                    tls: url.isTLS ? tls : nil,
                    region: region,
                    headers: headers,
                    timeoutMilliseconds: timeout,
                    maximumConnections: connections,
                    failuresToOpen: failures,
                    openMilliseconds: open
                )
            }
        }
        return UpstreamReading(name: name, section: section, timeoutMilliseconds: timeout, upstream: upstream)
    }

    private func url(_ section: Section) -> (isTLS: Bool, address: NetworkAddress)? {
        let text = section.requiredText("url", example: "https://crm.example.com")
        let scheme = text.flatMap { text in ["https://", "http://"].first { text.lowercased().hasPrefix($0) } }
        let isTLS = scheme == "https://"
        let isAccepted = acceptsPlaintext(section, hasTLS: isTLS)
        guard let text else { return nil }
        guard let scheme else {
            section.problem("url", "must begin with https:// or http://")
            return nil
        }
        var rest = text.dropFirst(scheme.count)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard !rest.contains("@") else {
            section.problem("url", "must hold no user or password: put the credential under 'credential'")
            return nil
        }
        guard !rest.contains(where: { "/?#".contains($0) }) else {
            section.problem("url", "must end after host and port: paths and queries belong to the routes")
            return nil
        }
        guard let address = NetworkAddress(String(rest), defaultPort: isTLS ? 443 : 80), address.port > 0 else {
            section.problem("url", "must have a host and perhaps a port, such as https://crm.example.com:8443")
            return nil
        }
        if !isTLS, !isAccepted, !address.isLoopback {
            section.problem(
                "url",
                "would carry customers' data and the credential over the network in clear: "
                    + "use https, or add 'plaintext: accepted'"
            )
        }
        return (isTLS, address)
    }

    /// Headers that frame a request or name its target are the gateway's own.
    private static let ownHeaders: Set<String> = [
        "host", "connection", "content-length", "transfer-encoding", "expect", "upgrade", "accept", "accept-encoding",
    ]

    private func headers(_ section: Section) -> [(name: String, value: Secret)] {
        guard let credential = section.section("credential") else { return [] }
        defer { credential.end() }
        let header = credential.text("header") ?? "Authorization"
        if !Names.isToken(header) {
            credential.problem("header", "is not the name of an HTTP header")
        } else if Self.ownHeaders.contains(header.lowercased()) {
            credential.problem(
                "header",
                "is a header that the gateway sets itself: a credential goes into one of its own"
            )
        }
        let scheme = credential.text("scheme")
        if let scheme, !Names.isToken(scheme) {
            credential.problem("scheme", "must be one word, such as Bearer; leave it out when the secret stands alone")
        }
        guard let secret = files.secret(credential, "secret") else { return [] }
        return [(header, Secret(scheme.map { "\($0) \(secret)" } ?? secret))]
    }

    /// What is presented to, and trusted of, who is called.
    /// - Parameter isTLS: whether it speaks TLS; nil when that cannot be told.
    func upstreamTLS(_ section: Section, isTLS: Bool?) -> UpstreamTLS {
        let roots = files.present(section, "trustRoots")
        let certificate = files.present(section, "certificate")
        var key: String?
        if section.has("privateKey") { key = files.keyFile(section, "privateKey", example: "tls/client.key") }
        if section.has("certificate") != section.has("privateKey") {
            let lone = section.has("certificate") ? "certificate" : "privateKey"
            section.problem(lone, "has no effect alone: 'certificate' and 'privateKey' go together")
        }
        if isTLS == false {
            for key in ["trustRoots", "certificate", "privateKey"] where section.has(key) {
                section.problem(key, "has no effect: the URL is plain http")
            }
        }
        return UpstreamTLS(trustRoots: roots, certificate: certificate, privateKey: key)
    }
}
