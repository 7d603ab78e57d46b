public import Crypto
import MerkleLog
import TextEncoding
public import WallTime

/// Why a webhook cannot be signed, or its signature does not hold.
public enum WebhookError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A secret is not `whsec_` and the base64 of 24 to 64 bytes, or a key not `whsk_` or `whpk_` and the base64 of 32.
    case key
    /// The id is empty, holds a `.` or something but printable ASCII. A `.` would let two messages have one signed text.
    case messageID
    /// There is no key to sign with.
    case noKeys
    /// Headers are missing or malformed.
    case headers
    /// The timestamp is further than the tolerance from now, in either direction.
    case timestamp
    /// No signature is by a key that is trusted.
    case signature

    /// What is wrong.
    public var description: String {
        switch self {
        case .key: "webhook: a secret is whsec_ and base64 of 24 to 64 bytes; a key is whsk_ or whpk_ and base64 of 32"
        case .messageID: "webhook: a message id is printable ASCII without spaces and without a full stop"
        case .noKeys: "webhook: at least one key is needed"
        case .headers: "webhook: webhook-id, webhook-timestamp and webhook-signature are needed"
        case .timestamp: "webhook: the timestamp is too far from now"
        case .signature: "webhook: no signature is by a trusted key"
        }
    }
}

/// A key that signs webhooks, in the forms of Standard Webhooks. Its description never shows it.
public enum WebhookSigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// `v1`: HMAC-SHA-256 with a secret that both sides know.
    case hmac(SymmetricKey)
    /// `v1a`: Ed25519; the receiver knows the public key only.
    case ed25519(Curve25519.Signing.PrivateKey)

    /// Reads `whsec_…` or `whsk_…`.
    /// - Throws: ``WebhookError/key``.
    public init(_ text: String) throws(WebhookError) {
        if let bytes = WebhookKeyText.bytes(text, prefix: "whsec_"), (24...64).contains(bytes.count) {
            self = .hmac(SymmetricKey(data: bytes))
        } else if let bytes = WebhookKeyText.bytes(text, prefix: "whsk_"), bytes.count == 32,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        {
            self = .ed25519(key)
        } else {
            throw .key
        }
    }

    /// What the receiver needs to verify `v1a` signatures: `whpk_…`; nil for a secret.
    public var publicKeyText: String? {
        guard case .ed25519(let key) = self else { return nil }
        return "whpk_" + Base64.encode(Array(key.publicKey.rawRepresentation))
    }

    /// Which version of signature it makes; never the key.
    public var description: String {
        switch self {
        case .hmac: "v1 secret"
        case .ed25519: "v1a key"
        }
    }

    /// No children, so that reflection shows nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }

    func signature(of text: [UInt8]) throws(WebhookError) -> String {
        switch self {
        case .hmac(let key):
            return "v1," + Base64.encode(Array(HMAC<SHA256>.authenticationCode(for: text, using: key)))
        case .ed25519(let key):
            guard let signature = try? key.signature(for: text) else { throw .key }
            return "v1a," + Base64.encode(Array(signature))
        }
    }
}

enum WebhookKeyText {
    static func bytes(_ text: String, prefix: String) -> [UInt8]? {
        text.hasPrefix(prefix) ? Base64.decode(Array(text.utf8.dropFirst(prefix.utf8.count))) : nil
    }

    static func signedText(id: String, seconds: Int64, body: [UInt8]) -> [UInt8] {
        Array("\(id).\(seconds).".utf8) + body
    }
}

/// Signs webhooks as the Standard Webhooks specification says. While keys are changed it signs with the old and the new, and a
/// receiver that knows either accepts.
public struct WebhookSigner: Sendable {
    /// The three headers of an attempt.
    public struct Headers: Sendable, Hashable {
        /// `webhook-id`, the same over all attempts; receivers drop what they have seen.
        public let id: String
        /// `webhook-timestamp`, seconds since 1970, of this attempt.
        public let timestamp: String
        /// `webhook-signature`, one signature for each key, separated by spaces.
        public let signature: String

        /// Names and values, as they are sent.
        public var fields: [(name: String, value: String)] {
            [("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)]
        }

        /// Headers as they were received.
        public init(id: String, timestamp: String, signature: String) {
            self.id = id
            self.timestamp = timestamp
            self.signature = signature
        }
    }

    private let keys: [WebhookSigningKey]

    /// Signs with all of these keys.
    /// - Throws: ``WebhookError/noKeys``.
    public init(keys: [WebhookSigningKey]) throws(WebhookError) {
        guard !keys.isEmpty else { throw .noKeys }
        self.keys = keys
    }

    /// Signs exactly the bytes that are sent.
    /// - Throws: ``WebhookError/messageID``.
    public func headers(id: String, now: Timestamp, body: [UInt8]) throws(WebhookError) -> Headers {
        guard Self.isID(id) else { throw .messageID }
        let seconds = now.milliseconds / 1000
        let text = WebhookKeyText.signedText(id: id, seconds: seconds, body: body)
        var signatures: [String] = []
        for key in keys { signatures.append(try key.signature(of: text)) }
        return Headers(id: id, timestamp: String(seconds), signature: signatures.joined(separator: " "))
    }

    /// A message id for a record: the same for every attempt and every process.
    public static func messageID(ledger: String, index: UInt64) -> String {
        "evt_" + Hex.encode(Array(SHA256.hash(data: Array(ledger.utf8)).prefix(8))) + "_\(index)"
    }

    static func isID(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count) && id.utf8.allSatisfy { (33...126).contains($0) && $0 != UInt8(ascii: ".") }
    }
}

/// Verifies webhooks, such as approvals that come back.
public struct WebhookVerifier: Sendable {
    /// A key that is trusted.
    public enum Key: Sendable {
        /// `whsec_…`
        case hmac(SymmetricKey)
        /// `whpk_…`
        case ed25519(Curve25519.Signing.PublicKey)

        /// Reads `whsec_…` or `whpk_…`.
        /// - Throws: ``WebhookError/key``.
        public init(_ text: String) throws(WebhookError) {
            if let bytes = WebhookKeyText.bytes(text, prefix: "whsec_"), (24...64).contains(bytes.count) {
                self = .hmac(SymmetricKey(data: bytes))
            } else if let bytes = WebhookKeyText.bytes(text, prefix: "whpk_"), bytes.count == 32,
                let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
            {
                self = .ed25519(key)
            } else {
                throw .key
            }
        }
    }

    private let keys: [Key]
    private let tolerance: Duration

    /// Trusts these keys.
    /// - Parameter tolerance: how far the timestamp may be from now; the specification's libraries use five minutes.
    public init(keys: [Key], tolerance: Duration = .seconds(300)) {
        self.keys = keys
        self.tolerance = tolerance
    }

    /// Checks a message. Whether its id was seen before is for the caller to ask.
    /// - Throws: ``WebhookError``.
    public func verify(_ headers: WebhookSigner.Headers, body: [UInt8], now: Timestamp) throws(WebhookError) {
        guard WebhookSigner.isID(headers.id), let seconds = Int64(headers.timestamp),
            String(seconds) == headers.timestamp,
            (0...253_402_300_799).contains(seconds)
        else { throw .headers }
        let distance = now.since(Timestamp(milliseconds: seconds * 1000)).magnitude
        guard distance <= UInt64(max(tolerance.wholeMilliseconds, 0)) else {
            throw .timestamp
        }
        let text = WebhookKeyText.signedText(id: headers.id, seconds: seconds, body: body)
        let isSigned = headers.signature.split(separator: " ").contains { signature in
            let parts = signature.split(separator: ",", maxSplits: 1)
            guard parts.count == 2, let bytes = Base64.decode(Array(parts[1].utf8)) else { return false }
            return keys.contains { Self.holds(bytes, version: parts[0], key: $0, text: text) }
        }
        guard isSigned else { throw .signature }
    }

    private static func holds(_ signature: [UInt8], version: Substring, key: Key, text: [UInt8]) -> Bool {
        switch key {
        case .hmac(let key):
            version == "v1" && HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: text, using: key)
        case .ed25519(let key): version == "v1a" && key.isValidSignature(signature, for: text)
        }
    }
}
