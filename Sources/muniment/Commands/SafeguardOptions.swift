import ArgumentParser
import Credentials
import HTTPSignatures
import WallTime

/// What a client needs besides its secret, on the command line.
struct SafeguardOptions: ParsableArguments {
    @Option(
        help: "Have it sign its requests by this algorithm: hmac-sha256 (a secret is made and shown once) or ed25519."
    )
    var signing: String?

    @Option(help: "With --signing ed25519: the file of its public key, PEM or base64.")
    var publicKey: String?

    @Flag(inversion: .prefixedNo, help: "Whether its secret alone does not do, and each request must be signed.")
    var requireSignature: Bool?

    @Option(
        name: .customLong("certificate"),
        help: "Over which client certificate alone it may call: \(CertificateBinding.forms). Repeatable."
    )
    var certificates: [String] = []

    @Flag(help: "Bind it to no certificate any more.")
    var anyCertificate = false

    func changes() throws -> ClientRegistry.Changes {
        let bindings = try certificates.map { text in
            guard let binding = CertificateBinding(text) else {
                throw ValidationError("'\(text)' names no certificate: write \(CertificateBinding.forms)")
            }
            return binding
        }
        guard bindings.isEmpty || !anyCertificate else {
            throw ValidationError("--certificate and --any-certificate contradict each other")
        }
        return ClientRegistry.Changes(
            signing: try key(),
            requiresSignature: requireSignature,
            certificates: bindings.isEmpty && !anyCertificate ? nil : bindings
        )
    }

    private func key() throws -> NewSigningKey? {
        guard let signing else {
            guard publicKey == nil else { throw ValidationError("--public-key goes with --signing ed25519") }
            return nil
        }
        switch (SignatureAlgorithm(rawValue: signing), publicKey) {
        case (.hmacSHA256, nil): return .hmacSHA256
        case (.hmacSHA256, _): throw ValidationError("--public-key goes with --signing ed25519")
        case (.ed25519, let path?):
            guard let key = NewSigningKey(publicKey: try KeyFile.read(path)) else {
                throw ValidationError("\(path) holds no Ed25519 public key, as PEM or base64")
            }
            return key
        case (.ed25519, nil): throw ValidationError("--signing ed25519 needs --public-key FILE")
        case (nil, _): throw ValidationError("'\(signing)' is no algorithm known here: use hmac-sha256 or ed25519")
        }
    }

    /// The keys of a client that work, for a list.
    static func keys(_ client: APIClient, at now: Timestamp) -> [String] {
        (client.safeguards?.keys ?? []).filter { $0.expires.map { now < $0 } ?? true }.map { key in
            key.algorithm.rawValue
                + (key.isReadable ? "" : " (unreadable: the keyring has no key of epoch \(key.epoch ?? 0))")
        }
    }

    /// What a client needs besides its secret, in a few words.
    static func summary(_ client: APIClient, at now: Timestamp) -> String {
        guard let safeguards = client.safeguards else { return "nothing" }
        var words = keys(client, at: now).map { "may sign by \($0)" }
        if safeguards.requiresSignature { words.append("must sign") }
        words += safeguards.certificates.map(\.description)
        return words.joined(separator: ", ")
    }
}
