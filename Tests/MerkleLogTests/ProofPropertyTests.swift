import Testing

@testable import MerkleLog

/// Every proof of every tree of up to 300 entries, made from the recursive definitions and from tiles.
@Suite struct ProofPropertyTests {
    /// One instance of the suite is made for each test, so that the cache in the tree is never shared.
    private let tree = NaiveTree(decimalLeaves: 300)

    /// All positions of small trees; of larger ones the edges and some at random.
    private func positions(upTo size: Int, using generator: inout SplitMix64) -> [Int] {
        if size <= 70 { return Array(0..<size) }
        let edges = [0, 1, 127, 128, 255, 256, size - 2, size - 1].filter { $0 < size }
        return edges + (0..<8).map { _ in Int.random(in: 0..<size, using: &generator) }
    }

    @Test func inclusionOfEveryEntryInEverySize() throws {
        for size in 1...300 {
            for index in 0..<size {
                try Proofs.verifyInclusion(
                    leaf: tree.leaves[index],
                    index: UInt64(index),
                    treeSize: UInt64(size),
                    proof: tree.inclusion(index, in: 0..<size),
                    root: tree.root(size: size)
                )
            }
        }
    }

    @Test func consistencyOfEveryPairOfSizes() throws {
        for newSize in 0...300 {
            for oldSize in 0...newSize {
                try Proofs.verifyConsistency(
                    oldSize: UInt64(oldSize),
                    oldRoot: tree.root(size: oldSize),
                    newSize: UInt64(newSize),
                    newRoot: tree.root(size: newSize),
                    proof: oldSize == 0 ? [] : tree.consistency(0..<oldSize, in: 0..<newSize)
                )
            }
        }
    }

    @Test func readerMakesTheSameProofs() throws {
        let tiles = MemoryTiles(leaves: tree.leaves)
        var generator = SplitMix64(state: 2)
        for size in 0...300 {
            let reader = TreeReader(source: tiles, treeSize: UInt64(size))
            #expect(try reader.root() == tree.root(size: size))
            for index in positions(upTo: size, using: &generator) {
                #expect(try reader.inclusionProof(index: UInt64(index)) == tree.inclusion(index, in: 0..<size))
                let expected = index == 0 ? [] : tree.consistency(0..<index, in: 0..<size)
                #expect(try reader.consistencyProof(from: UInt64(index)) == expected)
            }
            #expect(try reader.consistencyProof(from: UInt64(size)).isEmpty)
        }
    }

    @Test func everySubtreeOfSmallTrees() throws {
        let tiles = MemoryTiles(leaves: tree.leaves)
        var subtreeCount = 0
        for size in 1...40 {
            let reader = TreeReader(source: tiles, treeSize: UInt64(size))
            for start in 0..<size {
                for end in start + 1...size {
                    let (low, high) = (UInt64(start), UInt64(end))
                    // The definition: the start is a multiple of the size rounded up to a power of two.
                    var rounded = 1
                    while rounded < end - start { rounded *= 2 }
                    guard start.isMultiple(of: rounded) else {
                        #expect(throws: TileError.self) { try reader.subtreeConsistencyProof(start: low, end: high) }
                        #expect(throws: TileError.self) { try reader.subtreeHash(start: low, end: high) }
                        continue
                    }
                    subtreeCount += 1
                    #expect(try reader.subtreeHash(start: low, end: high) == tree.root(start..<end))
                    let proof = try reader.subtreeConsistencyProof(start: low, end: high)
                    #expect(proof == tree.consistency(start..<end, in: 0..<size))
                    try Proofs.verifySubtreeConsistency(
                        start: low,
                        end: high,
                        subtreeRoot: tree.root(start..<end),
                        treeSize: UInt64(size),
                        root: tree.root(size: size),
                        proof: proof
                    )
                    for index in start..<end {
                        try Proofs.verifySubtreeInclusion(
                            leaf: tree.leaves[index],
                            index: UInt64(index),
                            start: low,
                            end: high,
                            proof: tree.inclusion(index, in: start..<end),
                            root: tree.root(start..<end)
                        )
                    }
                }
            }
        }
        #expect(subtreeCount > 2000)
    }

    @Test func changedInclusionProofsAreRefused() throws {
        var generator = SplitMix64(state: 3)
        for _ in 0..<1500 {
            let size = Int.random(in: 1...300, using: &generator)
            let index = Int.random(in: 0..<size, using: &generator)
            let (leaf, root) = (tree.leaves[index], tree.root(size: size))
            let good = tree.inclusion(index, in: 0..<size)
            func refused(leaf: Hash, index: Int, proof: [Hash], root: Hash) -> Bool {
                !accepts {
                    try Proofs.verifyInclusion(
                        leaf: leaf,
                        index: UInt64(index),
                        treeSize: UInt64(size),
                        proof: proof,
                        root: root
                    )
                }
            }
            let bit = Int.random(in: 0..<256, using: &generator)
            #expect(try refused(leaf: leaf.flipping(bit: bit), index: index, proof: good, root: root))
            #expect(try refused(leaf: leaf, index: index, proof: good, root: root.flipping(bit: bit)))
            #expect(refused(leaf: leaf, index: index, proof: good + [leaf], root: root))
            #expect(refused(leaf: leaf, index: index, proof: [leaf] + good, root: root))
            #expect(refused(leaf: leaf, index: size, proof: good, root: root))
            let other = Int.random(in: 0..<size, using: &generator)
            if other != index { #expect(refused(leaf: leaf, index: other, proof: good, root: root)) }
            guard !good.isEmpty else { continue }
            #expect(refused(leaf: leaf, index: index, proof: Array(good.dropFirst()), root: root))
            #expect(refused(leaf: leaf, index: index, proof: Array(good.dropLast()), root: root))
            var changed = good
            let position = Int.random(in: 0..<good.count, using: &generator)
            changed[position] = try changed[position].flipping(bit: bit)
            #expect(refused(leaf: leaf, index: index, proof: changed, root: root))
        }
    }

    @Test func changedConsistencyProofsAreRefused() throws {
        var generator = SplitMix64(state: 4)
        for _ in 0..<1500 {
            let newSize = Int.random(in: 2...300, using: &generator)
            let oldSize = Int.random(in: 1..<newSize, using: &generator)
            let (oldRoot, newRoot) = (tree.root(size: oldSize), tree.root(size: newSize))
            let good = tree.consistency(0..<oldSize, in: 0..<newSize)
            func refused(oldSize: Int, oldRoot: Hash, newRoot: Hash, proof: [Hash]) -> Bool {
                !accepts {
                    try Proofs.verifyConsistency(
                        oldSize: UInt64(oldSize),
                        oldRoot: oldRoot,
                        newSize: UInt64(newSize),
                        newRoot: newRoot,
                        proof: proof
                    )
                }
            }
            let bit = Int.random(in: 0..<256, using: &generator)
            #expect(try refused(oldSize: oldSize, oldRoot: oldRoot.flipping(bit: bit), newRoot: newRoot, proof: good))
            #expect(try refused(oldSize: oldSize, oldRoot: oldRoot, newRoot: newRoot.flipping(bit: bit), proof: good))
            #expect(refused(oldSize: oldSize, oldRoot: oldRoot, newRoot: newRoot, proof: good + [oldRoot]))
            #expect(refused(oldSize: oldSize, oldRoot: oldRoot, newRoot: newRoot, proof: [oldRoot] + good))
            #expect(refused(oldSize: oldSize, oldRoot: oldRoot, newRoot: newRoot, proof: Array(good.dropLast())))
            #expect(refused(oldSize: 0, oldRoot: TreeHasher.emptyRoot, newRoot: newRoot, proof: good))
            #expect(refused(oldSize: newSize + 1, oldRoot: oldRoot, newRoot: newRoot, proof: good))
            #expect(refused(oldSize: newSize, oldRoot: oldRoot, newRoot: newRoot, proof: good))
            var changed = good
            let position = Int.random(in: 0..<good.count, using: &generator)
            changed[position] = try changed[position].flipping(bit: bit)
            #expect(refused(oldSize: oldSize, oldRoot: oldRoot, newRoot: newRoot, proof: changed))
        }
    }

    @Test func oldSizeZeroTakesOnlyTheEmptyProofAndTheEmptyRoot() {
        let (empty, other) = (TreeHasher.emptyRoot, TreeHasher.leafHash([1]))
        func verdict(_ oldRoot: Hash, _ newSize: UInt64, _ newRoot: Hash, _ proof: [Hash]) -> ProofError? {
            do throws(ProofError) {
                try Proofs.verifyConsistency(
                    oldSize: 0,
                    oldRoot: oldRoot,
                    newSize: newSize,
                    newRoot: newRoot,
                    proof: proof
                )
                return nil
            } catch {
                return error
            }
        }
        #expect(verdict(empty, 0, empty, []) == nil)
        #expect(verdict(empty, 1, other, []) == nil)
        #expect(verdict(empty, 1, other, [other]) == .wrongLength(count: 1))
        #expect(verdict(other, 1, other, []) == .oldRootMismatch)
        #expect(verdict(empty, 0, other, []) == .rootMismatch)
    }

    /// Sizes up to 2^63 and beyond, where arithmetic overflows if it can.
    @Test func hugeTrees() throws {
        let tiles = UniformTiles()
        var generator = SplitMix64(state: 5)
        var sizes: [UInt64] = [1 << 63, (1 << 63) - 1, (1 << 63) + 1, UInt64.max, (1 << 48) + 1, 1 << 40]
        sizes += (0..<40).map { _ in generator.next() >> UInt64.random(in: 0..<60, using: &generator) }
        for size in sizes where size > 0 {
            let reader = TreeReader(source: tiles, treeSize: size)
            let root = try tiles.frontier(size: size).root
            #expect(try reader.root() == root)
            for index in [0, size - 1, UInt64.random(in: 0..<size, using: &generator)] {
                let proof = try reader.inclusionProof(index: index)
                try Proofs.verifyInclusion(
                    leaf: tiles.roots[0],
                    index: index,
                    treeSize: size,
                    proof: proof,
                    root: root
                )
            }
            for oldSize in [1, size - 1, size, UInt64.random(in: 1...size, using: &generator)] where oldSize > 0 {
                try Proofs.verifyConsistency(
                    oldSize: oldSize,
                    oldRoot: tiles.frontier(size: oldSize).root,
                    newSize: size,
                    newRoot: root,
                    proof: reader.consistencyProof(from: oldSize)
                )
            }
        }
    }

    @Test func eachTileIsReadOnceAndCheckedForLength() throws {
        let tiles = MemoryTiles(leaves: NaiveTree(decimalLeaves: 5000).leaves)
        let reader = TreeReader(source: tiles, treeSize: 4999)
        _ = try reader.inclusionProof(index: 3000)
        #expect(tiles.reads.values.allSatisfy { $0 == 1 })
        #expect(tiles.reads.count == 3)
        tiles.resetReads()
        _ = try reader.consistencyProof(from: 2999)
        #expect(tiles.reads.values.allSatisfy { $0 == 1 })

        struct ShortTiles: TileSource {
            func tile(level: UInt8, index: UInt64, width: Int) throws -> [UInt8] { [UInt8](repeating: 0, count: 32) }
        }
        let address = TileAddress(level: 0, index: 0, width: 3)
        #expect(throws: TileError.wrongTileLength(address, byteCount: 32)) {
            try TreeReader(source: ShortTiles(), treeSize: 3).root()
        }
        #expect(throws: TileError.self) { try reader.inclusionProof(index: 4999) }
        #expect(throws: TileError.self) { try reader.consistencyProof(from: 5000) }
    }
}
