public import JSON

/// The place of a member in an event: a JSON Pointer (RFC 6901) through objects, such as `/outcome` or
/// `/dataFieldsMasked/$.ssn`. Elements of arrays cannot be named.
public struct FieldPointer: Sendable, Hashable, CustomStringConvertible {
    /// The member names from the outside in; never empty.
    public let names: [String]

    /// The pointer to a member of the event itself.
    public init(member: String) { names = [member] }

    /// Reads a pointer. Returns nil for the empty pointer, for one that does not begin with `/`, and for a `~` that is followed
    /// by neither `0` nor `1`.
    public init?(_ text: String) {
        guard text.hasPrefix("/") else { return nil }
        var names: [String] = []
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let name = Self.unescaped(part) else { return nil }
            names.append(name)
        }
        self.names = names
    }

    /// The pointer in the form of RFC 6901.
    public var description: String {
        names.map { name in
            "/" + name.map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined()
        }.joined()
    }

    /// The value in an event's members, or nil.
    public func value(in members: [String: JSONValue]) -> JSONValue? {
        var value = JSONValue.object(members)
        for name in names {
            guard let next = value[name] else { return nil }
            value = next
        }
        return value
    }

    private static func unescaped(_ part: Substring) -> String? {
        var text = ""
        var rest = part
        while let character = rest.popFirst() {
            guard character == "~" else {
                text.append(character)
                continue
            }
            switch rest.popFirst() {
            case "0": text.append("~")
            case "1": text.append("/")
            default: return nil
            }
        }
        return text
    }
}
