import Crypto

/// HMAC-SHA-256 (RFC 2104) under one key, with the key's two blocks hashed beforehand: each message starts from copies of these
/// states.
struct KeyedHash: Sendable {
    private let inner: SHA256
    private let outer: SHA256

    init(key: SymmetricKey) {
        var block = key.withUnsafeBytes { key in
            key.count <= SHA256.blockByteCount ? Array(key) : Array(SHA256.hash(data: key))
        }
        block += [UInt8](repeating: 0, count: SHA256.blockByteCount - block.count)
        var inner = SHA256()
        var outer = SHA256()
        block.map { $0 ^ 0x36 }.withUnsafeBytes { inner.update(bufferPointer: $0) }
        block.map { $0 ^ 0x5c }.withUnsafeBytes { outer.update(bufferPointer: $0) }
        self.inner = inner
        self.outer = outer
    }

    private init(inner: SHA256, outer: SHA256) {
        self.inner = inner
        self.outer = outer
    }

    /// The same, for messages that all begin with these bytes.
    func beginning(with bytes: [UInt8]) -> KeyedHash {
        var inner = inner
        bytes.withUnsafeBytes { inner.update(bufferPointer: $0) }
        return KeyedHash(inner: inner, outer: outer)
    }

    /// The code of a message.
    func code(for message: UnsafeRawBufferPointer) -> SHA256.Digest {
        var inner = inner
        inner.update(bufferPointer: message)
        var outer = outer
        inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
        return outer.finalize()
    }
}
