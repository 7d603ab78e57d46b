public import JSON

/// Which events a destination gets, as a value that can be stored, compared and shown.
public indirect enum EventCondition: Sendable, Hashable {
    /// Every event.
    case everything
    /// Events of one of these kinds (`eventType`).
    case type(Set<String>)
    /// Events whose `outcome` is one of these; events without an outcome do not match.
    case outcome(Set<String>)
    /// Events in which the field is there and equal: numbers by value, text by code points, no change of kind.
    case field(FieldPointer, equals: JSONValue)
    /// Events that match none of the inner condition.
    case not(EventCondition)
    /// Events that match all of them; every event when there are none.
    case all([EventCondition])
    /// Events that match at least one; none when there are none.
    case any([EventCondition])

    /// Deepest nesting of a condition that is read from JSON.
    public static let maximumDepth = 16

    /// Whether the event is for the destination.
    public func matches(_ event: RecordedEvent) -> Bool {
        switch self {
        case .everything: true
        case .type(let types): types.contains(event.type)
        case .outcome(let outcomes): event.text("outcome").map(outcomes.contains) ?? false
        case .field(let pointer, let expected):
            pointer.value(in: event.members).map { Self.equal($0, expected) } ?? false
        case .not(let inner): !inner.matches(event)
        case .all(let inner): inner.allSatisfy { $0.matches(event) }
        case .any(let inner): inner.contains { $0.matches(event) }
        }
    }

    private static func equal(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if left == right { return true }
        switch (left, right) {
        case (.integer(let integer), .number(let number)), (.number(let number), .integer(let integer)):
            return JSONValue.number(number).integer == integer
        default: return false
        }
    }
}

/// Why a JSON value is not a condition.
public struct EventConditionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was met.
    public let problem: String

    /// One line that says what is accepted.
    public var description: String {
        "not a filter: \(problem). A filter is \"everything\" or an object with exactly one of type, outcome, field, not, "
            + "all, any"
    }
}

extension EventCondition {
    /// Reads the form that ``json`` writes: `"everything"`, `{"type":[…]}`, `{"outcome":[…]}`,
    /// `{"field":"/purpose","equals":…}`, `{"not":…}`, `{"all":[…]}`, `{"any":[…]}`.
    /// - Throws: ``EventConditionError``.
    public init(json: JSONValue) throws(EventConditionError) {
        try self.init(json: json, depth: 0)
    }

    private init(json: JSONValue, depth: Int) throws(EventConditionError) {
        guard depth < Self.maximumDepth else { throw EventConditionError(problem: "nested deeper than 16") }
        if json.string == "everything" {
            self = .everything
            return
        }
        guard let members = json.object else { throw EventConditionError(problem: "neither a text nor an object") }
        let names = members.keys.sorted()
        switch names {
        case ["type"]: self = .type(try Self.texts(members["type"]))
        case ["outcome"]: self = .outcome(try Self.texts(members["outcome"]))
        case ["equals", "field"]:
            guard let text = members["field"]?.string, let pointer = FieldPointer(text) else {
                throw EventConditionError(problem: "field is not a JSON Pointer such as /purpose")
            }
            self = .field(pointer, equals: members["equals"] ?? .null)
        case ["not"]: self = .not(try EventCondition(json: members["not"] ?? .null, depth: depth + 1))
        case ["all"]: self = .all(try Self.conditions(members["all"], depth: depth + 1))
        case ["any"]: self = .any(try Self.conditions(members["any"], depth: depth + 1))
        default: throw EventConditionError(problem: "an object with the members \(names.joined(separator: ", "))")
        }
    }

    /// The condition as JSON.
    public var json: JSONValue {
        switch self {
        case .everything: "everything"
        case .type(let types): ["type": .array(types.sorted().map { .string($0) })]
        case .outcome(let outcomes): ["outcome": .array(outcomes.sorted().map { .string($0) })]
        case .field(let pointer, let value): ["field": .string(pointer.description), "equals": value]
        case .not(let inner): ["not": inner.json]
        case .all(let inner): ["all": .array(inner.map(\.json))]
        case .any(let inner): ["any": .array(inner.map(\.json))]
        }
    }

    private static func texts(_ value: JSONValue?) throws(EventConditionError) -> Set<String> {
        guard let elements = value?.array, !elements.isEmpty else {
            throw EventConditionError(problem: "type and outcome take a list of at least one text")
        }
        var texts: Set<String> = []
        for element in elements {
            guard let text = element.string, !text.isEmpty else {
                throw EventConditionError(problem: "type and outcome take texts only")
            }
            texts.insert(text)
        }
        return texts
    }

    private static func conditions(_ value: JSONValue?, depth: Int) throws(EventConditionError) -> [EventCondition] {
        guard let elements = value?.array else { throw EventConditionError(problem: "all and any take a list") }
        var conditions: [EventCondition] = []
        for element in elements { conditions.append(try EventCondition(json: element, depth: depth)) }
        return conditions
    }
}
