/// Roots of whole runs of hashes, for verifying a log tile by tile without an allocation per node.
public enum SubtreeHasher {
    /// The root of the tree whose leaves, or whose nodes of one level, are the given hashes in order.
    ///
    /// For the 256 hashes of a full tile this is the hash that stands in the tile one level above. Any other number
    /// gives the RFC 6962 root of a tree of that many leaves; no hashes give ``TreeHasher/emptyRoot``.
    public static func root(of hashes: UnsafeBufferPointer<Hash>) -> Hash {
        switch hashes.count {
        case 0: return TreeHasher.emptyRoot
        case 1: return hashes[0]
        default: break
        }
        let parentCount = (hashes.count + 1) / 2
        return withUnsafeTemporaryAllocation(of: Hash.self, capacity: parentCount) { nodes in
            // `Hash` is a trivial type, so plain assignment initialises the memory and nothing has to be torn down.
            combine(hashes, into: nodes)
            var count = parentCount
            while count > 1 {
                combine(UnsafeBufferPointer(rebasing: nodes[..<count]), into: nodes)
                count = (count + 1) / 2
            }
            return nodes[0]
        }
    }

    /// The root over an array of hashes, as ``root(of:)-(UnsafeBufferPointer<Hash>)``.
    public static func root(of hashes: [Hash]) -> Hash {
        hashes.withUnsafeBufferPointer { root(of: $0) }
    }

    /// The root over the bytes of a tile, or of a part of one.
    ///
    /// - Precondition: the length is a multiple of 32.
    public static func root(ofTileBytes bytes: UnsafeRawBufferPointer) -> Hash {
        precondition(bytes.count.isMultiple(of: Hash.byteCount), "tile bytes are a multiple of 32")
        let count = bytes.count / Hash.byteCount
        return withUnsafeTemporaryAllocation(of: Hash.self, capacity: count) { hashes in
            for position in 0..<count {
                let start = position * Hash.byteCount
                let hash = Hash(rawBytes: UnsafeRawBufferPointer(rebasing: bytes[start..<start + Hash.byteCount]))
                hashes.initializeElement(at: position, to: hash)
            }
            return root(of: UnsafeBufferPointer(hashes))
        }
    }

    /// Writes the parents of a level to the front of `parents`, which may be the same memory: a parent is written only
    /// after both its children were read. A node without a sibling moves up as it is, which yields the tree shape of
    /// RFC 6962 for every number of leaves.
    private static func combine(_ children: UnsafeBufferPointer<Hash>, into parents: UnsafeMutableBufferPointer<Hash>) {
        let pairCount = children.count / 2
        for pair in 0..<pairCount {
            let parent = TreeHasher.nodeHash(children[2 * pair], children[2 * pair + 1])
            parents.initializeElement(at: pair, to: parent)
        }
        if !children.count.isMultiple(of: 2) {
            parents.initializeElement(at: pairCount, to: children[children.count - 1])
        }
    }
}
