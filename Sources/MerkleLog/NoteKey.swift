import Crypto
import TextEncoding

/// Why the text of a note key was refused. Never carries the text.
public enum NoteKeyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The text does not have the parts of a key.
    case malformed
    /// The key name is empty or has a space or a plus.
    case invalidName
    /// The key is of a type that is not supported.
    case unsupportedType(UInt8)
    /// The key material has a wrong length or is no key.
    case invalidKey
    /// The key ID in the text is not the one of name and key: one of them was changed.
    case wrongKeyID

    /// What is wrong and what to write.
    public var description: String {
        switch self {
        case .malformed:
            "this is not a note key; a verifier key is name+hash+key with eight lower-case hexadecimal digits and "
                + "base64, a signing key has PRIVATE+KEY+ before that"
        case .invalidName: "the key's name is empty, has a space or a plus, or is not allowed as an origin"
        case .unsupportedType(let type):
            "key type \(type) is not supported; use Ed25519 (1) or, to verify, Ed25519 cosignatures (4)"
        case .invalidKey: "the key material is not an Ed25519 key of 32 bytes"
        case .wrongKeyID: "the key ID does not belong to this name and key; copy the whole key again"
        }
    }
}

/// The kinds of note signatures that are supported (C2SP signed-note, "Signature types").
public enum NoteSignatureType: UInt8, Sendable, Hashable, CaseIterable {
    /// Ed25519 over the text of the note.
    case ed25519 = 0x01
    /// Ed25519 cosignature of a checkpoint with a timestamp (C2SP tlog-cosignature).
    case cosignatureV1 = 0x04
}

/// What all note keys have in common.
enum NoteKey {
    static let idByteCount = 4
    static let materialByteCount = 32
    private static let separator = UInt8(ascii: "+")

    /// Whether a key name is not empty and has neither Unicode white space nor a plus.
    static func isValidName(_ name: String) -> Bool {
        !name.isEmpty && !name.unicodeScalars.contains { $0 == "+" || $0.properties.isWhitespace }
    }

    /// The first four bytes of SHA-256 over name, newline, type and public key, big-endian.
    static func id(name: String, type: NoteSignatureType, publicKey: [UInt8]) -> UInt32 {
        var hasher = SHA256()
        let input = Array(name.utf8) + [UInt8(ascii: "\n"), type.rawValue] + publicKey
        input.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return hasher.finalize().withUnsafeBytes { id(Array($0.prefix(idByteCount))) }
    }

    static func id(_ bytes: [UInt8]) -> UInt32 {
        bytes.prefix(idByteCount).reduce(0) { $0 << 8 | UInt32($1) }
    }

    static func bytes(_ id: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: id >> $0) }
    }

    static func encode(name: String, id: UInt32, type: NoteSignatureType, material: [UInt8]) -> String {
        "\(name)+\(Hex.encode(bytes(id)))+\(Base64.encode([type.rawValue] + material))"
    }

    /// Takes `name+hash+base64` apart. The name is not checked beyond having no plus.
    static func parse(
        _ text: some Collection<UInt8>
    ) throws(NoteKeyError) -> (name: String, id: UInt32, type: NoteSignatureType, material: [UInt8]) {
        // Base64 may have a plus of its own, so that only the first two separate.
        let parts = text.split(separator: separator, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let name = String(validating: parts[0], as: UTF8.self),
            parts[1].count == 2 * idByteCount, let id = Hex.decode(parts[1]),
            Hex.encode(id).utf8.elementsEqual(parts[1]),
            let key = Base64.decode(parts[2]), let typeByte = key.first
        else { throw .malformed }
        guard isValidName(name) else { throw .invalidName }
        guard let type = NoteSignatureType(rawValue: typeByte) else { throw .unsupportedType(typeByte) }
        guard key.count == 1 + materialByteCount else { throw .invalidKey }
        return (name, NoteKey.id(id), type, Array(key.dropFirst()))
    }
}

/// A public key that verifies signatures of notes.
///
/// Ed25519 verification is without cofactor: S must be below the group order and the encoding of R must be the one that
/// is computed from S, the public key and the message, as BoringSSL does it.
public struct NoteVerifier: Sendable, CustomStringConvertible {
    /// Name of the key; for a log the same as its origin.
    public let name: String
    /// Identifier of the key and its algorithm.
    public let keyID: UInt32
    /// What its signatures are.
    public let type: NoteSignatureType
    /// The 32 bytes of the Ed25519 public key.
    public let publicKey: [UInt8]
    private let key: Curve25519.Signing.PublicKey

    private static let timestampByteCount = 8
    /// Largest timestamp of a cosignature (C2SP tlog-cosignature).
    private static let maximumTimestamp = UInt64(Int64.max)

    /// Reads a verifier key, `name+hash+base64` (C2SP signed-note, "Verifier keys").
    ///
    /// - Throws: ``NoteKeyError``.
    public init(vkey: String) throws(NoteKeyError) {
        let parts = try NoteKey.parse(vkey.utf8)
        try self.init(name: parts.name, type: parts.type, publicKey: parts.material)
        guard keyID == parts.id else { throw .wrongKeyID }
    }

    /// Makes a verifier from its parts.
    ///
    /// - Throws: ``NoteKeyError/invalidName``, ``NoteKeyError/invalidKey``.
    public init(name: String, type: NoteSignatureType, publicKey: [UInt8]) throws(NoteKeyError) {
        guard NoteKey.isValidName(name) else { throw .invalidName }
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { throw .invalidKey }
        self.name = name
        self.type = type
        self.publicKey = publicKey
        self.key = key
        keyID = NoteKey.id(name: name, type: type, publicKey: publicKey)
    }

    /// The verifier key as text.
    public var vkey: String {
        NoteKey.encode(name: name, id: keyID, type: type, material: publicKey)
    }

    /// The same as ``vkey``.
    public var description: String { vkey }

    /// Whether a signature says that it is by this key.
    public func isKey(of signature: NoteSignature) -> Bool {
        signature.keyID == keyID && signature.keyName.hasSameBytes(as: name)
    }

    /// Verifies a signature of the text of a note; nil when it is wrong or by another key.
    public func verify(_ signature: NoteSignature, of text: String) -> VerifiedSignature? {
        guard isKey(of: signature) else { return nil }
        var message = Array(text.utf8)
        var rawSignature = signature.signature[...]
        var timestamp: UInt64?
        if type == .cosignatureV1 {
            let time = rawSignature.prefix(Self.timestampByteCount).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard time <= Self.maximumTimestamp else { return nil }
            rawSignature = rawSignature.dropFirst(Self.timestampByteCount)
            message = Array("cosignature/v1\ntime \(time)\n".utf8) + message
            timestamp = time
        }
        guard key.isValidSignature(Array(rawSignature), for: message) else { return nil }
        return VerifiedSignature(signature: signature, type: type, timestamp: timestamp)
    }
}
