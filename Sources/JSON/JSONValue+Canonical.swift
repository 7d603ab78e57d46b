/// Why a value has no canonical form.
public enum JSONCanonicalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An integer is beyond 2^53 - 1, where a double no longer holds every integer.
    case integerTooLarge
    /// A number is infinite or not a number.
    case notFinite
    /// Arrays and objects are nested deeper than ``JSONLimits/deepest``.
    case depthExceeded

    /// One line that says what to do.
    public var description: String {
        switch self {
        case .integerTooLarge: "no canonical JSON: an integer is beyond 2^53 - 1; carry it as a string"
        case .notFinite: "no canonical JSON: a number is infinite or NaN"
        case .depthExceeded: "no canonical JSON: nested deeper than \(JSONLimits.deepest)"
        }
    }
}

extension JSONValue {
    /// The canonical form of RFC 8785: members sorted by the UTF-16 code units of their keys, numbers as ECMAScript prints
    /// them, no white space.
    ///
    /// Only ``integer(_:)`` is held to 2^53 - 1: its 64 bits may say more than a reader with doubles sees. A ``number(_:)`` is a
    /// double already and is written as it is, beyond 2^53 too.
    /// - Throws: ``JSONCanonicalError`` for a value that RFC 8785 cannot carry without loss.
    public func canonicalBytes() throws(JSONCanonicalError) -> [UInt8] {
        var writer = CanonicalJSONWriter()
        try write(to: &writer, depth: 0)
        return writer.bytes
    }

    private func write(to writer: inout CanonicalJSONWriter, depth: Int) throws(JSONCanonicalError) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .string(let value): writer.string(value)
        case .integer(let value):
            guard value.magnitude <= UInt64(CanonicalJSONWriter.largestInteger) else { throw .integerTooLarge }
            writer.integer(value)
        case .number(let value):
            guard value.isFinite else { throw .notFinite }
            writer.number(value)
        case .array(let elements):
            guard depth < JSONLimits.deepest else { throw .depthExceeded }
            writer.beginArray()
            for element in elements { try element.write(to: &writer, depth: depth + 1) }
            writer.endArray()
        case .object(let members):
            guard depth < JSONLimits.deepest else { throw .depthExceeded }
            writer.beginObject()
            for (key, value) in members.sorted(by: { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }) {
                writer.key(string: key)
                try value.write(to: &writer, depth: depth + 1)
            }
            writer.endObject()
        }
    }
}
