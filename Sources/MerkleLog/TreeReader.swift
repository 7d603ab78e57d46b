/// Where tiles come from: a directory, a database, an HTTP server.
public protocol TileSource {
    /// The first `width` hashes of a tile, `width * 32` bytes.
    ///
    /// The reader asks for the width that the tile has in its tree size. A source that holds a wider tile returns the
    /// front part of it.
    func tile(level: UInt8, index: UInt64, width: Int) throws -> [UInt8]
}

/// Computes roots and proofs of a tree of one size from its tiles.
///
/// Nothing that a source returns is trusted here: a wrong tile gives a wrong root or a proof that does not verify.
/// Every call reads each tile it needs once and keeps none afterwards.
public struct TreeReader<Source: TileSource> {
    /// Where the tiles come from.
    public let source: Source
    /// Number of entries of the tree that is read.
    public let treeSize: UInt64

    /// Reads the tree of the given size.
    public init(source: Source, treeSize: UInt64) {
        self.source = source
        self.treeSize = treeSize
    }

    /// The root hash of the tree.
    ///
    /// - Throws: what the source throws; ``TileError/wrongTileLength(_:byteCount:)``.
    public func root() throws -> Hash {
        try frontier().root
    }

    /// The state from which the tree can be continued.
    ///
    /// - Throws: what the source throws; ``TileError/wrongTileLength(_:byteCount:)``.
    public func frontier() throws -> Frontier {
        var tiles = TileCache(source: source, treeSize: treeSize)
        let hashes = try tiles.completeSubtrees(start: 0, end: treeSize)
        guard let frontier = Frontier(size: treeSize, hashes: hashes) else {
            throw TileError.outsideTree(start: 0, end: treeSize, treeSize: treeSize)
        }
        return frontier
    }

    /// The root hash of the subtree `[start, end)`, which must be a valid subtree: its start a multiple of its size
    /// rounded up to a power of two.
    ///
    /// - Throws: ``TileError/outsideTree(start:end:treeSize:)`` for any other range; what the source throws;
    ///   ``TileError/wrongTileLength(_:byteCount:)``.
    public func subtreeHash(start: UInt64, end: UInt64) throws -> Hash {
        try requireSubtree(start: start, end: end)
        var tiles = TileCache(source: source, treeSize: treeSize)
        return try tiles.subtreeHash(start: start, end: end)
    }

    /// The proof that the entry at an index is in the tree: hashes from the leaf's sibling up (RFC 6962 section 2.1.1).
    ///
    /// - Throws: ``TileError/outsideTree(start:end:treeSize:)`` when there is no such entry; what the source throws;
    ///   ``TileError/wrongTileLength(_:byteCount:)``.
    public func inclusionProof(index: UInt64) throws -> [Hash] {
        guard index < treeSize else { throw TileError.outsideTree(start: index, end: index, treeSize: treeSize) }
        // A leaf is the smallest subtree, and the proof that a complete subtree is in the tree is its path to the root.
        return try subtreeConsistencyProof(start: index, end: index + 1)
    }

    /// The proof that the tree contains the tree of an older size unchanged (RFC 6962 section 2.1.2); empty for old
    /// size 0 and for equal sizes.
    ///
    /// - Throws: ``TileError/outsideTree(start:end:treeSize:)`` when the old size is larger; what the source throws;
    ///   ``TileError/wrongTileLength(_:byteCount:)``.
    public func consistencyProof(from oldSize: UInt64) throws -> [Hash] {
        guard oldSize > 0 else { return [] }
        return try subtreeConsistencyProof(start: 0, end: oldSize)
    }

    /// The proof that the subtree `[start, end)` is part of the tree (Merkle Tree Certificates draft, "Subtree
    /// Consistency Proofs").
    ///
    /// - Throws: ``TileError/outsideTree(start:end:treeSize:)`` when the range is no valid subtree of the tree; what
    ///   the source throws; ``TileError/wrongTileLength(_:byteCount:)``.
    public func subtreeConsistencyProof(start: UInt64, end: UInt64) throws -> [Hash] {
        try requireSubtree(start: start, end: end)
        // Walk down from the root to the subtree, or to the rightmost complete part of it where it is no node of the
        // tree, and note the sibling on each level.
        var start = start
        var low: UInt64 = 0
        var high = treeSize
        var siblings: [Range<UInt64>] = []
        var isWholeSubtree = true
        while (low, high) != (start, end) {
            let middle = low + Subtree.split(high - low)
            if end <= middle {
                siblings.append(middle..<high)
                high = middle
            } else {
                siblings.append(low..<middle)
                low = middle
                if start < middle {
                    start = middle
                    isWholeSubtree = false
                }
            }
        }
        if !isWholeSubtree { siblings.append(low..<high) }
        var tiles = TileCache(source: source, treeSize: treeSize)
        return try siblings.reversed().map { try tiles.subtreeHash(start: $0.lowerBound, end: $0.upperBound) }
    }

    private func requireSubtree(start: UInt64, end: UInt64) throws {
        guard end <= treeSize, Subtree.isValid(start: start, end: end) else {
            throw TileError.outsideTree(start: start, end: end, treeSize: treeSize)
        }
    }
}

/// The tiles read so far within one call.
private struct TileCache<Source: TileSource> {
    let source: Source
    let treeSize: UInt64
    private var tiles: [TileAddress: [UInt8]] = [:]

    init(source: Source, treeSize: UInt64) {
        self.source = source
        self.treeSize = treeSize
    }

    mutating func subtreeHash(start: UInt64, end: UInt64) throws -> Hash {
        let parts = try completeSubtrees(start: start, end: end)
        guard var node = parts.last else { return TreeHasher.emptyRoot }
        for left in parts.dropLast().reversed() {
            node = TreeHasher.nodeHash(left, node)
        }
        return node
    }

    /// The roots of the maximal complete subtrees of a valid subtree, largest first.
    mutating func completeSubtrees(start: UInt64, end: UInt64) throws -> [Hash] {
        var hashes: [Hash] = []
        var low = start
        while low < end {
            let height = 63 - (end - low).leadingZeroBitCount
            hashes.append(try completeSubtree(start: low, height: height))
            low += 1 << UInt64(height)
        }
        return hashes
    }

    /// The root of the complete subtree of `2^height` entries from `start`: `2^(height mod 8)` neighbouring hashes of
    /// one tile.
    private mutating func completeSubtree(start: UInt64, height: Int) throws -> Hash {
        let level = UInt8(height / Tiles.height)
        let hashIndex = start >> UInt64(Tiles.height * Int(level))
        let bytes = try tile(level: level, index: hashIndex / UInt64(Tiles.width))
        let first = Int(hashIndex % UInt64(Tiles.width)) * Hash.byteCount
        let byteCount = Hash.byteCount << (height % Tiles.height)
        return bytes.withUnsafeBytes { bytes in
            SubtreeHasher.root(ofTileBytes: UnsafeRawBufferPointer(rebasing: bytes[first..<first + byteCount]))
        }
    }

    private mutating func tile(level: UInt8, index: UInt64) throws -> [UInt8] {
        let width = Tiles.width(level: level, index: index, treeSize: treeSize)
        let address = TileAddress(level: level, index: index, width: width)
        if let bytes = tiles[address] { return bytes }
        let bytes = try source.tile(level: level, index: index, width: width)
        guard bytes.count == width * Hash.byteCount else {
            throw TileError.wrongTileLength(address, byteCount: bytes.count)
        }
        tiles[address] = bytes
        return bytes
    }
}
