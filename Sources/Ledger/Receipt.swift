/// What an append returns: the entry's final place, and the signed head that covers it. From this moment proofs of it can be made.
public struct Receipt: Sendable, Hashable {
    /// The entry's position, for ever.
    public let index: UInt64
    /// Whether the same event had been recorded before; `index` is then its first and only place.
    public let isRepetition: Bool
    /// The signed head of the commit.
    public let head: SignedHead
}
