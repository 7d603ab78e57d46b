public import Crypto

/// How a request is signed (RFC 9421 section 3.3).
public enum SignatureAlgorithm: String, Sendable, CaseIterable {
    /// HMAC with SHA-256, under a secret that both sides hold.
    case hmacSHA256 = "hmac-sha256"
    /// Ed25519; only the public key is known here.
    case ed25519
}

/// What a signature is checked with. Its algorithm is the key's own, whatever a message says.
public enum SignatureKey: Sendable {
    case hmacSHA256(SymmetricKey)
    case ed25519(Curve25519.Signing.PublicKey)

    /// The algorithm of the key.
    public var algorithm: SignatureAlgorithm {
        switch self {
        case .hmacSHA256: .hmacSHA256
        case .ed25519: .ed25519
        }
    }

    /// Whether the signature was made with this key over this request.
    public func verifies(_ signature: MessageSignature, of request: SignableRequest) throws(SignatureFault) -> Bool {
        guard signature.algorithm.map({ $0 == algorithm.rawValue }) ?? true else { return false }
        let base = Array(try signature.base(of: request).utf8)
        switch self {
        case .hmacSHA256(let key):
            return HMAC<SHA256>.isValidAuthenticationCode(signature.bytes, authenticating: base, using: key)
        case .ed25519(let key):
            return key.isValidSignature(signature.bytes, for: base)
        }
    }
}
