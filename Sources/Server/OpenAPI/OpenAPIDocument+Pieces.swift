/// Small shapes of which larger ones are put together.
extension OpenAPIDocument {
    static let words = #"{"type": "string"}"#
    /// A decision without a reason is no decision.
    static let decisionReason = #"{"type": "string", \#(reasonRule)}"#
    static let moment = #"{"type": "string", "format": "date-time"}"#
    static var referenceMembers: [(String, String)] {
        [("customerId", ref("GlobalCustomerId")), ("identifier", ref("Identifier"))]
    }

    static func ref(_ name: String) -> String { ##"{"$ref": "#/components/schemas/\##(name)"}"## }
    static func list(_ item: String) -> String { #"{"type": "array", "items": \#(item)}"# }
    /// An object with one member.
    static func only(_ name: String, _ body: String) -> String { object([name], [(name, body)]) }
    static func maybe(_ type: String) -> String { #"{"type": ["\#(type)", "null"]}"# }
    static func schema(_ name: String, _ body: String) -> String { #""\#(name)": \#(body)"# }

    static func names<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) -> String
    where Choice.RawValue == String {
        #"{"type": "string", "enum": [\#(Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))]}"#
    }

    static func object(_ required: [String], _ members: [(String, String)]) -> String {
        let names = required.map { "\"\($0)\"" }.joined(separator: ", ")
        // Null says the same as leaving a member out.
        let properties = members.map { name, body in
            guard required.contains(name) else { return schema(name, #"{"anyOf": [\#(body), {"type": "null"}]}"#) }
            return schema(name, name == "reason" ? decisionReason : body)
        }.joined(separator: ", ")
        return
            #"{"type": "object", "required": [\#(names)], "additionalProperties": false, "properties": {\#(properties)}}"#
    }
}
