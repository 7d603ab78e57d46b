import Credentials
import HTTPSignatures
import JSON
import TextEncoding
import WallTime

/// How a request says what a client needs besides its secret, and how an answer shows it.
enum ClientSafeguardsBody {
    static let members = ["signing", "signatureRequired", "certificates"]

    static func changes(_ body: JSONBody) throws(Refusal) -> ClientRegistry.Changes {
        ClientRegistry.Changes(
            signing: try signing(body),
            requiresSignature: try body.flag("signatureRequired"),
            certificates: try certificates(body)
        )
    }

    private static func signing(_ body: JSONBody) throws(Refusal) -> NewSigningKey? {
        guard let signing = try body.object("signing", known: ["algorithm", "publicKey"]) else { return nil }
        let algorithm = try JSONBody.required("algorithm", try signing.choice("algorithm", SignatureAlgorithm.self))
        let publicKey = try signing.text("publicKey", .publicKey)
        switch (algorithm, publicKey) {
        case (.hmacSHA256, nil): return .hmacSHA256
        case (.hmacSHA256, _?): throw JSONBody.invalid("publicKey", "goes with ed25519 only")
        case (.ed25519, nil): throw Refusal(.missingField, "publicKey")
        case (.ed25519, let text?):
            guard let key = NewSigningKey(publicKey: text) else {
                throw JSONBody.invalid("publicKey", "is an Ed25519 public key in base64")
            }
            return key
        }
    }

    private static func certificates(_ body: JSONBody) throws(Refusal) -> [CertificateBinding]? {
        guard let texts = try body.texts("certificates", most: 20) else { return nil }
        let bindings = texts.compactMap { CertificateBinding($0) }
        guard bindings.count == texts.count else {
            throw JSONBody.invalid("certificates", "are \(CertificateBinding.forms)")
        }
        return bindings
    }

    static func json(_ safeguards: Safeguards?) -> [String: JSONValue] {
        [
            "signatureRequired": .bool(safeguards?.requiresSignature ?? false),
            "signingKeys": .array(
                (safeguards?.keys ?? []).map { key in
                    .object([
                        "algorithm": .string(key.algorithm.rawValue),
                        "fingerprint": .string(Hex.encode(key.fingerprint)),
                        "expires": .optional(key.expires?.description), "readable": .bool(key.isReadable),
                    ])
                }
            ),
            "certificates": .array((safeguards?.certificates ?? []).map { .string($0.description) }),
        ]
    }
}

extension TextRule {
    /// A public key in base64.
    static let publicKey = TextRule(length: 44...200, others: "+/=")
}
