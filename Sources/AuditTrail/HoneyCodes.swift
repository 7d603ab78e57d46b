import Crypto
public import Identity
import TextEncoding

/// Turns names of customers in the ledger into the codes by which planted customers are known: HMAC-SHA-256 under a use of its own of
/// the tenant's keys. Whoever has the ledger, or a copy of it, cannot tell from them who is planted.
public struct HoneyCodes: Sendable {
    private let keyring: @Sendable () -> Keyring

    /// - Parameter keyring: the keyring of the moment, which may change.
    public init(keyring: @escaping @Sendable () -> Keyring) { self.keyring = keyring }

    /// The epoch under which new codes are made.
    var newestEpoch: Int64 { Int64(keyring().newest.epoch) }

    /// Whether the key of an epoch is still there; without it nothing of that epoch is found.
    func hasKey(_ epoch: Int64) -> Bool { Int(exactly: epoch).flatMap { keyring()[$0] } != nil }

    /// The code of a name, 64 hex digits; nil when the key of that epoch is not there any more.
    public func code(_ name: String, epoch: Int64) -> String? {
        guard let key = Int(exactly: epoch).flatMap({ keyring()[$0] }) else { return nil }
        return Hex.encode(HMAC<SHA256>.authenticationCode(for: Array(name.utf8), using: key.derived(for: "honey")))
    }
}
