extension Policy {
    /// Every problem of the policy at once: roles first, then rules in their order.
    ///
    /// A rule that is reported as one that never applies or is shadowed can be removed without changing any decision
    /// about the schema's routes.
    public func problems(schema: PolicySchema) -> [PolicyProblem] {
        let check = PolicyCheck(policy: self, schema: schema)
        return check.roleProblems() + rules.indices.flatMap { check.ruleProblems($0) }
    }
}

/// Finds what is wrong with names and lists; `RuleReach` finds rules without effect.
struct PolicyCheck {
    let policy: Policy
    let schema: PolicySchema

    func roleProblems() -> [PolicyProblem] {
        var problems: [PolicyProblem] = []
        var seen: Set<String> = []
        for role in policy.roles {
            func report(_ kind: PolicyProblem.Kind, _ detail: String, _ remedy: String) {
                problems.append(PolicyProblem(subject: .role(role.name), kind: kind, detail: detail, remedy: remedy))
            }
            if role.name.isEmpty { report(.missingName, "a role has no name", "name it") }
            if role.name == Rule.all { report(.reservedName, "`*` means all roles", "choose another name") }
            if !seen.insert(role.name).inserted {
                report(.duplicateRole, "another role has this name", "rename one or merge them")
            }
            if role.agents.isEmpty, role.genesysRoles.isEmpty, !role.everyone {
                report(.roleNobodyHolds, "nobody can hold it", "list agents or genesysRoles, or set everyone")
            }
        }
        return problems
    }

    func ruleProblems(_ index: Int) -> [PolicyProblem] {
        let rule = policy.rules[index]
        var problems: [PolicyProblem] = []
        func report(_ kind: PolicyProblem.Kind, _ detail: String, _ remedy: String) {
            problems.append(PolicyProblem(subject: .rule(rule.id), kind: kind, detail: detail, remedy: remedy))
        }
        if rule.id.isEmpty { report(.missingName, "a rule has no id", "give it one") }
        if policy.rules[..<index].contains(where: { $0.id == rule.id }) {
            report(.duplicateRule, "another rule has this id", "give each rule its own id")
        }
        for (name, list) in [
            ("roles", rule.roles), ("routes", rule.routes), ("purposes", rule.purposes),
            ("categories", rule.categories),
        ] where list.isEmpty {
            report(.emptyList, "\(name) is empty and matches nothing", "name some, or write [\"*\"] for all")
        }
        reportUnknown(rule, report)
        if let mask = rule.mask {
            if rule.effect != .mask {
                report(
                    .maskWithoutEffect,
                    "a mask has no effect on \(rule.effect.rawValue)",
                    "remove it, or use effect mask"
                )
            } else if !schema.masks.contains(mask) {
                report(.unknownMask, "mask \(mask) does not exist", "use one of: \(list(schema.masks))")
            }
        }
        RuleReach(policy: policy, schema: schema).report(index, report)
        return problems
    }

    private func reportUnknown(_ rule: Rule, _ report: (PolicyProblem.Kind, String, String) -> Void) {
        let roles = Set(policy.roles.map(\.name))
        for role in named(rule.roles) where !roles.contains(role) {
            report(.unknownRole, "role \(role) is not defined", "define it, or use one of: \(list(roles))")
        }
        let routeNames = Set(schema.routes.map(\.name))
        for route in named(rule.routes) where !routeNames.contains(route) {
            report(.unknownRoute, "route \(route) is not configured", "use one of: \(list(routeNames))")
        }
        let covered = schema.routes.filter { rule.covers(route: $0.name) }
        // Without a route nothing can be said about purposes and fields.
        if !covered.isEmpty {
            let purposes = Set(covered.flatMap(\.purposes))
            for purpose in named(rule.purposes) where !purposes.contains(purpose) {
                report(.unknownPurpose, "none of its routes has purpose \(purpose)", "use one of: \(list(purposes))")
            }
            let paths = Set(covered.flatMap(\.fields).map(\.path))
            for path in rule.fields where !paths.contains(path) {
                report(.unknownField, "none of its routes declares field \(path)", "use one of: \(list(paths))")
            }
        }
        for category in named(rule.categories) where !schema.categories.contains(category) {
            report(.unknownCategory, "category \(category) does not exist", "use one of: \(list(schema.categories))")
        }
    }

    private func named(_ list: [String]) -> [String] { list.filter { $0 != Rule.all } }

    private func list(_ values: Set<String>) -> String {
        values.isEmpty ? "none" : values.sorted().joined(separator: ", ")
    }
}
