public import Redaction

/// What is redacted where, and under which policies.
public struct RedactionSettings: Sendable {
    /// The policies by name.
    public var policies: [String: RedactionPolicy] = [:]
    /// The policy for the free text of a category on its way to an agent, by the category.
    public var categories: [Category: String] = [:]
    /// The policy for free text in events on their way to sinks that name none; nil for ``standardForEvents``.
    public var sinks: String?
    /// The policy for our own log lines; nil for the built-in one.
    public var log: String?
    /// The keyring's key that hashes, encrypts and makes tokens; nil for the newest.
    public var keyEpoch: Int?
    /// How long a token can be taken back, in days.
    public var tokensKeptDays = 90

    /// Nothing but the defaults.
    public init() {}

    /// What events' free text is redacted with where no policy is named: what can be told without doubt, masked. Addresses of machines
    /// stay, as sinks need them.
    public static let standardForEvents: RedactionPolicy = {
        var policy = RedactionPolicy(name: "events", threshold: 60)
        for type in [EntityType.ipAddress, .macAddress] { policy.actions.updateValue(nil, forKey: type) }
        return policy
    }()

    /// A policy that must be there: `load` has checked every name.
    public func policy(_ name: String) -> RedactionPolicy {
        policies[name] ?? RedactionPolicy(name: "mask everything")
    }
}

/// Reads the section `redaction`.
struct RedactionReader {
    /// In the place of a policy: nothing is redacted.
    static let none = "none"

    func settings(_ section: Section?) -> RedactionSettings {
        var settings = RedactionSettings()
        guard let section else { return settings }
        defer { section.end() }
        if let policies = section.section("policies") {
            for (name, inner) in policies.named() {
                Names.check(name, inner)
                if name == Self.none {
                    inner.problem(nil, "must have another name: '\(Self.none)' stands for no policy")
                }
                settings.policies[name] = RedactionPolicyReader.read(inner, name: name)
            }
            policies.end()
        }
        settings.keyEpoch = section.integer("keyEpoch", in: 1...1_000_000)
        settings.tokensKeptDays = section.integer("tokensKeptDays", in: 1...36_500) ?? settings.tokensKeptDays
        if let categories = section.section("categories") {
            for category in Category.known where categories.has(category.rawValue) {
                settings.categories[category] = policy(categories, category.rawValue, of: settings)
            }
            categories.end()
        }
        settings.sinks = policy(section, "sinks", of: settings)
        settings.log = policy(section, "log", of: settings)
        return settings
    }

    /// The name of a policy that needs no vault; checked.
    func policy(_ section: Section, _ key: String, of settings: RedactionSettings) -> String? {
        guard let name = section.text(key) else { return nil }
        guard let policy = settings.policies[name] else {
            let known = settings.policies.keys.sorted().joined(separator: ", ")
            section.problem(key, "is no policy of redaction.policies; known: \(known.isEmpty ? "none" : known)")
            return nil
        }
        if let type = EntityType.allCases.first(where: { policy.action(for: $0) == .token }) {
            section.problem(
                key,
                "cannot use '\(name)', which makes tokens of \(type): they are made by 'muniment redact' and POST /api/v1/redact only"
            )
        }
        return name
    }
}
