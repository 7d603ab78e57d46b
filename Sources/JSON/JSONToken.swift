/// One lexical event of a JSON text: its kind and the bytes it came from. No value is built.
public struct JSONToken: Hashable, Sendable {
    /// What a token is.
    public enum Kind: UInt8, Hashable, Sendable {
        case beginObject, endObject, beginArray, endArray
        case key, string, number, `true`, `false`, null
    }

    /// What the token is.
    public let kind: Kind
    /// True when a key or string contains at least one backslash escape, so that its bytes are not its text.
    public let isEscaped: Bool
    /// Byte range of the token in the text; strings and keys include both quotation marks.
    public var range: Range<Int> { Range(uncheckedBounds: (lower, upper)) }

    @usableFromInline let lower: Int
    @usableFromInline let upper: Int

    init(_ kind: Kind, _ lower: Int, _ upper: Int, isEscaped: Bool = false) {
        self.kind = kind
        self.lower = lower
        self.upper = upper
        self.isEscaped = isEscaped
    }

    /// Byte range of the text between the quotation marks of a key or string token.
    public var contentRange: Range<Int> { Range(uncheckedBounds: (lower &+ 1, upper &- 1)) }
}
