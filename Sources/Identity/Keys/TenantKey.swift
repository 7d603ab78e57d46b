public import Crypto
import TextEncoding

/// The secret under which a tenant's identifiers become tokens. Kept in a file apart from the store; without it tokens cannot be
/// made, linked or guessed.
public struct TenantKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Length of the secret in bytes.
    public static let byteCount = 32

    /// The tenant whose key this is; part of what is hashed, so that two tenants never share a token.
    public let tenant: String
    /// The number of this key; tokens carry it, so that keys can be changed.
    public let epoch: Int
    let secret: SymmetricKey

    /// - Throws: ``IdentityError`` when the secret is not 32 bytes or the epoch is not positive.
    public init(secret: [UInt8], tenant: String, epoch: Int) throws(IdentityError) {
        guard secret.count == Self.byteCount else { throw .keyLength(secret.count) }
        guard epoch > 0 else { throw .epoch(epoch) }
        self.secret = SymmetricKey(data: secret)
        self.tenant = tenant
        self.epoch = epoch
    }

    /// A key for one use, so that what is made for one purpose says nothing about another.
    public func derived(for purpose: String) -> SymmetricKey {
        let message = Array("muniment/\(purpose)/\(epoch)/\(tenant)".utf8)
        return SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: message, using: secret))
    }

    /// Names the key in receipts without giving it away: the first 16 bytes of a hash under it.
    public var fingerprint: String {
        Hex.encode(HMAC<SHA256>.authenticationCode(for: [], using: derived(for: "fingerprint")).prefix(16))
    }

    public var description: String { "TenantKey(\(tenant), epoch \(epoch), secret masked)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["tenant": tenant, "epoch": epoch]) }
}
