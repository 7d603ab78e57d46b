import Crypto
import TextEncoding

/// The key of one person. Whatever the ledger says about the person is a code under it, so that without it nothing there can be
/// told to be theirs, not even by who holds the tenant's keys and knows the identifiers.
struct PersonKey: Sendable {
    private let secret: SymmetricKey

    init(secret: SymmetricKey) { self.secret = secret }

    /// Under which the person's identifiers are sealed.
    private var identifiers: SymmetricKey { derived("muniment/seal") }
    /// Under which the person's tokenised values are sealed.
    var values: SymmetricKey { derived("muniment/values") }

    private func derived(_ purpose: String) -> SymmetricKey {
        SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(purpose.utf8), using: secret))
    }

    static func random() -> PersonKey { PersonKey(secret: SymmetricKey(size: .bits256)) }

    /// Under which the person stands in the ledger: `subject:<64 hex digits>`.
    var subject: String {
        "subject:" + Hex.encode(HMAC<SHA256>.authenticationCode(for: Array("muniment/subject".utf8), using: secret))
    }

    /// The code of an identifier, 64 hex digits, as events carry it.
    func code(_ kind: IdentifierKind, _ value: String) -> String {
        let message = Array("muniment/identifier/\(kind.rawValue)\u{0}\(value)".utf8)
        return Hex.encode(HMAC<SHA256>.authenticationCode(for: message, using: secret))
    }

    /// The code of a hash that another system made, under its name there.
    func code(reported name: String, _ hash: String) -> String {
        let message = Array("muniment/reported/\(name)\u{0}\(hash)".utf8)
        return Hex.encode(HMAC<SHA256>.authenticationCode(for: message, using: secret))
    }

    /// Seals an identifier (AES-256-GCM, NIST SP 800-38D): nonce, cipher text, tag.
    func seal(_ identifier: Identifier) throws -> [UInt8] {
        let sealed = try AES.GCM.seal(
            Array(identifier.value.utf8),
            using: identifiers,
            authenticating: Array(identifier.kind.rawValue.utf8)
        )
        return Array(sealed.combined ?? sealed.ciphertext)
    }

    /// Opens what ``seal(_:)`` made; nil when it was made by another key or altered.
    func open(_ sealed: [UInt8], kind: IdentifierKind) -> Identifier? {
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let value = try? AES.GCM.open(box, using: identifiers, authenticating: Array(kind.rawValue.utf8))
        else { return nil }
        return Identifier(kind: kind, value: String(decoding: value, as: UTF8.self))
    }

    /// The key, sealed under a tenant's key for one customer.
    func sealed(under key: TenantKey, customer: String) throws -> SealedKey {
        let sealed = try secret.withUnsafeBytes {
            try AES.GCM.seal(Array($0), using: key.derived(for: Self.purpose), authenticating: Array(customer.utf8))
        }
        return SealedKey(epoch: key.epoch, bytes: Array(sealed.combined ?? sealed.ciphertext))
    }

    /// Opens a person's key.
    /// - Throws: ``IdentityError`` when the epoch's key is not in the keyring, or is another one.
    static func open(_ person: Person, _ keyring: Keyring) throws(IdentityError) -> PersonKey {
        try open(person, keyring[person.key.epoch]?.derived(for: purpose))
    }

    /// What people's keys are sealed under, by epoch: derived once for whoever opens many.
    static func sealingKeys(_ keyring: Keyring) -> [Int: SymmetricKey] {
        Dictionary(keyring.keys.map { ($0.epoch, $0.derived(for: purpose)) }, uniquingKeysWith: { first, _ in first })
    }

    private static let purpose = "person-keys"

    /// As ``open(_:_:)``.
    /// - Parameter sealing: what keys of the person's epoch are sealed under; nil when it is gone.
    static func open(_ person: Person, _ sealing: SymmetricKey?) throws(IdentityError) -> PersonKey {
        guard let sealing else {
            throw .keyring("the keyring has no key of epoch \(person.key.epoch), under which people's keys are sealed")
        }
        do {
            let secret = try AES.GCM.open(
                AES.GCM.SealedBox(combined: person.key.bytes),
                using: sealing,
                authenticating: Array(person.customer.utf8)
            )
            return PersonKey(secret: SymmetricKey(data: secret))
        } catch {
            throw .keyring(
                "the keyring's key of epoch \(person.key.epoch) is not the one that this store was made with"
            )
        }
    }
}
