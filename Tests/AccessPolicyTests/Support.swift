import AccessPolicy

/// A seeded generator (SplitMix64), so that every random case can be repeated.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

let profileFields = [
    FieldDescriptor(path: "customer.name", category: "contact"),
    FieldDescriptor(path: "customer.phone", category: "contact"),
    FieldDescriptor(path: "account.iban", category: "payment"),
    FieldDescriptor(path: "notes", category: "freeText"),
]

let testSchema = PolicySchema(
    routes: [
        .init(name: "profile", purposes: ["service", "billing"], fields: profileFields),
        .init(name: "invoices", purposes: ["billing"], fields: [FieldDescriptor(path: "amount", category: "payment")]),
    ],
    categories: ["contact", "payment", "freeText"],
    masks: ["last4", "initials"]
)

/// A rule that covers everything but what is said.
func rule(
    _ id: String,
    _ effect: RuleEffect,
    roles: [String] = ["*"],
    routes: [String] = ["*"],
    purposes: [String] = ["*"],
    bindings: [BindingGrade] = [],
    categories: [String] = ["*"],
    fields: [String] = [],
    mask: String? = nil,
    reason: String? = nil
) -> Rule {
    Rule(
        id: id,
        effect: effect,
        roles: roles,
        routes: routes,
        purposes: purposes,
        bindings: bindings,
        categories: categories,
        fields: fields,
        mask: mask,
        reason: reason
    )
}

let testRoles = [
    Role(name: "agent", genesysRoles: ["Contact Agent"]),
    Role(name: "billing", agents: ["a-1", "a-2"]),
]

func policy(_ rules: Rule..., roles: [Role] = testRoles) -> Policy {
    Policy(version: "v1", roles: roles, rules: rules)
}

func read(
    roles: Set<String> = ["agent"],
    route: String = "profile",
    purpose: String = "service",
    binding: BindingGrade = .verified,
    fields: [FieldDescriptor] = profileFields
) -> AccessRequest {
    AccessRequest(roles: roles, route: route, purpose: purpose, binding: binding, fields: fields)
}

extension FieldEffect {
    /// How much it releases.
    var level: Int {
        switch self {
        case .withhold: 0
        case .mask: 1
        case .allow: 2
        }
    }
}

/// A small world in which all reads can be tried, and policies drawn at random from it.
enum SmallWorld {
    static let fields = [
        FieldDescriptor(path: "x", category: "c"), FieldDescriptor(path: "y", category: "c"),
        FieldDescriptor(path: "z", category: "d"),
    ]
    static let schema = PolicySchema(
        routes: [
            .init(name: "r", purposes: ["p", "q"], fields: fields),
            .init(name: "s", purposes: ["q"], fields: [fields[2]]),
        ],
        categories: ["c", "d"],
        masks: ["m", "n"]
    )
    static let roles = [
        Role(name: "a", agents: ["1"]), Role(name: "b", agents: ["2"]), Role(name: "e", everyone: true),
    ]

    static let reads: [AccessRequest] = {
        var reads: [AccessRequest] = []
        for roles in [["e"], ["a", "e"], ["b", "e"], ["a", "b", "e"]] as [Set<String>] {
            for route in schema.routes {
                for purpose in route.purposes {
                    for binding in BindingGrade.allCases {
                        reads.append(
                            read(
                                roles: roles,
                                route: route.name,
                                purpose: purpose,
                                binding: binding,
                                fields: route.fields
                            )
                        )
                    }
                }
            }
        }
        return reads
    }()

    static func randomRule(_ id: String, using generator: inout SplitMix64) -> Rule {
        func some(_ values: [String]) -> [String] {
            if Int.random(in: 0..<3, using: &generator) > 0 { return ["*"] }
            return values.filter { _ in Bool.random(using: &generator) }
        }
        let effect = RuleEffect.allCases.randomElement(using: &generator) ?? .deny
        return rule(
            id,
            effect,
            roles: some(["a", "b", "e"]),
            routes: some(["r", "s"]),
            purposes: some(["p", "q"]),
            bindings: Bool.random(using: &generator)
                ? [] : BindingGrade.allCases.filter { _ in Bool.random(using: &generator) },
            categories: some(["c", "d"]),
            fields: Int.random(in: 0..<3, using: &generator) > 0
                ? [] : ["x", "y", "z"].filter { _ in Bool.random(using: &generator) },
            mask: effect == .mask ? [nil, "m", "n"].randomElement(using: &generator) ?? nil : nil
        )
    }

    static func randomPolicy(using generator: inout SplitMix64) -> Policy {
        let count = Int.random(in: 0...6, using: &generator)
        var rules: [Rule] = []
        for index in 0..<count { rules.append(randomRule("rule-\(index)", using: &generator)) }
        return Policy(version: "v", roles: roles, rules: rules.shuffled(using: &generator))
    }
}
