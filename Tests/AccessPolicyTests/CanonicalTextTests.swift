import AccessPolicy
import Testing

@Suite("Canonical text")
struct CanonicalTextTests {
    private func text(_ policy: Policy) -> String { CompiledPolicy(policy).canonicalText }

    @Test("Golden text")
    func golden() {
        let policy = policy(
            rule(
                "r\"1\\",
                .mask,
                roles: ["b", "a", "b"],
                bindings: [.verified, .partial],
                categories: ["contact"],
                fields: ["x\ny"],
                mask: "last4"
            ),
            rule("r2", .deny, reason: "none"),
            roles: [Role(name: "b", everyone: true), Role(name: "a", genesysRoles: ["G"], agents: ["2", "1"])]
        )
        #expect(
            text(policy) == #"""
                muniment-policy/1
                version="v1"
                role "a" everyone=false genesysRoles=["G"] agents=["1","2"]
                role "b" everyone=true genesysRoles=[] agents=[]
                rule "r\"1\\" effect=mask roles=["a","b"] routes=["*"] purposes=["*"] bindings=["partial","verified"] categories=["contact"] fields=["x\u{a}y"] mask="last4" reason=none
                rule "r2" effect=deny roles=["*"] routes=["*"] purposes=["*"] bindings=[] categories=["*"] fields=[] mask=none reason="none"

                """#
        )
    }

    @Test("Policies that say the same have one text")
    func same() {
        let one = policy(rule("a", .allow, roles: ["agent", "billing"], fields: ["x", "y"]))
        let other = policy(
            rule("a", .allow, roles: ["billing", "agent", "agent"], fields: ["y", "x"]),
            roles: testRoles.reversed()
        )
        #expect(text(one) == text(other))
    }

    @Test("Policies that differ have different texts")
    func different() {
        let base = rule("a", .mask, roles: ["agent"], fields: ["x"], mask: "m", reason: "r")
        var rules = [base]
        func vary(_ change: (inout Rule) -> Void) {
            var rule = base
            change(&rule)
            rules.append(rule)
        }
        vary { $0.id = "b" }
        vary { $0.effect = .allow }
        vary { $0.roles = ["agent\",\"billing"] }
        vary { $0.roles = ["agent", "billing"] }
        vary { $0.routes = ["r"] }
        vary { $0.purposes = ["p"] }
        vary { $0.bindings = [.claimed] }
        vary { $0.categories = ["c"] }
        vary { $0.fields = [] }
        vary { $0.fields = ["e\u{301}"] }
        vary { $0.fields = ["\u{E9}"] }
        vary { $0.fields = ["\u{E9}", "e\u{301}"] }
        vary { $0.mask = nil }
        vary { $0.mask = "none" }
        vary { $0.reason = nil }
        var texts = rules.map { Array(text(policy($0)).utf8) }
        texts.append(Array(text(policy(base, rule("z", .mask))).utf8))
        texts.append(Array(text(policy(rule("z", .mask), base)).utf8))
        texts.append(Array(text(policy(base, roles: [])).utf8))
        #expect(Set(texts).count == texts.count)
    }
}
