/// Who may see which fields for which purpose: roles, and the rules about them.
///
/// What no rule releases is withheld, and a deny wins over every allow and mask. Keys that may be left out of an
/// encoded policy decode as empty.
public struct Policy: Sendable, Codable, Equatable {
    /// The author's name for this state of the policy.
    public var version: String
    /// The roles that rules speak about.
    public var roles: [Role]
    /// The rules. Their order matters only between mask rules: the first that matches chooses the mask.
    public var rules: [Rule]

    /// Creates a policy.
    public init(version: String, roles: [Role], rules: [Rule]) {
        self.version = version
        self.roles = roles
        self.rules = rules
    }
}

/// A role and who holds it.
public struct Role: Sendable, Codable, Equatable {
    /// The name that rules use.
    public var name: String
    /// Names of Genesys Cloud roles whose holders have this role.
    public var genesysRoles: [String]
    /// Ids of agents who have this role.
    public var agents: [String]
    /// Whether everyone has this role.
    public var everyone: Bool

    /// Creates a role.
    public init(name: String, genesysRoles: [String] = [], agents: [String] = [], everyone: Bool = false) {
        self.name = name
        self.genesysRoles = genesysRoles
        self.agents = agents
        self.everyone = everyone
    }

    /// Decodes a role; all but the name may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        genesysRoles = try container.decodeIfPresent([String].self, forKey: .genesysRoles) ?? []
        agents = try container.decodeIfPresent([String].self, forKey: .agents) ?? []
        everyone = try container.decodeIfPresent(Bool.self, forKey: .everyone) ?? false
    }
}

/// What a rule does to the fields it covers.
public enum RuleEffect: String, Sendable, Codable, CaseIterable {
    /// Releases them in clear.
    case allow
    /// Releases them masked.
    case mask
    /// Withholds them, whatever other rules say.
    case deny
}

/// One rule: an effect and the reads and fields it covers. A list may be `["*"]` for all.
public struct Rule: Sendable, Codable, Equatable {
    /// Stands in a list for everything.
    public static let all = "*"

    /// The rule's unique name; it appears in every decision the rule makes.
    public var id: String
    /// What the rule does.
    public var effect: RuleEffect
    /// Roles of which the reader must hold one.
    public var roles: [String]
    /// Routes that the rule covers.
    public var routes: [String]
    /// Purposes that the rule covers.
    public var purposes: [String]
    /// Binding grades that the rule covers. Empty is all, except that an allow or mask covers `contradicted` only by
    /// naming it.
    public var bindings: [BindingGrade]
    /// Categories of which a field must be.
    public var categories: [String]
    /// Exact field paths; empty is any.
    public var fields: [String]
    /// The mask of a mask rule; nil is the category's own.
    public var mask: String?
    /// Why, for people.
    public var reason: String?

    /// Creates a rule.
    public init(
        id: String,
        effect: RuleEffect,
        roles: [String],
        routes: [String],
        purposes: [String],
        bindings: [BindingGrade] = [],
        categories: [String],
        fields: [String] = [],
        mask: String? = nil,
        reason: String? = nil
    ) {
        self.id = id
        self.effect = effect
        self.roles = roles
        self.routes = routes
        self.purposes = purposes
        self.bindings = bindings
        self.categories = categories
        self.fields = fields
        self.mask = mask
        self.reason = reason
    }

    /// Decodes a rule; all but `id` and `effect` may be left out. A left-out list of roles, routes, purposes or
    /// categories is empty and covers nothing, which `problems(schema:)` reports.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func list(_ key: CodingKeys) throws -> [String] {
            try container.decodeIfPresent([String].self, forKey: key) ?? []
        }
        id = try container.decode(String.self, forKey: .id)
        effect = try container.decode(RuleEffect.self, forKey: .effect)
        roles = try list(.roles)
        routes = try list(.routes)
        purposes = try list(.purposes)
        bindings = try container.decodeIfPresent([BindingGrade].self, forKey: .bindings) ?? []
        categories = try list(.categories)
        fields = try list(.fields)
        mask = try container.decodeIfPresent(String.self, forKey: .mask)
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
    }
}
