import Credentials
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import TestSigning
import Testing
import WallTime

@testable import Server

@Suite struct SignatureTests {
    /// A signed request and its answer.
    private func send(
        _ client: some TestClientProtocol,
        _ signer: TestSigner,
        _ installation: Installation,
        _ nonce: String,
        target: String = "/api/v1/status",
        method: HTTPRequest.Method = .get,
        body: String = "",
        sending other: String? = nil
    ) async throws -> TestResponse {
        var fields: HTTPFields = body.isEmpty ? [:] : [.contentType: "application/json"]
        let headers = try signer.headers(
            method: method.rawValue,
            target: target,
            body: body,
            created: installation.clock.now().milliseconds / 1000,
            nonce: nonce
        )
        for header in headers { fields[try #require(HTTPField.Name(header.name))] = header.value }
        return try await client.execute(
            uri: target,
            method: method,
            headers: fields,
            body: ByteBuffer(string: other ?? body)
        ) { $0 }
    }

    @Test func aSignatureStandsForCredentials() async throws {
        let installation = try Installation()
        let admin = try await installation.caller(.admin)
        try await installation.test { client in
            let made = try await client.post(
                "/api/v1/clients",
                admin.header,
                [
                    "name": "signs", "scopes": ["audit", "admin"], "signing": ["algorithm": "hmac-sha256"],
                    "signatureRequired": true,
                ]
            )
            #expect(made.status == .created)
            let issued = try made.json()
            let id = try #require(issued["client"]?["id"]?.string)
            #expect(issued["client"]?["signatureRequired"] == true)
            #expect(issued["client"]?["signingKeys"]?[0]?["algorithm"] == "hmac-sha256")
            let signer = TestSigner(secret: issued["signingSecret"]?.string, keyID: id)
            let secret = try #require(issued["secret"]?.string)
            #expect(try await send(client, signer, installation, "nonce-0001").status == .ok)
            try await send(client, signer, installation, "nonce-0001").expect(.signatureReplayed)
            try await client.get("/api/v1/status", [.authorization: "Bearer \(id).\(secret)"]).expect(
                .signatureRequired
            )
            // The query is covered.
            let query = "/api/v1/events?eventType=LEDGER_CREATED&limit=1"
            #expect(try await send(client, signer, installation, "nonce-0002", target: query).status == .ok)
            // So is the body.
            let body = #"{"overlapSeconds":0,"signing":{"algorithm":"hmac-sha256"}}"#
            let rotate = "/api/v1/clients/\(id)/rotate"
            let changed = try await send(
                client,
                signer,
                installation,
                "nonce-0003",
                target: rotate,
                method: .post,
                body: body,
                sending: body.replacing("0", with: "9")
            )
            try changed.expect(.contentDigestMismatch)
            let rotated = try await send(
                client,
                signer,
                installation,
                "nonce-0003",
                target: rotate,
                method: .post,
                body: body
            )
            #expect(rotated.status == .ok)
            let answer = try rotated.json()
            #expect(answer["secret"] == nil)
            let new = TestSigner(secret: answer["signingSecret"]?.string, keyID: id)
            try await send(client, signer, installation, "nonce-0004").expect(.signatureInvalid)
            #expect(try await send(client, new, installation, "nonce-0005").status == .ok)
            for line in installation.lines.all { #expect(!line.contains(secret)) }
        }
    }

    private static let senseless: [(JSONValue, ControlProblem)] = [
        (["signing": "hmac-sha256"], .wrongType), (["signing": [:]], .missingField),
        (["signing": ["algorithm": "rsa-pss-sha512"]], .invalidField),
        (["signing": ["algorithm": "ed25519"]], .missingField),
        (["signing": ["algorithm": "ed25519", "publicKey": "AAAA"]], .invalidField),
        (["signing": ["algorithm": "hmac-sha256", "secret": "mine"]], .unknownField),
        (
            [
                "signing": [
                    "algorithm": "hmac-sha256", "publicKey": "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=",
                ]
            ], .invalidField
        ), (["signatureRequired": true], .invalidField), (["signatureRequired": "yes"], .wrongType),
        (["certificates": ["sha256:ab"]], .invalidField), (["certificates": "dns:a"], .wrongType),
    ]

    @Test(arguments: senseless)
    func whatMakesNoSenseIsRefused(more: JSONValue, problem: ControlProblem) async throws {
        let installation = try Installation()
        let admin = try await installation.caller(.admin)
        let body = try #require(more.object).merging(["name": "n", "scopes": ["audit"]]) { first, _ in first }
        try await installation.test { client in
            try await client.post("/api/v1/clients", admin.header, .object(body)).expect(problem)
        }
    }

    /// Over a connection without a certificate, credentials that are bound to one do nothing.
    @Test func aBoundClientNeedsItsCertificate() async throws {
        let installation = try Installation()
        let admin = try await installation.caller(.admin)
        try await installation.test(.live) { client in
            let made = try await client.post(
                "/api/v1/clients",
                admin.header,
                ["name": "bound", "scopes": ["audit"], "certificates": ["dns:flow.example.com"]]
            ).json()
            #expect(made["client"]?["certificates"] == ["dns:flow.example.com"])
            let (id, secret) = (made["client"]?["id"]?.string ?? "", made["secret"]?.string ?? "")
            try await client.get("/api/v1/status", [.authorization: "Bearer \(id).\(secret)"]).expect(
                .certificateRequired
            )
            #expect(try await client.get("/api/v1/clients", admin.header).status == .ok)
        }
    }
}
