import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import WallTime

/// The JSON object in a request's body, read strictly: only members that the endpoint knows, each once, each of its type.
struct JSONBody: Sendable {
    private static let limits = JSONLimits(maximumDepth: 8)

    private let members: [String: JSONValue]

    /// - Parameters:
    ///   - known: the members that the endpoint knows.
    ///   - optional: whether no body at all counts as an empty object.
    init(_ request: Request, known: [String], optional: Bool = false) async throws {
        let body = try await request.body.collect(upTo: ControlPlane.maximumBodyBytes)
        if optional, body.readableBytes == 0, request.headers[.contentType] == nil {
            members = [:]
            return
        }
        let mediaType = request.headers[.contentType]?.prefix { $0 != ";" && $0 != " " }
        guard mediaType?.lowercased() == "application/json" else { throw Refusal(.unsupportedMediaType) }
        let value: JSONValue
        do {
            value = try body.withUnsafeReadableBytes { bytes throws(JSONError) in
                try JSONValue(parsing: bytes, limits: Self.limits)
            }
        } catch {
            throw error.reason == .duplicateKey ? Refusal(.duplicateKey) : Refusal(.malformedJSON)
        }
        guard let object = value.object else { throw Refusal(.malformedJSON) }
        guard object.keys.allSatisfy(known.contains) else {
            throw Refusal(.unknownField, "known here: \(known.joined(separator: ", "))")
        }
        members = object.filter { !$0.value.isNull }
    }

    init(_ object: [String: JSONValue], at name: String, known: [String]) throws(Refusal) {
        guard object.keys.allSatisfy(known.contains) else {
            throw Refusal(.unknownField, "known in \(name): \(known.joined(separator: ", "))")
        }
        members = object.filter { !$0.value.isNull }
    }

    /// An object that may be left out.
    func object(_ name: String, known: [String]) throws(Refusal) -> JSONBody? {
        guard let value = members[name] else { return nil }
        guard let object = value.object else { throw Refusal(.wrongType, "\(name) is an object") }
        return try JSONBody(object, at: name, known: known)
    }

    /// A list of objects that may be left out, at most `most` of them.
    func objects(_ name: String, known: [String], most: Int) throws(Refusal) -> [JSONBody]? {
        guard let value = members[name] else { return nil }
        guard let array = value.array else { throw Refusal(.wrongType, "\(name) is a list of objects") }
        guard array.count <= most else { throw Self.invalid(name, "has at most \(most) elements") }
        var bodies: [JSONBody] = []
        for item in array {
            guard let object = item.object else { throw Refusal(.wrongType, "\(name) is a list of objects") }
            bodies.append(try JSONBody(object, at: name, known: known))
        }
        return bodies
    }

    /// A value of any type that must be there.
    func value(_ name: String) throws(Refusal) -> JSONValue { try Self.required(name, members[name]) }

    /// A truth value that may be left out.
    func flag(_ name: String) throws(Refusal) -> Bool? {
        guard let value = members[name] else { return nil }
        guard let flag = value.bool else { throw Refusal(.wrongType, "\(name) is true or false") }
        return flag
    }

    /// A moment in RFC 3339, or a date for its first moment in UTC, which may be left out.
    func moment(_ name: String) throws(Refusal) -> Timestamp? {
        guard let text = try text(name, .moment) else { return nil }
        guard let moment = Timestamp(text) else {
            throw Self.invalid(name, "is an RFC 3339 time such as 2026-01-02T03:04:05Z, or a date")
        }
        return moment
    }

    /// One of a closed list of names, which may be left out.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String,
        _ type: Choice.Type
    ) throws(Refusal) -> Choice? where Choice.RawValue == String {
        guard let value = members[name] else { return nil }
        guard let choice = value.string.flatMap({ Choice(rawValue: $0) }) else {
            throw Self.invalid(name, "is one of: \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    /// A refusal that names a member.
    static func invalid(_ name: String, _ reason: String) -> Refusal { Refusal(.invalidField, "\(name): \(reason)") }

    /// A string that may be left out.
    func text(_ name: String, _ rule: TextRule) throws(Refusal) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value.string else { throw Refusal(.wrongType, "\(name) is a string") }
        guard rule.accepts(text) else { throw Self.invalid(name, rule.explanation) }
        return text
    }

    /// A whole number that may be left out; none beyond 2^53 - 1, which no event could hold (RFC 8785 section 3.2.2.3).
    func number(_ name: String, in bounds: ClosedRange<Int64>) throws(Refusal) -> Int64? {
        guard let value = members[name] else { return nil }
        guard let number = value.integer else { throw Refusal(.wrongType, "\(name) is a whole number") }
        let bounds = bounds.clamped(to: -CanonicalJSONWriter.largestInteger...CanonicalJSONWriter.largestInteger)
        guard bounds.contains(number) else {
            throw Self.invalid(name, "is a number from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }

    /// A list of strings that may be left out, at most `most` of them.
    func texts(_ name: String, most: Int) throws(Refusal) -> [String]? {
        guard let value = members[name] else { return nil }
        guard let array = value.array else { throw Refusal(.wrongType, "\(name) is a list of strings") }
        guard array.count <= most else { throw Self.invalid(name, "has at most \(most) elements") }
        let texts = array.compactMap(\.string)
        guard texts.count == array.count else { throw Refusal(.wrongType, "\(name) is a list of strings") }
        return texts
    }

    /// A value that must be there.
    static func required<Value>(_ name: String, _ value: Value?) throws(Refusal) -> Value {
        guard let value else { throw Refusal(.missingField, name) }
        return value
    }
}
