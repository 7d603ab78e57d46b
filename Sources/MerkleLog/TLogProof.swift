import TextEncoding

/// Why a transparency log proof was refused.
public enum TLogProofError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The proof is longer than ``TLogProof/maximumByteCount``.
    case tooLong(byteCount: Int)
    /// The first line is not the name of the format.
    case unknownFormat
    /// The extra line has no or malformed base64.
    case invalidExtra
    /// The index line is missing or malformed.
    case invalidIndex
    /// The line with this number, from 1, is not the base64 of a hash.
    case invalidHash(line: Int)
    /// There are more hashes than a tree of 64-bit size can need.
    case tooManyHashes
    /// There is no empty line followed by a checkpoint, or the checkpoint is not UTF-8.
    case missingCheckpoint
    /// The checkpoint is of another log than the expected one.
    case wrongOrigin
    /// The checkpoint has no right signature by a known key of the log itself.
    case notSignedByLog

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .tooLong(let byteCount):
            "the proof has \(byteCount) bytes; the limit is \(TLogProof.maximumByteCount)"
        case .unknownFormat: "the first line is not \(TLogProof.formatLine); this is no proof that can be read"
        case .invalidExtra: "the extra line of the proof is not the word extra, a space and base64"
        case .invalidIndex: "the proof has no line of the word index, a space and a decimal number"
        case .invalidHash(let line): "line \(line) of the proof is not the base64 of 32 bytes"
        case .tooManyHashes: "the proof has more than \(TLogProof.maximumHashCount) hashes"
        case .missingCheckpoint: "the proof has no empty line followed by a checkpoint"
        case .wrongOrigin: "the checkpoint in the proof is of another log than the expected one"
        case .notSignedByLog:
            "no signature in the proof is by a known Ed25519 key of the log itself; give the log's verifier key"
        }
    }
}

/// A receipt that can be verified offline: an inclusion proof and the checkpoint it leads to (C2SP tlog-proof).
public struct TLogProof: Sendable {
    /// First line of the format.
    public static let formatLine = "c2sp.org/tlog-proof@v1"
    /// Ending of the file name, with its dot.
    public static let fileExtension = ".tlog-proof"
    /// Longest proof accepted, in bytes: twice the limit of the note inside.
    public static let maximumByteCount = 2 * SignedNote.maximumByteCount
    /// Most hashes an inclusion proof of a tree of 64-bit size can have.
    public static let maximumHashCount = 64

    /// Index of the entry in the log.
    public let index: UInt64
    /// The inclusion proof, from the leaf's sibling to a child of the root.
    public let hashes: [Hash]
    /// Bytes of the application's own that nothing authenticates; empty when there are none.
    public let extra: [UInt8]
    /// The checkpoint with its signatures, verbatim and unverified.
    public let checkpoint: String

    /// Puts a proof together.
    public init(index: UInt64, hashes: [Hash], checkpoint: String, extra: [UInt8] = []) {
        self.index = index
        self.hashes = hashes
        self.checkpoint = checkpoint
        self.extra = extra
    }

    /// Reads a proof. The checkpoint in it is read by ``verify(leaf:verifiers:origin:)`` only.
    ///
    /// - Throws: ``TLogProofError`` for the first rule that is broken.
    public init(_ encoded: String) throws(TLogProofError) {
        try self.init(bytes: Array(encoded.utf8))
    }

    /// Reads a proof from the bytes of a file. The checkpoint in it is read by ``verify(leaf:verifiers:origin:)`` only.
    ///
    /// - Throws: ``TLogProofError`` for the first rule that is broken.
    public init(bytes: [UInt8]) throws(TLogProofError) {
        guard bytes.count <= Self.maximumByteCount else { throw .tooLong(byteCount: bytes.count) }
        var lines = LineReader(bytes[...])
        guard let format = lines.next(), format.elementsEqual(Self.formatLine.utf8) else { throw .unknownFormat }
        var lineNumber = 2
        var line = lines.next()
        if let text = line?.dropping(prefix: "extra ") {
            guard !text.isEmpty, let extra = Base64.decode(text) else { throw .invalidExtra }
            self.extra = extra
            line = lines.next()
            lineNumber += 1
        } else {
            extra = []
        }
        guard let text = line?.dropping(prefix: "index "), let index = Decimal.parse(text) else {
            throw .invalidIndex
        }
        self.index = index
        var hashes: [Hash] = []
        while true {
            lineNumber += 1
            guard let line = lines.next() else { throw .missingCheckpoint }
            if line.isEmpty { break }
            guard hashes.count < Self.maximumHashCount else { throw .tooManyHashes }
            guard let hash = Hash(base64: line) else { throw .invalidHash(line: lineNumber) }
            hashes.append(hash)
        }
        self.hashes = hashes
        guard !lines.rest.isEmpty, let checkpoint = String(validating: lines.rest, as: UTF8.self) else {
            throw .missingCheckpoint
        }
        self.checkpoint = checkpoint
    }

    /// The proof as it is stored and sent.
    public var encoded: String {
        var text = Self.formatLine + "\n"
        if !extra.isEmpty { text += "extra \(Base64.encode(extra))\n" }
        text += "index \(index)\n"
        for hash in hashes { text += hash.base64 + "\n" }
        return text + "\n" + checkpoint
    }

    /// Verifies that the entry is in the log that the checkpoint signs.
    ///
    /// - Parameters:
    ///   - entry: the bytes of the entry, as hashed.
    ///   - verifiers: the log's key and the keys of witnesses and other cosigners that the caller knows. Whether enough
    ///     of them signed is the caller's policy, to be applied to the result.
    ///   - origin: the log that the receipt must be from.
    /// - Returns: the checkpoint and who signed it.
    /// - Throws: as ``verify(leaf:verifiers:origin:)``.
    public func verify(entry: [UInt8], verifiers: [NoteVerifier], origin: String) throws -> VerifiedReceipt {
        try verify(leaf: TreeHasher.leafHash(entry), verifiers: verifiers, origin: origin)
    }

    /// Verifies that the entry with this leaf hash is in the log that the checkpoint signs.
    ///
    /// - Throws: ``NoteError`` when the note is malformed or a signature by a known key is wrong, ``CheckpointError``,
    ///   ``TLogProofError/wrongOrigin``, ``TLogProofError/notSignedByLog`` when no known Ed25519 key named like the
    ///   origin signed, however many cosigners did, and ``ProofError`` when the entry is not in the tree.
    public func verify(leaf: Hash, verifiers: [NoteVerifier], origin: String) throws -> VerifiedReceipt {
        let note = try SignedNote(checkpoint).open(verifiers: verifiers)
        let head = try Checkpoint(text: note.text)
        guard head.origin.hasSameBytes(as: origin) else { throw TLogProofError.wrongOrigin }
        guard note.verified.contains(where: { $0.type == .ed25519 && $0.keyName.hasSameBytes(as: origin) }) else {
            throw TLogProofError.notSignedByLog
        }
        try Proofs.verifyInclusion(leaf: leaf, index: index, treeSize: head.size, proof: hashes, root: head.root)
        return VerifiedReceipt(index: index, checkpoint: head, note: note)
    }
}

/// What a receipt proved.
public struct VerifiedReceipt: Sendable {
    /// Index of the entry in the log.
    public let index: UInt64
    /// The head of the log that holds the entry.
    public let checkpoint: Checkpoint
    /// The signed text of the checkpoint, with the log's signature and those of all known cosigners.
    public let note: VerifiedNote
}

extension ArraySlice<UInt8> {
    fileprivate func dropping(prefix: String) -> ArraySlice<UInt8>? {
        starts(with: prefix.utf8) ? dropFirst(prefix.utf8.count) : nil
    }
}
