/// Why a Merkle proof was refused. Carries sizes and counts only.
public enum ProofError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The entry is not inside the tree or subtree that the proof is about.
    case indexOutOfRange(index: UInt64, start: UInt64, end: UInt64)
    /// `[start, end)` is not a subtree of a tree of that size.
    case invalidSubtree(start: UInt64, end: UInt64, treeSize: UInt64)
    /// The new tree is smaller than the old one.
    case treeShrank(oldSize: UInt64, newSize: UInt64)
    /// The proof has too few or too many hashes for the sizes it is about.
    case wrongLength(count: Int)
    /// The hashes lead to another root than the expected root of the newer tree, or of the tree holding the entry.
    case rootMismatch
    /// The hashes lead to another root than the expected root of the older tree or of the subtree.
    case oldRootMismatch

    /// What is wrong and what it means.
    public var description: String {
        switch self {
        case .indexOutOfRange(let index, let start, let end):
            "entry \(index) is not in the range \(start) up to but not including \(end) that the proof is about"
        case .invalidSubtree(let start, let end, let treeSize):
            "\(start) up to but not including \(end) is not a subtree of a tree of \(treeSize) entries"
        case .treeShrank(let oldSize, let newSize):
            "the tree shrank from \(oldSize) to \(newSize) entries; an append-only log never does"
        case .wrongLength(let count):
            "the proof has \(count) hashes, which is not the number that the sizes require"
        case .rootMismatch:
            "the proof leads to another root hash than the tree's; the entry or the tree was changed, or the proof is "
                + "for another tree"
        case .oldRootMismatch:
            "the proof leads to another root hash than the older tree's or the subtree's; the newer tree does not "
                + "contain it unchanged"
        }
    }
}

/// Verification of Merkle proofs, constant in memory and linear in the length of the proof.
public enum Proofs {
    /// Checks that a leaf is at an index of a tree (RFC 9162 section 2.1.3.2).
    ///
    /// - Throws: ``ProofError`` unless the proof holds and has exactly the required length.
    public static func verifyInclusion(
        leaf: Hash,
        index: UInt64,
        treeSize: UInt64,
        proof: [Hash],
        root: Hash
    ) throws(ProofError) {
        guard index < treeSize else { throw .indexOutOfRange(index: index, start: 0, end: treeSize) }
        try verifySubtreeInclusion(leaf: leaf, index: index, start: 0, end: treeSize, proof: proof, root: root)
    }

    /// Checks that a newer tree contains an older one unchanged (RFC 9162 section 2.1.4.2).
    ///
    /// The empty tree is contained in every tree: old size 0 is accepted with an empty proof and the empty tree's root
    /// as the old root, and with nothing else. Equal sizes need equal roots and an empty proof.
    ///
    /// - Throws: ``ProofError`` unless the proof holds and has exactly the required length.
    public static func verifyConsistency(
        oldSize: UInt64,
        oldRoot: Hash,
        newSize: UInt64,
        newRoot: Hash,
        proof: [Hash]
    ) throws(ProofError) {
        guard oldSize <= newSize else { throw .treeShrank(oldSize: oldSize, newSize: newSize) }
        if newSize == 0, newRoot != TreeHasher.emptyRoot { throw .rootMismatch }
        try verifySubtreeConsistency(
            start: 0,
            end: oldSize,
            subtreeRoot: oldRoot,
            treeSize: newSize,
            root: newRoot,
            proof: proof
        )
    }

    /// Checks that a leaf is at an index, counted from the start of the log, of the subtree `[start, end)`
    /// (Merkle Tree Certificates draft, "Subtree Inclusion Proofs").
    ///
    /// - Throws: ``ProofError`` unless the range is a valid subtree and the proof holds with exactly the required
    ///   length.
    public static func verifySubtreeInclusion(
        leaf: Hash,
        index: UInt64,
        start: UInt64,
        end: UInt64,
        proof: [Hash],
        root: Hash
    ) throws(ProofError) {
        guard Subtree.isValid(start: start, end: end) else {
            throw .invalidSubtree(start: start, end: end, treeSize: end)
        }
        guard index >= start, index < end else { throw .indexOutOfRange(index: index, start: start, end: end) }
        var node = index - start
        var last = end - start - 1
        var hash = leaf
        for sibling in proof {
            guard last > 0 else { throw .wrongLength(count: proof.count) }
            if node & 1 == 1 || node == last {
                hash = TreeHasher.nodeHash(sibling, hash)
                // The rightmost node of a tree that is not full has no sibling on some levels: skip those.
                while node & 1 == 0, node > 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = TreeHasher.nodeHash(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        guard last == 0 else { throw .wrongLength(count: proof.count) }
        guard hash == root else { throw .rootMismatch }
    }

    /// Checks that the subtree `[start, end)` with the given root is part of a tree
    /// (Merkle Tree Certificates draft, "Subtree Consistency Proofs").
    ///
    /// An empty subtree is part of every tree that reaches its start: its root must be the empty tree's and the proof
    /// empty, and the tree's root is then not looked at.
    ///
    /// - Throws: ``ProofError`` unless the range is a valid subtree and the proof holds with exactly the required
    ///   length.
    public static func verifySubtreeConsistency(
        start: UInt64,
        end: UInt64,
        subtreeRoot: Hash,
        treeSize: UInt64,
        root: Hash,
        proof: [Hash]
    ) throws(ProofError) {
        guard start <= end, end <= treeSize else {
            throw .invalidSubtree(start: start, end: end, treeSize: treeSize)
        }
        if start == end {
            guard proof.isEmpty else { throw .wrongLength(count: proof.count) }
            guard subtreeRoot == TreeHasher.emptyRoot else { throw .oldRootMismatch }
            return
        }
        guard Subtree.isValid(start: start, end: end) else {
            throw .invalidSubtree(start: start, end: end, treeSize: treeSize)
        }
        var position = SubtreePosition(first: start, last: end - 1, treeLast: treeSize - 1)
        position.climbToStart()
        var siblings = proof[...]
        var subtreeHash = subtreeRoot
        if position.first != position.last {
            // The subtree is no node of the tree: the proof starts with its rightmost complete part.
            guard let part = siblings.popFirst() else { throw .wrongLength(count: proof.count) }
            subtreeHash = part
        }
        var treeHash = subtreeHash
        for sibling in siblings {
            guard position.treeLast > 0 else { throw .wrongLength(count: proof.count) }
            if position.last & 1 == 1 || position.last == position.treeLast {
                if position.first < position.last { subtreeHash = TreeHasher.nodeHash(sibling, subtreeHash) }
                treeHash = TreeHasher.nodeHash(sibling, treeHash)
                while position.last & 1 == 0, position.last > 0 { position.climb() }
            } else {
                treeHash = TreeHasher.nodeHash(treeHash, sibling)
            }
            position.climb()
        }
        guard position.treeLast == 0 else { throw .wrongLength(count: proof.count) }
        guard subtreeHash == subtreeRoot else { throw .oldRootMismatch }
        guard treeHash == root else { throw .rootMismatch }
    }
}

/// Where, on one level of a tree, a subtree begins and ends and the tree ends.
private struct SubtreePosition {
    var first: UInt64
    var last: UInt64
    var treeLast: UInt64

    mutating func climb() {
        first >>= 1
        last >>= 1
        treeLast >>= 1
    }

    /// Moves up to the node that the proof starts from: the whole subtree where that is a node of the tree, else the
    /// rightmost complete part of it.
    mutating func climbToStart() {
        if last == treeLast {
            while first != last { climb() }
        } else {
            while first != last, last & 1 == 1 { climb() }
        }
    }
}
