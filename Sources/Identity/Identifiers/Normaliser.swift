/// Brings identifiers into the one spelling that is hashed. What it cannot read is refused with a reason, never hashed.
public struct Normaliser: Sendable {
    /// Raised whenever a text may come out in another spelling than before; recorded with every link.
    public static let version = 1

    /// What is declared about the installation's identifiers.
    public struct Rules: Sendable, Hashable {
        /// Where telephone numbers without country code are at home, ISO 3166-1.
        public var region: String?
        /// How e-mail addresses are compared.
        public var email = EmailRules()
        /// What account numbers look like.
        public var account = AccountRules()
        /// Values that identify nobody, in any spelling: the switchboard, a placeholder, `noreply@…`.
        public var blocked: [IdentifierKind: Set<String>] = [:]

        /// No region, plain rules, nothing blocked.
        public init() {}
    }

    /// Regions whose national formats are built in.
    public static let regions = ["BR", "CA", "DE", "ES", "FR", "GB", "IT", "PT", "US"]

    private let rules: Rules
    private let blocked: [IdentifierKind: Set<String>]

    /// A normaliser of declared rules.
    /// - Throws: ``IdentifierRefusal`` when a blocked value is not an identifier of its kind.
    public init(rules: Rules = Rules()) throws(IdentifierRefusal) {
        self.rules = rules
        var blocked: [IdentifierKind: Set<String>] = [:]
        for (kind, values) in rules.blocked {
            for value in values {
                blocked[kind, default: []].insert(try Self.spelling(kind, value, rules, region: nil))
            }
        }
        self.blocked = blocked
    }

    /// The canonical identifier.
    /// - Parameters:
    ///   - region: where a telephone number without country code is at home, if not in the region of the rules.
    /// - Throws: ``IdentifierRefusal`` with the rule that the text breaks.
    public func identifier(
        _ kind: IdentifierKind,
        _ text: String,
        region: String? = nil
    ) throws(IdentifierRefusal) -> Identifier {
        let value = try Self.spelling(kind, text, rules, region: region)
        if blocked[kind]?.contains(value) == true || Self.isPlaceholder(kind, value) {
            throw IdentifierRefusal(kind, .blocked)
        }
        return Identifier(kind: kind, value: value)
    }

    private static func spelling(
        _ kind: IdentifierKind,
        _ text: String,
        _ rules: Rules,
        region: String?
    ) throws(IdentifierRefusal) -> String {
        switch kind {
        case .phone: try PhoneNumber.canonical(text, region: region ?? rules.region)
        case .email: try EmailAddress.canonical(text, rules: rules.email)
        case .account: try AccountNumber.canonical(text, rules: rules.account)
        case .customer: try customer(text)
        case .external: try external(text)
        }
    }

    /// The system of record knows its own numbers: what it calls its customer is not touched.
    private static func customer(_ text: String) throws(IdentifierRefusal) -> String {
        guard !text.isEmpty else { throw IdentifierRefusal(.customer, .empty) }
        guard text.utf8.count <= 256 else { throw IdentifierRefusal(.customer, .tooLong) }
        guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            throw IdentifierRefusal(.customer, .unicode)
        }
        return text
    }

    /// `system/id`: the same id of two systems is two identifiers.
    private static func external(_ text: String) throws(IdentifierRefusal) -> String {
        guard text.utf8.count <= 256 else { throw IdentifierRefusal(.external, .tooLong) }
        guard let normalised = UnicodeForm.normalised(text) else { throw IdentifierRefusal(.external, .unicode) }
        guard !normalised.isEmpty else { throw IdentifierRefusal(.external, .empty) }
        guard let slash = normalised.firstIndex(of: "/") else { throw IdentifierRefusal(.external, .form) }
        let system = normalised[..<slash].lowercased()
        let id = normalised[normalised.index(after: slash)...]
        guard !id.isEmpty, !system.isEmpty, !id.contains(" "),
            system.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
        else { throw IdentifierRefusal(.external, .form) }
        return system + "/" + id
    }

    /// Values that stand for "none" everywhere: one repeated digit, a mailbox that nobody reads.
    private static func isPlaceholder(_ kind: IdentifierKind, _ value: String) -> Bool {
        switch kind {
        case .phone:
            let digits = value.prefix { $0 != ";" }.dropFirst().utf8
            return Set(digits.suffix(7)).count == 1
        case .account: return value.utf8.count > 1 && Set(value.utf8).count == 1
        case .email:
            let names = ["noreply", "no-reply", "donotreply", "do-not-reply", "postmaster", "mailer-daemon"]
            return names.contains { value.hasPrefix($0 + "@") }
        case .customer, .external: return false
        }
    }
}
