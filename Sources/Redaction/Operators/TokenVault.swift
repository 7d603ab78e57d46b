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
