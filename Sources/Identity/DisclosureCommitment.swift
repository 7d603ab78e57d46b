import Crypto

/// Commits to the values that an agent was shown, without keeping them: whoever holds the tenant's key can later prove that a
/// value was, or was not, the one released; nobody else can test guesses.
///
/// For each released path: SHA-256(k ‖ values), where k = SHA-256(seed ‖ path), seed = HMAC-SHA-256(tenant's disclosure key, event
/// id), and each value is its JSON text as released, behind its length in four big-endian bytes. Opening one path (its k) reveals
/// nothing about the others.
public struct DisclosureCommitments: Sendable {
    private let key: SymmetricKey

    /// Makes commitments under a tenant's key.
    public init(key: TenantKey) { self.key = key.derived(for: "disclosure") }

    /// The secret of one event.
    public func seed(eventID: [UInt8]) -> DisclosureSeed {
        var bytes: [UInt8] = []
        bytes.append(contentsOf: HMAC<SHA256>.authenticationCode(for: eventID, using: key))
        return DisclosureSeed(bytes: bytes)
    }
}

/// The secret of one event's commitments.
public struct DisclosureSeed: Sendable {
    let bytes: [UInt8]

    /// Begins the commitment to a path's values.
    public func begin(path: [UInt8]) -> DisclosureHash {
        var salt = SHA256()
        salt.update(data: bytes)
        salt.update(data: path)
        var hash = SHA256()
        salt.finalize().withUnsafeBytes { hash.update(bufferPointer: $0) }
        return DisclosureHash(hash: hash)
    }
}

/// The commitment to one path's values, as they are added.
public struct DisclosureHash {
    var hash: SHA256

    /// Adds a value: its JSON text as released.
    public mutating func add(_ value: UnsafeRawBufferPointer) {
        withUnsafeBytes(of: UInt32(value.count).bigEndian) { hash.update(bufferPointer: $0) }
        hash.update(bufferPointer: value)
    }

    /// The commitment, 64 hex digits.
    public consuming func append(to output: inout [UInt8]) {
        for byte in hash.finalize() {
            for digit in [byte >> 4, byte & 15] {
                output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}
