import FoundationEssentials
import Testing

@testable import MerkleLog

/// The test vectors next to this file; `Vectors/README.md` names their sources.
enum Vectors {
    static func bytes(_ path: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors")
        return try Array(Data(contentsOf: folder.appending(path: path)))
    }

    static func text(_ path: String) throws -> String {
        try #require(String(validating: bytes(path), as: UTF8.self))
    }

    static func decode<T: Decodable>(_ type: T.Type, _ path: String) throws -> T {
        try JSONDecoder().decode(type, from: Data(bytes(path)))
    }
}

/// A seeded generator, so that a failing case can be repeated.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// The tree of RFC 6962 section 2.1 as its recursive definitions say it, to check the iterative code against.
struct NaiveTree {
    let leaves: [Hash]
    private let known: Cache

    /// Subtrees computed before: a class, so that the definitions below stay plain functions.
    private final class Cache {
        var roots: [Range<Int>: Hash] = [:]
    }

    init(decimalLeaves count: Int) {
        leaves = (0..<count).map { TreeHasher.leafHash(Array(String($0).utf8)) }
        known = Cache()
    }

    private func split(_ range: Range<Int>) -> Int {
        var size = 1
        while size * 2 < range.count { size *= 2 }
        return range.lowerBound + size
    }

    func root(_ range: Range<Int>) -> Hash {
        if let root = known.roots[range] { return root }
        let root: Hash
        switch range.count {
        case 0: root = TreeHasher.emptyRoot
        case 1: root = leaves[range.lowerBound]
        default:
            let middle = split(range)
            root = TreeHasher.nodeHash(self.root(range.lowerBound..<middle), self.root(middle..<range.upperBound))
        }
        known.roots[range] = root
        return root
    }

    func root(size: Int) -> Hash { root(0..<size) }

    /// PATH(m, D[n])
    func inclusion(_ index: Int, in range: Range<Int>) -> [Hash] {
        if range.count == 1 { return [] }
        let middle = split(range)
        return index < middle
            ? inclusion(index, in: range.lowerBound..<middle) + [root(middle..<range.upperBound)]
            : inclusion(index, in: middle..<range.upperBound) + [root(range.lowerBound..<middle)]
    }

    /// SUBTREE_SUBPROOF(start, end, D_n, b); with start 0 it is SUBPROOF(m, D[n], b).
    func consistency(_ part: Range<Int>, in range: Range<Int>, known: Bool = true) -> [Hash] {
        if part == range { return known ? [] : [root(range)] }
        let middle = split(range)
        if part.upperBound <= middle {
            return consistency(part, in: range.lowerBound..<middle, known: known) + [root(middle..<range.upperBound)]
        }
        let right = middle..<range.upperBound
        if part.lowerBound >= middle {
            return consistency(part, in: right, known: known) + [root(range.lowerBound..<middle)]
        }
        return consistency(middle..<part.upperBound, in: right, known: false) + [root(range.lowerBound..<middle)]
    }
}

/// Tiles computed from leaf hashes held in memory; counts what is read.
final class MemoryTiles: TileSource {
    let levels: [[Hash]]
    private(set) var reads: [TileAddress: Int] = [:]

    init(leaves: [Hash]) {
        var levels = [leaves]
        while let level = levels.last, level.count >= Tiles.width {
            levels.append(
                (0..<level.count / Tiles.width).map { tile in
                    SubtreeHasher.root(of: Array(level[tile * Tiles.width..<(tile + 1) * Tiles.width]))
                }
            )
        }
        self.levels = levels
    }

    func tile(level: UInt8, index: UInt64, width: Int) throws -> [UInt8] {
        reads[TileAddress(level: level, index: index, width: width), default: 0] += 1
        let start = Int(index) * Tiles.width
        return levels[Int(level)][start..<start + width].flatMap(\.bytes)
    }

    func resetReads() { reads = [:] }
}

/// The tiles of a tree of any size whose leaves are all alike: every tile of a level has one hash repeated.
struct UniformTiles: TileSource {
    /// The root of a complete subtree of each height.
    let roots: [Hash]

    init() {
        var roots = [TreeHasher.leafHash([])]
        for _ in 0..<63 {
            let below = roots[roots.count - 1]
            roots.append(TreeHasher.nodeHash(below, below))
        }
        self.roots = roots
    }

    func tile(level: UInt8, index: UInt64, width: Int) throws -> [UInt8] {
        (0..<width).flatMap { _ in roots[Int(level) * Tiles.height].bytes }
    }

    func frontier(size: UInt64) throws -> Frontier {
        let hashes = (0..<64).reversed().filter { size >> UInt64($0) & 1 == 1 }.map { roots[$0] }
        return try #require(Frontier(size: size, hashes: hashes))
    }
}

/// Runs a check and says whether it accepted.
func accepts(_ check: () throws -> Void) -> Bool {
    do {
        try check()
        return true
    } catch {
        return false
    }
}

extension Hash {
    /// The hash with one bit changed.
    func flipping(bit: Int) throws -> Hash {
        var bytes = bytes
        bytes[bit / 8] ^= 1 << (bit % 8)
        return try #require(Hash(bytes: bytes))
    }
}
