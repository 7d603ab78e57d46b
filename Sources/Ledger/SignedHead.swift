public import MerkleLog

/// A tree size and root under the ledger's signature.
public struct SignedHead: Sendable, Hashable {
    /// How many entries the tree holds.
    public let size: UInt64
    /// The root over them.
    public let root: Hash
    /// The checkpoint: a C2SP signed note of three lines.
    public let checkpoint: String

    /// Signs a head.
    init(size: UInt64, root: Hash, signer: NoteSigner) throws {
        self.size = size
        self.root = root
        let text = Checkpoint(origin: signer.origin, size: size, root: root).text
        // A note is the text, an empty line and the signatures' lines. A checkpoint's text keeps the rules for notes by its
        // construction, so the commit does not wait for it to be read back.
        checkpoint = try text + "\n" + signer.sign(text).line
    }

    /// Reads a checkpoint and checks the ledger's signature on it. The ledger's origin is the key's name.
    /// - Throws: ``LedgerError`` when it is not this ledger's, or not signed by this key.
    public init(checkpoint note: String, verifier: NoteVerifier) throws(LedgerError) {
        let checkpoint: Checkpoint
        do {
            let opened = try SignedNote(note).open(verifiers: [verifier])
            checkpoint = try Checkpoint(text: opened.text)
        } catch {
            throw .inconsistent("the checkpoint is not signed by the key '\(verifier.name)': \(error)")
        }
        guard checkpoint.origin == verifier.name else {
            throw .inconsistent("the checkpoint is of the ledger '\(checkpoint.origin)', not of '\(verifier.name)'")
        }
        size = checkpoint.size
        root = checkpoint.root
        self.checkpoint = note
    }
}
