import AccessPolicy
import Testing

@Suite("Explanations")
struct ExplanationTests {
    @Test("Every field with its rule, and the rules that came near")
    func golden() {
        let compiled = CompiledPolicy(
            policy(
                rule("mask-contact", .mask, categories: ["contact"], mask: "initials"),
                rule("name", .allow, roles: ["agent"], categories: ["contact"], fields: ["customer.name"]),
                rule(
                    "billing",
                    .allow,
                    roles: ["billing"],
                    routes: ["profile"],
                    purposes: ["billing"],
                    categories: ["payment"]
                ),
                rule("invoices", .allow, routes: ["invoices"], categories: ["payment"]),
                rule("far", .allow, roles: ["billing"], purposes: ["billing"], categories: ["other"]),
                rule("unbound", .deny, bindings: [.claimed, .unverifiable], categories: ["freeText"])
            )
        )
        #expect(
            compiled.explain(read()).description == """
                read of profile for service, binding verified, roles: agent
                policy v1: releases 2 of 4 fields
                customer.name (contact): allow, by name
                  - mask-contact (mask): matches too, but name decides
                customer.phone (contact): mask initials, by mask-contact
                  - name (allow): needs field customer.name
                account.iban (payment): withhold, no rule releases it
                  - mask-contact (mask): needs category contact
                  - billing (allow): needs role billing
                  - invoices (allow): needs route invoices
                notes (freeText): withhold, no rule releases it
                  - mask-contact (mask): needs category contact
                  - unbound (deny): needs binding claimed or unverifiable

                """
        )
    }

    @Test("A refusal by rule")
    func refusedByRule() {
        let compiled = CompiledPolicy(
            policy(rule("all", .allow), rule("stop", .deny, purposes: ["service"], reason: "legal hold"))
        )
        #expect(
            compiled.explain(read(roles: [], fields: [profileFields[0]])).description == """
                read of profile for service, binding verified, roles: none
                policy v1: refused, denied by rule stop: legal hold
                customer.name (contact): withhold, by stop
                  - all (allow): matches too, but stop decides

                """
        )
    }

    @Test("A contradicted binding, a purpose that does not fit, a list that is empty, a mask of the category's own")
    func otherLines() {
        let rules = [
            rule("open", .allow), rule("billing", .allow, purposes: ["billing"], bindings: [.contradicted]),
            rule("empty", .allow, roles: [], bindings: [.contradicted]),
        ]
        let contradicted = CompiledPolicy(Policy(version: "v1", roles: [], rules: rules))
        #expect(
            contradicted.explain(read(roles: ["b", "a"], binding: .contradicted, fields: [profileFields[3]]))
                .description == """
                    read of profile for service, binding contradicted, roles: a, b
                    policy v1: refused, the platform contradicts the binding, and no rule releases anything in spite of that
                    notes (freeText): withhold, no rule releases it
                      - open (allow): releases on a contradicted binding only if it names it
                      - billing (allow): needs purpose billing
                      - empty (allow): names no role

                    """
        )
        #expect(
            CompiledPolicy(policy(rule("m", .mask))).explain(read()).description.contains(
                "notes (freeText): mask, by m\n"
            )
        )
        #expect(
            CompiledPolicy(policy()).explain(read()).description.contains(
                "v1: refused, no rule releases any of the fields\n"
            )
        )
    }

    @Test("The explanation agrees with the decision, and its notes with what would change it", arguments: 0..<40)
    func agreement(seed: UInt64) {
        var generator = SplitMix64(state: seed)
        let policy = SmallWorld.randomPolicy(using: &generator)
        let compiled = CompiledPolicy(policy)
        for request in SmallWorld.reads {
            let explanation = compiled.explain(request)
            #expect(explanation.decision == compiled.decide(request))
            for field in explanation.fields {
                let gaveWay = field.notes.filter { $0.finding == .gaveWay }.map(\.ruleId)
                #expect(gaveWay == field.decision.considered)
                #expect(!field.notes.contains { $0.ruleId == field.decision.decidedBy })
            }
        }
    }
}
