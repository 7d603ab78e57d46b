import TextEncoding

/// A SHA-256 value: a leaf hash, a node hash or a tree root.
///
/// The 32 bytes are held inline as four words in memory order, so that a hash costs no heap allocation and an array of
/// hashes is one contiguous run of 32-byte values.
public struct Hash: Sendable, Hashable, CustomStringConvertible {
    /// Length of a hash in bytes.
    public static let byteCount = 32

    private let word0: UInt64
    private let word1: UInt64
    private let word2: UInt64
    private let word3: UInt64

    /// Copies 32 bytes from memory of any alignment.
    ///
    /// - Precondition: `rawBytes.count == 32`.
    @inline(__always)
    public init(rawBytes: UnsafeRawBufferPointer) {
        precondition(rawBytes.count == Self.byteCount, "a hash has exactly 32 bytes")
        word0 = rawBytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        word1 = rawBytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        word2 = rawBytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        word3 = rawBytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    }

    /// Copies a collection of bytes; nil unless it has exactly 32.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        let hash = bytes.withContiguousStorageIfAvailable { Hash(rawBytes: UnsafeRawBufferPointer($0)) }
        self = hash ?? Array(bytes).withUnsafeBytes { Hash(rawBytes: $0) }
    }

    /// Decodes standard base64 with padding (RFC 4648 section 4); nil unless it is the one encoding of 32 bytes.
    public init?(base64: String) {
        self.init(base64: base64.utf8)
    }

    /// Decodes 64 hexadecimal digits of either case; nil for anything else.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex.utf8) else { return nil }
        self.init(bytes: bytes)
    }

    init?(base64: some Collection<UInt8>) {
        guard let bytes = Base64.decode(base64) else { return nil }
        self.init(bytes: bytes)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        withUnsafeBytes { Array($0) }
    }

    /// Standard base64 with padding, as checkpoints and proofs write it.
    public var base64: String {
        withUnsafeBytes { Base64.encode($0) }
    }

    /// 64 lower-case hexadecimal digits.
    public var hex: String {
        withUnsafeBytes { Hex.encode($0) }
    }

    /// The same as ``base64``.
    public var description: String { base64 }

    /// Calls the closure with the 32 bytes, without copying them to the heap.
    @inline(__always)
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try Swift.withUnsafeBytes(of: self, body)
    }

    /// Appends the 32 bytes.
    public func append(to bytes: inout [UInt8]) {
        withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    /// Writes the 32 bytes at an offset of memory that the caller has checked to be large enough.
    @inline(__always)
    func store(to memory: UnsafeMutableRawBufferPointer, at offset: Int) {
        memory.storeBytes(of: word0, toByteOffset: offset, as: UInt64.self)
        memory.storeBytes(of: word1, toByteOffset: offset + 8, as: UInt64.self)
        memory.storeBytes(of: word2, toByteOffset: offset + 16, as: UInt64.self)
        memory.storeBytes(of: word3, toByteOffset: offset + 24, as: UInt64.self)
    }
}
