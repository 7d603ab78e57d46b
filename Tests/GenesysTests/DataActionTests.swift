import FoundationEssentials
import Genesys
import Testing

@Suite struct DataActionTests {
    /// The part of an exported action that the platform needs.
    private struct Document: Decodable {
        struct Config: Decodable {
            struct Request: Decodable {
                let requestUrlTemplate, requestType, requestTemplate: String
                let headers: [String: String]
            }
            struct Response: Decodable {
                let translationMap, translationMapDefaults: [String: String]
                let successTemplate: String
            }
            let request: Request
            let response: Response
            let timeoutSeconds: Int
        }
        struct Contract: Decodable {
            struct Schema: Decodable {
                struct Property: Decodable { let type: String }
                let type: String
                let properties: [String: Property]
                let required: [String]?
                let additionalProperties: Bool
            }
            struct Input: Decodable { let inputSchema: Schema }
            struct Output: Decodable { let successSchema: Schema }
            let input: Input
            let output: Output
        }
        let name, integrationType, actionType: String
        let secure: Bool
        let config: Config
        let contract: Contract
    }

    private let outputs: [DataAction.Output] = [
        .init(name: "customerName", jsonPath: "$.name", type: .string),
        .init(name: "balance", jsonPath: "$.accounts[0].balance", type: .number),
        .init(name: "city", jsonPath: "$.address.city", type: .string),
        .init(name: "vip", jsonPath: "$.vip", type: .boolean),
    ]

    @Test func buildsWhatThePlatformImports() throws {
        let action = try DataAction(
            name: "Customer summary",
            url: "https://gateway.example/reads/summary",
            outputs: outputs,
            timeoutSeconds: 8,
            credentialField: "munimentKey"
        )
        let bytes = try action.document()
        #expect(bytes == (try action.document()))
        let document = try JSONDecoder().decode(Document.self, from: Data(bytes))
        #expect(document.integrationType == "custom-rest-actions")
        #expect(document.actionType == "custom")
        #expect(document.secure)
        #expect(document.config.timeoutSeconds == 8)
        let request = document.config.request
        #expect(request.requestUrlTemplate == "https://gateway.example/reads/summary")
        #expect(request.requestType == "POST")
        #expect(request.headers["Content-Type"] == "application/json")
        #expect(request.headers["Authorization"] == "Bearer ${credentials.munimentKey}")
        #expect(
            request.requestTemplate
                == "{\"customerId\": \"$esc.jsonEncode(${input.customerId})\", "
                + "\"agentId\": \"$esc.jsonEncode(${input.agentId})\", "
                + "\"interactionId\": \"$esc.jsonEncode(${input.interactionId})\""
                + "#if(\"$!{input.purpose}\" != \"\"), \"purpose\": \"$esc.jsonEncode(${input.purpose})\"#end"
                + "#if(\"$!{input.reason}\" != \"\"), \"reason\": \"$esc.jsonEncode(${input.reason})\"#end}"
        )
        let response = document.config.response
        #expect(response.translationMap["balance"] == "$.accounts[0].balance")
        #expect(response.translationMapDefaults == ["customerName": "\"\"", "city": "\"\""])
        #expect(
            response.successTemplate
                == "#set($separator = \", \"){\"customerName\": ${customerName}, \"city\": ${city}"
                + "#if(\"$!{balance}\" != \"\" && \"$!{balance}\" != \"null\")${separator}\"balance\": ${balance}"
                + "#set($separator = \", \")#end"
                + "#if(\"$!{vip}\" != \"\" && \"$!{vip}\" != \"null\")${separator}\"vip\": ${vip}"
                + "#set($separator = \", \")#end}"
        )
        let input = document.contract.input.inputSchema
        #expect(input.required == ["customerId", "agentId", "interactionId"])
        #expect(input.properties.keys.sorted() == ["agentId", "customerId", "interactionId", "purpose", "reason"])
        #expect(!input.additionalProperties)
        #expect(
            document.contract.output.successSchema.properties.mapValues(\.type) == [
                "customerName": "string", "city": "string", "balance": "number", "vip": "boolean",
            ]
        )
    }

    @Test func needsNoTemplateLogicForTextsAlone() throws {
        let action = try DataAction(
            name: "n",
            url: "https://g.example/r",
            outputs: [.init(name: "a", jsonPath: "$.a", type: .string)]
        )
        let document = try JSONDecoder().decode(Document.self, from: Data(action.document()))
        #expect(document.config.response.successTemplate == "{\"a\": ${a}}")
        #expect(document.config.request.headers["Authorization"] == nil)
    }

    @Test func refusesWhatCannotWork() {
        func build(
            name: String = "n",
            url: String = "https://g.example/r",
            output: String = "a",
            path: String = "$.a",
            seconds: Int = 10,
            credential: String? = nil
        ) throws(DataActionError) -> DataAction {
            try DataAction(
                name: name,
                url: url,
                outputs: [.init(name: output, jsonPath: path, type: .string)],
                timeoutSeconds: seconds,
                credentialField: credential
            )
        }
        #expect(throws: DataActionError.name) { try build(name: "") }
        for url in ["http://g.example", "https://", "https://g/${input.customerId}", "https://g/ x", "https://g/#if"] {
            #expect(throws: DataActionError.url) { try build(url: url) }
        }
        for seconds in [0, 61] { #expect(throws: DataActionError.timeout(seconds)) { try build(seconds: seconds) } }
        for output in ["", "1a", "a-b", "a b", "separator", "input", "é"] {
            #expect(throws: DataActionError.outputName(output)) { try build(output: output) }
        }
        for path in ["", "a", "$"] { #expect(throws: DataActionError.outputPath("a")) { try build(path: path) } }
        #expect(throws: DataActionError.credentialField("a}")) { try build(credential: "a}") }
        #expect(throws: DataActionError.noOutputs) { try DataAction(name: "n", url: "https://g", outputs: []) }
        #expect(throws: DataActionError.outputName("customerName")) {
            try DataAction(name: "n", url: "https://g", outputs: outputs + [outputs[0]])
        }
    }

    @Test func namesTheVariablesToWire() {
        let wired = Set(DataAction.scriptVariables.map(\.input))
        #expect(wired == Set(DataAction.requiredInputs + DataAction.optionalInputs))
    }
}
