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
    /// What detection found, and decisions about it.
    case alerts
    /// Containment: asking for steps, and taking them back.
    case respond
    /// Agreeing to steps that somebody else asked for, or refusing them.
    case respondApprove
    /// The planted customers whom nobody has a reason to read: planting, listing and removing them.
    case honey
    /// Management of clients and the installation.
    case admin
    /// Identification of people, and decisions about who is whom.
    case identity
    /// Agreeing to decisions about who is whom that others ask for, and refusing them.
    case identityApprove
    /// Finding out who stands behind the pseudonyms that a recipient got.
    case pseudonyms
    /// Forgetting people.
    case forget
    /// Reporting events of other systems.
    case events
    /// Redaction of text that the caller sends.
    case redact
    /// Taking back what was encrypted in place of a value; each time is recorded.
    case redactReverse

    /// Reads a scope; see ``list``.
    public init?(_ text: String) {
        if let known = Self.fixed[text] {
            self = known
        } else {
            guard text.hasPrefix("read:") else { return nil }
            let route = text.dropFirst(5)
            guard route == "*" || Self.isRoute(route) else { return nil }
            self = .read(route: String(route))
        }
    }

    /// The scopes that name no route.
    private static let fixed: [String: Scope] = [
        "audit": .audit, "ledger": .ledger, "sinks": .sinks, "alerts": .alerts, "respond": .respond,
        "respond.approve": .respondApprove,
        "redact": .redact, "redact.reverse": .redactReverse, "admin": .admin, "identity": .identity,
        "identity.approve": .identityApprove, "identity.forget": .forget, "identity.pseudonyms": .pseudonyms,
        "events": .events, "honey": .honey,
    ]

    /// What may be written, for people.
    public static let list = "read:<route>, read:*, " + fixed.keys.sorted().joined(separator: ", ")

    /// What may be written, as a regular expression.
    public static let pattern =
        "^(" + fixed.keys.sorted().map { $0.replacing(".", with: "[.]") }.joined(separator: "|")
        + "|read:([*]|[a-z0-9][a-z0-9-]{0,62}))$"

    /// A route's name: 1 to 63 lower-case letters, digits and hyphens, not beginning with a hyphen.
    private static func isRoute(_ name: Substring) -> Bool {
        (1...63).contains(name.utf8.count) && name.first != "-"
            && name.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    public var description: String {
        if case .read(let route) = self { return "read:\(route)" }
        return Self.fixed.first { $0.value == self }?.key ?? ""
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
    /// What it needs besides its credentials; nil for nothing.
    public let safeguards: Safeguards?
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
