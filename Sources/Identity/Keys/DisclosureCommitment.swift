import Crypto

/// Commits to the values that an agent was shown, without keeping them: whoever holds the tenant's key can later prove that a
/// value was, or was not, the one released; nobody else can test guesses.
///
/// The released paths of an event are numbered from 0 in the order in which the event lists them. The commitment to path n is
/// SHA-256(salt n ‖ values), where each value is its JSON text as released, behind its length in four big-endian bytes. Salt n is
/// the n mod 4-th 16 bytes of SHA-512(seed ‖ n div 4 in two big-endian bytes), and seed = HMAC-SHA-256(the tenant's disclosure
/// key, event id). Opening one path (its salt) reveals nothing about the others.
public struct DisclosureCommitments: Sendable {
    /// Length of one commitment in bytes.
    public static let byteCount = SHA256.byteCount

    private let keyed: KeyedHash

    /// Makes commitments under a tenant's key.
    public init(key: TenantKey) { keyed = KeyedHash(key: key.derived(for: "disclosure")) }

    /// Begins the commitments of one event.
    public func begin(eventID: [UInt8]) -> DisclosureHasher {
        DisclosureHasher(seed: eventID.withUnsafeBytes { keyed.code(for: $0) })
    }
}

/// The commitments of one event, made one path after another.
public struct DisclosureHasher {
    private static let saltByteCount = 16
    private static let saltsPerBlock = SHA512.byteCount / saltByteCount

    private let seed: SHA256.Digest
    private var salts: SHA512.Digest?
    private var paths = 0
    /// What is hashed; one pass over one buffer costs less than many small ones.
    private var message: [UInt8] = []

    init(seed: SHA256.Digest) {
        self.seed = seed
        message.reserveCapacity(256)
    }

    /// Begins the next path.
    public mutating func beginPath() {
        let place = paths % Self.saltsPerBlock
        if place == 0 { salts = block(UInt16(truncatingIfNeeded: paths / Self.saltsPerBlock)) }
        message.removeAll(keepingCapacity: true)
        salts?.withUnsafeBytes { block in
            let start = place * Self.saltByteCount
            message.append(contentsOf: UnsafeRawBufferPointer(rebasing: block[start..<start + Self.saltByteCount]))
        }
        paths += 1
    }

    /// Adds a value of the path: its JSON text as released.
    public mutating func add(_ value: UnsafeRawBufferPointer) {
        withUnsafeBytes(of: UInt32(value.count).bigEndian) { message.append(contentsOf: $0) }
        message.append(contentsOf: value)
    }

    /// Appends the commitment to the path, 32 bytes.
    public mutating func endPath(to output: inout [UInt8]) {
        var hash = SHA256()
        message.withUnsafeBytes { hash.update(bufferPointer: $0) }
        hash.finalize().withUnsafeBytes { output.append(contentsOf: $0) }
    }

    private func block(_ number: UInt16) -> SHA512.Digest {
        var hash = SHA512()
        withUnsafeTemporaryAllocation(byteCount: SHA256.byteCount + 2, alignment: 8) { input in
            seed.withUnsafeBytes { input.copyMemory(from: $0) }
            input.storeBytes(of: number.bigEndian, toByteOffset: SHA256.byteCount, as: UInt16.self)
            hash.update(bufferPointer: UnsafeRawBufferPointer(input))
        }
        return hash.finalize()
    }
}
