import Credentials
import Foundation
import JSON
import Ledger
import Testing
import WallTime

@testable import Gateway

extension Integration {
    @Suite struct CallerAuthenticationTests {
        @Test func whoIsNotLetInLearnsNothing() async throws {
            try await Site.run(scopes: [.read(route: "profile"), .audit]) { (site: Site) async throws in
                let id = site.client.client.id
                let wrong = "Basic " + Data("\(id):wrong".utf8).base64EncodedString()
                for (authorization, route, status) in [
                    (wrong, "profile", 401), (wrong, "no-such-route", 401), ("Bearer x", "profile", 401),
                    ("Bearer \(id).\(site.client.secret)", "profile", 200), (site.authorization, "observed", 403),
                    (site.authorization, "no-such-route", 403), (site.authorization, "profile", 200),
                ] {
                    let reply = try await site.call(site.request(route, authorization: authorization))
                    #expect(reply.status == status, "\(authorization) \(route) \(reply.text)")
                    #expect((reply.headers["www-authenticate"] != nil) == (status == 401))
                    #expect(reply.headers["muniment-receipt"] == nil || status == 200)
                }
                let bare = site.request().replacing("Authorization: \(site.authorization)\r\n", with: "")
                #expect(try await site.call(bare).status == 401)
                let twice = site.request(headers: "Authorization: \(site.authorization)\r\n")
                #expect(try await site.call(twice).status == 401)
                // Nobody was let in far enough to make the source work.
                #expect(site.customerReads == 2)
                await site.gateway.shutdown(within: 5)
                let failures = try await site.events(.authenticationFailed)
                let attempts = Dictionary(
                    uniqueKeysWithValues: failures.map { ($0["reason"]?.string ?? "", $0["attempts"]?.int ?? 0) }
                )
                #expect(attempts == ["invalid": 2, "malformed": 2, "missing": 1, "scope": 2])
                #expect(failures.allSatisfy { $0["remoteAddress"]?.string == "127.0.0.1" })
            }
        }

        @Test func aFloodOfAddressesIsFewCounts() {
            let failures = AuthenticationFailures()
            for number in 0..<1000 { failures.note(.invalid, from: "10.0.\(number / 250).\(number % 250)") }
            let taken = failures.take()
            #expect(taken.count == 201 && taken.values.reduce(0, +) == 1000)
            #expect(taken[.init(reason: .invalid, address: "others")] == 800)
            #expect(failures.take().isEmpty)
        }

        @Test func tokensAreIssuedForSecretsOnly() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                func ask(
                    _ authorization: String,
                    body: String = "grant_type=client_credentials",
                    method: String = "POST"
                ) async throws
                    -> Reply
                {
                    try await site.call(
                        "\(method) /oauth/token HTTP/1.1\r\nHost: l\r\nAuthorization: \(authorization)\r\n"
                            + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                    )
                }
                let reply = try await ask(site.authorization, body: "scope=x&grant_type=client_credentials")
                let body = try JSONValue(parsing: reply.body)
                let token = try #require(body["access_token"]?.string)
                #expect(
                    reply.status == 200 && body["token_type"]?.string == "bearer" && body["expires_in"]?.int == 3600
                )
                #expect(reply.headers["cache-control"] == "no-store")
                let bearer = "Bearer \(token)"
                #expect(try await site.call(site.request(authorization: bearer)).status == 200)
                #expect(try await ask(bearer).status == 401)
                #expect(try await ask(site.authorization, body: "grant_type=password").status == 400)
                #expect(try await ask("Basic eDp5").status == 401)
                #expect(try await ask(site.authorization, method: "GET").status == 405)
                site.clock.advance(seconds: 3600)
                #expect(try await site.call(site.request(authorization: bearer)).status == 401)
                try await site.registry.revoke(site.client.client.id, reason: nil, actor: "test")
                site.directory.replace(with: try await site.registry.all())
                #expect(try await site.call(site.request()).status == 401)
            }
        }

        @Test func requestsOutsideTheContractAreRefused() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let plain = site.request()
                for (text, status, code) in [
                    (site.request("nothing"), 404, "unknown-route"),
                    (plain.replacing("POST ", with: "GET "), 405, "method-not-allowed"),
                    (plain.replacing("POST ", with: "post "), 405, "method-not-allowed"),
                    (plain.replacing("/profile ", with: "/profile?x=1 "), 404, "unknown-route"),
                    (plain.replacing("/api/v1/read/", with: "/api/v1/Read/"), 404, "unknown-route"),
                    (plain.replacing("application/json", with: "text/plain"), 415, "unsupported-media-type"),
                    (plain.replacing("Content-Type: application/json\r\n", with: ""), 415, "unsupported-media-type"),
                    (site.request(body: "{"), 400, "malformed-json"), (site.request(body: "[]"), 400, "malformed-json"),
                    (site.request(body: ""), 400, "malformed-json"), (site.request(body: "{}"), 400, "missing-field"),
                    (site.request(customer: "../etc"), 400, "invalid-customer-id"),
                    (site.request(body: String(repeating: " ", count: 16_385)), 413, "body-too-large"),
                    ("GET /other HTTP/1.1\r\nHost: l\r\n\r\n", 404, "unknown-route"),
                ] {
                    let reply = try await site.call(text)
                    #expect(reply.status == status, "\(code) \(reply.text)")
                    #expect(try JSONValue(parsing: reply.body)["code"]?.string == code)
                }
                #expect(site.customerReads == 0)
                let charset = plain.replacing("application/json", with: "Application/JSON; charset=utf-8")
                #expect(try await site.call(charset).status == 200)
            }
        }
    }
}
