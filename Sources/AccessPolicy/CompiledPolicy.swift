/// A policy made ready for decisions. Decisions depend on nothing but the policy and the request, so a caller may keep
/// them.
///
/// Any policy compiles. One that has `problems(schema:)` should not be put to use: a deny that covers nothing denies
/// nothing.
public struct CompiledPolicy: Sendable {
    /// The policy itself.
    public let policy: Policy

    private let everyone: Set<String>
    private let rolesOfAgent: [String: [String]]
    private let rolesOfPlatformRole: [String: [String]]
    private let rulesOfRoute: [String: [Int]]
    private let rulesOfOtherRoutes: [Int]

    /// Prepares a policy.
    public init(_ policy: Policy) {
        self.policy = policy
        everyone = Set(policy.roles.filter(\.everyone).map(\.name))
        var rolesOfAgent: [String: [String]] = [:]
        var rolesOfPlatformRole: [String: [String]] = [:]
        for role in policy.roles {
            for agent in role.agents { rolesOfAgent[agent, default: []].append(role.name) }
            for name in role.genesysRoles { rolesOfPlatformRole[name, default: []].append(role.name) }
        }
        self.rolesOfAgent = rolesOfAgent
        self.rolesOfPlatformRole = rolesOfPlatformRole
        let rules = policy.rules
        var rulesOfRoute: [String: [Int]] = [:]
        for route in Set(rules.flatMap(\.routes)) where route != Rule.all {
            rulesOfRoute[route] = rules.indices.filter { rules[$0].covers(route: route) }
        }
        self.rulesOfRoute = rulesOfRoute
        rulesOfOtherRoutes = rules.indices.filter { rules[$0].routes.contains(Rule.all) }
    }

    /// The roles that an agent holds: those that list the agent, those of the agent's platform roles, and everyone's.
    public func roles(forAgent agent: String, platformRoles: some Sequence<String>) -> Set<String> {
        var roles = everyone
        roles.formUnion(rolesOfAgent[agent] ?? [])
        for name in platformRoles { roles.formUnion(rolesOfPlatformRole[name] ?? []) }
        return roles
    }

    /// Decides a read.
    ///
    /// A matching deny of all fields refuses the read. Otherwise, for each field: any matching deny withholds it; else
    /// any allow releases it in clear; else the first mask in the policy's order releases it masked; else it is
    /// withheld. Of several denies or several allows the one with the lowest id is named. A read that would release
    /// nothing is refused.
    public func decide(_ request: AccessRequest) -> Decision {
        let rules = applicableRules(to: request)
        if let index = rules.first(where: { policy.rules[$0].deniesWholeRead }) {
            return refuse(request, by: index, of: rules)
        }
        let fields = request.fields.map { decide($0, by: rules) }
        let released = fields.contains { $0.effect != .withhold }
        let code: Refusal.Code = request.binding == .contradicted ? .bindingContradicted : .noFieldAllowed
        return Decision(
            fields: fields,
            refused: released ? nil : Refusal(code: code),
            matchedRules: Set(fields.compactMap(\.decidedBy)).sorted()
        )
    }

    /// The indexes of the rules that cover the read, before fields are looked at.
    private func applicableRules(to request: AccessRequest) -> [Int] {
        (rulesOfRoute[request.route] ?? rulesOfOtherRoutes).filter { index in
            let rule = policy.rules[index]
            return rule.covers(binding: request.binding) && rule.covers(purpose: request.purpose)
                && rule.covers(role: request.roles)
        }
    }

    /// The decision when a rule denies the whole read; `first` is the first such rule.
    private func refuse(_ request: AccessRequest, by first: Int, of rules: [Int]) -> Decision {
        var denying = first
        for index in rules where policy.rules[index].deniesWholeRead && precedes(index, denying) { denying = index }
        let rule = policy.rules[denying]
        let fields = request.fields.map { field in
            let others = rules.filter { $0 != denying && policy.rules[$0].covers(field: field) }
            return decision(field, .withhold, rule.id, others.map { policy.rules[$0].id })
        }
        let refusal = Refusal(code: .ruleDenied, ruleId: rule.id, reason: rule.reason)
        return Decision(fields: fields, refused: refusal, matchedRules: [rule.id])
    }

    private func decide(_ field: FieldDescriptor, by rules: [Int]) -> FieldDecision {
        let matching = rules.filter { policy.rules[$0].covers(field: field) }
        guard var deciding = matching.first else { return decision(field, .withhold, nil, []) }
        for index in matching where precedes(index, deciding) { deciding = index }
        var considered: [String] = []
        for index in matching where index != deciding { considered.append(policy.rules[index].id) }
        let rule = policy.rules[deciding]
        let effect: FieldEffect =
            switch rule.effect {
            case .deny: .withhold
            case .allow: .allow
            case .mask: .mask(rule.mask)
            }
        return decision(field, effect, rule.id, considered)
    }

    /// Deny before allow before mask; ids order denies and allows, while masks keep the policy's order.
    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (left, right) = (policy.rules[left], policy.rules[right])
        if left.effect != right.effect { return left.effect.precedence < right.effect.precedence }
        return left.effect != .mask && left.id < right.id
    }

    private func decision(
        _ field: FieldDescriptor,
        _ effect: FieldEffect,
        _ decidedBy: String?,
        _ considered: [String]
    ) -> FieldDecision {
        FieldDecision(
            path: field.path,
            category: field.category,
            effect: effect,
            decidedBy: decidedBy,
            considered: considered
        )
    }
}

extension RuleEffect {
    /// Lower decides first.
    var precedence: Int {
        switch self {
        case .deny: 0
        case .allow: 1
        case .mask: 2
        }
    }
}
