import Crypto
import TextEncoding

/// A recipient's own code for somebody: `pseudonym:<epoch>:<kind>:<64 hex>`.
public struct Pseudonym: Sendable, Hashable {
    /// The number of the key that it was made with.
    public let epoch: Int
    /// Of which of the record's codes it was made: `subject`, a kind of identifier, or `token`.
    public let kind: String
    /// HMAC-SHA-256, all 32 bytes.
    let digest: [UInt8]

    init(epoch: Int, kind: String, digest: [UInt8]) {
        self.epoch = epoch
        self.kind = kind
        self.digest = digest
    }

    /// Reads one; nil when it is none.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "pseudonym", let epoch = Int(parts[1]), epoch > 0,
            String(epoch) == parts[1], !parts[2].isEmpty, parts[2].utf8.allSatisfy({ (0x61...0x7a).contains($0) }),
            parts[3].utf8.count == 64, let digest = Hex.decode(parts[3].utf8)
        else { return nil }
        self.init(epoch: epoch, kind: String(parts[2]), digest: digest)
    }

    /// As it stands in what the recipient got.
    public var text: String { "pseudonym:\(epoch):\(kind):" + Hex.encode(digest) }
}

/// Makes the codes of one recipient: HMAC-SHA-256 under a key that HKDF (RFC 5869) derives from the tenant's for this recipient
/// and this epoch. What two recipients hold of the same person has nothing in common, and none of it leads to the record's own
/// codes without the tenant's key.
public struct PseudonymMaker: Sendable {
    /// The number of the tenant's key.
    public let epoch: Int
    private let codes: KeyedHash
    private let hashes: KeyedHash

    /// - Parameter recipient: a sink's name, or another that an export is made for.
    public init(key: TenantKey, recipient: String) {
        let derived = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key.secret,
            salt: Array("muniment/pseudonyms/\(key.tenant)".utf8),
            info: Array("\(key.epoch)/\(recipient)".utf8),
            outputByteCount: 32
        )
        epoch = key.epoch
        let keyed = KeyedHash(key: derived)
        codes = keyed.beginning(with: Array("code\u{0}".utf8))
        hashes = keyed.beginning(with: Array("hash\u{0}".utf8))
    }

    /// The recipient's code for one of the record's: `subject:…`, `hmac-sha256:<epoch>:<kind>:…`, or a token of redaction.
    public func pseudonym(of code: String) -> Pseudonym {
        Pseudonym(epoch: epoch, kind: Self.kind(of: code), digest: digest(of: code))
    }

    /// The recipient's hash for one that stands in the record without anything in front of it, 64 hex digits for as many.
    public func hash(for hash: String) -> String {
        var hash = hash
        return Hex.encode(hash.withUTF8 { hashes.code(for: UnsafeRawBufferPointer($0)) })
    }

    func digest(of code: String) -> [UInt8] {
        var code = code
        return Array(code.withUTF8 { codes.code(for: UnsafeRawBufferPointer($0)) })
    }

    static let subject = "subject"

    private static func kind(of code: String) -> String {
        if code.hasPrefix("subject:") { return subject }
        let parts = code.split(separator: ":")
        return parts.count == 4 ? String(parts[2]) : "token"
    }
}
