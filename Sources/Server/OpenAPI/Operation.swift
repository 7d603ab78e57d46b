import Credentials
import HTTPTypes

/// How one endpoint stands in the document. Path, method, scopes and the usual problems follow from the endpoint.
struct Operation {
    /// What a request holds, as JSON.
    struct Body {
        fileprivate let json: String

        static func required(_ schema: String, example: String? = nil) -> Body { Body(true, schema, example) }
        static func optional(_ schema: String, example: String? = nil) -> Body { Body(false, schema, example) }

        private init(_ isRequired: Bool, _ schema: String, _ example: String?) {
            json =
                #"{"required": \#(isRequired), "content": \#(Operation.content("application/json", schema, example))}"#
        }
    }

    /// An answer that is not a problem.
    struct Answer {
        fileprivate let json: String

        /// Answers 200 with JSON.
        static func ok(_ description: String, _ schema: String, example: String? = nil) -> Answer {
            status(200, description, schema, example: example)
        }

        /// Answers 201 with JSON.
        static func created(_ description: String, _ schema: String) -> Answer { status(201, description, schema) }

        /// Answers with JSON.
        static func status(_ status: Int, _ description: String, _ schema: String, example: String? = nil) -> Answer {
            Answer(status, description, Operation.content("application/json", schema, example))
        }

        /// Answers 200 with text.
        static func text(_ description: String, _ schema: String) -> Answer {
            Answer(200, description, Operation.content("text/plain", schema, nil))
        }

        /// Answers 200 with bytes.
        /// - Parameter headers: an object by name.
        static func bytes(_ description: String, headers: String = "{}") -> Answer {
            Answer(200, description, #"{"application/octet-stream": {}}"#, headers: headers)
        }

        private init(_ status: Int, _ description: String, _ content: String, headers: String = "{}") {
            json = #""\#(status)": {"description": "\#(description)", "headers": \#(headers), "content": \#(content)}"#
        }
    }

    fileprivate let endpoint: Endpoint
    private let members: [String]

    /// Describes an endpoint. All texts become parts of JSON strings as they are.
    /// - Parameters:
    ///   - id: the operation's name in clients that are generated from the document.
    ///   - parameters: objects, or references as of ``OpenAPIDocument/parameter(_:)``.
    ///   - problems: statuses beyond those that every endpoint of its kind can answer with.
    ///   - without: of those, the ones that this one never answers with.
    init(
        _ endpoint: Endpoint,
        _ id: String,
        _ summary: String,
        description: String? = nil,
        parameters: [String] = [],
        body: Body? = nil,
        answers: [Answer],
        problems: Set<Int> = [],
        without: Set<Int> = []
    ) {
        self.endpoint = endpoint
        var usual: Set = [400, 408, 413]
        if !endpoint.scopes.isEmpty { usual.formUnion([401, 403, 500, 503]) }
        if endpoint.method == .post { usual.insert(415) }
        let failures = usual.union(problems).subtracting(without).sorted()
        let responses = answers.map(\.json) + [OpenAPIDocument.problems(failures)]
        members = [
            #""operationId": "\#(id)""#, #""summary": "\#(summary)""#,
            description.map { #""description": "\#($0)""# },
            OpenAPIDocument.secured(endpoint.scopes.map(\.description)),
            #""parameters": [\#(parameters.joined(separator: ", "))]"#,
            body.map { #""requestBody": \#($0.json)"# },
            #""responses": {\#(responses.joined(separator: ", "))}"#,
        ].compactMap(\.self)
    }

    private static func content(_ type: String, _ schema: String, _ example: String?) -> String {
        #"{"\#(type)": {"schema": \#(schema)\#(example.map { #", "example": \#($0)"# } ?? "")}}"#
    }

    fileprivate func json(tag: String) -> String {
        let method = endpoint.method.rawValue.lowercased()
        return #""\#(method)": {"tags": ["\#(tag)"], \#(members.joined(separator: ", "))}"#
    }
}

extension OpenAPIDocument {
    /// The paths of an area's operations, as members of `paths`. Operations of one path stand behind each other.
    static func paths(_ tag: String, _ operations: [Operation]) -> String {
        var paths: [(template: String, operations: [String])] = []
        for operation in operations {
            let json = operation.json(tag: tag)
            if paths.last?.template == operation.endpoint.template {
                paths[paths.count - 1].operations.append(json)
            } else {
                paths.append((operation.endpoint.template, [json]))
            }
        }
        return paths.map { #""\#($0.template)": {\#($0.operations.joined(separator: ", "))}"# }.joined(separator: ",\n")
    }

    /// A parameter that several operations have.
    static func parameter(_ name: String) -> String { ##"{"$ref": "#/components/parameters/\##(name)"}"## }
}
