import Testing

@testable import Settings

/// One change of the template, and the one problem that it must make.
struct Planted: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    let path: String
    let says: String
    /// A piece of the changed text that begins on the problem's line; empty when the problem has no line.
    let at: String

    init(_ old: String, _ new: String, _ path: String, _ says: String, at: String? = nil) {
        self.old = old
        self.new = new
        self.path = path
        self.says = says
        self.at = at ?? new
    }

    var testDescription: String { "\(old) -> \(new)" }

    static let route = "routes.customer-profile"

    static let structure: [Planted] = [
        .init(
            "log: {level: info}",
            "logg: {level: info}",
            "logg",
            "is not a known setting; known here: commitments, control"
        ),
        .init("budget: 4s", "budgit: 4s", "\(route).budgit", "is not a known setting"),
        .init(
            "customerField: id",
            "customerField: ids",
            "\(route).customerField",
            "must be the path of a declared field"
        ),
        .init("epoch: 1", "epoch: 1\n  epoch: 2", "tokens.epoch", "stands here again", at: "epoch: 2"),
        .init(
            "epoch: 1",
            "\"epoch\": 1\n  'epoch': 2\n  epoch: 3",
            "tokens.epoch",
            "stands here again",
            at: "epoch: 3"
        ),
        .init(
            "purposes: [service, fraud-investigation]",
            "purposes: {a: b}",
            "\(route).purposes",
            "must be a list of texts"
        ),
        .init(
            "purposes: [service, fraud-investigation]",
            "purposes: [service, fraud-investigation, [x]]",
            "\(route).purposes[2]",
            "must be a text"
        ),
        .init("log: {level: info}", "log: info", "log", "must be a mapping"),
        .init(
            "  directory: data\n",
            "",
            "ledger.directory",
            "is missing: add it, such as 'directory: data'",
            at: "ledger:"
        ),
        .init("control:\n  address: 127.0.0.1:8081\n", "", "control", "is missing: this section says", at: ""),
        .init("node: node-1", "node:\n", "installation.node", "has no value", at: "node:\n"),
        .init("tokens:\n", "? [a, b]\n: 1\ntokens:\n", "", "has a key that is no text", at: "? [a"),
    ]

    static let places: [Planted] = [
        .init("node: node-1", "node: Node 1", "installation.node", "lower-case letters"),
        .init("tenant: main", "tenant: -main", "installation.tenant", "lower-case letters"),
        .init("origin: audit", "origin: https://audit", "ledger.origin", "has a scheme"),
        .init("anchor: anchor/checkpoint", "anchor: data/../data/checkpoint", "ledger.anchor", "must lie outside"),
        .init("key: keys/tokens.key", "key: keys/none", "tokens.key", "keys/none is missing"),
        .init("key: keys/tokens.key", "key: keys", "tokens.key", "is no regular file", at: "key: keys\n"),
        .init("epoch: 1", "epoch: 0", "tokens.epoch", "whole number from 1"),
        .init("epoch: 1", "epoch: +1", "tokens.epoch", "whole number from 1"),
        .init("address: 127.0.0.1:8080", "address: 127.0.0.1", "data.address", "an address and a port"),
        .init("address: 127.0.0.1:8080", "address: 127.0.0.256:8080", "data.address", "an address and a port"),
        .init("address: 127.0.0.1:8080", "address: ::1:8080", "data.address", "an address and a port"),
        .init("address: 127.0.0.1:8080", "address: 0.0.0.0:8080", "data.address", "without TLS"),
        .init("address: 127.0.0.1:8080", "address: 127.evil.example:8080", "data.address", "without TLS"),
        .init("address: 127.0.0.1:8081", "address: \"[::]:8081\"", "control.address", "without TLS"),
        .init(
            "address: 127.0.0.1:8080",
            "address: localhost:8081",
            "control.address",
            "the data plane's address",
            at: "address: 127.0.0.1:8081"
        ),
        .init(
            "address: 127.0.0.1:8080",
            "address: 127.0.0.1:8080\n  plaintext: yes",
            "data.plaintext",
            "must be 'accepted'",
            at: "plaintext: yes"
        ),
        .init("threads: 0", "threads: many", "data.threads", "whole number"),
        .init("# spool: {directory", "spool: {directory", "spool", "has no effect: no route"),
        .init("failMode: refuse", "failMode: spool", "spool", "is missing: a route has failMode 'spool'", at: ""),
        .init("commitments: true", "commitments: yes", "commitments", "must be true or false"),
        .init("level: info", "level: verbose", "log.level", "must be one of: trace, debug"),
    ]

    static let contactCentre: [Planted] = [
        .init(
            "sandboxUrl: http://127.0.0.1:9081",
            "region: mypurecloud.xx",
            "genesys.region",
            "is not a Genesys Cloud domain"
        ),
        .init(
            "sandboxUrl: http://127.0.0.1:9081",
            "sandboxUrl: http://u:hunter2@h",
            "genesys.sandboxUrl",
            "and nothing else"
        ),
        .init(
            "sandboxUrl: http",
            "region: mypurecloud.de\n  sandboxUrl: http",
            "genesys.sandboxUrl",
            "keep one of them",
            at: "sandboxUrl: http"
        ),
        .init("  sandboxUrl: http://127.0.0.1:9081\n", "", "genesys", "needs 'region'", at: "genesys:\n"),
        .init("  clientId: sandbox-gateway\n", "", "genesys.clientId", "is missing", at: "genesys:\n"),
        .init(
            "clientSecret: {file: keys/genesys-client-secret}",
            "clientSecret: hunter2",
            "genesys.clientSecret",
            "secrets come from the environment or files"
        ),
        .init(
            "clientSecret: {file: keys/genesys-client-secret}",
            "clientSecret: {env: hunter2}",
            "genesys.clientSecret.env",
            "is not set"
        ),
        .init(
            "clientSecret: {file: keys/genesys-client-secret}",
            "clientSecret: {env: A, file: keys/crm-token}",
            "genesys.clientSecret",
            "either"
        ),
        .init(
            "clientSecret: {file: keys/genesys-client-secret}",
            "clientSecret: {file: keys/lost}",
            "genesys.clientSecret.file",
            "keys/lost is missing"
        ),
        .init("factsFor: 8s", "factsFor: 1h", "genesys.binding.factsFor", "must be a time from 1ms to 10s"),
        .init("wrapUp: 2m", "wrapUp: 1500ms", "genesys.binding.wrapUp", "whole seconds"),
        .init("budget: 400ms", "budget: 400", "genesys.binding.budget", "written like"),
        .init("budget: 400ms", "budget: -4s", "genesys.binding.budget", "written like"),
    ]

    static let url = "url: http://127.0.0.1:9082"
    static let credential = "{header: Authorization, scheme: Bearer, secret: {file: keys/crm-token}}"

    static let upstreams: [Planted] = [
        .init(url, "url: ftp://127.0.0.1", "upstreams.crm.url", "must begin with https://"),
        .init(url, "url: http://u:hunter2@127.0.0.1", "upstreams.crm.url", "no user or password"),
        .init(url, "url: http://127.0.0.1/api", "upstreams.crm.url", "must end after host and port"),
        .init(url, "url: http://127.0.0.1?x=1", "upstreams.crm.url", "must end after host and port"),
        .init(url, "url: http://127.0.0.1:99999", "upstreams.crm.url", "must have a host"),
        .init(url, "url: \"http://a\\r\\nb\"", "upstreams.crm.url", "must have a host"),
        .init(url, "url: http://", "upstreams.crm.url", "must have a host"),
        .init(url, "url: http://crm.example", "upstreams.crm.url", "in clear: use https"),
        .init(
            url,
            "url: https://crm.example\n    plaintext: accepted",
            "upstreams.crm.plaintext",
            "has no effect beside TLS",
            at: "plaintext: accepted\n    #"
        ),
        .init(
            url,
            "\(url)\n    trustRoots: keys/crm-token",
            "upstreams.crm.trustRoots",
            "the URL is plain http",
            at: "trustRoots:"
        ),
        .init(
            url,
            "url: https://crm.example\n    trustRoots: tls/none",
            "upstreams.crm.trustRoots",
            "tls/none is missing",
            at: "trustRoots:"
        ),
        .init(
            url,
            "url: https://crm.example\n    certificate: keys/crm-token",
            "upstreams.crm.certificate",
            "go together",
            at: "certificate: keys"
        ),
        .init("    \(url)\n", "", "upstreams.crm.url", "is missing", at: "crm:\n"),
        .init(
            credential,
            "{header: Content-Length, secret: {file: keys/crm-token}}",
            "upstreams.crm.credential.header",
            "sets itself"
        ),
        .init(
            credential,
            "{header: \"X Y\", secret: {file: keys/crm-token}}",
            "upstreams.crm.credential.header",
            "not the name"
        ),
        .init(
            credential,
            "{scheme: \"Bearer \", secret: {file: keys/crm-token}}",
            "upstreams.crm.credential.scheme",
            "one word"
        ),
        .init(credential, "{scheme: Bearer}", "upstreams.crm.credential.secret", "is missing"),
        .init("timeout: 2s", "timeout: 2 s", "upstreams.crm.timeout", "must be a time from 10ms to 50s"),
        .init("failures: 5", "failures: 0", "upstreams.crm.breaker.failures", "whole number"),
        .init(
            "  crm:\n",
            "  other: {url: \"https://other.example\"}\n  crm:\n",
            "upstreams.other",
            "no route uses it",
            at: "  other:"
        ),
    ]

    static let all = structure + places + contactCentre + upstreams + routes + policy
}

struct PlantedProblemTests {
    @Test(arguments: Planted.all)
    func isTheOnlyProblemFound(_ planted: Planted) throws {
        let site = try Site()
        let text = try site.replacing(planted.old, planted.new)
        let problems = site.problems(text)
        #expect(problems.count == 1, "\(problems)")
        let problem = try #require(problems.first)
        #expect(problem.path == planted.path)
        #expect(problem.message.contains(planted.says), "\(problem)")
        #expect(problem.line == (planted.at.isEmpty ? nil : try text.line(of: planted.at)), "\(problem)")
        #expect(!"\(problem)".contains("hunter2"))
    }
}
