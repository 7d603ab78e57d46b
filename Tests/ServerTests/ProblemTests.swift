import Credentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import Testing

@testable import Server

@Suite struct ProblemTests {
    @Test(arguments: [
        "/", "/C-secret", "/api/v1/C-secret", "/api/v1/events/1/C-secret", "/tile", "/tile/0", "/tile/entries",
    ])
    func anUnknownPathIsNotFound(path: String) async throws {
        try await Installation().test { client in try await client.get(path).expect(.notFound, without: "C-secret") }
    }

    @Test(arguments: Endpoint.all)
    func anotherMethodIsNotAllowed(endpoint: Endpoint) async throws {
        let path = endpoint.template.replacing("{index}", with: "1").replacing("{id}", with: "cl_a")
            .replacing("{level}", with: "0").replacing("{tile}", with: "x000/001").replacing(
                "{bundle}",
                with: "x000/001"
            )
        let allowed = Endpoint.methods(at: path)
        #expect(allowed.contains(endpoint.method.rawValue))
        try await Installation().test { client in
            for method in [HTTPRequest.Method.get, .post, .put, .delete, .patch, .options, .trace]
            where !allowed.contains(method.rawValue) {
                let answer = try await client.execute(uri: path, method: method) { $0 }
                try answer.expect(.methodNotAllowed)
                #expect(answer.headers[.allow] == allowed.joined(separator: ", "))
            }
        }
    }

    @Test(arguments: Endpoint.all.filter { !$0.scopes.isEmpty })
    func whatNeedsAScopeNeedsCredentials(endpoint: Endpoint) async throws {
        let path = endpoint.template.replacing("{index}", with: "1").replacing("{id}", with: "cl_a")
            .replacing("{bundle}", with: "000")
        try await Installation().test { client in
            try await client.execute(uri: path, method: endpoint.method) { $0 }.expect(.unauthenticated)
        }
    }

    @Test(arguments: Endpoint.all.filter { $0.method == .get })
    func unknownParametersAreRefused(endpoint: Endpoint) async throws {
        let installation = try Installation()
        let header = try await installation.caller(
            .audit,
            .ledger,
            .sinks,
            .alerts,
            .respond,
            .admin,
            .identity,
            .honey
        ).header
        let path = endpoint.template.replacing("{index}", with: "0").replacing("{level}", with: "0")
            .replacing("{tile}", with: "000.p/1").replacing("{bundle}", with: "000.p/1")
        try await installation.test { client in
            try await client.get(path + "?secretName=1", header).expect(.unknownParameter, without: "secretName")
        }
    }

    @Test(arguments: [
        (#"{"customerId":"C-secret""#, "application/json", ControlProblem.malformedJSON),
        (#"{"customerId":"C-secret","customerId":"b"}"#, "application/json", .duplicateKey),
        (#"{"customerId":"C-secret"}"#, "text/plain", .unsupportedMediaType),
        (#"{"customerId":"C-secret"}"#, "application/jsonp", .unsupportedMediaType),
        ("", "application/json", .malformedJSON), ("customerId=C-secret", "application/json", .malformedJSON),
        (String(repeating: "[", count: 60_000), "application/json", .malformedJSON),
    ])
    func bodiesThatAreNotAsked(body: String, type: String, problem: ControlProblem) async throws {
        let installation = try Installation()
        let header = try await installation.caller(.audit).header
        try await installation.test { client in
            var headers = header
            headers[.contentType] = type
            try await client.post("/api/v1/tokens", headers, body).expect(problem, without: "C-secret")
        }
    }

    @Test func aCharsetBehindTheMediaTypeIsFine() async throws {
        let installation = try Installation()
        var headers = try await installation.caller(.audit).header
        headers[.contentType] = "Application/JSON; charset=utf-8"
        let sent = headers
        try await installation.test { client in
            try await client.post("/api/v1/tokens", sent, #"{"customerId":"a"}"#).expect(status: .ok)
        }
    }

    @Test(arguments: ["/api/v1/tokens", "/healthz", "/nowhere", "/api/v1/clients"])
    func noRouteTakesAnOversizeBody(path: String) async throws {
        let installation = try Installation()
        let header = try await installation.caller(.audit, .admin).header
        try await installation.test { client in
            let answer = try await client.post(
                path,
                header,
                String(repeating: " ", count: ControlPlane.maximumBodyBytes + 1)
            )
            try answer.expect(.bodyTooLarge)
            #expect(answer.headers[.connection] == "close")
        }
    }

    @Test func theRequestsIdStandsInTheAnswerAndInTheLog() async throws {
        let installation = try Installation()
        try await installation.test { client in
            let first = try await client.get("/nowhere").json()["instance"]?.string
            let second = try await client.get("/nowhere").json()["instance"]?.string
            #expect(first != second)
            let logged = try installation.lines.parsed().compactMap { $0["metadata"]?["requestId"]?.string }
            #expect([first, second] == logged.map { "urn:muniment:request:\($0)" })
        }
    }

    @Test func unforeseenErrorsSayNothing() throws {
        struct Leaky: Error, CustomStringConvertible { let description = "C-secret" }
        let (refusal, logged) = Refusal.explaining(Leaky(), method: .get, path: "/healthz")
        #expect(refusal.problem == .internalError)
        #expect(logged == "Leaky")
        let document = try JSONValue(parsing: refusal.document(requestID: "r1"))
        #expect(document["instance"] == "urn:muniment:request:r1")
        #expect(document["detail"] == nil)
    }

    @Test func typesAreStableAndDifferent() {
        let types = ControlProblem.allCases.map(\.type)
        #expect(Set(types).count == types.count)
        #expect(types.allSatisfy { $0.wholeMatch(of: /urn:muniment:problem:[a-z-]+/) != nil })
        #expect(ControlProblem.allCases.allSatisfy { (400...599).contains($0.status) && $0.title.hasSuffix(".") })
    }
}
