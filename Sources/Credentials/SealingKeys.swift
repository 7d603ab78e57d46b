public import Crypto

/// The keys under which clients' signing secrets are sealed (AES-256-GCM, NIST SP 800-38D), one for each epoch of the keyring.
public struct SealingKeys: Sendable {
    private let keys: [Int: SymmetricKey]
    /// The epoch under which new secrets are sealed.
    public let newest: Int

    /// - Parameter keys: by epoch; the highest seals new secrets. Nil when there is none.
    public init?(_ keys: [Int: SymmetricKey]) {
        guard let newest = keys.keys.max() else { return nil }
        self.keys = keys
        self.newest = newest
    }

    /// Seals a secret for one client: nonce, cipher text, tag.
    func seal(_ secret: [UInt8], client: String) throws -> [UInt8] {
        guard let key = keys[newest] else { return [] }
        let sealed = try AES.GCM.seal(secret, using: key, authenticating: Array(client.utf8))
        return Array(sealed.combined ?? sealed.ciphertext)
    }

    /// Opens what ``seal(_:client:)`` made; nil when the epoch's key is gone, or the bytes are not what was sealed.
    func open(_ sealed: [UInt8], epoch: Int, client: String) -> [UInt8]? {
        guard let key = keys[epoch], let box = try? AES.GCM.SealedBox(combined: sealed),
            let secret = try? AES.GCM.open(box, using: key, authenticating: Array(client.utf8))
        else { return nil }
        return Array(secret)
    }
}
