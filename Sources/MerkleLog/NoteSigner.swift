import Crypto

/// A private Ed25519 key that signs notes, such as the checkpoints of a log.
///
/// Printing, interpolating, dumping or reflecting a signer shows its name only. The secret leaves it through
/// ``exportSecretKey()`` and nowhere else.
public struct NoteSigner: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Name of the key and origin of the log that it signs for.
    public let origin: Origin
    /// The public half of the key.
    public let verifier: NoteVerifier
    private let key: Curve25519.Signing.PrivateKey

    private static let secretKeyPrefix = "PRIVATE+KEY+"

    /// Makes the key from its seed, the 32-byte private key of RFC 8032.
    ///
    /// - Throws: ``NoteKeyError/invalidKey`` unless the seed has 32 bytes.
    public init(origin: Origin, seed: [UInt8]) throws(NoteKeyError) {
        guard seed.count == NoteKey.materialByteCount,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        else { throw .invalidKey }
        self.origin = origin
        self.key = key
        verifier = try NoteVerifier(
            name: origin.text,
            type: .ed25519,
            publicKey: Array(key.publicKey.rawRepresentation)
        )
    }

    /// Makes a new key. The generator must be cryptographically secure, as `SystemRandomNumberGenerator` is.
    ///
    /// - Throws: ``NoteKeyError/invalidKey`` if the platform refuses the key.
    public init(origin: Origin, using generator: inout some RandomNumberGenerator) throws(NoteKeyError) {
        var seed: [UInt8] = []
        for _ in 0..<NoteKey.materialByteCount {
            seed.append(UInt8.random(in: 0...UInt8.max, using: &generator))
        }
        try self.init(origin: origin, seed: seed)
    }

    /// Reads a signing key, `PRIVATE+KEY+name+hash+base64`. The text is secret.
    ///
    /// - Throws: ``NoteKeyError``, which never carries the text.
    public init(skey: String) throws(NoteKeyError) {
        let bytes = skey.utf8
        guard bytes.starts(with: Self.secretKeyPrefix.utf8) else { throw .malformed }
        let parts = try NoteKey.parse(bytes.dropFirst(Self.secretKeyPrefix.utf8.count))
        guard parts.type == .ed25519 else { throw .unsupportedType(parts.type.rawValue) }
        guard let origin = try? Origin(parts.name) else { throw .invalidName }
        try self.init(origin: origin, seed: parts.material)
        guard verifier.keyID == parts.id else { throw .wrongKeyID }
    }

    /// The public verifier key as text.
    public var vkey: String { verifier.vkey }

    /// The signing key as text that ``init(skey:)`` reads. Whoever has it can sign for the log: write it only to a
    /// protected secret store.
    public func exportSecretKey() -> String {
        Self.secretKeyPrefix
            + NoteKey.encode(
                name: origin.text,
                id: verifier.keyID,
                type: .ed25519,
                material: Array(key.rawRepresentation)
            )
    }

    /// Signs the text of a note.
    ///
    /// - Throws: ``NoteError/signingFailed`` if the cryptographic library does, which Ed25519 gives it no reason to.
    public func sign(_ text: String) throws(NoteError) -> NoteSignature {
        guard let signature = try? key.signature(for: Array(text.utf8)) else { throw .signingFailed }
        return NoteSignature(keyName: origin.text, keyID: verifier.keyID, signature: Array(signature))
    }

    /// The name of the key and nothing of its secret.
    public var description: String { "NoteSigner(\(origin.text), secret key masked)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Reflects the name only, so that dumps do not show the key.
    public var customMirror: Mirror { Mirror(self, children: ["origin": origin.text]) }
}
