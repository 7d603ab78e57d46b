import AsyncHTTPClient
import JSON
import Sandbox
import Testing

@testable import Genesys

@Suite struct GenesysChangesTests {
    private let patch = "PATCH /api/v2/users/{id}"

    @Test func aChangeThatMayHaveBeenMadeIsNotSentAgain() async throws {
        try await Bench.run { bench in
            let client = bench.client()
            let changes = GenesysChanges(client: client)
            let agent = bench.sandbox.directory.chatAgent
            bench.sandbox.inject(PlatformFault(route: patch, status: 500, isLate: true))
            await #expect {
                _ = try await changes.setState(ofUser: agent, to: "inactive", version: 1)
            } throws: {
                ($0 as? GenesysError)?.kind == .platformFailure
            }
            #expect(bench.count(patch) == 1)
            let account = try await client.account(id: agent.uppercased())
            #expect(account.state == "inactive" && account.version == 2)
            // The version that was read before is stale by now.
            await #expect {
                _ = try await changes.setState(ofUser: agent, to: "active", version: 1)
            } throws: {
                ($0 as? GenesysError)?.kind == .conflict
            }
            #expect(try await changes.setState(ofUser: agent, to: "active", version: 2).correlationID != nil)
        }
    }

    @Test func whatThePlatformDidNotBeginIsSentAgain() async throws {
        try await Bench.run { bench in
            let changes = GenesysChanges(client: bench.client())
            let agent = bench.sandbox.directory.chatAgent
            bench.sandbox.inject(PlatformFault(route: patch, status: 429, retryAfter: 1))
            _ = try await changes.setState(ofUser: agent, to: "inactive", version: 1)
            #expect(bench.count(patch) == 2)
            // Deleting twice comes to the same.
            let delete = "DELETE /api/v2/tokens/{id}"
            bench.sandbox.inject(PlatformFault(route: delete, status: 503, isLate: true))
            _ = try await changes.deleteTokens(ofUser: agent)
            #expect(bench.count(delete) == 2)
        }
    }

    @Test func aClientGoesBackWholeAndWithoutItsSecret() throws {
        let served: JSONValue = [
            "id": "c", "secret": "hush", "name": "n", "authorizedGrantType": "CODE", "scope": ["users"],
            "state": "active",
            "dateModified": "2026-01-01T00:00:00.000Z", "createdBy": ["id": "u"], "addedByTheVendorLater": ["x": 1],
            "roleDivisions": [["roleId": "r", "divisionId": "d"]], "selfUri": "/x",
        ]
        let client = try #require(OAuthClient(served))
        let body = try JSONValue(parsing: client.replacement(state: "disabled"))
        #expect(
            body == [
                "name": "n", "authorizedGrantType": "CODE", "scope": ["users"], "state": "disabled",
                "addedByTheVendorLater": ["x": 1], "roleDivisions": [["roleId": "r", "divisionId": "d"]],
            ]
        )
        #expect(!"\(client)".contains("hush"))
        #expect(OAuthClient(["name": "n"]) == nil)
    }

    @Test func passwordsAreLongOfEachClassAndNeverTheSame() {
        let made = (0..<200).map { _ in RandomPassword.make() }
        #expect(Set(made).count == made.count)
        for password in made {
            #expect(password.count == 40)
            #expect(password.contains { $0.isLowercase } && password.contains { $0.isUppercase })
            #expect(password.contains { $0.isNumber } && password.contains { !$0.isLetter && !$0.isNumber })
        }
    }

    @Test func aDisabledClientIsOut() async throws {
        try await Bench.run { bench in
            let limited = bench.client(limited: true)
            _ = try await limited.tokenInfo()
            let client = bench.client()
            let found = try await client.oauthClient(id: bench.sandbox.directory.limitedClientID)
            _ = try await GenesysChanges(client: client).setState(of: found, to: "disabled")
            await #expect {
                _ = try await limited.tokenInfo()
            } throws: {
                ($0 as? GenesysError)?.kind == .credentialsRefused
            }
            await #expect {
                _ = try await limited.oauthClient(id: "x")
            } throws: {
                ($0 as? GenesysError)?.kind == .credentialsRefused
            }
        }
    }
}
