import AccessPolicy
import Testing

/// Properties of random policies, over every read of a small world.
@Suite("Properties")
struct PropertyTests {
    /// Calls `body` with decisions before and after `change`, for every read.
    private func compare(
        seed: UInt64,
        change: (inout Policy, inout SplitMix64) -> Void,
        _ body: (Decision, Decision) -> Void
    ) {
        var generator = SplitMix64(state: seed)
        for _ in 0..<10 {
            let policy = SmallWorld.randomPolicy(using: &generator)
            var changed = policy
            change(&changed, &generator)
            let (before, after) = (CompiledPolicy(policy), CompiledPolicy(changed))
            for request in SmallWorld.reads { body(before.decide(request), after.decide(request)) }
        }
    }

    private func insert(_ effect: RuleEffect, into policy: inout Policy, using generator: inout SplitMix64) {
        var rule = SmallWorld.randomRule(
            ["added", "z-added"].randomElement(using: &generator) ?? "",
            using: &generator
        )
        rule.effect = effect
        policy.rules.insert(rule, at: Int.random(in: 0...policy.rules.count, using: &generator))
    }

    @Test("Adding a deny never releases more", arguments: 0..<20)
    func deny(seed: UInt64) {
        compare(seed: seed, change: { insert(.deny, into: &$0, using: &$1) }) { before, after in
            for (old, new) in zip(before.fields, after.fields) {
                #expect(new.effect == old.effect || new.effect == .withhold)
            }
            if before.refused != nil { #expect(after.refused != nil) }
        }
    }

    @Test("Adding an allow or a mask never releases less", arguments: 0..<20, [RuleEffect.allow, .mask])
    func allow(seed: UInt64, effect: RuleEffect) {
        compare(seed: seed, change: { insert(effect, into: &$0, using: &$1) }) { before, after in
            for (old, new) in zip(before.fields, after.fields) { #expect(new.effect.level >= old.effect.level) }
            if after.refused != nil { #expect(before.refused != nil) }
        }
    }

    @Test("The order of rules changes nothing but the choice of mask", arguments: 0..<20)
    func order(seed: UInt64) {
        compare(seed: seed, change: { $0.rules.shuffle(using: &$1) }) { before, after in
            #expect(before.refused == after.refused)
            for (old, new) in zip(before.fields, after.fields) {
                #expect(old.effect.level == new.effect.level)
                if old.effect.level != 1 { #expect(old.decidedBy == new.decidedBy) }
            }
        }
    }

    @Test("A decision is consistent in itself", arguments: 0..<20)
    func consistency(seed: UInt64) {
        compare(seed: seed, change: { _, _ in }) { decision, again in
            #expect(decision == again)
            let released = decision.fields.contains { $0.effect != .withhold }
            #expect(released == (decision.refused == nil))
            #expect(decision.matchedRules == Set(decision.fields.compactMap(\.decidedBy)).sorted())
        }
    }

    @Test("A decision is what a plain reading of the rules gives", arguments: 0..<40)
    func reference(seed: UInt64) {
        var generator = SplitMix64(state: seed)
        let policy = SmallWorld.randomPolicy(using: &generator)
        let compiled = CompiledPolicy(policy)
        for request in SmallWorld.reads {
            let decision = compiled.decide(request)
            for (field, decided) in zip(request.fields, decision.fields) {
                let matching = policy.rules.filter { rule in
                    let all = BindingGrade.allCases.filter { rule.effect == .deny || $0 != .contradicted }
                    return (rule.roles.contains("*") || !request.roles.isDisjoint(with: rule.roles))
                        && !Set(["*", request.route]).isDisjoint(with: rule.routes)
                        && !Set(["*", request.purpose]).isDisjoint(with: rule.purposes)
                        && (rule.bindings.isEmpty ? all : rule.bindings).contains(request.binding)
                        && !Set(["*", field.category]).isDisjoint(with: rule.categories)
                        && (rule.fields.isEmpty || rule.fields.contains(field.path))
                }
                let effects = Set(matching.map(\.effect))
                let level = effects.contains(.deny) ? 0 : effects.contains(.allow) ? 2 : effects.contains(.mask) ? 1 : 0
                #expect(decided.effect.level == level)
                if level == 1 { #expect(decided.decidedBy == matching.first { $0.effect == .mask }?.id) }
            }
        }
    }
}
