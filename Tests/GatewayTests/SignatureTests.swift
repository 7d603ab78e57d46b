import Credentials
import Crypto
import Foundation
import JSON
import Ledger
import NIOSSL
import Sandbox
import TestSigning
import Testing
import TextEncoding
import WallTime

@testable import Gateway

extension Site {
    /// Makes a client that signs.
    func signingClient(
        _ key: NewSigningKey = .hmacSHA256,
        required: Bool = true,
        certificates: [CertificateBinding] = []
    ) async throws -> IssuedSecret {
        let issued = try await registry.create(
            name: "signs",
            scopes: [.read(route: "*")],
            addresses: [],
            expires: nil,
            signing: key,
            requiresSignature: required,
            certificates: certificates,
            actor: "test"
        )
        directory.replace(with: try await registry.all())
        return issued
    }

    var readBody: String {
        "{\"customerId\":\"\(who.customer)\",\"agentId\":\"\(who.agentWithLiveCall)\",\"interactionId\":\"\(who.liveConversation)\"}"
    }

    /// A read that is signed and bears no credentials.
    func signedRequest(
        _ signer: TestSigner,
        nonce: String,
        at created: Int64? = nil,
        more: String = "",
        route: String = "profile",
        sending body: String? = nil,
        _ change: (inout [(name: String, value: String)]) -> Void = { _ in }
    ) throws -> String {
        let signed = readBody
        var headers = try signer.headers(
            target: "/api/v1/read/\(route)",
            body: signed,
            created: created ?? clock.now().milliseconds / 1000,
            nonce: nonce
        )
        change(&headers)
        let body = body ?? signed
        return "POST /api/v1/read/\(route) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\(more)"
            + headers.map { "\($0.name): \($0.value)\r\n" }.joined()
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}

extension Integration {
    @Suite struct SignatureTests {
        @Test func signedReadsAreReleasedOnce() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let issued = try await site.signingClient()
                let signer = TestSigner(secret: issued.signingSecret, keyID: issued.client.id)
                let first = try site.signedRequest(signer, nonce: "nonce-0001")
                let reply = try await site.call(first)
                #expect(reply.status == 200, "\(reply.text)")
                #expect(try await site.event(reply)["clientId"]?.string == issued.client.id)
                let again = try await site.call(first)
                #expect(again.status == 401 && again.text.contains("urn:muniment:problem:signature-replayed"))
                #expect(again.headers["www-authenticate"] != nil)

                let pair = Curve25519.Signing.PrivateKey()
                let ed = try await site.signingClient(.ed25519(publicKey: Array(pair.publicKey.rawRepresentation)))
                let other = TestSigner(.ed25519(pair), keyID: ed.client.id)
                #expect(try await site.call(site.signedRequest(other, nonce: "nonce-0001")).status == 200)
                // One connection, several requests: each is judged by itself.
                let caller = try await Caller(port: site.port)
                let basic =
                    "Authorization: Basic "
                    + Data("\(issued.client.id):\(issued.secret)".utf8).base64EncodedString() + "\r\n"
                try await caller.send(
                    site.signedRequest(signer, nonce: "nonce-0002", more: basic)
                        + site.request(authorization: "Bearer \(issued.client.id).\(issued.secret)")
                        + site.signedRequest(signer, nonce: "nonce-0003", more: basic) + site.request()
                )
                let statuses = [
                    try await caller.reply(), try await caller.reply(), try await caller.reply(),
                    try await caller.reply(),
                ]
                #expect(statuses.map(\.status) == [200, 401, 200, 200])
                #expect(statuses[1].text.contains("signature-required"))
                await caller.close()
            }
        }

        /// Each node remembers signatures for itself; what two of them let through meets in the ledger, which takes it once.
        @Test func aSignedReadIsReleasedOnceByAllNodesTogether() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let issued = try await site.signingClient()
                let signer = TestSigner(secret: issued.signingSecret, keyID: issued.client.id)
                try await site.withAnotherNode { other in
                    let first = try site.signedRequest(signer, nonce: "nonce-0001")
                    #expect(try await site.call(first).status == 200)
                    let captured = try await other.call(first)
                    #expect(captured.status == 401 && captured.headers["muniment-receipt"] == nil)
                    #expect(captured.text.contains("urn:muniment:problem:signature-replayed"))
                    #expect(!captured.text.contains(site.who.customer))
                    #expect(other.gateway.metrics.value(of: .unauthenticated) == 1)
                    #expect(other.gateway.metrics.value(of: .released) == 0)
                    // A refused read is taken once as well.
                    let refused = try site.signedRequest(signer, nonce: "nonce-0002", route: "unknown")
                    #expect(try await site.call(refused).status == 404)
                    #expect(try await site.call(site.signedRequest(signer, nonce: "nonce-0003")).status == 200)
                    #expect(try await other.call(site.signedRequest(signer, nonce: "nonce-0004")).status == 200)
                    let accesses = try await site.events(.customerDataAccessed)
                    #expect(accesses.count == 3 && accesses.allSatisfy { $0["producer"]?.string == "gateway/signed" })
                    #expect(Set(accesses.compactMap { $0["eventId"]?.string }).count == 3)
                }
                let failed = try await site.events(.authenticationFailed).compactMap { $0["reason"]?.string }
                #expect(failed == ["signature_replayed"])
            }
        }

        /// While the ledger is away nodes cannot know of each other; what both released is recorded of both.
        @Test func whatTwoNodesSpooledOfOneRequestIsRecordedTwice() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let issued = try await site.signingClient()
                let signer = TestSigner(secret: issued.signingSecret, keyID: issued.client.id)
                try await site.withAnotherNode { other in
                    let request = try site.signedRequest(signer, nonce: "nonce-0001", route: "spooled")
                    try breakStore(site)
                    for node in [site, other] {
                        let reply = try await node.call(request)
                        #expect(reply.status == 200 && reply.headers["muniment-receipt"] == "spooled", "\(reply.text)")
                    }
                    try mendStore(site)
                    #expect(try await site.gateway.replaySpool() == 1)
                    #expect(try await other.gateway.replaySpool() == 1)
                    #expect(other.gateway.spool?.backlog == Spool.Backlog())
                    let accesses = try await site.events(.customerDataAccessed)
                    #expect(accesses.compactMap { $0["producer"]?.string } == ["gateway/signed", "gateway@other"])
                    #expect(Set(accesses.compactMap { $0["eventId"]?.string }).count == 1)
                    #expect(try await other.gateway.replaySpool() == 0)
                }
            }
        }

        @Test func whatIsWrongHasAName() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let issued = try await site.signingClient()
                let signer = TestSigner(secret: issued.signingSecret, keyID: issued.client.id)
                let now = site.clock.now().milliseconds / 1000
                var unknown = signer
                unknown.more = ";alg=\"rsa-pss-sha512\""
                var stranger = signer
                stranger.keyID = site.client.client.id
                func problem(_ text: String) async throws -> String {
                    let reply = try await site.call(text)
                    return "\(reply.status) \(try JSONValue(parsing: reply.body)["code"]?.string ?? "")"
                }
                let padding = String(repeating: "n", count: 17_000)
                let requests: [(String, String)] = [
                    ("401 content-digest-mismatch", try site.signedRequest(signer, nonce: "n-000000", sending: "{}")),
                    ("401 signature-expired", try site.signedRequest(signer, nonce: "n-000000", at: now - 60)),
                    ("401 signature-expired", try site.signedRequest(signer, nonce: "n-000000", at: now + 6)),
                    ("401 signature-invalid", try site.signedRequest(unknown, nonce: "n-000000")),
                    ("401 signature-invalid", try site.signedRequest(stranger, nonce: "n-000000")),
                    (
                        "401 signature-invalid",
                        try site.signedRequest(signer, nonce: "n-000000").replacing("n-000000", with: "n-000001")
                    ),
                    (
                        "401 signature-incomplete",
                        try site.signedRequest(signer, nonce: "n-000000") { headers in
                            headers[1].value = headers[1].value.replacing(";nonce=\"n-000000\"", with: "")
                        }
                    ),
                    (
                        "401 signature-invalid",
                        try site.signedRequest(signer, nonce: "n-000000") { headers in
                            headers[1].value = headers[1].value.replacing(" \"content-digest\"", with: "")
                        }
                    ),
                    ("401 signature-malformed", try site.signedRequest(signer, nonce: "short")),
                    ("401 signature-malformed", try site.signedRequest(signer, nonce: "n-000000") { $0.append($0[2]) }),
                    ("401 signature-malformed", try site.signedRequest(signer, nonce: "n-000000") { $0.remove(at: 2) }),
                    (
                        "401 signature-malformed",
                        try site.signedRequest(signer, nonce: "n-000000") { headers in
                            headers[1].value += ", other=(\"@method\");created=1;keyid=\"x\";nonce=\"12345678\""
                            headers[2].value += ", other=:AAAA:"
                        }
                    ),
                    ("413 body-too-large", try site.signedRequest(signer, nonce: padding)),
                    (
                        "401 signature-required",
                        site.request(authorization: "Bearer \(issued.client.id).\(issued.secret)")
                    ), ("401 unauthenticated", try site.signedRequest(signer, nonce: "n-000000") { $0.removeAll() }),
                ]
                for (expected, text) in requests { #expect(try await problem(text) == expected) }
                // None of them used the nonce up.
                #expect(try await site.call(site.signedRequest(signer, nonce: "n-000000")).status == 200)
                await site.gateway.shutdown(within: 5)
                let reasons = Set(try await site.events(.authenticationFailed).compactMap { $0["reason"]?.string })
                #expect(
                    reasons == [
                        "content_digest", "signature_expired", "signature_invalid", "signature_incomplete",
                        "signature_malformed", "signature_required", "missing",
                    ]
                )
            }
        }

        /// Credentials that are bound to a certificate work over a connection that was made with it, and over no other.
        @Test func credentialsAreBoundToACertificate() async throws {
            let certificates = try Certificates()
            defer { certificates.remove() }
            let tls = ServerTLS(
                certificate: certificates.path("server.pem"),
                privateKey: certificates.path("server.key"),
                clientAuthorities: certificates.path("ca.pem")
            )
            let own = try #require(try NIOSSLCertificate.fromPEMFile(certificates.path("client.pem")).first)
            let hash = "sha256:" + Hex.encode(SHA256.hash(data: try own.toDERBytes()))
            try await Site.run(platform: false) {
                $0.listener = .init(host: "127.0.0.1", port: 0, tls: tls)
            } _: { (site: Site) async throws in
                for (text, presented, status) in [
                    (hash, "client", 200), (hash, "server", 403), ("dns:localhost", "server", 200),
                    ("dns:example.com", "client", 403),
                ] {
                    let binding = try #require(CertificateBinding(text))
                    let issued = try await site.signingClient(required: false, certificates: [binding])
                    let bearer = "Bearer \(issued.client.id).\(issued.secret)"
                    let caller = try await Caller(
                        port: site.port,
                        tls: try certificates.client(trusting: "ca", presenting: presented)
                    )
                    // The connection's own memory of credentials must not get round it, and others are not concerned.
                    try await caller.send(
                        site.request() + site.request(authorization: bearer) + site.request(authorization: bearer)
                    )
                    #expect(try await caller.reply().status == 200)
                    for _ in 0..<2 {
                        let reply = try await caller.reply()
                        #expect(reply.status == status, "\(text) \(presented) \(reply.text)")
                        #expect(status == 200 || reply.text.contains("certificate-required"))
                    }
                    await caller.close()
                }
            }
        }
    }
}
