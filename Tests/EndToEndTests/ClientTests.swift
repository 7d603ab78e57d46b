import Crypto
import Foundation
import JSON
import Sandbox
import TestSigning
import Testing

/// Clients that sign, from `muniment clients` to an answer of the server.
@Suite(.serialized) struct ClientTests {
    private static let path = "/api/v1/read/customer-profile"

    /// What `clients create` or `clients rotate` printed.
    private func printed(_ site: Site, _ arguments: [String]) async throws -> JSONValue {
        try JSONValue(
            parsing: try await Binary.succeed(
                ["clients"] + arguments + ["--format", "json", "--config", site.configuration]
            )
        )
    }

    private func create(_ site: Site, _ more: String...) async throws -> JSONValue {
        try await printed(site, ["create", "--name", "t", "--scope", "read:customer-profile"] + more)
    }

    @Test func aClientSignsWhatItAsks() async throws {
        let site = try await Site()
        let key = Curve25519.Signing.PrivateKey()
        let file = site.folder + "/client.pem"
        // SubjectPublicKeyInfo of Ed25519 (RFC 8410 section 4): a fixed head and the 32 bytes.
        let der =
            [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00] + key.publicKey.rawRepresentation
        try "-----BEGIN PUBLIC KEY-----\n\(Data(der).base64EncodedString())\n-----END PUBLIC KEY-----\n"
            .write(toFile: file, atomically: true, encoding: .utf8)
        let mac = try await create(site, "--signing", "hmac-sha256", "--require-signature")
        let macID = try #require(mac["clientId"]?.string)
        let signs = TestSigner(secret: mac["signingSecret"]?.string, keyID: macID)
        let pair = try await create(site, "--signing", "ed25519", "--public-key", file)
        let pairID = try #require(pair["clientId"]?.string)
        #expect(mac["signingSecret"] != nil && pair["signingSecret"] == nil)

        let server = try await site.start()
        let people = site.sandbox.directory
        let body =
            "{\"customerId\":\"\(people.customer)\",\"agentId\":\"\(people.agentWithLiveCall)\","
            + "\"interactionId\":\"\(people.liveConversation)\"}"
        var used = 0
        func ask(_ signer: TestSigner?, bearer: JSONValue? = nil, nonce: String? = nil) async throws -> (Int, String?) {
            used += 1
            var headers =
                try signer?.headers(
                    target: Self.path,
                    body: body,
                    created: Int64(Date().timeIntervalSince1970),
                    nonce: nonce ?? "nonce-\(1000 + used)"
                ) ?? []
            if let text = bearer?.string { headers.append(("Authorization", "Bearer \(text)")) }
            let answer = try await server.read(Self.path, body, headers: headers)
            return (answer.status, answer.json?["code"]?.string)
        }
        // `created` counts seconds, and what was signed in the second in which the server began is refused.
        var first = try await ask(signs, nonce: "nonce-0001")
        let deadline = ContinuousClock.now.advanced(by: .seconds(30))
        while first == (401, "signature-expired"), ContinuousClock.now < deadline {
            first = try await ask(signs, nonce: "nonce-0001")
        }
        #expect(first == (200, nil))
        #expect(try await ask(signs, nonce: "nonce-0001") == (401, "signature-replayed"))
        #expect(try await ask(nil, bearer: mac["bearer"]) == (401, "signature-required"))
        #expect(try await ask(signs, bearer: mac["bearer"]) == (200, nil))
        #expect(try await ask(TestSigner(.ed25519(key), keyID: pairID)) == (200, nil))
        #expect(
            try await ask(TestSigner(.ed25519(Curve25519.Signing.PrivateKey()), keyID: pairID)) == (
                401, "signature-invalid"
            )
        )
        // Its signature is not required, so its secret does.
        #expect(try await ask(nil, bearer: pair["bearer"]) == (200, nil))

        // A new key while the old one still works, then without it.
        let next = try await printed(site, ["rotate", macID, "--signing", "hmac-sha256"])
        let newer = TestSigner(secret: next["signingSecret"]?.string, keyID: macID)
        var isKnown = try await ask(newer).0 == 200
        while !isKnown, ContinuousClock.now < deadline { isKnown = try await ask(newer).0 == 200 }
        #expect(isKnown)
        #expect(try await ask(signs) == (200, nil))
        await server.stop()

        let listed = try JSONValue(parsing: try await site.succeed("clients", "list", "--format", "json"))
        let row = try #require(listed.array?.first { $0["clientId"]?.string == macID })
        #expect(row["signatureRequired"] == true && row["signing"]?.array?.count == 2)
        for secret in [mac["signingSecret"], next["signingSecret"], mac["secret"]] {
            #expect(!"\(listed)".contains(try #require(secret?.string)))
        }
        await site.end()
    }

    @Test(arguments: [
        (["--signing", "rsa"], "hmac-sha256"), (["--signing", "ed25519"], "--public-key"),
        (["--signing", "ed25519", "--public-key", "/nowhere.pem"], "/nowhere.pem"),
        (["--signing", "hmac-sha256", "--public-key", "/nowhere.pem"], "--public-key"),
        (["--require-signature"], "a key to sign with"), (["--certificate", "md5:00"], "sha256:"),
        (["--allow-address", "192.0.2.0/33"], "192.0.2.0/24"), (["--expires", "soon"], "2026-05-14"),
        (["--scope", "read:nothing"], "nothing"), (["--scope", "everything"], "is no scope"),
    ])
    func whatCannotBeIsRefused(options: [String], named: String) async throws {
        let site = try await Site()
        let before = try await site.succeed("clients", "list", "--format", "json")
        let outcome = try await Binary.run(
            ["clients", "create", "--name", "t", "--scope", "read:customer-profile", "--config", site.configuration]
                + options
        )
        #expect(outcome.status != 0 && outcome.errors.contains(named), "\(outcome.errors)")
        #expect(try await site.succeed("clients", "list", "--format", "json") == before)
        await site.end()
    }
}
