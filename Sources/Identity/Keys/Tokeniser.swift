import Crypto
import TextEncoding

/// Turns identifiers into tokens: HMAC-SHA-256, full length, under a tenant's key.
///
/// A token reads `hmac-sha256:<epoch>:<kind>:<64 hex digits>`. The identifier is taken as it is given, byte for byte: a
/// ``Normaliser`` has brought it into its one spelling before.
public struct Tokeniser: Sendable {
    private let secret: KeyedHash
    private let states: [IdentifierKind: KeyedHash]
    private let prefixes: [IdentifierKind: [UInt8]]

    /// Makes tokens under a key.
    public init(key: TenantKey) {
        secret = KeyedHash(key: key.derived(for: "token"))
        var states: [IdentifierKind: KeyedHash] = [:]
        var prefixes: [IdentifierKind: [UInt8]] = [:]
        for kind in IdentifierKind.allCases {
            states[kind] = secret.beginning(with: Array("\(kind.rawValue)\u{0}".utf8))
            prefixes[kind] = Array("hmac-sha256:\(key.epoch):\(kind.rawValue):".utf8)
        }
        self.states = states
        self.prefixes = prefixes
    }

    /// The token of an identifier.
    public func token(_ kind: IdentifierKind, _ value: String) -> String {
        var token: [UInt8] = []
        var value = value
        value.withUTF8 { append(kind, UnsafeRawBufferPointer($0), to: &token) }
        return String(decoding: token, as: UTF8.self)
    }

    /// Appends the token of an identifier's UTF-8 bytes.
    public func append(_ kind: IdentifierKind, _ value: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        guard let state = states[kind], let prefix = prefixes[kind] else { return }
        output.append(contentsOf: prefix)
        state.code(for: value).withUnsafeBytes { Hex.append($0, to: &output) }
    }

    /// The token's 32 bytes.
    func digest(_ kind: IdentifierKind, _ value: UnsafeRawBufferPointer) -> TokenDigest {
        TokenDigest((states[kind] ?? secret.beginning(with: Array("\(kind.rawValue)\u{0}".utf8))).code(for: value))
    }
}
