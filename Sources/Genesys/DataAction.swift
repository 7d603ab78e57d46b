import FoundationEssentials

/// A Data Action of a Web Services integration that shows agents what a gateway route discloses.
///
/// ``document()`` gives the JSON that Genesys Cloud imports. Its shape is that of exported actions of the integration
/// type `custom-rest-actions`; templates are Velocity, and inputs are escaped as the vendor's page "Velocity macros
/// for data actions" demands. The action is secure, so that its values stay out of the logs of flows and scripts.
public struct DataAction: Sendable {
    /// Type of an output, in words of JSON Schema.
    public enum OutputType: String, Sendable, Hashable, Encodable {
        case string, integer, number, boolean
    }

    /// A field of the reply that the script or flow can use.
    public struct Output: Sendable, Hashable {
        /// Name in the script, such as `customerName`.
        public let name: String
        /// Where the reply holds it, such as `$.customer.name`.
        public let jsonPath: String
        /// Its type. Use `string` for what the route may mask, whatever its type in the source.
        public let type: OutputType

        /// Makes an output.
        public init(name: String, jsonPath: String, type: OutputType) {
            self.name = name
            self.jsonPath = jsonPath
            self.type = type
        }
    }

    /// What a script must wire to an input.
    public struct ScriptVariable: Sendable, Hashable {
        /// The input of the action.
        public let input: String
        /// The variable to choose in the script editor's list.
        public let variable: String
        /// What to mind.
        public let note: String
    }

    /// Inputs that every call needs.
    public static let requiredInputs = ["customerId", "agentId", "interactionId"]
    /// Inputs that a call may leave out.
    public static let optionalInputs = ["purpose", "reason"]

    /// The variables to wire in a script. Scripts run in the agent's browser, so the values are claims that the
    /// gateway checks.
    public static let scriptVariables: [ScriptVariable] = [
        .init(
            input: "agentId",
            variable: "{{Scripter.Agent Id}}",
            note: "Choose it from the editor's list; letter case varies between editor versions."
        ),
        .init(
            input: "interactionId",
            variable: "{{Scripter.Interaction ID}}",
            note: "The id of the conversation."
        ),
        .init(
            input: "customerId",
            variable: "a participant attribute or a script variable",
            note: "The id by which the source system knows the customer, set by the flow that identified the caller."
        ),
        .init(
            input: "purpose",
            variable: "a script variable or a constant",
            note: "May be left out; the route then applies its default purpose."
        ),
        .init(
            input: "reason",
            variable: "a script variable that the agent fills in",
            note: "May be left out; asked for when the gateway answers justification-required."
        ),
    ]

    /// Name of the action.
    public let name: String
    /// Address of the gateway's route.
    public let url: String
    /// Fields of the reply, in the order given.
    public let outputs: [Output]
    /// Seconds that Genesys Cloud waits, 1 to 60.
    public let timeoutSeconds: Int
    /// Field of the integration's user-defined credentials that holds the gateway's key; sent as a bearer token.
    public let credentialField: String?

    /// Makes an action for a route.
    ///
    /// - Throws: ``DataActionError``.
    public init(
        name: String,
        url: String,
        outputs: [Output],
        timeoutSeconds: Int = 10,
        credentialField: String? = nil
    ) throws(DataActionError) {
        guard !name.isEmpty, name.utf8.count <= 256 else { throw .name }
        guard url.hasPrefix("https://"), url.utf8.count > 8, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
            !url.contains("$"), !url.contains("#")
        else { throw .url }
        guard (1...60).contains(timeoutSeconds) else { throw .timeout(timeoutSeconds) }
        guard !outputs.isEmpty else { throw .noOutputs }
        var names: Set<String> = []
        for output in outputs {
            guard Self.isIdentifier(output.name), names.insert(output.name).inserted else {
                throw .outputName(output.name)
            }
            guard output.jsonPath.hasPrefix("$.") || output.jsonPath.hasPrefix("$[") else {
                throw .outputPath(output.name)
            }
        }
        if let credentialField, !Self.isIdentifier(credentialField) { throw .credentialField(credentialField) }
        self.name = name
        self.url = url
        self.outputs = outputs
        self.timeoutSeconds = timeoutSeconds
        self.credentialField = credentialField
    }

    /// The JSON document to import, UTF-8, the same bytes for the same action.
    ///
    /// - Throws: nothing that a checked action can cause; the encoder's error otherwise.
    public func document() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(Wire(self)))
    }

    /// The body of the request. An optional input that was not given is left out, not sent as an empty text.
    var requestTemplate: String {
        let required = Self.requiredInputs.map { "\"\($0)\": \"$esc.jsonEncode(${input.\($0)})\"" }
        let optional = Self.optionalInputs.map {
            "#if(\"$!{input.\($0)}\" != \"\"), \"\($0)\": \"$esc.jsonEncode(${input.\($0)})\"#end"
        }
        return "{" + required.joined(separator: ", ") + optional.joined() + "}"
    }

    /// What the script receives. Texts that the route withholds arrive empty; other values that it withholds are
    /// absent, because an invented 0 or false would be a statement about the customer.
    var successTemplate: String {
        let texts = outputs.filter { $0.type == .string }.map { "\"\($0.name)\": ${\($0.name)}" }
        let values = outputs.filter { $0.type != .string }.map {
            "#if(\"$!{\($0.name)}\" != \"\" && \"$!{\($0.name)}\" != \"null\")"
                + "${separator}\"\($0.name)\": ${\($0.name)}#set($separator = \", \")#end"
        }
        let separator = values.isEmpty ? "" : "#set($separator = \"\(texts.isEmpty ? "" : ", ")\")"
        return separator + "{" + texts.joined(separator: ", ") + values.joined() + "}"
    }

    /// Letters, digits and underscores, not beginning with a digit: safe as a Velocity reference and as a JSON key.
    /// The name of the template's own variable is taken.
    private static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64, text != "separator", text != "input" else {
            return false
        }
        return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

/// Why a Data Action cannot be built.
public enum DataActionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name is empty or longer than 256 bytes.
    case name
    /// The address is not `https` or holds a template.
    case url
    /// The timeout is outside 1 to 60 seconds.
    case timeout(Int)
    /// There is no output.
    case noOutputs
    /// An output's name is not an identifier or occurs twice.
    case outputName(String)
    /// An output's path is not a JSONPath.
    case outputPath(String)
    /// The credential field's name is not an identifier.
    case credentialField(String)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .name: "Give the data action a name of 1 to 256 bytes."
        case .url: "Give the gateway's route as a plain https:// URL without templates: values in a URL end up in logs."
        case .timeout(let seconds): "A data action waits 1 to 60 seconds, not \(seconds)."
        case .noOutputs: "Name at least one output field of the data action."
        case .outputName(let name):
            "Output '\(name)' needs a name of its own of letters, digits and underscores, other than 'input' and "
                + "'separator'."
        case .outputPath(let name): "Output '\(name)' needs a JSONPath that begins with '$.'."
        case .credentialField(let name):
            "Credential field '\(name)' may hold letters, digits and underscores only."
        }
    }
}
