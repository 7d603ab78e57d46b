import WallTime

/// The credentials that one connection last presented and that were good: as long as nothing about clients has changed, the same
/// bytes need not be hashed again for its next request.
public struct CheckedCredentials: Sendable {
    private let header: [UInt8]
    private let generation: UInt64
    private let client: APIClient?
    /// When the client, its secret or its token stops working; nil for never.
    private let until: Timestamp?

    /// Nothing yet.
    public init() {
        header = []
        generation = 0
        client = nil
        until = nil
    }

    init(_ header: UnsafeRawBufferPointer, _ client: APIClient, until: Timestamp?, generation: UInt64) {
        self.header = Array(header)
        self.generation = generation
        self.client = client
        self.until = until
    }

    /// Whom these very bytes let in, if they still do.
    func client(for other: UnsafeRawBufferPointer, generation: UInt64, at now: Timestamp) -> APIClient? {
        guard let client, generation == self.generation, until.map({ now < $0 }) ?? true, matches(other) else {
            return nil
        }
        return client
    }

    /// Takes the same time wherever the bytes differ.
    private func matches(_ other: UnsafeRawBufferPointer) -> Bool {
        guard header.count == other.count else { return false }
        return header.withUnsafeBytes { header in
            var difference: UInt8 = 0
            for index in 0..<header.count { difference |= header[index] ^ other[index] }
            return difference == 0
        }
    }
}
