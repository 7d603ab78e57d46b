import AccessPolicy
import Testing

/// A policy with one planted defect.
struct Defect: Sendable, CustomTestStringConvertible {
    let kind: PolicyProblem.Kind
    let subject: PolicyProblem.Subject
    let policy: Policy

    init(_ kind: PolicyProblem.Kind, _ rules: Rule..., at id: String = "r") {
        self.kind = kind
        subject = .rule(id)
        policy = Policy(version: "v1", roles: testRoles, rules: rules)
    }

    init(_ kind: PolicyProblem.Kind, roles: [Role], at name: String) {
        self.kind = kind
        subject = .role(name)
        policy = Policy(version: "v1", roles: roles, rules: [])
    }

    var testDescription: String { "\(kind.rawValue): \(policy.rules.map(\.id)) \(policy.roles.map(\.name))" }
}

private let roleDefects: [Defect] = [
    Defect(.missingName, roles: [Role(name: "", everyone: true)], at: ""),
    Defect(.reservedName, roles: [Role(name: "*", everyone: true)], at: "*"),
    Defect(.duplicateRole, roles: [Role(name: "a", agents: ["1"]), Role(name: "a", everyone: true)], at: "a"),
    Defect(.roleNobodyHolds, roles: [Role(name: "a")], at: "a"),
]

private let nameDefects: [Defect] = [
    Defect(.missingName, rule("", .allow), at: ""),
    Defect(.duplicateRule, rule("r", .allow, categories: ["contact"]), rule("r", .allow, categories: ["payment"])),
    Defect(.emptyList, rule("r", .allow, roles: [])),
    Defect(.emptyList, rule("r", .deny, routes: [])),
    Defect(.emptyList, rule("r", .mask, purposes: [])),
    Defect(.emptyList, rule("r", .allow, categories: [])),
    Defect(.unknownRole, rule("r", .allow, roles: ["agent", "boss"])),
    Defect(.unknownRole, rule("r", .deny, roles: ["boss"], categories: ["payment"])),
    Defect(.unknownRoute, rule("r", .allow, routes: ["profile", "profil"])),
    Defect(.unknownRoute, rule("r", .allow, routes: ["profil"])),
    Defect(.unknownPurpose, rule("r", .allow, purposes: ["service", "fun"])),
    Defect(.unknownPurpose, rule("r", .allow, routes: ["invoices"], purposes: ["service"])),
    Defect(.unknownCategory, rule("r", .allow, categories: ["contact", "kontakt"])),
    Defect(.unknownCategory, rule("r", .deny, categories: ["kontakt"])),
    Defect(.unknownField, rule("r", .allow, fields: ["customer.name", "customer.nam"])),
    Defect(.unknownField, rule("r", .allow, routes: ["invoices"], fields: ["customer.name"])),
    Defect(.unknownMask, rule("r", .mask, mask: "blur")),
    Defect(.maskWithoutEffect, rule("r", .allow, mask: "last4")),
    Defect(.maskWithoutEffect, rule("r", .deny, categories: ["payment"], mask: "last4")),
]

private let reachDefects: [Defect] = [
    Defect(.neverApplies, rule("r", .allow, routes: ["invoices"], categories: ["contact"])),
    Defect(.neverApplies, rule("r", .deny, categories: ["payment"], fields: ["notes"])),
    Defect(.neverApplies, rule("r", .allow, purposes: ["service"], categories: ["payment"], fields: ["amount"])),
    Defect(
        .shadowedByDeny,
        rule("r", .allow, categories: ["payment"]),
        rule("d", .deny, categories: ["payment", "freeText"])
    ),
    Defect(.shadowedByDeny, rule("d", .deny, purposes: ["service"]), rule("r", .mask, purposes: ["service"])),
    Defect(.shadowedByDeny, rule("r", .allow, bindings: [.contradicted]), rule("d", .deny)),
    Defect(
        .shadowedByDeny,
        rule("r", .allow, roles: ["agent", "billing"], categories: ["payment"]),
        rule("d1", .deny, roles: ["agent"], categories: ["payment"]),
        rule("d2", .deny, roles: ["billing"], categories: ["payment"])
    ),
    Defect(
        .shadowed,
        rule("r", .mask, roles: ["agent"], categories: ["contact"]),
        rule("a", .allow, categories: ["contact"])
    ),
    Defect(.shadowed, rule("first", .mask, mask: "last4"), rule("r", .mask, categories: ["contact"], mask: "initials")),
    Defect(
        .shadowed,
        rule("r", .mask, categories: ["contact"]),
        rule("a", .allow, fields: ["customer.name"]),
        rule("d", .deny, fields: ["customer.phone"])
    ),
]

@Suite("Policy problems")
struct ProblemTests {
    @Test("A planted defect is found, and nothing else", arguments: roleDefects + nameDefects + reachDefects)
    func planted(defect: Defect) throws {
        let problems = defect.policy.problems(schema: testSchema)
        #expect(problems.map(\.kind) == [defect.kind], "\(problems)")
        #expect(problems.first?.subject == defect.subject)
        let problem = try #require(problems.first)
        #expect(problem.description.contains("[\(defect.kind.rawValue)]"))
    }

    @Test("Every kind of problem is planted somewhere")
    func coverage() {
        let kinds = Set((roleDefects + nameDefects + reachDefects).map(\.kind))
        #expect(kinds == Set(PolicyProblem.Kind.allCases))
    }

    @Test("All defects of one policy are found at once")
    func allAtOnce() {
        let policy = Policy(
            version: "v1",
            roles: [Role(name: "a"), Role(name: "b", everyone: true), Role(name: "b", agents: ["1"])],
            rules: [
                rule("x", .allow, roles: ["a", "c"], routes: ["nowhere"], categories: ["kontakt"], mask: "last4"),
                rule("x", .mask, purposes: [], fields: ["nothing"], mask: "blur"),
            ]
        )
        let kinds = policy.problems(schema: testSchema).map(\.kind)
        #expect(
            kinds == [
                .roleNobodyHolds, .duplicateRole, .unknownRole, .unknownRoute, .unknownCategory, .maskWithoutEffect,
                .duplicateRule, .emptyList, .unknownField, .unknownMask,
            ]
        )
    }

    @Test("A sound policy has none")
    func sound() {
        let sound = policy(
            rule("contact", .allow, roles: ["agent"], purposes: ["service"], categories: ["contact"]),
            rule("payment", .mask, categories: ["payment"], mask: "last4"),
            rule(
                "clear",
                .allow,
                roles: ["billing"],
                purposes: ["billing"],
                bindings: [.verified],
                categories: ["payment"]
            ),
            rule("no-notes", .deny, roles: ["agent"], categories: ["freeText"]),
            rule("notes", .mask, categories: ["freeText"]),
            rule("spare", .mask, bindings: [.contradicted], categories: ["contact"]),
            rule("stop", .deny, bindings: [.contradicted], fields: ["account.iban"])
        )
        #expect(sound.problems(schema: testSchema).isEmpty)
    }

    @Test(
        "Nearly shadowed rules are not reported",
        arguments: [
            policy(rule("r", .allow), rule("d", .deny, roles: ["agent"])),
            policy(rule("r", .allow, roles: ["agent"]), rule("d", .deny, roles: ["billing"])),
            policy(rule("r", .allow), rule("d", .deny, bindings: [.verified, .partial, .claimed])),
            policy(rule("r", .mask), rule("a", .allow, categories: ["contact", "payment"])),
            policy(rule("r", .mask, bindings: [.contradicted, .claimed]), rule("a", .allow)),
            policy(rule("r", .mask), rule("m", .mask, roles: ["agent"], bindings: [.contradicted])),
        ]
    )
    func nearly(policy: Policy) {
        #expect(policy.problems(schema: testSchema).isEmpty)
    }

    @Test("A role of everyone shadows as a star does")
    func everyone() {
        let policy = Policy(
            version: "v1",
            roles: [Role(name: "all", everyone: true), Role(name: "agent", agents: ["1"])],
            rules: [
                rule("r", .allow, roles: ["agent"], categories: ["payment"]),
                rule("d", .deny, roles: ["all"], categories: ["payment"]),
            ]
        )
        #expect(policy.problems(schema: testSchema).map(\.kind) == [.shadowedByDeny])
    }

    @Test("The wording says where, what, and what to do")
    func wording() {
        let policy = policy(rule("pay", .mask, roles: ["agnt"], categories: ["payment"], mask: "blur"))
        #expect(
            policy.problems(schema: testSchema).map(\.description) == [
                "rule pay: role agnt is not defined; define it, or use one of: agent, billing [unknown-role]",
                "rule pay: mask blur does not exist; use one of: initials, last4 [unknown-mask]",
            ]
        )
        let shadowed = Policy(
            version: "v1",
            roles: [],
            rules: [rule("r", .allow, fields: ["notes"]), rule("d", .deny)]
        )
        #expect(
            shadowed.problems(schema: testSchema).map(\.description) == [
                "rule r: everything it covers is denied by d; remove it, or narrow the deny [shadowed-by-deny]"
            ]
        )
    }

    @Test(
        "A rule that is reported as without effect can go, and one that decides nothing is reported",
        arguments: 0..<150
    )
    func withoutEffect(seed: UInt64) {
        var generator = SplitMix64(state: seed)
        let policy = SmallWorld.randomPolicy(using: &generator)
        let decisions = SmallWorld.reads.map { CompiledPolicy(policy).decide($0) }
        let problems = policy.problems(schema: SmallWorld.schema)
        for rule in policy.rules where !rule.roles.isEmpty {
            let kinds = problems.filter { $0.subject == .rule(rule.id) }.map(\.kind)
            let reported = kinds.contains { [.neverApplies, .shadowed, .shadowedByDeny].contains($0) }
            if reported {
                var without = policy
                without.rules.removeAll { $0.id == rule.id }
                let compiled = CompiledPolicy(without)
                for (request, decision) in zip(SmallWorld.reads, decisions) {
                    let other = compiled.decide(request)
                    #expect(other.fields.map(\.effect) == decision.fields.map(\.effect))
                    #expect(other.fields.map(\.decidedBy) == decision.fields.map(\.decidedBy))
                    #expect(other.refused == decision.refused)
                }
            }
            // Conversely, a mask that never decides anywhere is reported in one way or another.
            let decides = decisions.contains { $0.matchedRules.contains(rule.id) }
            if rule.effect == .mask, !decides { #expect(!kinds.isEmpty, "\(rule)") }
        }
    }
}
