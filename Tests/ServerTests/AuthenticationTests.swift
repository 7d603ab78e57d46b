import Credentials
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing
import WallTime

@testable import Server

@Suite struct AuthenticationTests {
    @Test func basicAndBearerAndAccessTokensWork() async throws {
        let installation = try Installation()
        let issued = try await installation.registry.create(
            name: "a",
            scopes: [.audit],
            addresses: [],
            expires: nil,
            actor: "test"
        )
        installation.directory.replace(with: try await installation.registry.all())
        let pair = "\(issued.client.id):\(issued.secret)"
        let token = installation.directory.accessToken(for: issued.client, at: installation.clock.now()).token
        let headers = [
            "Basic \(Data(pair.utf8).base64EncodedString())", "Bearer \(issued.client.id).\(issued.secret)",
            "Bearer \(token)",
        ]
        try await installation.test { client in
            for header in headers {
                try await client.get("/api/v1/status", [.authorization: header]).expect(status: .ok)
            }
        }
        #expect(installation.refusals.all.isEmpty)
    }

    @Test(arguments: [
        "", "Bearer", "Bearer x", "Bearer cl_x.y", "Basic !", "Basic YTpi", "Digest a", "Bearer mat_a.1.b",
    ])
    func whateverElseIsSentIsNotLetIn(header: String) async throws {
        let installation = try Installation()
        let admin = try await installation.caller(.admin).header
        try await installation.test { client in
            let answer = try await client.get("/api/v1/clients", [.authorization: header])
            try answer.expect(.unauthenticated)
            #expect(answer.headers[.wwwAuthenticate]?.contains("Basic") == true)
            // Two headers are one that nobody can have meant.
            var doubled = admin
            doubled.append(HTTPField(name: .authorization, value: "Basic YTpi"))
            try await client.get("/api/v1/clients", doubled).expect(.unauthenticated)
        }
        #expect(installation.refusals.all.count == 2)
    }

    @Test func anExpiredClientIsNotLetIn() async throws {
        let installation = try Installation()
        let expires = installation.clock.now().adding(seconds: 60)
        let caller = try await installation.caller(.audit, expires: expires)
        try await installation.test { client in
            try await client.get("/api/v1/status", caller.header).expect(status: .ok)
            installation.clock.advance(seconds: 60)
            try await client.get("/api/v1/status", caller.header).expect(.unauthenticated)
        }
        #expect(installation.refusals.all == [.expired])
    }

    @Test func theAddressIsThatOfTheConnection() async throws {
        let installation = try Installation()
        let here = try await installation.caller(.audit, addresses: [try #require(AddressRange("127.0.0.0/8"))])
        let elsewhere = try await installation.caller(.audit, addresses: [try #require(AddressRange("192.0.2.0/24"))])
        try await installation.test(.live) { client in
            try await client.get("/api/v1/status", here.header).expect(status: .ok)
            var forged = elsewhere.header
            forged[try #require(HTTPField.Name("X-Forwarded-For"))] = "192.0.2.1"
            try await client.get("/api/v1/status", forged).expect(.forbidden, without: "127.0.0.1")
        }
        // A connection without an address is nowhere.
        try await installation.test { client in
            try await client.get("/api/v1/status", here.header).expect(.forbidden)
        }
        #expect(installation.refusals.all == [.address, .address])
    }
}
