import HTTPTypes
import Hummingbird
import JSON
import NIOCore

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

    /// A refusal that names a member.
    static func invalid(_ name: String, _ reason: String) -> Refusal { Refusal(.invalidField, "\(name): \(reason)") }

    /// A string that may be left out.
    func text(_ name: String, _ rule: TextRule) throws(Refusal) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value.string else { throw Refusal(.wrongType, "\(name) is a string") }
        guard rule.accepts(text) else { throw Self.invalid(name, rule.explanation) }
        return text
    }

    /// A whole number that may be left out.
    func number(_ name: String, in bounds: ClosedRange<Int64>) throws(Refusal) -> Int64? {
        guard let value = members[name] else { return nil }
        guard let number = value.integer else { throw Refusal(.wrongType, "\(name) is a whole number") }
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
