import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Redaction

/// What is to be redacted: exactly one of `text`, `json` and `transcript`, and how.
///
/// The document is not read into a tree: its bytes are redacted where they stand.
struct RedactionBody: Sendable {
    enum Kind: String, CaseIterable {
        case text, json, transcript
    }

    let kind: Kind
    /// What stands in place of a finding; nil for a mask or what the policy says.
    let action: Action?
    /// A policy of the configuration, by its name.
    let policy: String?
    /// Whose text it is: tokens go when the customer is forgotten.
    let customer: JSONBody?
    let scope: String
    let types: Set<EntityType>?
    private let content: [UInt8]

    init(_ request: Request) async throws {
        let body = try await request.body.collect(upTo: Endpoint.redact.largestBody)
        let mediaType = request.headers[.contentType]?.prefix { $0 != ";" && $0 != " " }
        guard mediaType?.lowercased() == "application/json" else { throw Refusal(.unsupportedMediaType) }
        try self.init(Array(body.readableBytesView))
    }

    init(_ bytes: [UInt8]) throws(Refusal) {
        var found: [String: (token: JSONToken, range: Range<Int>)] = [:]
        try Self.members(bytes, &found)
        let kinds = Kind.allCases.filter { found[$0.rawValue] != nil }
        guard kinds.count == 1, let member = found[kinds[0].rawValue] else {
            throw Refusal(.missingField, "exactly one of text, json and transcript")
        }
        let kind = kinds[0]
        self.kind = kind
        guard kind != .text || member.token.kind == .string else { throw Refusal(.wrongType, "text is a string") }
        guard kind != .transcript || [.beginObject, .beginArray].contains(member.token.kind) else {
            throw Refusal(.wrongType, "transcript is an object or a list")
        }
        var content: [UInt8] = []
        bytes.withUnsafeBytes { bytes in
            if kind == .text {
                JSONText.appendUnescaped(bytes, member.token.contentRange, to: &content)
            } else {
                content.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[member.range]))
            }
        }
        self.content = content
        scope = try Self.text(bytes, found, "scope", .redactionScope) ?? ""
        action = try Self.action(try Self.text(bytes, found, "action", .typeName))
        types = try Self.types(bytes, found)
        policy = try Self.text(bytes, found, "policy", .policyName)
        customer = try Self.customer(bytes, found)
        if policy != nil, action != nil || types != nil {
            throw JSONBody.invalid(
                "policy",
                "says itself what is looked for and what becomes of it: leave out action and types"
            )
        }
    }

    func withContent(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try content.withUnsafeBytes { try body($0) }
    }

    private static let customerMembers = ["customerId", "identifier"]

    private static func customer(
        _ bytes: [UInt8],
        _ found: [String: (token: JSONToken, range: Range<Int>)]
    ) throws(Refusal) -> JSONBody? {
        var members: [String: JSONValue] = [:]
        for name in customerMembers {
            guard let member = found[name] else { continue }
            guard let value = try? JSONValue(parsing: Array(bytes[member.range])) else { throw Refusal(.malformedJSON) }
            members[name] = value
        }
        return members.isEmpty ? nil : try JSONBody(members, at: "redact", known: customerMembers)
    }

    private static func members(
        _ bytes: [UInt8],
        _ found: inout [String: (token: JSONToken, range: Range<Int>)]
    ) throws(Refusal) {
        let known = Kind.allCases.map(\.rawValue) + ["action", "scope", "types", "policy"] + customerMembers
        var refusal: Refusal?
        bytes.withUnsafeBytes { bytes in
            do throws(JSONError) {
                var members = try JSONScanner.topLevelMembers(of: bytes)
                while let member = try members.next() {
                    let name = members.string(member.key)
                    if !known.contains(name) {
                        refusal = Refusal(.unknownField, "known here: \(known.joined(separator: ", "))")
                    } else if found.updateValue((member.value, member.valueRange), forKey: name) != nil {
                        refusal = Refusal(.duplicateKey)
                    }
                }
            } catch {
                refusal = Refusal(.malformedJSON)
            }
        }
        if let refusal { throw refusal }
        found = found.filter { $0.value.token.kind != .null || $0.key == Kind.json.rawValue }
    }

    private static func text(
        _ bytes: [UInt8],
        _ found: [String: (token: JSONToken, range: Range<Int>)],
        _ name: String,
        _ rule: TextRule
    ) throws(Refusal) -> String? {
        guard let member = found[name] else { return nil }
        guard member.token.kind == .string else { throw Refusal(.wrongType, "\(name) is a string") }
        let text = bytes.withUnsafeBytes { JSONText.string($0, member.token) }
        guard rule.accepts(text) else { throw JSONBody.invalid(name, rule.explanation) }
        return text
    }

    private static func action(_ name: String?) throws(Refusal) -> Action? {
        guard let name else { return nil }
        guard let action = RedactionRoutes.actions.first(where: { $0.rawValue == name }) else {
            let known = RedactionRoutes.actions.map(\.rawValue).joined(separator: ", ")
            throw JSONBody.invalid("action", "is one of \(known)")
        }
        return action
    }

    private static func types(
        _ bytes: [UInt8],
        _ found: [String: (token: JSONToken, range: Range<Int>)]
    ) throws(Refusal) -> Set<EntityType>? {
        guard let member = found["types"] else { return nil }
        guard let list = try? JSONValue(parsing: Array(bytes[member.range])).array else {
            throw Refusal(.wrongType, "types is a list of strings")
        }
        let types = list.compactMap { $0.string.flatMap(EntityType.init(name:)) }
        guard types.count == list.count, !types.isEmpty else {
            throw JSONBody.invalid("types", "are types of findings such as CREDIT_CARD, at least one of them")
        }
        return Set(types)
    }
}

extension TextRule {
    /// Where equal values get equal replacements: a tenant, a conversation.
    static let redactionScope = TextRule(length: 1...100, others: "._:-")
    /// The name of a policy.
    static let policyName = TextRule(length: 1...64, others: "._-")
    /// The name of a type or action.
    static let typeName = TextRule(length: 1...40, others: "_")
    /// A number as redaction wrote it.
    static let redactedValue = TextRule(length: 1...64, others: " +()./-")
}
