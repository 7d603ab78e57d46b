import Crypto
public import HTTPSignatures
import TextEncoding
public import WallTime

/// What of a request, besides its `Authorization` header, can say who sent it. Asked for only where a client needs it.
public protocol RequestEvidence {
    /// The request as it came.
    var signable: SignableRequest { get }
    /// Whether it has a `Signature-Input` or `Signature` header.
    var isSigned: Bool { get }
    /// What the caller presented when the connection was made; nil when it presented nothing.
    var certificate: CallerCertificate? { get }
}

/// What a client's credentials alone do not do: it signs its requests, or calls over certain certificates only.
///
/// A class, so that clients without any cost nothing to hand around.
public final class Safeguards: Sendable, Hashable {
    /// The keys with which its signatures are checked, newest first.
    public let keys: [SigningKey]
    /// Whether each request must be signed.
    public let requiresSignature: Bool
    /// The certificates of which it must present one; empty for any or none.
    public let certificates: [CertificateBinding]

    init?(keys: [SigningKey], requiresSignature: Bool, certificates: [CertificateBinding]) {
        guard !keys.isEmpty || requiresSignature || !certificates.isEmpty else { return nil }
        self.keys = keys
        self.requiresSignature = requiresSignature
        self.certificates = certificates
    }

    public static func == (left: Safeguards, right: Safeguards) -> Bool {
        left.keys == right.keys && left.requiresSignature == right.requiresSignature
            && left.certificates == right.certificates
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(keys)
        hasher.combine(requiresSignature)
        hasher.combine(certificates)
    }
}

/// A key with which a client signs, as it is known here.
public struct SigningKey: Sendable, Hashable {
    /// SHA-256 of the public key or of the secret, which is 256 random bits and cannot be guessed from it.
    public let fingerprint: [UInt8]
    /// How it signs.
    public let algorithm: SignatureAlgorithm
    /// When it stops working; nil for never.
    public let expires: Timestamp?
    /// The epoch of the keyring's key under which its secret is sealed; nil for a public key, which needs no seal.
    public let epoch: Int?
    /// Nil when the keyring no longer has the key that opens it; then it verifies nothing.
    let key: SignatureKey?

    /// Whether it can be used: its seal can be opened.
    public var isReadable: Bool { key != nil }

    public static func == (left: SigningKey, right: SigningKey) -> Bool {
        left.fingerprint == right.fingerprint && left.algorithm == right.algorithm && left.expires == right.expires
            && left.epoch == right.epoch && left.isReadable == right.isReadable
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }
}

/// What a client that should sign signs with.
public enum NewSigningKey: Sendable {
    /// A secret of 32 random bytes, made here and shown once.
    case hmacSHA256
    /// The client's own key pair; its public key, 32 bytes (RFC 8032 section 5.1.5).
    case ed25519(publicKey: [UInt8])

    /// Reads an Ed25519 public key from text: base64 of its 32 bytes or of its SubjectPublicKeyInfo (RFC 8410 section 4), or a PEM of
    /// the latter. Nil for anything else.
    public init?(publicKey text: String) {
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }
        guard let bytes = Base64.decode(Array(lines.joined().utf8)) else { return nil }
        if bytes.count == 32 {
            self = .ed25519(publicKey: bytes)
        } else if bytes.count == 44, bytes.starts(with: Self.keyInfo) {
            self = .ed25519(publicKey: Array(bytes.suffix(32)))
        } else {
            return nil
        }
    }

    /// What stands before the 32 bytes: two sequences, the algorithm's object identifier 1.3.101.112 and a bit string.
    private static let keyInfo: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]

    var algorithm: SignatureAlgorithm {
        switch self {
        case .hmacSHA256: .hmacSHA256
        case .ed25519: .ed25519
        }
    }
}
