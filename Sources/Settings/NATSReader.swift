import Delivery
import DeliveryWire
import Gateway
import NATS

/// Reads a sink that publishes to NATS JetStream.
struct NATSReader {
    let files: FileChecks

    private enum Transport: String, CaseIterable { case tls, tcp }

    func destination(_ section: Section) -> SinkSettings.Destination? {
        section.require("servers", example: "[nats.example.com:4222]")
        let texts = section.has("servers") ? section.texts("servers") : []
        let addresses = texts.compactMap { NetworkAddress($0, defaultPort: 4222) }
        if section.has("servers"), texts.isEmpty || addresses.count < texts.count {
            section.problem("servers", "must be a list of host:port, such as [nats.example.com:4222]")
        }
        let isPlain = section.has("transport") && section.choice("transport", Transport.self) == .tcp
        let isAccepted = NetworkReader(files: files).acceptsPlaintext(section, hasTLS: !isPlain)
        if isPlain, !isAccepted, !addresses.allSatisfy(\.isLoopback) {
            section.problem(
                "transport",
                "would carry the record over the network in clear: use tls, or add 'plaintext: accepted'"
            )
        }
        let tls = NetworkReader(files: files).upstreamTLS(section, isTLS: !isPlain)
        let credential = credential(section)
        let stream = section.requiredText("stream", example: "MUNIMENT")
        let subject = section.text("subject") ?? "muniment.events"
        if let stream, !NATSSubject.isPublishable(stream) || stream.contains(".") {
            section.problem("stream", "must be the name of a stream: no spaces, and none of . * >")
        }
        if !NATSSubject.isPublishable(subject) {
            section.problem("subject", "must be words with full stops between them, such as muniment.events")
        }
        let replicas = section.integer("replicas", in: 1...5)
        let duplicateWindow = section.duration("duplicateWindow", in: 1000...604_800_000)
        let window = section.integer("window", in: 1...10_000)
        guard let stream, !addresses.isEmpty else { return nil }
        let servers = NATSSettings(
            servers: addresses.map {
                "\(isPlain ? "nats" : "tls")://\($0.host.contains(":") ? "[\($0.host)]" : $0.host):\($0.port)"
            },
            credential: credential,
            tls: isPlain ? nil : natsTLS(tls)
        )
        var settings = JetStreamSink.Settings(servers: servers, stream: stream, subject: subject)
        if let replicas { settings.replicas = replicas }
        if let duplicateWindow { settings.duplicateWindow = .milliseconds(duplicateWindow) }
        if let window { settings.window = window }
        return .nats(settings)
    }

    private func natsTLS(_ tls: UpstreamTLS) -> NATSSettings.TLS {
        var identity: (certificate: String, privateKey: String)?
        if let certificate = tls.certificate, let key = tls.privateKey { identity = (certificate, key) }
        return NATSSettings.TLS(trustRoots: tls.trustRoots, identity: identity)
    }

    private func credential(_ section: Section) -> NATSSettings.Credential {
        let given = ["user", "token", "credentials"].filter { section.has($0) }
        for extra in given.dropFirst() { section.problem(extra, "stands beside '\(given[0])': keep one of them") }
        if section.has("password"), given.first != "user" {
            section.problem("password", "has no effect without 'user'")
        }
        switch given.first {
        case "user":
            let password = files.secret(section, "password")
            guard let user = section.text("user"), let password else { return .none }
            return .user(user, password: password)
        case "token": return files.secret(section, "token").map { .token($0) } ?? .none
        case "credentials":
            return files.keyFile(section, "credentials", example: "keys/muniment.creds").map { .file($0) } ?? .none
        default: return .none
        }
    }
}
