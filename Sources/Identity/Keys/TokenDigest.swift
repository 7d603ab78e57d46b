import Crypto
import TextEncoding

/// The 32 bytes of a token, without what stands in front of them. Kinds, epochs and tenants never share one, for all three are
/// part of what is hashed.
struct TokenDigest: Hashable, Sendable {
    let bytes: [UInt8]

    init(_ digest: SHA256.Digest) { bytes = Array(digest) }
    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The token as text.
    func text(_ kind: IdentifierKind, epoch: Int) -> String {
        "hmac-sha256:\(epoch):\(kind.rawValue):" + Hex.encode(bytes)
    }
}

/// Makes tokens under every key of a keyring.
public struct TokenMaker: Sendable {
    /// One epoch's share.
    struct EpochMaker: Sendable {
        let epoch: Int
        let tokeniser: Tokeniser
        let tombstones: KeyedHash
    }

    /// Newest first: the epoch in which most is found.
    let epochs: [EpochMaker]
    /// The keys it makes them under.
    public let keyring: Keyring

    /// Makes tokens under a keyring.
    public init(keyring: Keyring) {
        self.keyring = keyring
        epochs = keyring.keys.reversed().map { key in
            EpochMaker(
                epoch: key.epoch,
                tokeniser: Tokeniser(key: key),
                tombstones: KeyedHash(key: key.derived(for: "tombstone"))
            )
        }
    }

    /// The tokens of an identifier as text, newest epoch first.
    public func tokens(_ identifier: Identifier) -> [String] {
        epochs.map { $0.tokeniser.token(identifier.kind, identifier.value) }
    }

    /// The digests of an identifier, newest epoch first.
    func digests(_ identifier: Identifier) -> [TokenDigest] {
        var value = identifier.value
        return value.withUTF8 { bytes in
            epochs.map { $0.tokeniser.digest(identifier.kind, UnsafeRawBufferPointer(bytes)) }
        }
    }
}

extension TokenMaker.EpochMaker {
    /// What is kept of a forgotten identifier: it tells, to who holds the key and the identifier, that it was forgotten.
    func tombstone(of digest: TokenDigest) -> TokenDigest {
        TokenDigest(digest.bytes.withUnsafeBytes { tombstones.code(for: $0) })
    }
}
