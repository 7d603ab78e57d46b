import Testing
import TextEncoding

@testable import MerkleLog

@Suite struct TreeHasherTests {
    private struct EightLeafTree: Decodable {
        let leafInputs: [String]
        let nodes: [String: [String]]
        let roots: [String]

        enum CodingKeys: String, CodingKey {
            case leafInputs = "leaf_inputs_hex"
            case nodes = "node_hashes_hex"
            case roots = "root_hex_by_tree_size"
        }
    }

    @Test func eightLeafTree() throws {
        let tree = try Vectors.decode(EightLeafTree.self, "rfc6962/eight-leaf-tree.json")
        var level = try tree.leafInputs.map { TreeHasher.leafHash(try #require(Hex.decode($0.utf8))) }
        for number in 0...3 {
            #expect(level.map(\.hex) == tree.nodes["level\(number)"])
            level = stride(from: 0, to: level.count - 1, by: 2).map { TreeHasher.nodeHash(level[$0], level[$0 + 1]) }
        }
        let leaves = try #require(tree.nodes["level0"]).map { try #require(Hash(hex: $0)) }
        var frontier = Frontier()
        #expect(tree.roots.count == 9)
        for size in 0...8 {
            #expect(frontier.root.hex == tree.roots[size])
            #expect(SubtreeHasher.root(of: Array(leaves[..<size])).hex == tree.roots[size])
            if size < 8 { frontier.append(leaves[size]) }
        }
    }

    /// Lengths around SHA-256's block size, against a hash over one joined buffer.
    @Test func leafHashDoesNotDependOnHowInputIsSplit() {
        for length in [0, 1, 54, 55, 56, 62, 63, 64, 65, 127, 128, 600] {
            let entry = [UInt8](repeating: 0x5a, count: length)
            let joined = [0x00] + entry
            #expect(TreeHasher.leafHash(entry).bytes == sha256(joined))
        }
        let left = TreeHasher.leafHash([1])
        let right = TreeHasher.leafHash([2])
        #expect(TreeHasher.nodeHash(left, right).bytes == sha256([0x01] + left.bytes + right.bytes))
    }

    @Test func frontierAndSubtreeHasherMatchTheNaiveTree() {
        let tree = NaiveTree(decimalLeaves: 600)
        var frontier = Frontier()
        for size in 0...600 {
            #expect(frontier.size == UInt64(size))
            #expect(frontier.root == tree.root(size: size))
            #expect(SubtreeHasher.root(of: Array(tree.leaves[..<size])) == tree.root(size: size))
            #expect(Frontier(size: UInt64(size), hashes: frontier.hashes) == frontier)
            #expect(Frontier(size: UInt64(size) ^ 1, hashes: frontier.hashes) == nil)
            if size < 600 { frontier.append(tree.leaves[size]) }
        }
        let bytes = tree.leaves[256..<512].flatMap(\.bytes)
        #expect(bytes.withUnsafeBytes { SubtreeHasher.root(ofTileBytes: $0) } == tree.root(256..<512))
    }

    @Test func frontierTakesWholeTiles() {
        let tree = NaiveTree(decimalLeaves: 1100)
        var byTile = Frontier()
        for tile in 0..<4 {
            byTile.append(tree.root(tile * 256..<(tile + 1) * 256), height: 8)
        }
        for leaf in tree.leaves[1024...] { byTile.append(leaf) }
        #expect(byTile.size == 1100)
        #expect(byTile.root == tree.root(size: 1100))
    }
}
