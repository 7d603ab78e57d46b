public import Crypto
import TextEncoding

/// Signs requests as a client would, written from RFC 9421 and RFC 9530 alone: nothing of the product's own code is in it but base64.
public struct TestSigner: Sendable {
    /// What it signs with.
    public enum Key: Sendable {
        case hmac([UInt8])
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    public var key: Key
    public var keyID: String
    public var label = "sig1"
    /// What stands after the components and the parameters that every signature needs, such as `;alg="ed25519"`.
    public var more = ""

    public init(_ key: Key, keyID: String) {
        self.key = key
        self.keyID = keyID
    }

    /// A signer with the secret that a client was shown.
    public init(secret: String?, keyID: String) {
        self.init(.hmac(Base64.decode((secret ?? "").utf8) ?? []), keyID: keyID)
    }

    /// The header lines of a signature, in their order.
    public func headers(
        method: String = "POST",
        target: String,
        body: String,
        created: Int64,
        nonce: String
    ) throws -> [(name: String, value: String)] {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let digest = "sha-256=:\(Base64.encode(Array(SHA256.hash(data: Array(body.utf8))))):"
        var covered = [("@method", method), ("@path", String(parts[0]))]
        if parts.count == 2 { covered.append(("@query", "?" + parts[1])) }
        if !body.isEmpty { covered.append(("content-digest", digest)) }
        let list = covered.map { "\"\($0.0)\"" }.joined(separator: " ")
        let input = "(\(list));created=\(created);keyid=\"\(keyID)\";nonce=\"\(nonce)\"\(more)"
        let base = covered.map { "\"\($0.0)\": \($0.1)\n" }.joined() + "\"@signature-params\": \(input)"
        let bytes: [UInt8] =
            switch key {
            case .hmac(let secret):
                Array(HMAC<SHA256>.authenticationCode(for: Array(base.utf8), using: SymmetricKey(data: secret)))
            case .ed25519(let key): Array(try key.signature(for: Array(base.utf8)))
            }
        return (body.isEmpty ? [] : [("Content-Digest", digest)])
            + [("Signature-Input", "\(label)=\(input)"), ("Signature", "\(label)=:\(Base64.encode(bytes)):")]
    }
}
