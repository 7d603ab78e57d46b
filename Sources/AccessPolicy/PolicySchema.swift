/// What a policy may speak about: the configured routes, categories and masks.
public struct PolicySchema: Sendable, Equatable {
    /// One route.
    public struct Route: Sendable, Equatable {
        /// The route's name.
        public let name: String
        /// The purposes for which it may be read.
        public let purposes: [String]
        /// The fields that it declares.
        public let fields: [FieldDescriptor]

        /// Creates a route.
        public init(name: String, purposes: [String], fields: [FieldDescriptor]) {
            self.name = name
            self.purposes = purposes
            self.fields = fields
        }
    }

    /// The routes.
    public let routes: [Route]
    /// The known categories of data.
    public let categories: Set<String>
    /// The known masks.
    public let masks: Set<String>

    /// Creates a schema.
    public init(routes: [Route], categories: Set<String>, masks: Set<String>) {
        self.routes = routes
        self.categories = categories
        self.masks = masks
    }
}

/// Something wrong with a policy.
public struct PolicyProblem: Sendable, Hashable, CustomStringConvertible {
    /// The kinds of problem. Raw values are stable.
    public enum Kind: String, Sendable, CaseIterable {
        /// A rule id or role name is empty.
        case missingName = "missing-name"
        /// A role is called `*`.
        case reservedName = "reserved-name"
        /// Two rules have one id.
        case duplicateRule = "duplicate-rule"
        /// Two roles have one name.
        case duplicateRole = "duplicate-role"
        /// Nobody can hold the role.
        case roleNobodyHolds = "role-nobody-holds"
        /// A list that must name something is empty.
        case emptyList = "empty-list"
        /// The rule names a role that the policy does not have.
        case unknownRole = "unknown-role"
        /// The rule names a route that is not configured.
        case unknownRoute = "unknown-route"
        /// The rule names a purpose for which none of its routes may be read.
        case unknownPurpose = "unknown-purpose"
        /// The rule names a category that does not exist.
        case unknownCategory = "unknown-category"
        /// The rule names a field that none of its routes declares.
        case unknownField = "unknown-field"
        /// The rule names a mask that does not exist.
        case unknownMask = "unknown-mask"
        /// An allow or deny names a mask.
        case maskWithoutEffect = "mask-without-effect"
        /// No field, purpose and route fit together.
        case neverApplies = "never-applies"
        /// Every field that the rule covers is denied by other rules.
        case shadowedByDeny = "shadowed-by-deny"
        /// Every field that the mask rule covers is decided by other rules.
        case shadowed = "shadowed"
    }

    /// What a problem is about.
    public enum Subject: Sendable, Hashable {
        /// The rule with this id.
        case rule(String)
        /// The role with this name.
        case role(String)
    }

    /// Where it is.
    public let subject: Subject
    /// What kind it is.
    public let kind: Kind
    /// What is wrong.
    public let detail: String
    /// What to do.
    public let remedy: String

    /// Where, what, and what to do, in one line.
    public var description: String {
        switch subject {
        case .rule(let id): "rule \(id): \(detail); \(remedy) [\(kind.rawValue)]"
        case .role(let name): "role \(name): \(detail); \(remedy) [\(kind.rawValue)]"
        }
    }
}
