extension Planted {
    static let path = "path: /customers/{customerId}"
    static let name = "{path: name, category: name}"

    static let routes: [Planted] = [
        .init("customer-profile:", "Customer-profile:", "routes.Customer-profile", "its name must have"),
        .init("upstream: crm", "upstream: crn", "\(route).upstream", "is not configured; known: crm"),
        .init("method: GET", "method: PUT", "\(route).method", "must be one of: GET, POST"),
        .init("method: GET", "body: \"{}\"", "\(route).body", "a GET has no body"),
        .init(
            "method: GET",
            "method: POST\n    body: '{\"id\": {customerId}}'",
            "\(route).body",
            "inside quotes",
            at: "body:"
        ),
        .init(
            "method: GET",
            "method: POST\n    body: '{\"id\": \"{agentId}\"}'",
            "\(route).body",
            "has {agentId}",
            at: "body:"
        ),
        .init(path, "path: customers/{customerId}", "\(route).path", "must begin with '/'"),
        .init(path, "path: /customers", "\(route).path", "has no {customerId}"),
        .init(path, "path: /customers/{customerId}/{agentId}", "\(route).path", "braces other than"),
        .init(path, "path: /customers/{customerId}/{customerId", "\(route).path", "braces other than"),
        .init(path, "path: /customers/../{customerId}", "\(route).path", "'..'"),
        .init(path, "path: /customers/%2E./{customerId}", "\(route).path", "'..'"),
        .init(path, "path: /customers/.{customerId}", "\(route).path", "'..'"),
        .init(path, "path: /customers/{customerId}{customerId}", "\(route).path", "'..'"),
        .init(path, "path: /cüstomers/{customerId}", "\(route).path", "printable ASCII"),
        .init("purposes: [service, fraud-investigation]", "purposes: []", "\(route).purposes", "at least one purpose"),
        .init(
            "purposes: [service, fraud-investigation]",
            "purposes: [service, Fraud]",
            "\(route).purposes",
            "'Fraud' must have"
        ),
        .init("defaultPurpose: service", "defaultPurpose: marketing", "\(route).defaultPurpose", "is not one of"),
        .init("budget: 4s", "budget: 1s", "\(route).budget", "shorter than the upstream's timeout of 2000ms"),
        .init("budget: 4s", "budget: 56s", "\(route).budget", "from 50ms to 55s"),
        .init("failMode: refuse", "failMode: sometimes", "\(route).failMode", "must be one of: refuse, spool"),
        .init("mode: enforce", "mode: watch", "\(route).mode", "must be one of: enforce, observe"),
        .init(
            "maximumResponse: 1MiB",
            "maximumResponse: 1MB",
            "\(route).maximumResponse",
            "must be a size from 1KiB to 64MiB"
        ),
        .init(
            "readsPerMinute: 60, action: flag",
            "action: flag",
            "\(route).velocity.readsPerMinute",
            "is missing",
            at: "velocity: {"
        ),
        .init("action: flag", "action: shout", "\(route).velocity.action", "must be one of: flag, block"),
        .init(name, "{path: name, category: nome}", "\(route).fields[1].category", "is not known; known: name"),
        .init(name, "{path: name..x, category: name}", "\(route).fields[1].path", "invalid field path at position 5"),
        .init(name, "{path: id, category: name}", "\(route).fields[1]", "same path"),
        .init(
            name,
            "{path: address, category: name}",
            "\(route).fields[4]",
            "lies inside field 1",
            at: "- {path: address.street"
        ),
        .init(name, "{path: name}", "\(route).fields[1].category", "is missing"),
        .init(name, "just text", "\(route).fields[1]", "must be a mapping"),
    ]

    static let fraudRule = "- id: fraud-sees-accounts\n"

    static let policy: [Planted] = [
        .init("version: \"1\"", "version: \"1\"\n  versio: 1", "policy.versio", "is not a known", at: "versio:"),
        .init(
            "{name: agent, everyone: true}",
            "{name: agent, everyone: perhaps}",
            "policy.roles[0].everyone",
            "must be true or false"
        ),
        .init(
            "{name: fraud, genesysRoles: [Fraud Specialist]}",
            "{name: fraud}",
            "policy.roles[1]",
            "[role-nobody-holds]"
        ),
        .init(
            "    - {name: agent, everyone: true}",
            "    - {name: agent, everyone: true}\n    - {name: agent, agents: [x]}",
            "policy.roles[1]",
            "[duplicate-role]",
            at: "- {name: agent, agents"
        ),
        .init(
            "categories: [bank-account, balance, public]",
            "categories: [bank-account, nome]",
            "policy.rules[3]",
            "[unknown-category]",
            at: fraudRule
        ),
        .init(
            "categories: [bank-account, balance, public]",
            "fields: [\"accounts[].bic\"]",
            "policy.rules[3]",
            "[unknown-field]",
            at: fraudRule
        ),
        .init(
            "categories: [bank-account, balance, public]",
            "reason: none",
            "policy.rules[3].categories",
            "is missing",
            at: fraudRule
        ),
        .init(
            "categories: [bank-account, balance, public]",
            "categories: [health]",
            "policy.rules[3]",
            "[never-applies]",
            at: fraudRule
        ),
        .init(
            "\(fraudRule)      effect: allow\n      roles: [fraud]",
            "\(fraudRule)      effect: allow\n      roles: [freud]",
            "policy.rules[3]",
            "[unknown-role]",
            at: fraudRule
        ),
        .init(
            "\(fraudRule)      effect: allow",
            "\(fraudRule)      effect: maybe",
            "policy.rules[3].effect",
            "must be one of: allow, mask, deny",
            at: "effect: maybe"
        ),
        .init(
            "\(fraudRule)      effect: allow",
            "\(fraudRule)      routes: [customer]\n      effect: allow",
            "policy.rules[3]",
            "[unknown-route]",
            at: fraudRule
        ),
        .init(
            "\(fraudRule)      effect: allow",
            "\(fraudRule)      mask: full\n      effect: allow",
            "policy.rules[3]",
            "[mask-without-effect]",
            at: fraudRule
        ),
        .init(
            fraudRule,
            "- id: unverifiable-reads-see-little\n      # again\n",
            "policy.rules[3]",
            "[duplicate-rule]",
            at: "- id: unverifiable-reads-see-little\n      # again"
        ),
        .init(
            "\(fraudRule)      effect: allow\n",
            "- effect: allow\n      # without id\n",
            "policy.rules[3].id",
            "is missing",
            at:
                "effect: allow\n      # without id"
        ),
        .init(
            "bindings: [unverifiable, claimed]\n      categories: [identifier]",
            "bindings: [claimed]\n      categories: [identifier]",
            "policy.rules[2].bindings",
            "no read can have such a grade",
            at: "bindings: [claimed]"
        ),
        .init(
            "bindings: [unverifiable, claimed]\n      categories: [identifier]",
            "bindings: [certain]\n      categories: [identifier]",
            "policy.rules[2].bindings",
            "'certain' is not a grade",
            at: "bindings: [certain]"
        ),
    ]
}
