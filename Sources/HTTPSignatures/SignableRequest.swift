public import Crypto

/// The parts of an HTTP request that a signature can cover, as they were received.
public struct SignableRequest: Sendable {
    /// The method, such as `POST`.
    public let method: String
    /// The path with its query, as in the request line.
    public let target: String
    /// The header lines: names in lower case, values without surrounding white space, in the order in which they came.
    public let fields: [(name: String, value: String)]
    /// The body's length in bytes.
    public let bodyLength: Int
    /// SHA-256 of the body.
    public let bodyDigest: SHA256Digest

    /// Describes a request.
    public init(
        method: String,
        target: String,
        fields: [(name: String, value: String)],
        body: UnsafeRawBufferPointer
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        bodyLength = body.count
        var hash = SHA256()
        hash.update(bufferPointer: body)
        bodyDigest = hash.finalize()
    }

    /// The target up to its query.
    var path: String { target.isEmpty ? "/" : String(target.prefix { $0 != "?" }) }

    /// The query with its question mark; nil when there is none.
    var query: String? { target.firstIndex(of: "?").map { String(target[$0...]) } }

    /// The value of a header that came once.
    /// - Throws: ``SignatureFault/malformed`` when it came more than once: which of them counts is not ours to guess.
    func field(_ name: String) throws(SignatureFault) -> String? {
        let found = fields.filter { $0.name == name }
        guard found.count <= 1 else { throw .malformed }
        return found.first?.value
    }
}
