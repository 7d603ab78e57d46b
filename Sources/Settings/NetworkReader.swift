import Foundation
import Gateway

/// Reads listeners and upstreams.
struct NetworkReader {
    let files: FileChecks

    func listener(_ section: Section) -> GatewaySettings.Listener? {
        let address = section.requiredText("address")
        let tls = section.section("tls").flatMap { serverTLS($0) }
        let plaintext = section.text("plaintext")
        if let plaintext, plaintext != "accepted" { section.problem("plaintext", "must be 'accepted', or be left out") }
        guard let address else { return nil }
        guard let (host, port) = Self.split(address) else {
            section.problem("address", "must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080")
            return nil
        }
        if !section.has("tls"), plaintext == nil, !Self.isLoopback(host) {
            section.problem(
                "address",
                "can be reached from other machines without TLS, so customers' data and secrets would cross the network in clear: "
                    + "add 'tls', or 'plaintext: accepted' when something in front of it does TLS"
            )
        }
        return GatewaySettings.Listener(host: host, port: port, tls: tls)
    }

    private func serverTLS(_ section: Section) -> ServerTLS? {
        defer { section.end() }
        let certificate = files.present(section, "certificate")
        let authorities = files.present(section, "clientAuthorities")
        if !section.has("certificate") { section.problem(nil, "the setting 'certificate' is missing") }
        guard let key = files.keyFile(section, "privateKey"), let certificate else { return nil }
        return ServerTLS(certificate: certificate, privateKey: key, clientAuthorities: authorities)
    }

    func upstream(_ name: String, _ section: Section) -> Upstream? {
        defer { section.end() }
        if !Names.isName(name) {
            section.problem(nil, "the name may have 1 to 63 lower-case letters, digits and hyphens")
        }
        var headers: [(name: String, value: HiddenText)] = []
        if let credential = section.section("credential") {
            let header = credential.text("header") ?? "Authorization"
            let scheme = credential.text("scheme")
            if !Self.isToken(header) { credential.problem("header", "is not the name of an HTTP header") }
            if let secret = files.secret(credential, "secret", required: true) {
                let value = scheme.map { "\($0) \(secret)" } ?? secret
                if value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
                    credential.problem("secret", "has characters that a header cannot carry")
                } else {
                    headers.append((header, HiddenText(value)))
                }
            }
            credential.end()
        }
        let roots = files.present(section, "trustRoots")
        let certificate = files.present(section, "certificate")
        let privateKey = section.has("privateKey") ? files.keyFile(section, "privateKey") : nil
        if section.has("certificate") != section.has("privateKey") {
            section.problem(nil, "'certificate' and 'privateKey' go together")
        }
        let timeout = section.duration("timeout", in: 10...50_000) ?? 2000
        let connections = section.integer("maximumConnections", in: 1...10_000) ?? 256
        let breaker = section.section("breaker")
        let failures = breaker?.integer("failures", in: 1...1000) ?? 5
        let open = breaker?.duration("open", in: 100...3_600_000) ?? 10_000
        breaker?.end()
        let region = section.text("region")
        let plaintext = section.text("plaintext")
        if let plaintext, plaintext != "accepted" { section.problem("plaintext", "must be 'accepted', or be left out") }
        guard let text = section.requiredText("url") else { return nil }
        guard let url = URLComponents(string: text), let scheme = url.scheme, ["http", "https"].contains(scheme),
            var host = url.host, !host.isEmpty, url.user == nil, url.password == nil, url.query == nil,
            url.fragment == nil,
            url.path.isEmpty || url.path == "/"
        else {
            section.problem(
                "url",
                "must be http:// or https:// with a host and nothing else; paths belong to the routes"
            )
            return nil
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if scheme == "http", plaintext == nil, !Self.isLoopback(host) {
            section.problem(
                "url",
                "would carry customers' data and the credential over the network in clear: use https, or 'plaintext: accepted'"
            )
        }
        if scheme == "http", roots != nil || certificate != nil {
            section.problem("url", "is plain http, so 'trustRoots' and 'certificate' have no effect")
        }
        return Upstream(
            name: name,
            host: host,
            port: url.port ?? (scheme == "https" ? 443 : 80),
            tls: scheme == "https"
                ? UpstreamTLS(trustRoots: roots, certificate: certificate, privateKey: privateKey) : nil,
            region: region,
            headers: headers,
            timeoutMilliseconds: timeout,
            maximumConnections: connections,
            failuresToOpen: failures,
            openMilliseconds: open
        )
    }

    static func split(_ address: String) -> (host: String, port: Int)? {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(address[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        return host.isEmpty ? nil : (host, port)
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
