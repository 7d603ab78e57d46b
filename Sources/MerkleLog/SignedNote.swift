import TextEncoding

/// Why a note was refused. Carries line numbers and, for wrong signatures, the name of a key the caller configured.
public enum NoteError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The note is longer than ``SignedNote/maximumByteCount``.
    case tooLong(byteCount: Int)
    /// The note is not valid UTF-8.
    case invalidUTF8
    /// The note has an ASCII control character other than newline.
    case controlCharacter
    /// There is no empty line between a text and signatures, or the text does not end in a newline.
    case missingSeparator
    /// There is no signature.
    case noSignatures
    /// There are more than ``SignedNote/maximumSignatureCount`` signatures.
    case tooManySignatures
    /// The signature line with this number, from 1, is malformed or not ended by a newline.
    case malformedSignature(line: Int)
    /// A signature by this known key is wrong.
    case invalidSignature(keyName: String)
    /// No signature is by a known key.
    case unverified
    /// The cryptographic library did not sign.
    case signingFailed

    /// What is wrong and what it means.
    public var description: String {
        switch self {
        case .tooLong(let byteCount):
            "the note has \(byteCount) bytes; the limit is \(SignedNote.maximumByteCount)"
        case .invalidUTF8: "the note is not valid UTF-8"
        case .controlCharacter: "the note has a control character other than newline"
        case .missingSeparator: "the note has no empty line between its text and its signatures"
        case .noSignatures: "the note has no signatures"
        case .tooManySignatures: "the note has more than \(SignedNote.maximumSignatureCount) signatures"
        case .malformedSignature(let line): "signature line \(line) of the note is malformed"
        case .invalidSignature(let keyName):
            "the signature by \(keyName) is wrong: the note was changed or was not signed with this key"
        case .unverified:
            "no signature of the note is by a known key; add the verifier key of the signer if it is trusted"
        case .signingFailed: "the cryptographic library did not sign the note; nothing was signed, try again"
        }
    }
}

/// One signature line of a note (C2SP signed-note).
public struct NoteSignature: Sendable, Hashable {
    /// Name of the signing key.
    public let keyName: String
    /// Identifier of the signing key and its algorithm.
    public let keyID: UInt32
    /// The signature without the key ID.
    public let signature: [UInt8]

    init(keyName: String, keyID: UInt32, signature: [UInt8]) {
        self.keyName = keyName
        self.keyID = keyID
        self.signature = signature
    }

    /// Reads a line such as a witness answers with, with or without its newline; nil when it is malformed.
    public init?(line: String) {
        self.init(line: line.utf8.last == UInt8(ascii: "\n") ? line.utf8.dropLast() : line.utf8[...])
    }

    init?(line: some Collection<UInt8>) {
        let prefix = "\u{2014} ".utf8
        guard line.starts(with: prefix) else { return nil }
        let parts = line.dropFirst(prefix.count).split(
            separator: UInt8(ascii: " "),
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        guard parts.count == 2, let name = String(validating: parts[0], as: UTF8.self), NoteKey.isValidName(name),
            let bytes = Base64.decode(parts[1]), bytes.count > NoteKey.idByteCount
        else { return nil }
        keyName = name
        keyID = NoteKey.id(bytes)
        signature = Array(bytes[NoteKey.idByteCount...])
    }

    /// The line with its newline.
    public var line: String {
        "\u{2014} \(keyName) \(Base64.encode(NoteKey.bytes(keyID) + signature))\n"
    }
}

/// A text with signatures that are not verified yet (C2SP signed-note).
///
/// There is no way from a note to a trusted text but ``open(verifiers:)``.
public struct SignedNote: Sendable {
    /// Longest note accepted, in bytes: room for 100 post-quantum signatures of 5 kB, and a bound for untrusted input.
    public static let maximumByteCount = 1_000_000
    /// Most signatures accepted. The specification asks verifiers for a limit of at least 16.
    public static let maximumSignatureCount = 100

    /// The signed text, which ends in a newline.
    public let text: String
    /// The signatures in order.
    public let signatures: [NoteSignature]

    /// Signs a text.
    ///
    /// - Throws: ``NoteError`` when the text is not allowed in a note or there are no or too many signers.
    public init(text: String, signers: [NoteSigner]) throws(NoteError) {
        var signatures: [NoteSignature] = []
        for signer in signers {
            signatures.append(try signer.sign(text))
        }
        try self.init(text: text, signatures: signatures)
    }

    /// Puts a text and signatures together, for instance to add cosignatures to a checkpoint.
    ///
    /// - Throws: ``NoteError`` when the text is not allowed in a note, there are no or too many signatures, or the
    ///   whole is too long.
    public init(text: String, signatures: [NoteSignature]) throws(NoteError) {
        // Reading it back applies the rules for notes in the one place that has them.
        let note = try SignedNote(text + "\n" + signatures.map(\.line).joined())
        guard note.text.hasSameBytes(as: text) else { throw .missingSeparator }
        self = note
    }

    /// Reads a note.
    ///
    /// - Throws: ``NoteError`` for the first rule that is broken.
    public init(_ encoded: String) throws(NoteError) {
        try self.init(bytes: Array(encoded.utf8))
    }

    /// Reads a note from its bytes.
    ///
    /// - Throws: ``NoteError`` for the first rule that is broken.
    public init(bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.maximumByteCount else { throw .tooLong(byteCount: bytes.count) }
        let newline = UInt8(ascii: "\n")
        guard !bytes.contains(where: { $0 < 0x20 && $0 != newline }) else { throw .controlCharacter }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .invalidUTF8 }
        // The last empty line separates; text before it may have empty lines of its own.
        var separator = bytes.count - 1
        while separator > 0, !(bytes[separator] == newline && bytes[separator - 1] == newline) { separator -= 1 }
        guard separator > 0 else { throw .missingSeparator }

        var lines = LineReader(bytes[(separator + 1)...])
        var signatures: [NoteSignature] = []
        while !lines.rest.isEmpty {
            guard signatures.count < Self.maximumSignatureCount else { throw .tooManySignatures }
            guard let line = lines.next(), let signature = NoteSignature(line: line) else {
                throw .malformedSignature(line: signatures.count + 1)
            }
            signatures.append(signature)
        }
        guard !signatures.isEmpty else { throw .noSignatures }
        text = String(decoding: bytes[..<separator], as: UTF8.self)
        self.signatures = signatures
    }

    /// The note as it is stored and sent.
    public var encoded: String {
        text + "\n" + signatures.map(\.line).joined()
    }

    /// Verifies the signatures by known keys.
    ///
    /// A key is known by its name and ID together. Further signatures by a key that has one already are verified too
    /// but counted once; repeated lines of unknown keys are dropped.
    ///
    /// - Throws: ``NoteError/invalidSignature(keyName:)`` when any signature by a known key is wrong,
    ///   ``NoteError/unverified`` when there is none.
    public func open(verifiers: [NoteVerifier]) throws(NoteError) -> VerifiedNote {
        var verified: [VerifiedSignature] = []
        var unverified: [NoteSignature] = []
        for signature in signatures {
            guard let verifier = verifiers.first(where: { $0.isKey(of: signature) }) else {
                if !unverified.contains(signature) { unverified.append(signature) }
                continue
            }
            guard let result = verifier.verify(signature, of: text) else {
                throw .invalidSignature(keyName: verifier.name)
            }
            if !verified.contains(where: { verifier.isKey(of: $0.signature) }) { verified.append(result) }
        }
        guard !verified.isEmpty else { throw .unverified }
        return VerifiedNote(text: text, verified: verified, unverified: unverified)
    }
}

/// A signature that was found right.
public struct VerifiedSignature: Sendable, Hashable {
    /// The signature.
    public let signature: NoteSignature
    /// Its algorithm and meaning.
    public let type: NoteSignatureType
    /// For a cosignature, when it says it was made, in seconds since 1970; nil for other types.
    public let timestamp: UInt64?

    /// Name of the key that signed.
    public var keyName: String { signature.keyName }
}

/// A text and who signed it.
public struct VerifiedNote: Sendable {
    /// The signed text, which ends in a newline.
    public let text: String
    /// Right signatures by known keys, at least one and one for each key.
    public let verified: [VerifiedSignature]
    /// Signatures by unknown keys, which say nothing.
    public let unverified: [NoteSignature]
}
