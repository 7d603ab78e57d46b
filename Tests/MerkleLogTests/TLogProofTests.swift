import Testing
import TextEncoding

@testable import MerkleLog

@Suite struct TLogProofTests {
    private struct Format: Decodable {
        let marshal: [Good]
        let refuse: [Bad]

        struct Good: Decodable {
            let index: UInt64
            let hashes: [String]
            let checkpoint: String
            let extra: String?
            let text: String

            enum CodingKeys: String, CodingKey {
                case index, hashes, checkpoint, text
                case extra = "extra_base64"
            }
        }

        struct Bad: Decodable {
            let why: String
            let text: String
        }
    }

    @Test func formatVectors() throws {
        let vectors = try Vectors.decode(Format.self, "tlog-proof/format.json")
        #expect(vectors.marshal.count == 3 && vectors.refuse.count == 7)
        for vector in vectors.marshal {
            let extra = try #require(Base64.decode((vector.extra ?? "").utf8))
            let hashes = try vector.hashes.map { try #require(Hash(base64: $0)) }
            let proof = TLogProof(index: vector.index, hashes: hashes, checkpoint: vector.checkpoint, extra: extra)
            #expect(proof.encoded == vector.text)
            let read = try TLogProof(vector.text)
            #expect(read.index == vector.index && read.hashes == hashes && read.extra == extra)
            #expect(read.checkpoint == vector.checkpoint)
        }
        for vector in vectors.refuse {
            #expect(throws: TLogProofError.self, "\(vector.why)") { try TLogProof(vector.text) }
        }
    }

    @Test func refusesMoreMalformedProofs() {
        let first = TLogProof.formatLine + "\n"
        let hash = TreeHasher.emptyRoot.base64 + "\n"
        let cases: [(String, TLogProofError)] = [
            ("", .unknownFormat), (TLogProof.formatLine, .unknownFormat), (first, .invalidIndex),
            (first + "index 01\n\nc\n", .invalidIndex), (first + "index 1", .invalidIndex),
            (first + "index  1\n\nc\n", .invalidIndex), (first + "extra \nindex 1\n\nc\n", .invalidExtra),
            (first + "extra AA=\nindex 1\n\nc\n", .invalidExtra),
            (first + "index 1\nextra AAAA\n\nc\n", .invalidHash(line: 3)),
            (first + "extra AAAA\nindex 1\nAAAA\n\nc\n", .invalidHash(line: 4)),
            (first + "index 1\n", .missingCheckpoint),
            (first + "index 1\n" + hash, .missingCheckpoint), (first + "index 1\n\n", .missingCheckpoint),
            (first + "index 1\n" + String(repeating: hash, count: 65) + "\nc\n", .tooManyHashes),
            (String(repeating: "a", count: TLogProof.maximumByteCount + 1), .tooLong(byteCount: 2_000_001)),
        ]
        for (text, expected) in cases {
            #expect(throws: expected) { try TLogProof(text) }
        }
        #expect(throws: TLogProofError.missingCheckpoint) {
            try TLogProof(bytes: Array((first + "index 1\n\n").utf8) + [0xff])
        }
    }

    @Test func verifiesReceipts() throws {
        let origin = try Origin("log.example/main")
        let log = try NoteSigner(origin: origin, seed: [UInt8](repeating: 1, count: 32))
        let other = try NoteSigner(origin: Origin("other.example"), seed: [UInt8](repeating: 2, count: 32))
        let entries = (0..<600).map { Array("entry \($0)".utf8) }
        let leaves = entries.map { TreeHasher.leafHash($0) }
        let reader = TreeReader(source: MemoryTiles(leaves: leaves), treeSize: 600)
        let head = try Checkpoint(origin: origin, size: 600, root: reader.root())
        let note = try SignedNote(text: head.text, signers: [log, other])
        let proof = TLogProof(index: 333, hashes: try reader.inclusionProof(index: 333), checkpoint: note.encoded)
        let read = try TLogProof(proof.encoded)

        let verifiers = [log.verifier, other.verifier]
        let receipt = try read.verify(entry: entries[333], verifiers: verifiers, origin: origin.text)
        #expect(receipt.index == 333 && receipt.checkpoint == head && receipt.note.verified.count == 2)
        _ = try read.verify(leaf: leaves[333], verifiers: [log.verifier], origin: origin.text)

        #expect(throws: ProofError.rootMismatch) {
            try read.verify(entry: entries[332], verifiers: verifiers, origin: origin.text)
        }
        #expect(throws: TLogProofError.wrongOrigin) {
            try read.verify(entry: entries[333], verifiers: verifiers, origin: "other.example")
        }
        // A right signature by somebody else does not stand in for the log's.
        #expect(throws: TLogProofError.notSignedByLog) {
            try read.verify(entry: entries[333], verifiers: [other.verifier], origin: origin.text)
        }
        #expect(throws: NoteError.unverified) {
            try read.verify(entry: entries[333], verifiers: [], origin: origin.text)
        }
        // Nor does a cosignature with the log's own name.
        let cosigner = try NoteVerifier(name: origin.text, type: .cosignatureV1, publicKey: other.verifier.publicKey)
        let time = [UInt8](repeating: 0, count: 8)
        let cosigned = try other.sign("cosignature/v1\ntime 0\n" + head.text)
        let line = NoteSignature(keyName: origin.text, keyID: cosigner.keyID, signature: time + cosigned.signature)
        let onlyCosigned = try SignedNote(text: head.text, signatures: [line])
        let weak = TLogProof(index: 333, hashes: proof.hashes, checkpoint: onlyCosigned.encoded)
        #expect(throws: TLogProofError.notSignedByLog) {
            try weak.verify(entry: entries[333], verifiers: [cosigner], origin: origin.text)
        }
        let changed = TLogProof(index: 334, hashes: proof.hashes, checkpoint: proof.checkpoint)
        #expect(throws: ProofError.rootMismatch) {
            try changed.verify(entry: entries[333], verifiers: verifiers, origin: origin.text)
        }
        let forged = TLogProof(
            index: 333,
            hashes: proof.hashes,
            checkpoint: proof.checkpoint.replacing("\n600\n", with: "\n601\n")
        )
        #expect(throws: NoteError.self) {
            try forged.verify(entry: entries[333], verifiers: verifiers, origin: origin.text)
        }
    }
}
