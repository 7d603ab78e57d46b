/// Finds rules that can never decide anything, by trying all reads of the schema.
///
/// A read by a reader who holds one of the rule's roles, and otherwise only everyone's roles, is tried for each role:
/// another role that the reader might hold besides could only bring in further rules.
struct RuleReach {
    let policy: Policy
    let schema: PolicySchema

    func report(_ index: Int, _ report: (PolicyProblem.Kind, String, String) -> Void) {
        let rule = policy.rules[index]
        let readers = readers(of: rule)
        // An empty or wholly unknown list is reported as such.
        guard !readers.isEmpty, schema.routes.contains(where: { rule.covers(route: $0.name) }) else { return }
        guard schema.routes.contains(where: { applies(rule, to: $0) }) else {
            if isNamed(rule) {
                report(.neverApplies, "no route has such a field and purpose together", "correct or remove the rule")
            }
            return
        }
        if rule.effect == .deny { return }
        if let denies = blockers(of: index, readers: readers, among: [.deny]) {
            report(.shadowedByDeny, "everything it covers is denied by \(denies)", "remove it, or narrow the deny")
        } else if rule.effect == .mask,
            let others = blockers(of: index, readers: readers, among: [.deny, .allow, .mask])
        {
            report(.shadowed, "everything it covers is already decided by \(others)", "remove it, or narrow the others")
        }
    }

    /// Whether at least one entry of every list is known, so that no other problem explains why the rule never applies.
    private func isNamed(_ rule: Rule) -> Bool {
        let purposes = schema.routes.filter { rule.covers(route: $0.name) }.flatMap(\.purposes)
        let paths = schema.routes.filter { rule.covers(route: $0.name) }.flatMap(\.fields).map(\.path)
        return purposes.contains { rule.covers(purpose: $0) } && paths.contains { rule.covers(path: $0) }
            && schema.categories.contains { rule.covers(category: $0) }
    }

    private func applies(_ rule: Rule, to route: PolicySchema.Route) -> Bool {
        guard rule.covers(route: route.name), route.purposes.contains(where: { rule.covers(purpose: $0) }) else {
            return false
        }
        return rule.deniesWholeRead || route.fields.contains { rule.covers(field: $0) }
    }

    /// The least sets of roles with which the rule applies.
    private func readers(of rule: Rule) -> [Set<String>] {
        let everyone = Set(policy.roles.filter(\.everyone).map(\.name))
        if rule.covers(role: everyone) { return [everyone] }
        let known = Set(policy.roles.map(\.name)).intersection(rule.roles)
        return known.map { everyone.union([$0]) }
    }

    /// The ids of rules which together decide before the rule on all it covers; nil when it decides somewhere.
    private func blockers(of index: Int, readers: [Set<String>], among effects: Set<RuleEffect>) -> String? {
        let rule = policy.rules[index]
        let before = policy.rules.indices.filter { other in
            let effect = policy.rules[other].effect
            guard effects.contains(effect) else { return false }
            return effect.precedence < rule.effect.precedence
                || (effect == .mask && rule.effect == .mask && other < index)
        }
        var blocking: Set<String> = []
        for roles in readers {
            for route in schema.routes where rule.covers(route: route.name) {
                let fields = route.fields.filter { rule.covers(field: $0) }
                for purpose in route.purposes where rule.covers(purpose: purpose) {
                    for binding in BindingGrade.allCases where rule.covers(binding: binding) {
                        let rivals = before.map { policy.rules[$0] }.filter {
                            $0.covers(role: roles) && $0.covers(route: route.name) && $0.covers(purpose: purpose)
                                && $0.covers(binding: binding)
                        }
                        for field in fields {
                            guard let rival = rivals.first(where: { $0.covers(field: field) }) else { return nil }
                            blocking.insert(rival.id)
                        }
                    }
                }
            }
        }
        return blocking.isEmpty ? nil : blocking.sorted().joined(separator: ", ")
    }
}
