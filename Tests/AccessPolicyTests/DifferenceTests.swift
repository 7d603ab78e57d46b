import AccessPolicy
import Testing

@Suite("Policy differences")
struct DifferenceTests {
    private func difference(_ current: Policy, _ candidate: Policy, _ request: AccessRequest = read())
        -> PolicyDifference
    {
        PolicyDifference(
            current: CompiledPolicy(current).decide(request),
            candidate: CompiledPolicy(candidate).decide(request)
        )
    }

    @Test("Newly denied, newly allowed and changed masks are told apart")
    func kinds() {
        let current = policy(
            rule("contact", .allow, categories: ["contact"]),
            rule("payment", .mask, categories: ["payment"], mask: "last4")
        )
        let candidate = policy(
            rule("name", .mask, fields: ["customer.name"]),
            rule("payment", .mask, categories: ["payment"], mask: "initials"),
            rule("notes", .allow, categories: ["freeText"])
        )
        let result = difference(current, candidate)
        #expect(result.newlyDenied == ["customer.phone"])
        #expect(result.newlyAllowed == ["notes"])
        #expect(
            result.maskChanged == [
                .init(path: "customer.name", current: .allow, candidate: .mask(nil)),
                .init(path: "account.iban", current: .mask("last4"), candidate: .mask("initials")),
            ]
        )
        #expect(result.newlyRefused == nil && !result.isEmpty)
    }

    @Test("A refused read denies all that was released")
    func refused() {
        let open = policy(rule("contact", .allow, categories: ["contact"]))
        let closed = policy(rule("contact", .allow, categories: ["contact"]), rule("stop", .deny))
        let result = difference(open, closed)
        #expect(result.newlyDenied == ["customer.name", "customer.phone"])
        #expect(result.newlyRefused?.ruleId == "stop")
        let back = difference(closed, open)
        #expect(back.newlyAllowed == ["customer.name", "customer.phone"])
        #expect(back.newlyRefused == nil)
    }

    @Test("Fields that only one decision knows count as withheld by the other")
    func differentFields() {
        let open = CompiledPolicy(policy(rule("all", .allow)))
        let result = PolicyDifference(
            current: open.decide(read(fields: [profileFields[0]])),
            candidate: open.decide(read(fields: [profileFields[1]]))
        )
        #expect(result.newlyDenied == ["customer.name"])
        #expect(result.newlyAllowed == ["customer.phone"])
    }

    @Test("Another deciding rule with the same effect is no difference", arguments: 0..<20)
    func same(seed: UInt64) {
        var generator = SplitMix64(state: seed)
        let policy = SmallWorld.randomPolicy(using: &generator)
        var renamed = policy
        for index in renamed.rules.indices { renamed.rules[index].id = "x\(index)" }
        for request in SmallWorld.reads { #expect(difference(policy, renamed, request).isEmpty) }
    }
}
