import Crypto
import Testing
import TextEncoding

@testable import HTTPSignatures

/// The request of RFC 9421 appendix B.2, with one of its signatures.
func appendixRequest(_ label: String, _ input: String, _ signature: String) -> SignableRequest {
    let fields: [(name: String, value: String)] = [
        ("host", "example.com"), ("date", "Tue, 20 Apr 2021 02:07:55 GMT"), ("content-type", "application/json"),
        (
            "content-digest",
            "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
        ),
        ("content-length", "18"), ("signature-input", "\(label)=\(input)"), ("signature", "\(label)=:\(signature):"),
    ]
    return Array(#"{"hello": "world"}"#.utf8).withUnsafeBytes {
        SignableRequest(method: "POST", target: "/foo?param=Value&Pet=dog", fields: fields, body: $0)
    }
}

/// The published test vectors of RFC 9421, appendices B.2.5 and B.2.6.
@Suite struct VectorTests {
    private static let hmacInput =
        #"("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#
    private static let edInput =
        #"("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#

    @Test func hmac() throws {
        let request = appendixRequest("sig-b25", Self.hmacInput, "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=")
        // The vectors have no nonce, which is asked for only when a whole request is judged.
        let signature = try #require(try MessageSignature(of: request, isNonceNeeded: false))
        #expect(
            try signature.base(of: request) == """
                "date": Tue, 20 Apr 2021 02:07:55 GMT
                "@authority": example.com
                "content-type": application/json
                "@signature-params": \(Self.hmacInput)
                """
        )
        let secret = try #require(
            Base64.decode(
                "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==".utf8
            )
        )
        let key = SignatureKey.hmacSHA256(SymmetricKey(data: secret))
        #expect(try key.verifies(signature, of: request))
        let other = SignatureKey.hmacSHA256(SymmetricKey(data: secret.reversed()))
        #expect(try !other.verifies(signature, of: request))
        #expect(throws: SignatureFault.incomplete) { try MessageSignature(of: request) }
    }

    @Test func ed25519() throws {
        let request = appendixRequest(
            "sig-b26",
            Self.edInput,
            "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
        )
        let signature = try #require(try MessageSignature(of: request, isNonceNeeded: false))
        #expect(
            try signature.base(of: request) == """
                "date": Tue, 20 Apr 2021 02:07:55 GMT
                "@method": POST
                "@path": /foo
                "@authority": example.com
                "content-type": application/json
                "content-length": 18
                "@signature-params": \(Self.edInput)
                """
        )
        // B.1.4, without the twelve bytes in front of the key itself.
        let info = try #require(
            Base64.decode("MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=".utf8)
        )
        let key = SignatureKey.ed25519(try .init(rawRepresentation: info.suffix(32)))
        #expect(try key.verifies(signature, of: request))
        let elsewhere = appendixRequest("sig-b26", Self.edInput.replacing("1618884473", with: "1618884474"), "AAAA")
        let forged = try #require(try MessageSignature(of: elsewhere, isNonceNeeded: false))
        #expect(try !key.verifies(forged, of: elsewhere))
    }

    /// RFC 9421 section 2.2.7 and 2.2.6: the query keeps its question mark, an absent one is `?`.
    @Test func derivedComponents() throws {
        func base(_ target: String, _ component: String) throws -> String? {
            let fields = [
                ("host", "WWW.Example.com"),
                ("signature-input", #"s=("\#(component)");created=1;keyid="k";nonce="12345678""#),
                ("signature", "s=:AAAA:"),
            ]
            let request = SignableRequest(
                method: "GET",
                target: target,
                fields: fields,
                body: .init(start: nil, count: 0)
            )
            let signature = try #require(try MessageSignature(of: request))
            return try signature.base(of: request).split(separator: "\n").first.map(String.init)
        }
        #expect(
            try base("/path?param=value&foo=bar&baz=bat%2Dman", "@query")
                == #""@query": ?param=value&foo=bar&baz=bat%2Dman"#
        )
        #expect(try base("/path?queryString", "@query") == #""@query": ?queryString"#)
        #expect(try base("/path", "@query") == #""@query": ?"#)
        #expect(try base("/path?param=value", "@path") == #""@path": /path"#)
        #expect(try base("/path?param=value", "@request-target") == #""@request-target": /path?param=value"#)
        #expect(try base("/", "@authority") == #""@authority": www.example.com"#)
        #expect(throws: SignatureFault.malformed) { try base("/", "@scheme") }
        #expect(throws: SignatureFault.malformed) { try base("/", "x-absent") }
        #expect(throws: SignatureFault.malformed) { try base("/", "Host") }
        #expect(throws: SignatureFault.malformed) { try base("/", "signature") }
    }

    /// The example of docs/api.md.
    @Test func theDocumentedExample() throws {
        let body = #"{"customerId":"10001","agentId":"a-1","interactionId":"c-1"}"#
        let fields: [(name: String, value: String)] = [
            ("content-digest", "sha-256=:XkhtsYrzr48iora16Qtwqn6el7lUcoQgo9dV81TcOAo=:"),
            (
                "signature-input",
                #"sig1=("@method" "@path" "content-digest");created=1780000000;keyid="cl_example";nonce="b7c1f0e2a9d84c55";alg="hmac-sha256""#
            ), ("signature", "sig1=:mrYHUTj77ZIVv0seCPtI0/f9SQo6Q95Nzwgmb1JVB9g=:"),
        ]
        let request = Array(body.utf8).withUnsafeBytes {
            SignableRequest(method: "POST", target: "/api/v1/read/profile", fields: fields, body: $0)
        }
        let signature = try #require(try MessageSignature(of: request))
        try signature.checkCoverage(of: request)
        let key = SignatureKey.hmacSHA256(SymmetricKey(data: [UInt8](repeating: 7, count: 32)))
        #expect(try key.verifies(signature, of: request))
    }
}
