/// One member of an object, as byte ranges of the text.
public struct JSONMember: Sendable {
    /// The key token, quotation marks included.
    public let key: JSONToken
    /// The first token of the value; its kind tells what the value is.
    public let value: JSONToken
    /// Byte range of the whole value: nested values, and the quotation marks of a string, included.
    public let valueRange: Range<Int>
}

/// The members of the outermost object of a text, in order; nested values are checked and stepped over.
///
/// Made by ``JSONScanner/topLevelMembers(of:limits:)``. The buffer must stay valid while this is in use.
public struct JSONMembers {
    private var scanner: JSONScanner

    init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits) throws(JSONError) {
        scanner = JSONScanner(bytes, limits: limits)
        guard try scanner.next()?.kind == .beginObject else { throw JSONError(.notAnObject, at: 0) }
    }

    /// The text that is read.
    public var bytes: UnsafeRawBufferPointer { scanner.bytes }

    /// The next member, or nil at the proper end of the text (bytes after the object are an error).
    ///
    /// - Throws: ``JSONError`` with the offset of the first byte that cannot be accepted.
    public mutating func next() throws(JSONError) -> JSONMember? {
        guard let key = try scanner.next() else { return nil }
        guard key.kind == .key, let value = try scanner.next() else {
            // The closing brace: the scanner returns nil or refuses what follows.
            _ = try scanner.next()
            return nil
        }
        return JSONMember(key: key, value: value, valueRange: try scanner.finish(value))
    }

    /// True when the key's text is exactly `name`; an escaped key is compared by its meaning.
    public func matches(_ key: JSONToken, _ name: StaticString) -> Bool {
        let expected = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        guard key.isEscaped else { return bytes[key.contentRange].elementsEqual(expected) }
        var text: [UInt8] = []
        JSONText.appendUnescaped(bytes, key.contentRange, to: &text)
        return text.elementsEqual(expected)
    }

    /// The text of a key or string token.
    public func string(_ token: JSONToken) -> String { JSONText.string(bytes, token) }
}

extension JSONScanner {
    /// Visits the members of the outermost object of `bytes` without building values.
    ///
    /// - Throws: ``JSONError``, `notAnObject` when the text is a JSON value of another kind.
    public static func topLevelMembers(
        of bytes: UnsafeRawBufferPointer,
        limits: JSONLimits = .default
    ) throws(JSONError) -> JSONMembers {
        try JSONMembers(bytes, limits: limits)
    }
}
