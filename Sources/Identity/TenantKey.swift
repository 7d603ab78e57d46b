public import Crypto

/// The secret under which a tenant's identifiers become tokens. Kept in a file apart from the store; without it tokens cannot be
/// made, linked or guessed.
public struct TenantKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Length of the secret in bytes.
    public static let byteCount = 32

    /// The tenant whose key this is; part of what is hashed, so that two tenants never share a token.
    public let tenant: String
    /// The number of this key; tokens carry it, so that keys can be changed.
    public let epoch: Int
    private let secret: SymmetricKey

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

    public var description: String { "TenantKey(\(tenant), epoch \(epoch), secret masked)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["tenant": tenant, "epoch": epoch]) }
}

/// What is wrong with a key or an identifier.
public enum IdentityError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The key has this many bytes.
    case keyLength(Int)
    /// The epoch is not positive.
    case epoch(Int)

    public var description: String {
        switch self {
        case .keyLength(let count): "the tenant key must have \(TenantKey.byteCount) bytes, it has \(count)"
        case .epoch(let epoch): "the key epoch must be 1 or more, it is \(epoch)"
        }
    }
}
