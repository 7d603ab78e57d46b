/// Arithmetic on ranges of entries, shared by making and checking proofs.
enum Subtree {
    /// The largest power of two below a size of at least 2: where RFC 6962 section 2.1 splits a tree.
    static func split(_ size: UInt64) -> UInt64 {
        1 << UInt64(63 - (size - 1).leadingZeroBitCount)
    }

    /// Whether `[start, end)` is a subtree of some tree: not empty, and its start a multiple of its size rounded up to
    /// a power of two (Merkle Tree Certificates draft, section on subtrees).
    static func isValid(start: UInt64, end: UInt64) -> Bool {
        guard start < end else { return false }
        if start == 0 { return true }
        let bits = UInt64.bitWidth - (end - start - 1).leadingZeroBitCount
        return start.trailingZeroBitCount >= bits
    }
}
