/// Why a text cannot be the origin of a log.
public enum OriginError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The text is empty.
    case empty
    /// The text is longer than 255 bytes.
    case tooLong(byteCount: Int)
    /// The text has a scheme such as `https://`.
    case scheme
    /// The text ends in a slash.
    case trailingSlash
    /// The byte at this position is a space, a plus, a control character or not ASCII.
    case forbiddenCharacter(position: Int)

    /// What is wrong and what to write instead.
    public var description: String {
        switch self {
        case .empty: "the origin is empty; write a name such as audit.example.com/main"
        case .tooLong(let byteCount): "the origin has \(byteCount) bytes; the limit is \(Origin.maximumByteCount)"
        case .scheme: "the origin has a scheme; write it without, such as audit.example.com/main"
        case .trailingSlash: "the origin ends in a slash; leave it out"
        case .forbiddenCharacter(let position):
            "byte \(position) of the origin is a space, a plus, a control character or not ASCII; use letters, digits, "
                + "dots, hyphens and slashes"
        }
    }
}

/// The name of a log or of a cosigner of this system: the first line of its checkpoints and the name of its key, the
/// same in both.
///
/// A schemeless URL, as tlog-checkpoint and signed-note recommend, within narrower bounds: printable ASCII without
/// space and plus, no trailing slash, at most 255 bytes, which is what the one-byte lengths in the ML-DSA-44
/// cosignature message hold (C2SP tlog-cosignature).
public struct Origin: Sendable, Hashable, CustomStringConvertible {
    /// Longest origin, in bytes.
    public static let maximumByteCount = 255

    /// The origin as it stands in a checkpoint.
    public let text: String

    /// Checks a text against the rules of an origin.
    ///
    /// - Throws: ``OriginError`` that names the rule.
    public init(_ text: String) throws(OriginError) {
        let bytes = Array(text.utf8)
        guard let last = bytes.last else { throw .empty }
        guard bytes.count <= Self.maximumByteCount else { throw .tooLong(byteCount: bytes.count) }
        let forbidden = bytes.firstIndex { !(0x21...0x7e).contains($0) || $0 == UInt8(ascii: "+") }
        if let forbidden { throw .forbiddenCharacter(position: forbidden) }
        guard !bytes.contains(sequence: "://".utf8) else { throw .scheme }
        guard last != UInt8(ascii: "/") else { throw .trailingSlash }
        self.text = text
    }

    /// The same as ``text``.
    public var description: String { text }
}

extension [UInt8] {
    fileprivate func contains(sequence: String.UTF8View) -> Bool {
        indices.contains { self[$0...].starts(with: sequence) }
    }
}
