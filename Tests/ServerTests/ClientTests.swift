import Credentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Ledger
import Testing
import WallTime

@testable import Server

@Suite struct ClientTests {
    @Test func aSecretIsShownOnceAndWorksAtOnce() async throws {
        let installation = try Installation()
        let admin = try await installation.caller(.admin)
        try await installation.test { client in
            let answer = try await client.post(
                "/api/v1/clients",
                admin.header,
                ["name": "auditor", "scopes": ["audit"], "allowedAddresses": [], "expires": "2027-01-01T00:00:00Z"]
            )
            #expect(answer.status == .created)
            #expect(answer.headers[.cacheControl] == "no-store")
            let issued = try answer.json()
            let id = try #require(issued["client"]?["id"]?.string)
            let secret = try #require(issued["secret"]?.string)
            #expect(issued["client"]?["scopes"] == ["audit"])
            #expect(issued["client"]?["expires"] == "2027-01-01T00:00:00.000Z")
            let status = try await client.get("/api/v1/status", [.authorization: "Bearer \(id).\(secret)"])
            #expect(status.status == .ok)
            let list = try await client.get("/api/v1/clients", admin.header)
            #expect(try list.json()["clients"]?.array?.count == 2)
            #expect(!list.text.contains(secret))
            let created = try await installation.events(.apiClientCreated)
            #expect(created.first?["actor"]?.string == admin.id)
            for line in installation.lines.all { #expect(!line.contains(secret)) }
        }
    }

    private static let senseless: [(JSONValue, ControlProblem)] = [
        (["scopes": ["audit"]], ControlProblem.missingField), (["name": "a"], .missingField),
        (["name": "a", "scopes": []], .invalidField), (["name": "a", "scopes": ["root"]], .invalidField),
        (["name": "a", "scopes": ["read:"]], .invalidField), (["name": "a", "scopes": ["read:a b"]], .invalidField),
        (["name": "a", "scopes": ["read:Profile"]], .invalidField),
        (["name": "a", "scopes": ["audit\n"]], .invalidField),
        (["name": "a", "scopes": "audit"], .wrongType), (["name": "a", "scopes": [5]], .wrongType),
        (["name": "", "scopes": ["audit"]], .invalidField), (["name": "a\u{7}", "scopes": ["audit"]], .invalidField),
        (["name": "a", "scopes": ["audit"], "expires": "2020-01-01T00:00:00Z"], .invalidField),
        (["name": "a", "scopes": ["audit"], "expires": "tomorrow, please"], .invalidField),
        (["name": "a", "scopes": ["audit"], "allowedAddresses": ["10.0.0.1/8"]], .invalidField),
        (["name": "a", "scopes": ["audit"], "allowedAddresses": ["localhost"]], .invalidField),
        (["name": "a", "scopes": ["audit"], "secret": "mine"], .unknownField), ([], .malformedJSON),
        ("a", .malformedJSON),
    ]

    @Test(arguments: senseless)
    func clientsThatMakeNoSenseAreRefused(body: JSONValue, problem: ControlProblem) async throws {
        let installation = try Installation()
        let header = try await installation.caller(.admin).header
        try await installation.test { client in
            try await client.post("/api/v1/clients", header, body).expect(problem)
        }
        #expect(try await installation.registry.all().count == 1)
    }

    @Test func anIdempotencyKeyIsRefusedBeforeAnythingIsMade() async throws {
        let installation = try Installation()
        var header = try await installation.caller(.admin).header
        header[try #require(HTTPField.Name("Idempotency-Key"))] = "k1"
        let headers = header
        try await installation.test { client in
            try await client.post("/api/v1/clients", headers, ["name": "a", "scopes": ["audit"]])
                .expect(.idempotencyUnsupported)
        }
        #expect(try await installation.registry.all().count == 1)
    }

    @Test func rotationLetsTheOldSecretWorkForAWhile() async throws {
        let installation = try Installation()
        let admin = try await installation.caller(.admin).header
        let auditor = try await installation.caller(.audit)
        installation.clock.advance(seconds: 1)
        try await installation.test { client in
            let answer = try await client.post("/api/v1/clients/\(auditor.id)/rotate", admin, ["overlapSeconds": 60])
            #expect(answer.status == .ok)
            let secret = try #require(try answer.json()["secret"]?.string)
            let fresh: HTTPFields = [.authorization: "Bearer \(auditor.id).\(secret)"]
            try await client.get("/api/v1/status", fresh).expect(status: .ok)
            try await client.get("/api/v1/status", auditor.header).expect(status: .ok)
            installation.clock.advance(seconds: 60)
            try await client.get("/api/v1/status", fresh).expect(status: .ok)
            try await client.get("/api/v1/status", auditor.header).expect(.unauthenticated)

            let path = "/api/v1/clients/\(auditor.id)/rotate"
            try await client.post(path, admin, [:]).expect(.missingField, detail: "overlapSeconds")
            try await client.post(path, admin, ["overlapSeconds": -1]).expect(.invalidField)
            try await client.post(path, admin, ["overlapSeconds": 2_592_001]).expect(.invalidField)
            try await client.post(path, admin, ["overlapSeconds": "60"]).expect(.wrongType)
            try await client.post(path, admin, ["overlapSeconds": 1.5]).expect(.wrongType)
            try await client.post("/api/v1/clients/cl_nobody/rotate", admin, ["overlapSeconds": 0])
                .expect(.unknownClient, without: "cl_nobody")
        }
    }

    @Test func arevokedClientStopsAtOnce() async throws {
        let installation = try Installation()
        let admin = try await installation.caller(.admin).header
        let auditor = try await installation.caller(.audit)
        try await installation.test { client in
            try await client.get("/api/v1/status", auditor.header).expect(status: .ok)
            let path = "/api/v1/clients/\(auditor.id)/revoke"
            let answer = try await client.post(path, admin, ["reason": "left"])
            #expect(answer.status == .ok)
            #expect(try answer.json()["client"]?["revoked"] == "2026-05-28T20:26:40.000Z")
            try await client.get("/api/v1/status", auditor.header).expect(.unauthenticated)
            try await client.post(path, admin, ["reason": "again"]).expect(.clientRevoked)
            try await client.post("/api/v1/clients/\(auditor.id)/rotate", admin, ["overlapSeconds": 0])
                .expect(.clientRevoked)
            try await client.post("/api/v1/clients/cl_x/revoke", admin, [:]).expect(.unknownClient)
        }
        #expect(try await installation.events(.apiClientRevoked).first?["reason"] == "left")
    }

    @Test func revocationNeedsNoBody() async throws {
        let installation = try Installation()
        let admin = try await installation.caller(.admin).header
        let other = try await installation.caller(.audit).id
        try await installation.test { client in
            let answer = try await client.execute(
                uri: "/api/v1/clients/\(other)/revoke",
                method: .post,
                headers: admin
            ) { $0 }
            #expect(answer.status == .ok)
        }
    }

    @Test(arguments: [Scope.audit, .ledger, .read(route: "*")])
    func onlyTheScopeAdminManages(scope: Scope) async throws {
        let installation = try Installation()
        let caller = try await installation.caller(scope)
        try await installation.test { client in
            try await client.get("/api/v1/clients", caller.header).expect(.forbidden)
            try await client.post("/api/v1/clients", caller.header, ["name": "a", "scopes": ["admin"]]).expect(
                .forbidden
            )
            try await client.post("/api/v1/clients/\(caller.id)/rotate", caller.header, ["overlapSeconds": 0])
                .expect(.forbidden)
            try await client.post("/api/v1/clients/\(caller.id)/revoke", caller.header, [:]).expect(.forbidden)
        }
        #expect(try await installation.registry.all().count == 1)
    }

    @Test func otherProcessesChangesAreFollowed() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.audit)
        let control = installation.control()
        let following = Task { await control.followClients(every: .milliseconds(1)) }
        try await installation.test(.router, control) { client in
            try await client.get("/api/v1/status", caller.header).expect(status: .ok)
            // As another process would: past the directory.
            try await installation.registry.revoke(caller.id, reason: nil, actor: "cli")
            while try await client.get("/api/v1/status", caller.header).status == .ok { await Task.yield() }
        }
        following.cancel()
        await following.value
    }
}
