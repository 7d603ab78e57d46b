import Crypto

/// Commits to the values that an agent was shown, without keeping them: whoever holds the tenant's key can later prove that a
/// value was, or was not, the one released; nobody else can test guesses.
///
/// For each released path: SHA-256(k ‖ values), where k = SHA-256(seed ‖ path), seed = HMAC-SHA-256(tenant's disclosure key, event
/// id), and each value is its JSON text as released, behind its length in four big-endian bytes. Opening one path (its k) reveals
/// nothing about the others.
public struct DisclosureCommitments: Sendable {
    private let keyed: KeyedHash

    /// Makes commitments under a tenant's key.
    public init(key: TenantKey) { keyed = KeyedHash(key: key.derived(for: "disclosure")) }

    /// The secret of one event.
    public func seed(eventID: [UInt8]) -> DisclosureSeed {
        DisclosureSeed(code: eventID.withUnsafeBytes { keyed.code(for: $0) })
    }
}

/// The secret of one event's commitments.
public struct DisclosureSeed: Sendable {
    let code: SHA256.Digest

    /// Begins the commitment to a path's values.
    public func begin(path: [UInt8]) -> DisclosureHash {
        var message: [UInt8] = []
        message.reserveCapacity(192)
        code.withUnsafeBytes { message.append(contentsOf: $0) }
        message.append(contentsOf: path)
        let salt = Hashing.sha256(message)
        message.removeAll(keepingCapacity: true)
        salt.withUnsafeBytes { message.append(contentsOf: $0) }
        return DisclosureHash(message: message)
    }
}

/// The commitment to one path's values, as they are added.
public struct DisclosureHash {
    /// What is hashed; one pass over one buffer costs less than many small ones.
    private var message: [UInt8]

    init(message: [UInt8]) { self.message = message }

    /// Adds a value: its JSON text as released.
    public mutating func add(_ value: UnsafeRawBufferPointer) {
        withUnsafeBytes(of: UInt32(value.count).bigEndian) { message.append(contentsOf: $0) }
        message.append(contentsOf: value)
    }

    /// The commitment, 64 hex digits.
    public consuming func append(to output: inout [UInt8]) {
        Hashing.sha256(message).withUnsafeBytes { Hashing.appendHex($0, to: &output) }
    }
}

/// Hashing on plain buffers; this runs for every field of every read.
enum Hashing {
    static func sha256(_ bytes: [UInt8]) -> SHA256.Digest {
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize()
    }

    /// Appends two lower-case digits per byte.
    static func appendHex(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        for byte in bytes {
            output.append(digit(byte >> 4))
            output.append(digit(byte & 15))
        }
    }

    @inline(__always)
    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
