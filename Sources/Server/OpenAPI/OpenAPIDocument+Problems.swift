import Gateway

extension OpenAPIDocument {
    /// One response per status of each plane, with every problem of that status as an example.
    static var responses: String {
        let control = ControlProblem.allCases.map {
            Example(code: $0.rawValue, status: $0.status, title: $0.title, type: $0.type)
        }
        let read = Problem.allCases.map {
            Example(code: $0.rawValue, status: $0.status, title: $0.title, type: $0.type)
        }
        return
            (described(control, as: "Problem", schema: "Problem")
            + described(read, as: "ReadProblem", schema: "ReadProblem")).joined(separator: ",\n")
    }

    /// References to the responses for some statuses, as further members of an operation's `responses`.
    static func problems(_ statuses: [Int], of plane: String = "Problem") -> String {
        statuses.map { ##""\##($0)": {"$ref": "#/components/responses/\##(plane)\##($0)"}"## }.joined(separator: ", ")
    }

    /// How an operation is called: by any way of authenticating, with one of the scopes. A member of the operation.
    static func secured(_ scopes: [String]) -> String {
        let ways = scopes.flatMap { scope in
            ["basic", "bearer", "signature"].map { #"{"\#($0)": ["\#(scope)"]}"# }
        }
        return #""security": [\#(ways.joined(separator: ", "))]"#
    }

    private struct Example {
        let code: String
        let status: Int
        let title: String
        let type: String

        /// Codes and titles are literals of this program without quotation marks or backslashes.
        var json: String {
            #""\#(code)": {"value": {"type": "\#(type)", "title": "\#(title)", "status": \#(status), "code": "\#(code)"}}"#
        }
    }

    private static func described(_ examples: [Example], as name: String, schema: String) -> [String] {
        Dictionary(grouping: examples, by: \.status).sorted { $0.key < $1.key }.map { status, examples in
            let codes = examples.map { "`\($0.code)`" }.joined(separator: ", ")
            return #"""
                "\#(name)\#(status)": {
                  "description": "Problem \#(codes).",
                  \#(headers(of: status))"content": {
                    "application/problem+json": {
                      "schema": {"$ref": "#/components/schemas/\#(schema)"},
                      "examples": {\#(examples.map(\.json).joined(separator: ", "))}
                    }
                  }
                }
                """#
        }
    }

    private static func headers(of status: Int) -> String {
        switch status {
        case 401: #""headers": {"WWW-Authenticate": {"required": true, "schema": {"type": "string"}}}, "#
        case 405: #""headers": {"Allow": {"required": true, "schema": {"type": "string"}}}, "#
        case 429, 503: #""headers": {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}}, "#
        default: ""
        }
    }
}
