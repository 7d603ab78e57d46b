import AccessPolicy
import Testing

/// One row of the decision table: the effects on name, phone, IBAN and notes.
struct DecisionCase: Sendable, CustomTestStringConvertible {
    let title: String
    let policy: Policy
    var request = read()
    let effects: [FieldEffect]
    var decidedBy: [String?]
    var refused: Refusal.Code?

    var testDescription: String { title }
}

private let decisionCases: [DecisionCase] = [
    DecisionCase(
        title: "nothing is released by default",
        policy: policy(),
        effects: [.withhold, .withhold, .withhold, .withhold],
        decidedBy: [nil, nil, nil, nil],
        refused: .noFieldAllowed
    ),
    DecisionCase(
        title: "a category is allowed, the rest withheld",
        policy: policy(rule("contact", .allow, categories: ["contact"])),
        effects: [.allow, .allow, .withhold, .withhold],
        decidedBy: ["contact", "contact", nil, nil]
    ),
    DecisionCase(
        title: "exact paths narrow a category",
        policy: policy(rule("name", .allow, categories: ["contact"], fields: ["customer.name", "account.iban"])),
        effects: [.allow, .withhold, .withhold, .withhold],
        decidedBy: ["name", nil, nil, nil]
    ),
    DecisionCase(
        title: "a path is no prefix",
        policy: policy(rule("prefix", .allow, fields: ["customer", "customer.name.first", "note"])),
        effects: [.withhold, .withhold, .withhold, .withhold],
        decidedBy: [nil, nil, nil, nil],
        refused: .noFieldAllowed
    ),
    DecisionCase(
        title: "deny wins over another role's allow",
        policy: policy(
            rule("all", .allow, roles: ["billing"]),
            rule("no-iban", .deny, roles: ["agent"], categories: ["payment"])
        ),
        request: read(roles: ["agent", "billing"]),
        effects: [.allow, .allow, .withhold, .allow],
        decidedBy: ["all", "all", "no-iban", "all"]
    ),
    DecisionCase(
        title: "allow wins over mask, deny over both, in any order",
        policy: policy(
            rule("mask", .mask, mask: "last4"),
            rule("allow", .allow, categories: ["contact"]),
            rule("deny", .deny, fields: ["customer.phone"])
        ),
        effects: [.allow, .withhold, .mask("last4"), .mask("last4")],
        decidedBy: ["allow", "deny", "mask", "mask"]
    ),
    DecisionCase(
        title: "the first mask decides, even the category's own",
        policy: policy(rule("z", .mask, categories: ["contact"]), rule("a", .mask, mask: "last4")),
        effects: [.mask(nil), .mask(nil), .mask("last4"), .mask("last4")],
        decidedBy: ["z", "z", "a", "a"]
    ),
    DecisionCase(
        title: "of several denies and allows the lowest id is named",
        policy: policy(
            rule("b", .allow),
            rule("a", .allow),
            rule("d", .deny, categories: ["payment"]),
            rule("c", .deny, categories: ["payment"])
        ),
        effects: [.allow, .allow, .withhold, .allow],
        decidedBy: ["a", "a", "c", "a"]
    ),
    DecisionCase(
        title: "a deny of everything refuses the read",
        policy: policy(rule("all", .allow), rule("stop", .deny, routes: ["profile"], reason: "legal hold")),
        effects: [.withhold, .withhold, .withhold, .withhold],
        decidedBy: ["stop", "stop", "stop", "stop"],
        refused: .ruleDenied
    ),
    DecisionCase(
        title: "a deny of everything elsewhere does not",
        policy: policy(rule("all", .allow), rule("stop", .deny, routes: ["invoices"])),
        effects: [.allow, .allow, .allow, .allow],
        decidedBy: ["all", "all", "all", "all"]
    ),
    DecisionCase(
        title: "fields denied one by one leave nothing to release",
        policy: policy(rule("all", .allow), rule("no", .deny, categories: ["contact", "payment", "freeText"])),
        effects: [.withhold, .withhold, .withhold, .withhold],
        decidedBy: ["no", "no", "no", "no"],
        refused: .noFieldAllowed
    ),
    DecisionCase(
        title: "purpose, route, binding and role must all fit",
        policy: policy(
            rule("purpose", .allow, purposes: ["billing"]),
            rule("route", .allow, routes: ["invoices"]),
            rule("binding", .allow, bindings: [.partial, .claimed]),
            rule("role", .allow, roles: ["billing"])
        ),
        effects: [.withhold, .withhold, .withhold, .withhold],
        decidedBy: [nil, nil, nil, nil],
        refused: .noFieldAllowed
    ),
    DecisionCase(
        title: "a star is for everyone, even without a role",
        policy: policy(rule("all", .allow)),
        request: read(roles: []),
        effects: [.allow, .allow, .allow, .allow],
        decidedBy: ["all", "all", "all", "all"]
    ),
    DecisionCase(
        title: "empty lists cover nothing",
        policy: policy(
            rule("a", .allow, roles: []),
            rule("b", .allow, purposes: []),
            rule("c", .allow, routes: []),
            rule("d", .allow, categories: [])
        ),
        effects: [.withhold, .withhold, .withhold, .withhold],
        decidedBy: [nil, nil, nil, nil],
        refused: .noFieldAllowed
    ),
    DecisionCase(
        title: "all bindings do not include a contradicted one",
        policy: policy(rule("all", .allow), rule("mask", .mask)),
        request: read(binding: .contradicted),
        effects: [.withhold, .withhold, .withhold, .withhold],
        decidedBy: [nil, nil, nil, nil],
        refused: .bindingContradicted
    ),
    DecisionCase(
        title: "a contradicted binding is released by a rule that names it",
        policy: policy(
            rule("all", .allow),
            rule("named", .mask, bindings: [.contradicted], categories: ["contact"], mask: "initials")
        ),
        request: read(binding: .contradicted),
        effects: [.mask("initials"), .mask("initials"), .withhold, .withhold],
        decidedBy: ["named", "named", nil, nil]
    ),
    DecisionCase(
        title: "a deny of all bindings does include a contradicted one",
        policy: policy(rule("named", .allow, bindings: [.contradicted]), rule("no", .deny, categories: ["payment"])),
        request: read(binding: .contradicted),
        effects: [.allow, .allow, .withhold, .allow],
        decidedBy: ["named", "named", "no", "named"]
    ),
    DecisionCase(
        title: "a field of unknown category is withheld unless all are allowed",
        policy: policy(rule("contact", .allow, categories: ["contact"])),
        request: read(fields: [profileFields[0], FieldDescriptor(path: "new", category: "undeclared")]),
        effects: [.allow, .withhold],
        decidedBy: ["contact", nil]
    ),
    DecisionCase(
        title: "a read of no fields is refused",
        policy: policy(rule("all", .allow)),
        request: read(fields: []),
        effects: [],
        decidedBy: [],
        refused: .noFieldAllowed
    ),
]

@Suite("Decisions")
struct DecisionTests {
    @Test("Decision table", arguments: decisionCases)
    func table(row: DecisionCase) {
        let decision = CompiledPolicy(row.policy).decide(row.request)
        #expect(decision.fields.map(\.effect) == row.effects)
        #expect(decision.fields.map(\.decidedBy) == row.decidedBy)
        #expect(decision.fields.map(\.path) == row.request.fields.map(\.path))
        #expect(decision.refused?.code == row.refused)
        #expect(decision.matchedRules == Set(row.decidedBy.compactMap { $0 }).sorted())
    }

    @Test("A refusal by rule names the rule and its reason")
    func refusal() throws {
        let compiled = CompiledPolicy(
            policy(rule("z-stop", .deny, reason: "late"), rule("a-stop", .deny, reason: "legal hold"))
        )
        let refusal = try #require(compiled.decide(read()).refused)
        #expect(refusal == Refusal(code: .ruleDenied, ruleId: "a-stop", reason: "legal hold"))
        #expect(refusal.description == "denied by rule a-stop: legal hold")
    }

    @Test("Rules that gave way are listed")
    func considered() {
        let compiled = CompiledPolicy(policy(rule("m", .mask), rule("a", .allow), rule("b", .allow)))
        #expect(compiled.decide(read()).fields.first?.considered == ["m", "b"])
        let denied = CompiledPolicy(policy(rule("a", .allow, categories: ["contact"]), rule("stop", .deny)))
        #expect(denied.decide(read()).fields.map(\.considered) == [["a"], ["a"], [], []])
    }

    @Test("Roles come from agent ids, platform roles and everyone")
    func roles() {
        let compiled = CompiledPolicy(
            policy(
                roles: [
                    Role(name: "agent", genesysRoles: ["Contact Agent", "Lead"]),
                    Role(name: "lead", genesysRoles: ["Lead"]),
                    Role(name: "billing", agents: ["a-1"]), Role(name: "base", everyone: true),
                ]
            )
        )
        #expect(compiled.roles(forAgent: "a-1", platformRoles: []) == ["billing", "base"])
        #expect(compiled.roles(forAgent: "a-9", platformRoles: ["Lead", "Other"]) == ["agent", "lead", "base"])
        #expect(compiled.roles(forAgent: "Lead", platformRoles: ["a-1"]) == ["base"])
        #expect(CompiledPolicy(policy()).roles(forAgent: "", platformRoles: [""]).isEmpty)
    }
}
