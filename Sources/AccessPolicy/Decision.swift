/// A field and the category of personal data it holds.
public struct FieldDescriptor: Sendable, Hashable {
    /// The exact path of the field.
    public let path: String
    /// The category of data.
    public let category: String

    /// Creates a descriptor.
    public init(path: String, category: String) {
        self.path = path
        self.category = category
    }
}

/// A read to decide about.
public struct AccessRequest: Sendable, Hashable {
    /// The roles that the reader holds, as of `CompiledPolicy.roles(forAgent:platformRoles:)`.
    public var roles: Set<String>
    /// The route that is read.
    public var route: String
    /// The stated purpose.
    public var purpose: String
    /// How well the read is bound to an interaction.
    public var binding: BindingGrade
    /// The fields that the route would return.
    public var fields: [FieldDescriptor]

    /// Creates a request.
    public init(
        roles: Set<String>,
        route: String,
        purpose: String,
        binding: BindingGrade,
        fields: [FieldDescriptor]
    ) {
        self.roles = roles
        self.route = route
        self.purpose = purpose
        self.binding = binding
        self.fields = fields
    }
}

/// What happens to a field.
public enum FieldEffect: Sendable, Hashable {
    /// It is released in clear.
    case allow
    /// It is released under the named mask; nil is the category's own.
    case mask(String?)
    /// It is not released.
    case withhold
}

/// The decision about one field.
public struct FieldDecision: Sendable, Hashable {
    /// The exact path of the field.
    public let path: String
    /// The category of data.
    public let category: String
    /// What happens to the field.
    public let effect: FieldEffect
    /// The rule that decided; nil when none released the field.
    public let decidedBy: String?
    /// The ids of the other rules that covered the field and gave way, in the policy's order.
    public let considered: [String]

    /// Creates a decision, as when a recorded one is read back.
    public init(
        path: String,
        category: String,
        effect: FieldEffect,
        decidedBy: String?,
        considered: [String] = []
    ) {
        self.path = path
        self.category = category
        self.effect = effect
        self.decidedBy = decidedBy
        self.considered = considered
    }
}

/// Why a whole read is refused.
public struct Refusal: Sendable, Hashable, CustomStringConvertible {
    /// The kinds of refusal. Raw values are stable.
    public enum Code: String, Sendable, CaseIterable {
        /// A rule denies the read itself.
        case ruleDenied = "rule-denied"
        /// The binding is contradicted, and no rule releases anything in spite of that.
        case bindingContradicted = "binding-contradicted"
        /// No field would be released.
        case noFieldAllowed = "no-field-allowed"
    }

    /// The kind of refusal.
    public let code: Code
    /// The rule that denied the read, for `ruleDenied`.
    public let ruleId: String?
    /// The reason which that rule gives.
    public let reason: String?

    /// Creates a refusal.
    public init(code: Code, ruleId: String? = nil, reason: String? = nil) {
        self.code = code
        self.ruleId = ruleId
        self.reason = reason
    }

    /// One sentence for people.
    public var description: String {
        switch code {
        case .ruleDenied: "denied by rule \(ruleId ?? "")" + (reason.map { ": \($0)" } ?? "")
        case .bindingContradicted:
            "the platform contradicts the binding, and no rule releases anything in spite of that"
        case .noFieldAllowed: "no rule releases any of the fields"
        }
    }
}

/// The decision about a read.
public struct Decision: Sendable, Hashable {
    /// One decision per requested field, in the order of the request; all are withheld when the read is refused.
    public let fields: [FieldDecision]
    /// Why nothing is released; nil when something is.
    public let refused: Refusal?
    /// The ids of the rules that decided something, sorted, each once.
    public let matchedRules: [String]

    /// Creates a decision, as when a recorded one is read back.
    public init(fields: [FieldDecision], refused: Refusal?, matchedRules: [String]) {
        self.fields = fields
        self.refused = refused
        self.matchedRules = matchedRules
    }
}
