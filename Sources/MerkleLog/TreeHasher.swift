import Crypto

/// The Merkle tree hash functions of RFC 6962 section 2.1 (unchanged in RFC 9162) over SHA-256.
public enum TreeHasher {
    /// Prefix that keeps leaves and nodes apart (RFC 6962 section 2.1).
    private static let leafPrefix: UInt8 = 0x00
    private static let nodePrefix: UInt8 = 0x01
    private static let nodeInputByteCount = 1 + 2 * Hash.byteCount

    /// The root of a tree without entries: SHA-256 of no bytes.
    public static let emptyRoot = hash(SHA256())

    /// The leaf hash of an entry: SHA-256 of 0x00 and the entry's bytes.
    public static func leafHash(_ entry: UnsafeRawBufferPointer) -> Hash {
        var hasher = SHA256()
        withUnsafeBytes(of: leafPrefix) { hasher.update(bufferPointer: $0) }
        hasher.update(bufferPointer: entry)
        return hash(hasher)
    }

    /// The leaf hash of an entry: SHA-256 of 0x00 and the entry's bytes.
    public static func leafHash(_ entry: [UInt8]) -> Hash {
        entry.withUnsafeBytes { leafHash($0) }
    }

    /// The hash of an inner node: SHA-256 of 0x01 and both children.
    public static func nodeHash(_ left: Hash, _ right: Hash) -> Hash {
        // One contiguous input on the stack makes it a single update.
        withUnsafeTemporaryAllocation(byteCount: nodeInputByteCount, alignment: 8) { input in
            input.storeBytes(of: nodePrefix, as: UInt8.self)
            left.store(to: input, at: 1)
            right.store(to: input, at: 1 + Hash.byteCount)
            var hasher = SHA256()
            hasher.update(bufferPointer: UnsafeRawBufferPointer(input))
            return hash(hasher)
        }
    }

    private static func hash(_ hasher: SHA256) -> Hash {
        hasher.finalize().withUnsafeBytes { Hash(rawBytes: $0) }
    }
}
