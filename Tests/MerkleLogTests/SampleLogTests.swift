import Testing

@testable import MerkleLog

/// Whole logs made by other implementations.
@Suite struct SampleLogTests {
    private static let tesseraKey = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

    /// Tiles read from the files of a log, whatever width is there.
    private struct Folder: TileSource {
        let name: String

        func tile(level: UInt8, index: UInt64, width: Int) throws -> [UInt8] {
            try Vectors.bytes("tlog-tiles/\(name)/" + TileAddress(level: level, index: index, width: width).path)
        }
    }

    private func head(_ size: Int) throws -> Checkpoint {
        let encoded = try Vectors.text("tlog-tiles/tessera-sample-log/checkpoint.\(size)")
        let note = try SignedNote(encoded)
        #expect(note.encoded == encoded)
        let verified = try note.open(verifiers: [NoteVerifier(vkey: Self.tesseraKey)])
        let checkpoint = try Checkpoint(text: verified.text)
        #expect(checkpoint.text == verified.text)
        return checkpoint
    }

    @Test func tesseraLogAtEverySize() throws {
        var frontier = Frontier()
        for size in 0...15 {
            let checkpoint = try head(size)
            #expect(checkpoint.size == UInt64(size) && checkpoint.origin == "example.com/log/testdata")
            let reader = TreeReader(source: Folder(name: "tessera-sample-log"), treeSize: checkpoint.size)
            #expect(try reader.root() == checkpoint.root)
            #expect(Tiles.addresses(forTreeSize: checkpoint.size).map(\.width) == [size].filter { $0 > 0 })
            if size > 0 {
                let path = BundleAddress(index: 0, width: size).path
                let bundle = try Vectors.bytes("tlog-tiles/tessera-sample-log/" + path)
                let entries = try EntryBundle.decode(bundle, width: size)
                #expect(try EntryBundle.encode(entries.map(Array.init)) == bundle)
                let leaves = entries.map { TreeHasher.leafHash(Array($0)) }
                #expect(
                    try leaves.flatMap(\.bytes)
                        == Folder(name: "tessera-sample-log").tile(level: 0, index: 0, width: size)
                )
                frontier.append(leaves[size - 1])
                for index in 0..<size {
                    try Proofs.verifyInclusion(
                        leaf: leaves[index],
                        index: UInt64(index),
                        treeSize: checkpoint.size,
                        proof: reader.inclusionProof(index: UInt64(index)),
                        root: checkpoint.root
                    )
                }
            }
            #expect(frontier.root == checkpoint.root)
            for oldSize in 0...size {
                try Proofs.verifyConsistency(
                    oldSize: UInt64(oldSize),
                    oldRoot: head(oldSize).root,
                    newSize: checkpoint.size,
                    newRoot: checkpoint.root,
                    proof: reader.consistencyProof(from: UInt64(oldSize))
                )
            }
        }
    }

    @Test func sunlightMirror() throws {
        let cosigned = try Vectors.text("tlog-tiles/sunlight-sample-mirror/checkpoint")
        let mirror = try NoteVerifier(vkey: "mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O")
        let note = try SignedNote(cosigned).open(verifiers: [mirror])
        #expect(note.verified.map(\.timestamp) == [1_767_139_200])
        let checkpoint = try Checkpoint(text: note.text)
        #expect(checkpoint.size == 300)
        let folder = Folder(name: "sunlight-sample-mirror")
        #expect(try TreeReader(source: folder, treeSize: 300).root() == checkpoint.root)

        // Level by level, as a full verification of a log does it.
        let full = try folder.tile(level: 0, index: 0, width: 256)
        let rest = try folder.tile(level: 0, index: 1, width: 44)
        let tileRoot = full.withUnsafeBytes { SubtreeHasher.root(ofTileBytes: $0) }
        #expect(try tileRoot.bytes == folder.tile(level: 1, index: 0, width: 1))
        var frontier = Frontier()
        frontier.append(tileRoot, height: Tiles.height)
        for position in 0..<44 {
            frontier.append(try #require(Hash(bytes: rest[position * 32..<(position + 1) * 32])))
        }
        #expect(frontier.root == checkpoint.root)
    }
}
