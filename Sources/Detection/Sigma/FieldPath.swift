internal import JSON

/// The place of a value in an event: member names with dots between them.
///
/// Inside a list the path goes on in each element. A member whose own name has dots (field paths are such names) is found too.
struct FieldPath: Hashable, Sendable, CustomStringConvertible {
    let description: String
    private let components: [String]

    init(_ text: String) {
        description = text
        components = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    /// The member of the event itself under which the value stands.
    var topLevel: String { components[0] }

    /// Calls `body` with each value at this place until it returns true; returns whether it did. Nulls are not values.
    func any(in event: JSONValue, _ body: (JSONValue) -> Bool) -> Bool { visit(event, 0, body) }

    /// Whether there is a value, null not being one.
    func exists(in event: JSONValue) -> Bool {
        // An empty list has no element to visit, but is there.
        if components.count == 1, let value = event[components[0]] { return !value.isNull }
        return any(in: event) { _ in true }
    }

    /// The first scalar at this place, as text.
    func text(in event: JSONValue) -> String? {
        var found: String?
        _ = any(in: event) { value in
            found = value.scalarText
            return found != nil
        }
        return found
    }

    private func visit(_ value: JSONValue, _ depth: Int, _ body: (JSONValue) -> Bool) -> Bool {
        switch value {
        case .array(let elements):
            return elements.contains { visit($0, depth, body) }
        case .object(let members) where depth < components.count:
            if let member = members[components[depth]], visit(member, depth + 1, body) { return true }
            guard depth + 1 < components.count else { return false }
            let rest = components[depth...].joined(separator: ".")
            return members[rest].map { visit($0, components.count, body) } ?? false
        case .null:
            return false
        default:
            return depth == components.count && body(value)
        }
    }
}

extension JSONValue {
    /// A scalar as Sigma compares it; nil for null, lists and objects.
    var scalarText: String? {
        switch self {
        case .string(let text): text
        case .integer(let value): String(value)
        case .number(let value): integer.map(String.init) ?? value.description
        case .bool(let value): value ? "true" : "false"
        case .null, .array, .object: nil
        }
    }
}
