import Synchronization

/// Where tokens lead back to values. An implementation decides how values are kept and when they are destroyed.
public protocol TokenVault: Sendable {
    /// Remembers that `token` stands for `value` in `scope`; storing the same again changes nothing.
    func store(_ value: [UInt8], as token: String, scope: String) throws(VaultFailure)
    /// The value behind a token, nil when the scope has no such token or it was destroyed.
    func value(of token: String, scope: String) throws(VaultFailure) -> [UInt8]?
    /// Destroys every token of a scope.
    func destroy(scope: String) throws(VaultFailure)
}

/// Why a vault could not answer; it never names a value.
public struct VaultFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What happened, without personal data.
    public let description: String

    /// Describes a failure; the text must hold no personal data.
    public init(_ description: String) { self.description = description }
}

/// Gathers the tokens that a redaction makes, for a vault that takes them all at once. Nothing of the redacted text may be released
/// before it did.
public final class TokenCollector: TokenVault {
    private let values = Mutex<[String: [UInt8]]>([:])

    /// Holds nothing.
    public init() {}

    public func store(_ value: [UInt8], as token: String, scope: String) {
        values.withLock { $0[token] = value }
    }

    public func value(of token: String, scope: String) -> [UInt8]? { values.withLock { $0[token] } }

    public func destroy(scope: String) { values.withLock { $0.removeAll() } }

    /// Hands over what was gathered, by token.
    public func take() -> [String: [UInt8]] {
        values.withLock { values in
            defer { values = [:] }
            return values
        }
    }
}

/// The text of a token: `tok_<type>_<32 hex digits>`.
public struct RedactionToken: Sendable, Hashable {
    /// The token as it stands in a text.
    public let text: String
    /// What kind of data it stands for.
    public let type: EntityType

    /// Reads a token; nil when it is none.
    public init?(_ text: String) {
        let digits = text.utf8.suffix(32)
        guard text.hasPrefix("tok_"), text.utf8.count > 37, digits.count == 32,
            digits.allSatisfy({ Bytes.isDigit($0) || 0x61...0x66 ~= $0 }),
            let type = EntityType(name: String(text.dropFirst(4).dropLast(33))),
            text == "tok_\(type.name)_" + String(text.suffix(32))
        else { return nil }
        self.text = text
        self.type = type
    }
}

/// A vault that lives as long as the process.
public final class MemoryVault: TokenVault {
    private let scopes = Mutex<[String: [String: [UInt8]]]>([:])

    /// An empty vault.
    public init() {}

    public func store(_ value: [UInt8], as token: String, scope: String) {
        scopes.withLock { $0[scope, default: [:]][token] = value }
    }

    public func value(of token: String, scope: String) -> [UInt8]? {
        scopes.withLock { $0[scope]?[token] }
    }

    public func destroy(scope: String) {
        _ = scopes.withLock { $0.removeValue(forKey: scope) }
    }
}
