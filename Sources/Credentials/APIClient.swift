public import WallTime

/// What an API client may do.
public enum Scope: Sendable, Hashable, CustomStringConvertible {
    /// Audited reads on one route, or on all (`read:*`).
    case read(route: String)
    /// Questions to the audit trail.
    case audit
    /// The ledger's entries and proofs.
    case ledger
    /// Delivery: what stands where, pause, resume, send again.
    case sinks
    /// Management of clients and the installation.
    case admin
    /// Redaction of text that the caller sends.
    case redact
    /// Taking back what was encrypted in place of a value; each time is recorded.
    case redactReverse

    /// Reads `read:<route>`, `read:*`, `audit`, `ledger`, `sinks`, `admin`, `redact` or `redact.reverse`.
    public init?(_ text: String) {
        switch text {
        case "audit": self = .audit
        case "ledger": self = .ledger
        case "sinks": self = .sinks
        case "admin": self = .admin
        case "redact": self = .redact
        case "redact.reverse": self = .redactReverse
        default:
            guard text.hasPrefix("read:"), text.count > 5, !text.contains(" ") else { return nil }
            self = .read(route: String(text.dropFirst(5)))
        }
    }

    public var description: String {
        switch self {
        case .read(let route): "read:\(route)"
        case .audit: "audit"
        case .ledger: "ledger"
        case .sinks: "sinks"
        case .admin: "admin"
        case .redact: "redact"
        case .redactReverse: "redact.reverse"
        }
    }
}

/// A program that may call Muniment.
public struct APIClient: Sendable, Hashable {
    /// Its public name in requests, such as `cl_3f2a…`.
    public let id: String
    /// What people call it.
    public let name: String
    /// What it may do.
    public let scopes: Set<Scope>
    /// Where it may call from; empty for anywhere.
    public let addresses: [AddressRange]
    /// When it stops working; nil for never.
    public let expires: Timestamp?
    /// When it was made.
    public let created: Timestamp
    /// When it was revoked; nil while it works.
    public let revoked: Timestamp?
    /// SHA-256 of its secrets and when each stops working. The secrets are 256 random bits, so a plain hash cannot be guessed.
    let secrets: [StoredSecret]

    struct StoredSecret: Sendable, Hashable {
        let hash: [UInt8]
        let expires: Timestamp?
    }

    /// Whether a scope is among its own.
    public func allows(_ scope: Scope) -> Bool {
        if scopes.contains(scope) { return true }
        if case .read = scope { return scopes.contains(.read(route: "*")) }
        return false
    }
}
