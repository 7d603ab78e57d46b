import Foundation
import JSON
public import MerkleLog

/// Single entries that can be verified without the rest of the ledger: for each its bytes as `entry-<index>.json`, and beside them the
/// proof that leads to a signed checkpoint as `entry-<index>.tlog-proof` (C2SP tlog-proof).
public enum ReceiptFolder {
    /// One verified entry.
    public struct Entry: Sendable, Hashable {
        /// Its place in the ledger, and the size of the ledger whose checkpoint it was proved under.
        public let index: UInt64
        public let treeSize: UInt64
        /// The canonical JSON as hashed.
        public let bytes: [UInt8]
    }

    /// Whether a path is a receipt, or a folder of them rather than of a whole ledger.
    public static func isOne(_ path: String) -> Bool {
        if path.hasSuffix(TLogProof.fileExtension) { return true }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return !names.contains("tile") && names.contains { $0.hasSuffix(TLogProof.fileExtension) }
    }

    /// Writes entries with their proofs into a folder, which is made.
    /// - Throws: ``LedgerError`` when the folder is not empty or cannot be written.
    public static func write(_ entries: [StoredEvent], of ledger: Ledger, to folder: String) async throws {
        if let found = try? FileManager.default.contentsOfDirectory(atPath: folder), !found.isEmpty {
            throw LedgerError.file("the folder \(folder) is not empty: name a new one")
        }
        let (_, proofs) = try await ledger.proofs(of: entries.map(\.index))
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for (entry, proof) in zip(entries, proofs) {
                let name = "\(folder)/entry-\(entry.index)"
                try Data(entry.bytes).write(to: URL(fileURLWithPath: name + ".json"))
                try Data(proof.encoded.utf8).write(to: URL(fileURLWithPath: name + TLogProof.fileExtension))
            }
        } catch {
            throw LedgerError.file("cannot write into \(folder): \(error.localizedDescription)")
        }
    }

    /// Verifies a receipt, or every one of a folder, with nothing but the ledger's key.
    /// - Returns: the entries, in the order of the ledger.
    /// - Throws: ``LedgerVerifier/Failure`` for the first that is wrong; an entry without a proof is wrong, too.
    public static func verify(_ path: String, by verifier: NoteVerifier) throws -> [Entry] {
        var paths = [path]
        if !path.hasSuffix(TLogProof.fileExtension) {
            let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
            let unproved = names.first {
                $0.hasSuffix(".json") && !names.contains(String($0.dropLast(5)) + TLogProof.fileExtension)
            }
            if let unproved {
                throw LedgerVerifier.Failure(entry: nil, description: "\(unproved) has no proof beside it")
            }
            paths = names.filter { $0.hasSuffix(TLogProof.fileExtension) }.map { path + "/" + $0 }
        }
        var roots: [UInt64: Hash] = [:]
        let entries = try paths.map { path in
            let (entry, head) = try verifyOne(path, by: verifier)
            // Two roots over one size are two histories.
            guard roots.updateValue(head.root, forKey: head.size).map({ $0 == head.root }) ?? true else {
                throw LedgerVerifier.Failure(
                    entry: entry.index,
                    description: "two checkpoints over \(head.size) entries contradict each other"
                )
            }
            return entry
        }
        return entries.sorted { $0.index < $1.index }
    }

    private static func verifyOne(_ path: String, by verifier: NoteVerifier) throws -> (Entry, Checkpoint) {
        let name = String(path.dropLast(TLogProof.fileExtension.count))
        guard let proof = FileManager.default.contents(atPath: path),
            let bytes = FileManager.default.contents(atPath: name + ".json")
        else {
            throw LedgerVerifier.Failure(
                entry: nil,
                description: "\(path), or the entry as .json beside it, is missing"
            )
        }
        do {
            let receipt = try TLogProof(bytes: Array(proof))
                .verify(entry: Array(bytes), verifiers: [verifier], origin: verifier.name)
            let entry = Entry(index: receipt.index, treeSize: receipt.checkpoint.size, bytes: Array(bytes))
            return (entry, receipt.checkpoint)
        } catch {
            let index = (try? TLogProof(bytes: Array(proof)))?.index
            throw LedgerVerifier.Failure(entry: index, description: "\(path): \(error)")
        }
    }
}
