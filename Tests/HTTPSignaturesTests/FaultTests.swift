import Crypto
import Testing
import TextEncoding

@testable import HTTPSignatures

/// What a request can get wrong before any key is asked.
@Suite struct FaultTests {
    static let good = #"("@method" "@path" "content-digest");created=100;keyid="cl_1";nonce="0123456789ab""#
    static let body = #"{"hello": "world"}"#
    /// RFC 9530 appendix B.
    static let digest = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"

    func request(
        _ input: String? = "sig=\(good)",
        _ signature: String? = "sig=:AAAA:",
        target: String = "/a",
        digest: String? = digest,
        body: String = body,
        more: [(String, String)] = []
    ) -> SignableRequest {
        var fields: [(name: String, value: String)] = []
        if let input { fields.append(("signature-input", input)) }
        if let signature { fields.append(("signature", signature)) }
        if let digest { fields.append(("content-digest", digest)) }
        fields += more.map { (name: $0.0, value: $0.1) }
        return Array(body.utf8).withUnsafeBytes {
            SignableRequest(method: "POST", target: target, fields: fields, body: $0)
        }
    }

    func fault(_ request: SignableRequest) -> SignatureFault? {
        do throws(SignatureFault) {
            guard let signature = try MessageSignature(of: request) else { return nil }
            try signature.checkCoverage(of: request)
            _ = try signature.base(of: request)
            return nil
        } catch {
            return error
        }
    }

    @Test func whatIsRightIsRight() throws {
        #expect(fault(request()) == nil)
        #expect(try MessageSignature(of: request()) != nil)
        #expect(try MessageSignature(of: request(nil, nil)) == nil)
        #expect(fault(request(digest: "unknown=:AAAA:, " + Self.digest)) == nil)
        let bare = Self.good.replacing(#" "content-digest""#, with: "")
        #expect(fault(request("sig=\(bare)", digest: nil, body: "")) == nil)
        #expect(
            fault(
                request(
                    "sig=" + bare.replacing(#""@path""#, with: #""@path" "@query""#),
                    target: "/a?b=c",
                    digest: nil,
                    body: ""
                )
            ) == nil
        )
    }

    @Test(arguments: [
        "", "sig", "sig=", "sig=(", "sig=()x", #"sig=("@method""@path");created=1"#, #"sig=("@method);created=1"#,
        #"sig=("@method";sf "@path" "content-digest");created=100;keyid="cl_1";nonce="0123456789ab""#,
        #"sig=("@method" "@method" "@path" "content-digest");created=100;keyid="cl_1";nonce="0123456789ab""#,
        #"sig=("@method" "@path" content-digest);created=100;keyid="cl_1";nonce="0123456789ab""#,
        #"SIG=("@method" "@path" "content-digest");created=100;keyid="cl_1";nonce="0123456789ab""#,
        "sig=\(good), sig=\(good)", "sig=\(good), two=\(good)", "other=\(good)", "sig=\(good);created=100",
        "sig=\(good);alg=3", "sig=\(good);expires=\"x\"", "sig=\(good),", "sig=\(good) x",
        good.replacing("100", with: "1234567890123456").replacing("(\"@method\"", with: "sig=(\"@method\""),
        "sig=" + good.replacing("0123456789ab", with: "short"),
        "sig=" + good.replacing("0123456789ab", with: String(repeating: "n", count: 129)),
        "sig=" + good.replacing("cl_1", with: String(repeating: "k", count: 129)),
    ])
    func malformedInputs(_ input: String) { #expect(fault(request(input)) == .malformed) }

    @Test(arguments: [
        "", "sig", "sig=AAAA", "sig=:AA:", "sig=:AAB=:", "sig=:AAAA:, two=:AAAA:", "two=:AAAA:", "sig=(:AAAA:)",
    ])
    func malformedSignatures(_ signature: String) {
        #expect(fault(request("sig=\(Self.good)", signature)) == .malformed)
    }

    @Test func oneOfTheTwoHeadersIsNoSignature() {
        #expect(fault(request(nil)) == .malformed)
        #expect(fault(request("sig=\(Self.good)", nil)) == .malformed)
    }

    @Test func whatIsMissing() {
        for (component, target) in [
            (#""@method" "#, "/a"), (#""@path" "#, "/a"), (#" "content-digest""#, "/a"), ("", "/a?q=1"),
        ] {
            let input = "sig=" + (component.isEmpty ? Self.good : Self.good.replacing(component, with: ""))
            #expect(fault(request(input, target: target)) == .incomplete, "\(input)")
        }
        for parameter in [";created=100", #";keyid="cl_1""#, #";nonce="0123456789ab""#] {
            #expect(fault(request("sig=" + Self.good.replacing(parameter, with: ""))) == .incomplete)
        }
        #expect(fault(request("sig=" + Self.good.replacing("=100", with: "=\"100\""))) == .incomplete)
        #expect(fault(request(digest: nil)) == .incomplete)
        #expect(fault(request("sig=\(Self.good);tag=\"other-app\"")) == .invalid)
    }

    @Test func theBodyIsTheOneThatWasSigned() {
        #expect(fault(request(body: Self.body + " ")) == .digest)
        #expect(fault(request(body: "")) == .digest)
        for digest in ["sha-512=:AAAA:", "sha-256=AAAA", "sha-256=:AAAA:", "?", Self.digest + ", " + Self.digest] {
            #expect(fault(request(digest: digest)) == .digest, "\(digest)")
        }
    }

    @Test func headersThatComeTwiceAreRefused() {
        #expect(fault(request(more: [("signature-input", "sig=\(Self.good)")])) == .malformed)
        #expect(fault(request(more: [("signature", "sig=:AAAA:")])) == .malformed)
        #expect(fault(request(more: [("content-digest", Self.digest)])) == .malformed)
        let covering = "sig=" + Self.good.replacing(#""@path""#, with: #""@path" "x-a""#)
        #expect(fault(request(covering, more: [("x-a", "1")])) == nil)
        #expect(fault(request(covering, more: [("x-a", "1"), ("x-a", "2")])) == .malformed)
    }

    @Test func times() throws {
        let signature = try #require(try MessageSignature(of: request("sig=\(Self.good);expires=150")))
        func fault(at now: Int64, window: Int64 = 60, skew: Int64 = 5) -> SignatureFault? {
            do throws(SignatureFault) {
                try signature.checkTimes(now: now, window: window, skew: skew)
                return nil
            } catch { return error }
        }
        #expect(fault(at: 94) == .expired)
        for now in [95, 100, 149] as [Int64] { #expect(fault(at: now) == nil) }
        #expect(fault(at: 150) == .expired)
        #expect(fault(at: 120, window: 20) == .expired)
        #expect(fault(at: 119, window: 20) == nil)
    }

    /// A key's algorithm is its own: what a message claims can only contradict it.
    @Test func algorithms() throws {
        let secret = SymmetricKey(data: Array(repeating: 3, count: 32))
        let pair = Curve25519.Signing.PrivateKey()
        for (claim, hmac, ed) in [
            ("", true, true), (";alg=\"hmac-sha256\"", true, false), (";alg=\"ed25519\"", false, true),
            (";alg=\"none\"", false, false), (";alg=\"rsa-v1_5-sha256\"", false, false),
            (";alg=\"HMAC-SHA256\"", false, false),
        ] {
            let unsigned = request("sig=\(Self.good)\(claim)")
            let base = Array(try #require(try MessageSignature(of: unsigned)).base(of: unsigned).utf8)
            let mac = Base64.encode(HMAC<SHA256>.authenticationCode(for: base, using: secret).map { $0 })
            let signature = Base64.encode(Array(try pair.signature(for: base)))
            for (bytes, key, isGood) in [
                (mac, SignatureKey.hmacSHA256(secret), hmac), (signature, .ed25519(pair.publicKey), ed),
                (mac, .ed25519(pair.publicKey), false), (signature, .hmacSHA256(secret), false),
                // A public key must never do as a secret.
                (mac, .hmacSHA256(SymmetricKey(data: pair.publicKey.rawRepresentation)), false),
                ("", .hmacSHA256(secret), false),
            ] {
                let signed = request("sig=\(Self.good)\(claim)", "sig=:\(bytes):")
                let read = try #require(try MessageSignature(of: signed))
                #expect(try key.verifies(read, of: signed) == isGood, "\(claim)")
            }
        }
    }

    /// Whatever is changed of a signed request, it is no longer good; nothing traps.
    @Test func everyChangedByteIsNoticed() throws {
        let secret = SymmetricKey(data: Array(repeating: 3, count: 32))
        let unsigned = request()
        let base = Array(try #require(try MessageSignature(of: unsigned)).base(of: unsigned).utf8)
        let mac = Base64.encode(HMAC<SHA256>.authenticationCode(for: base, using: secret).map { $0 })
        func isGood(_ request: SignableRequest) -> Bool {
            guard fault(request) == nil, let signature = try? MessageSignature(of: request) else { return false }
            return (try? SignatureKey.hmacSHA256(secret).verifies(signature, of: request)) ?? false
        }
        let input = "sig=\(Self.good)"
        #expect(isGood(request(input, "sig=:\(mac):")))
        var generator = SystemRandomNumberGenerator()
        for place in input.utf8.indices.dropFirst(4) {
            var bytes = Array(input.utf8)
            let offset = input.utf8.distance(from: input.utf8.startIndex, to: place)
            bytes[offset] ^= UInt8.random(in: 1...127, using: &generator)
            #expect(!isGood(request(String(decoding: bytes, as: UTF8.self), "sig=:\(mac):")), "\(bytes)")
        }
        #expect(!isGood(request(input, "sig=:\(mac):", target: "/b")))
    }
}
