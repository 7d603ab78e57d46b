public import JSON

/// Which fields of an event a destination gets. The members of ``RecordedEvent/envelope`` always go along.
public enum FieldProjection: Sendable, Hashable {
    /// The whole event.
    case everything
    /// Nothing but these fields.
    case only(Set<FieldPointer>)
    /// Everything but these fields.
    case without(Set<FieldPointer>)

    /// Whether an event may come out changed.
    public var isWhole: Bool { self == .everything || self == .without([]) }

    /// The members that the destination gets.
    public func apply(to members: [String: JSONValue]) -> [String: JSONValue] {
        switch self {
        case .everything: return members
        case .only(let kept):
            var result = members.filter { RecordedEvent.envelope.contains($0.key) }
            for pointer in kept {
                guard let value = pointer.value(in: members) else { continue }
                Self.insert(value, at: pointer.names[...], into: &result)
            }
            return result
        case .without(let dropped):
            var result = members
            for pointer in dropped where !RecordedEvent.envelope.contains(pointer.names[0]) {
                Self.remove(pointer.names[...], from: &result)
            }
            return result
        }
    }

    private static func insert(
        _ value: JSONValue,
        at names: ArraySlice<String>,
        into members: inout [String: JSONValue]
    ) {
        guard let name = names.first else { return }
        guard names.count > 1 else {
            members[name] = value
            return
        }
        // A shorter pointer may have put the whole object there already; then this changes nothing in it.
        var inner = members[name]?.object ?? [:]
        insert(value, at: names.dropFirst(), into: &inner)
        members[name] = .object(inner)
    }

    private static func remove(_ names: ArraySlice<String>, from members: inout [String: JSONValue]) {
        guard let name = names.first else { return }
        guard names.count > 1 else {
            members[name] = nil
            return
        }
        guard var inner = members[name]?.object else { return }
        remove(names.dropFirst(), from: &inner)
        members[name] = .object(inner)
    }
}
