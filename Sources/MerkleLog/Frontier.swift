/// The state of an append-only Merkle tree: its size and the roots of its maximal complete subtrees.
///
/// At most 64 hashes whatever the size, enough to append and to compute the root, not to prove anything about old
/// entries.
public struct Frontier: Sendable, Hashable {
    /// Number of entries in the tree.
    public private(set) var size: UInt64

    /// Roots of the maximal complete subtrees, largest first: one for each set bit of ``size``.
    public private(set) var hashes: [Hash]

    /// The empty tree.
    public init() {
        size = 0
        hashes = []
    }

    /// Restores a saved state; nil unless there is one hash for each set bit of the size.
    public init?(size: UInt64, hashes: [Hash]) {
        guard hashes.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.hashes = hashes
    }

    /// Appends one entry by its leaf hash.
    public mutating func append(_ leafHash: Hash) {
        append(leafHash, height: 0)
    }

    /// Appends a complete subtree of `2^height` entries by its root, for instance a verified full tile (height 8).
    ///
    /// - Precondition: the size is a multiple of `2^height`, and `height` is less than 64.
    public mutating func append(_ subtreeRoot: Hash, height: Int) {
        precondition((0..<64).contains(height), "a subtree has a height from 0 to 63")
        precondition(size.trailingZeroBitCount >= height, "a subtree is appended only at a multiple of its size")
        var node = subtreeRoot
        // Every complete subtree of equal height to the left merges with the new one, as in a binary counter.
        var remaining = size >> UInt64(height)
        while remaining & 1 == 1, let left = hashes.popLast() {
            node = TreeHasher.nodeHash(left, node)
            remaining >>= 1
        }
        hashes.append(node)
        size += 1 << UInt64(height)
    }

    /// The root hash of the tree (RFC 6962 section 2.1); ``TreeHasher/emptyRoot`` when it is empty.
    public var root: Hash {
        guard var node = hashes.last else { return TreeHasher.emptyRoot }
        for left in hashes.dropLast().reversed() {
            node = TreeHasher.nodeHash(left, node)
        }
        return node
    }
}
