/// Why bytes were refused as JSON, and where.
///
/// The error names a byte offset and a reason and nothing else: it never repeats content, so it may be logged.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What rule of RFC 8259 (or of the stricter profile read here) was broken.
    public enum Reason: String, Hashable, Sendable {
        case unexpectedEnd = "the text ends in the middle of a value"
        case unexpectedByte = "this byte cannot stand here"
        case byteOrderMark = "the text begins with a byte order mark; send UTF-8 without one"
        case invalidLiteral = "only true, false and null are literals"
        case invalidNumber = "the number does not follow the JSON grammar"
        case numberOutOfRange = "the number is too large for a double"
        case invalidEscape = "the escape sequence is not one of JSON"
        case loneSurrogate = "a UTF-16 surrogate escape has no partner"
        case invalidUTF8 = "the bytes are not valid UTF-8"
        case controlCharacter = "a control character in a string must be escaped"
        case depthExceeded = "arrays and objects are nested too deeply"
        case duplicateKey = "an object has the same key twice"
        case trailingBytes = "something follows the end of the value"
        case notAnObject = "the value is not an object"
    }

    /// Offset in bytes, from the start of the text, of the first byte that could not be accepted.
    public let offset: Int
    /// The rule that was broken.
    public let reason: Reason

    /// Creates an error; `offset` counts bytes from the start of the text.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// One line for logs and problem documents, free of content.
    public var description: String { "invalid JSON at byte \(offset): \(reason.rawValue)" }
}

/// Bounds on what a reader accepts.
public struct JSONLimits: Hashable, Sendable {
    /// The deepest nesting any reader can be asked to accept: open containers are one bit each of a 64-bit word.
    public static let deepest = 64

    /// Most arrays and objects that may be open at once.
    public let maximumDepth: Int

    /// Creates limits; the depth is brought into 1...`deepest`.
    public init(maximumDepth: Int = JSONLimits.deepest) {
        self.maximumDepth = min(max(maximumDepth, 1), JSONLimits.deepest)
    }

    /// Nesting of up to 64.
    public static let `default` = JSONLimits()
}
