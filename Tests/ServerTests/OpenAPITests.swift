import Credentials
import Gateway
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Ledger
import Testing

@testable import Server

@Suite struct OpenAPITests {
    private let document: JSONValue

    init() throws { document = try JSONValue(parsing: OpenAPIDocument.bytes) }

    /// Operations by method and path; those of the data plane have servers of their own.
    private func operations(ofDataPlane: Bool) -> [String: JSONValue] {
        var found: [String: JSONValue] = [:]
        for (path, item) in document["paths"]?.object ?? [:] where (item["servers"] != nil) == ofDataPlane {
            for (method, operation) in item.object ?? [:] where method != "servers" {
                found["\(method.uppercased()) \(path)"] = operation
            }
        }
        return found
    }

    @Test func itIsServedAsItIs() async throws {
        try await Installation().test { client in
            let answer = try await client.get("/openapi.json")
            #expect(answer.headers[.contentType] == "application/json")
            #expect(try answer.json() == document)
            #expect(document["openapi"] == "3.1.0")
        }
    }

    @Test func everyRouteIsInItAndNothingElse() throws {
        let described = Set(operations(ofDataPlane: false).keys)
        #expect(described == Set(Endpoint.all.map { "\($0.method.rawValue) \($0.template)" }))
        let routed = Set(try Installation().control().router().routes.map { "\($0.method.rawValue) \($0.path)" })
        #expect(routed == Set(Endpoint.all.map { "\($0.method.rawValue) \($0.routerPath)" }))
        #expect(Set(operations(ofDataPlane: true).keys) == ["POST /api/v1/read/{route}", "POST /oauth/token"])
    }

    @Test(arguments: Endpoint.all) func anOperationSaysWhatItTakesAndWhoMayAsk(endpoint: Endpoint) throws {
        let operation = try #require(operations(ofDataPlane: false)["\(endpoint.method.rawValue) \(endpoint.template)"])
        let scopes = operation["security"]?.array?.compactMap { $0["basic"]?[0]?.string } ?? []
        #expect(scopes == endpoint.scopes.map(\.description))
        let bearers = operation["security"]?.array?.compactMap { $0["bearer"]?[0]?.string } ?? []
        #expect(bearers == scopes)
        let parameters = (operation["parameters"]?.array ?? []).map { resolved($0) }
        #expect(
            parameters.filter { $0["in"] == "query" }.compactMap { $0["name"]?.string }.sorted()
                == endpoint.query.sorted()
        )
        let inPath = parameters.filter { $0["in"] == "path" }.compactMap { $0["name"]?.string }
        #expect(inPath.allSatisfy { endpoint.template.contains("{\($0)}") })
        #expect(inPath.count == endpoint.template.count { $0 == "{" })
        #expect(operation["operationId"]?.string?.isEmpty == false)
        #expect(operation["summary"]?.string?.isEmpty == false)
        let statuses = Set(operation["responses"]?.object?.keys.map { $0 } ?? [])
        #expect(statuses.isSuperset(of: ["400", "408", "413"]))
        #expect(statuses.isSuperset(of: endpoint.scopes.isEmpty ? [] : ["401", "403", "500"]))
    }

    @Test func everyProblemIsDescribedUnderItsStatus() throws {
        let responses = try #require(document["components"]?["responses"])
        for problem in ControlProblem.allCases {
            let examples = responses["Problem\(problem.status)"]?["content"]?["application/problem+json"]?["examples"]
            #expect(examples?[problem.rawValue]?["value"]?["type"]?.string == problem.type)
            #expect(examples?[problem.rawValue]?["value"]?["title"]?.string == problem.title)
        }
        for problem in Problem.allCases {
            let examples = responses["ReadProblem\(problem.status)"]?["content"]?["application/problem+json"]?[
                "examples"
            ]
            #expect(examples?[problem.rawValue]?["value"]?["type"]?.string == problem.type)
        }
    }

    @Test func everyReferenceLeadsSomewhereAndEverythingIsReferredTo() throws {
        var references: Set<String> = []
        collect(document, into: &references)
        for reference in references { #expect(target(of: reference) != nil, "\(reference)") }
        for kind in ["parameters", "responses", "schemas"] {
            for name in document["components"]?[kind]?.object?.keys.map({ $0 }) ?? [] {
                // A problem that no operation lists cannot happen; 405 is the answer to what is not described.
                if name == "Problem405" || name == "Problem404" { continue }
                #expect(references.contains("#/components/\(kind)/\(name)"), "\(name)")
            }
        }
    }

    @Test func kindsOfEventAreThoseOfTheLedger() {
        let names = document["components"]?["schemas"]?["EventType"]?["enum"]?.array?.compactMap(\.string)
        #expect(names == EventType.all.map(\.rawValue))
    }

    private func resolved(_ value: JSONValue) -> JSONValue { value["$ref"]?.string.flatMap(target) ?? value }

    private func target(of reference: String) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/").reduce(Optional(document)) { $0?[String($1)] }
    }

    private func collect(_ value: JSONValue, into references: inout Set<String>) {
        if let reference = value["$ref"]?.string { references.insert(reference) }
        for member in value.object?.values.map({ $0 }) ?? value.array ?? [] { collect(member, into: &references) }
    }
}
