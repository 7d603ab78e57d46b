import Foundation
import Testing

@testable import Settings

struct ManyProblemsTests {
    @Test func areListedTogetherInTheFilesOrder() throws {
        let site = try Site()
        let changes = [
            ("origin: audit", "origin: https://audit"),
            ("epoch: 1", "epoch: 1\n  epoch: 2"),
            ("address: 127.0.0.1:8080", "address: 0.0.0.0:8080"),
            ("clientSecret: {file: keys/genesys-client-secret}", "clientSecret: hunter2"),
            ("timeout: 2s", "timeout: soon"),
            ("budget: 4s", "budgit: 4s"),
            ("{path: name, category: name}", "{path: name, category: nome}"),
            ("version: \"1\"", "version:"),
        ]
        var text = site.text
        for (old, new) in changes { text = try text.replacingOnce(old, new) }
        let problems = ConfigurationProblems(file: "muniment.yaml", problems: site.problems(text))
        let lines = try [
            "origin: https", "epoch: 2", "address: 0.0.0.0", "clientSecret: hunter2", "timeout: soon", "budgit",
            "{path: name, category: nome}",
            "version:\n",
        ].map { try text.line(of: $0) }
        let listing = """
            muniment.yaml: 8 problems
              line \(lines[0]), column 11: ledger.origin: the origin has a scheme; write it without, such as \
            audit.example.com/main
              line \(lines[1]), column 3: tokens.epoch: stands here again: keep one of them
              line \(lines[2]), column 12: data.address: can be reached from other machines without TLS, so \
            customers' data and secrets would cross the network in clear: add 'tls', or 'plaintext: accepted' \
            when something in front of it does TLS
              line \(lines[3]), column 17: genesys.clientSecret: secrets come from the environment or files, \
            never from the YAML itself: write {env: NAME} or {file: PATH}
              line \(lines[4]), column 14: upstreams.crm.timeout: must be a time from 10ms to 50s, written like \
            400ms, 4s, 5m or 1h
              line \(lines[5]), column 5: routes.customer-profile.budgit: is not a known setting; known here: \
            body, budget, customerField, defaultPurpose, failMode, fields, maximumResponse, method, mode, \
            objective, path, purposes, upstream, velocity
              line \(lines[6]), column 32: routes.customer-profile.fields[1].category: is not known; known: name, \
            contact, email, phone, address, postcode, date-of-birth, national-id, payment-card, \
            card-verification, bank-account, balance, transaction, health, credential, note, identifier, \
            preference, public
              line \(lines[7]), column 3: policy.version: has no value: give it one, or remove it
            """
        #expect("\(problems)" == listing)
    }

    @Test func anEmptyMappingMissesEverySection() throws {
        let problems = try Site().problems("{}")
        #expect(problems.map(\.path) == ["ledger", "tokens", "upstreams", "routes", "policy", "data", "control"])
    }

    @Test func withoutThePlatformItsRolesAndGradesAreInert() throws {
        let site = try Site()
        let start = try #require(site.text.range(of: "genesys:\n"))
        let end = try #require(site.text.range(of: "# Where customers' data is fetched from."))
        let text = site.text.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: "")
        #expect(
            site.problems(text).map(\.path) == [
                "policy.roles[1].genesysRoles", "policy.rules[0].bindings", "policy.rules[1].bindings",
                "policy.rules[3].bindings",
                "policy.rules[4].bindings",
            ]
        )
    }

    @Test func verifiedNeedsTheCustomersAttribute() throws {
        let site = try Site()
        let text = try site.replacing("    customerAttribute: customerId\n", "")
            .replacingOnce(
                "bindings: [verified, partial]\n      categories: [bank-account, balance",
                "bindings: [verified]\n      categories: [bank-account, balance"
            )
        #expect(site.problems(text).map(\.path) == ["policy.rules[3].bindings"])
    }

    @Test func everyRuleIsJudgedAlthoughOneCannotBeRead() throws {
        let site = try Site()
        let text = try site.replacing("categories: [identifier]", "categories: [nome]")
            .replacingOnce("categories: [name]", "categories: {}")
        #expect(site.problems(text).map(\.path) == ["policy.rules[2]", "policy.rules[5].categories"])
    }

    @Test func repeatedKeysAreFoundInEveryMapping() throws {
        let site = try Site()
        let text = try site.replacing("node: node-1", "node: a\n  node: b\n  node: c")
            .replacingOnce("{path: name, category: name}", "{path: x, path: name, category: name}")
            .replacingOnce("log: {level: info}", "log: {level: info}\nlog: {level: debug}")
        let problems = site.problems(text)
        #expect(problems.map(\.path) == ["installation.node", "routes.customer-profile.fields[1].path", "log"])
        #expect(
            problems.map(\.line) == [
                try text.line(of: "node: c"), try text.line(of: "{path: x"), try text.line(of: "log: {level: debug}"),
            ]
        )
        #expect(problems[1].column == 19)
    }

    @Test(arguments: ["", "upstreams: none\n", "upstreams: {crm: }\n"])
    func routesAreNotBlamedForUnreadableUpstreams(_ section: String) throws {
        let site = try Site()
        let start = try #require(site.text.range(of: "upstreams:\n"))
        let end = try #require(site.text.range(of: "# Kinds of read"))
        let text = site.text.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: section)
        #expect(site.problems(text).map(\.path) == [section.contains("crm") ? "upstreams.crm" : "upstreams"])
    }

    @Test func rulesAreNotBlamedForARoleWithoutItsName() throws {
        let site = try Site()
        let text = try site.replacing("{name: fraud, genesysRoles", "{genesysRoles")
        #expect(site.problems(text).map(\.path) == ["policy.roles[1].name"])
    }
}
