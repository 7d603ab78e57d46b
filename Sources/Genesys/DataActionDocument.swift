extension DataAction {
    /// The exported form of an action.
    struct Wire: Encodable {
        let name: String
        let integrationType = "custom-rest-actions"
        let actionType = "custom"
        let secure = true
        let config: Config
        let contract: Contract

        init(_ action: DataAction) {
            name = action.name
            var headers = ["Content-Type": "application/json", "UserAgent": "PureCloudIntegrations/1.0"]
            if let field = action.credentialField { headers["Authorization"] = "Bearer ${credentials.\(field)}" }
            config = Config(
                request: Request(
                    requestUrlTemplate: action.url,
                    requestType: "POST",
                    headers: headers,
                    requestTemplate: action.requestTemplate
                ),
                response: Response(
                    translationMap: Dictionary(uniqueKeysWithValues: action.outputs.map { ($0.name, $0.jsonPath) }),
                    // A default is JSON text: the quotes are part of it.
                    translationMapDefaults: Dictionary(
                        uniqueKeysWithValues: action.outputs.filter { $0.type == .string }.map { ($0.name, "\"\"") }
                    ),
                    successTemplate: action.successTemplate
                ),
                timeoutSeconds: action.timeoutSeconds
            )
            let inputs = DataAction.requiredInputs + DataAction.optionalInputs
            contract = Contract(
                input: .init(
                    inputSchema: Schema(
                        title: "\(action.name) request",
                        properties: Dictionary(uniqueKeysWithValues: inputs.map { ($0, Property(type: .string)) }),
                        required: DataAction.requiredInputs,
                        additionalProperties: false
                    )
                ),
                output: .init(
                    successSchema: Schema(
                        title: "\(action.name) response",
                        properties: Dictionary(
                            uniqueKeysWithValues: action.outputs.map { ($0.name, Property(type: $0.type)) }
                        ),
                        required: nil,
                        additionalProperties: false
                    )
                )
            )
        }
    }

    struct Config: Encodable {
        let request: Request
        let response: Response
        let timeoutSeconds: Int
    }

    struct Request: Encodable {
        let requestUrlTemplate: String
        let requestType: String
        let headers: [String: String]
        let requestTemplate: String
    }

    struct Response: Encodable {
        let translationMap: [String: String]
        let translationMapDefaults: [String: String]
        let successTemplate: String
    }

    struct Contract: Encodable {
        struct Input: Encodable { let inputSchema: Schema }
        struct Output: Encodable { let successSchema: Schema }

        let input: Input
        let output: Output
    }

    struct Schema: Encodable {
        let title: String
        let type = "object"
        let properties: [String: Property]
        let required: [String]?
        let additionalProperties: Bool
    }

    struct Property: Encodable {
        let type: OutputType
    }
}
