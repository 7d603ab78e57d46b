import Foundation
import Gateway
import Genesys
import Testing

@testable import Settings

struct FileTests {
    @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666])
    func secretsThatOthersCanReachAreRefused(_ mode: Int) throws {
        let site = try Site()
        try site.write("s\n", to: "keys/crm-token", mode: mode)
        try site.write("s\n", to: "keys/ledger.key", mode: mode)
        let problems = site.problems(site.text)
        #expect(problems.map(\.path) == ["ledger.key", "upstreams.crm.credential.secret.file"])
        #expect(problems.allSatisfy { $0.message.contains("run 'chmod 600 \(site.path("keys/"))") })
    }

    @Test(arguments: [0o600, 0o400])
    func secretsOfTheirOwnerAlone(_ mode: Int) throws {
        let site = try Site()
        try site.write("s3cret\r\n\n", to: "keys/crm-token", mode: mode)
        #expect(try site.configuration().gateway.upstreams.first?.headers.first?.value.reveal() == "Bearer s3cret")
    }

    /// Secrets of containers are links to files: the file's mode counts, not the link's.
    @Test func linksAreFollowed() throws {
        let site = try Site()
        try site.write("linked\n", to: "mount/token", mode: 0o400)
        try FileManager.default.removeItem(atPath: site.path("keys/crm-token"))
        try FileManager.default.createSymbolicLink(
            atPath: site.path("keys/crm-token"),
            withDestinationPath: site.path("mount/token")
        )
        #expect(try site.configuration().gateway.upstreams.first?.headers.first?.value.reveal() == "Bearer linked")
        try site.write("linked\n", to: "mount/token", mode: 0o444)
        #expect(site.problems(site.text).map(\.path) == ["upstreams.crm.credential.secret.file"])
    }

    @Test(arguments: ["", "\n", "two\nlines\n", "a\u{0}b", "a\r\nX-Header: b", "naïve"])
    func secretsThatNoHeaderCarriesAreRefused(_ content: String) throws {
        let site = try Site()
        try site.write(content, to: "keys/crm-token", mode: 0o600)
        let problems = site.problems(site.text)
        #expect(problems.map(\.path) == ["upstreams.crm.credential.secret.file"])
        #expect(problems.first?.message.contains("the secret alone") == true)
    }

    @Test func pipesDoNotHoldUpTheReading() throws {
        let site = try Site()
        try FileManager.default.removeItem(atPath: site.path("keys/crm-token"))
        try #require(mkfifo(site.path("keys/crm-token"), 0o600) == 0)
        #expect(site.problems(site.text).first?.message.contains("is no regular file") == true)
    }

    @Test func secretsComeFromTheEnvironmentToo() throws {
        let site = try Site()
        let text = try site.replacing("{file: keys/crm-token}", "{env: CRM_TOKEN}")
        let configuration = try site.read(text, environment: ["CRM_TOKEN": "from-env"])
        #expect(configuration.gateway.upstreams.first?.headers.first?.value.reveal() == "Bearer from-env")
        for environment in [[:], ["CRM_TOKEN": ""]] {
            #expect(
                site.problems(text, environment: environment).map(\.path) == ["upstreams.crm.credential.secret.env"]
            )
        }
    }

    @Test func listenersTakeTLS() throws {
        let site = try Site()
        try site.write("certificate", to: "tls/server.pem")
        try site.write("key", to: "tls/server.key", mode: 0o600)
        let text = try site.replacing(
            "address: 127.0.0.1:8080",
            "address: \"[::]:8443\"\n  tls: {certificate: tls/server.pem, privateKey: tls/server.key}"
        )
        let listener = try site.read(text).gateway.listener
        #expect(listener.host == "::" && listener.port == 8443)
        #expect(
            listener.tls == ServerTLS(certificate: site.path("tls/server.pem"), privateKey: site.path("tls/server.key"))
        )
        try site.write("key", to: "tls/server.key", mode: 0o644)
        #expect(site.problems(text).map(\.path) == ["data.tls.privateKey"])
        let accepted = try site.replacing("address: 127.0.0.1:8080", "address: 0.0.0.0:8080\n  plaintext: accepted")
        #expect(site.problems(accepted).isEmpty)
    }

    @Test func upstreamsTakeTLS() throws {
        let site = try Site()
        try site.write("roots", to: "tls/roots.pem")
        let text = try site.replacing(Planted.url, "url: https://CRM.example/\n    trustRoots: tls/roots.pem")
        let upstream = try #require(try site.read(text).gateway.upstreams.first)
        #expect(upstream.host == "CRM.example" && upstream.port == 443)
        #expect(upstream.tls?.trustRoots == site.path("tls/roots.pem"))
        let accepted = try site.replacing(Planted.url, "url: http://crm.example:8000\n    plaintext: accepted")
        #expect(try site.read(accepted).gateway.upstreams.first?.tls == nil)
    }

    @Test func spoolingRoutesHaveTheirFolder() throws {
        let site = try Site()
        let text = try site.replacing("failMode: refuse", "failMode: spool").replacingOnce("# spool: {", "spool: {")
        let gateway = try site.read(text).gateway
        #expect(gateway.spoolDirectory == site.path("spool") && gateway.maximumSpoolBytes == 256 << 20)
    }

    // MARK: Policies in files

    private func apart(_ site: Site) throws -> (text: String, policy: String) {
        let start = try #require(site.text.range(of: "policy:\n  #"))
        let end = try #require(site.text.range(of: "# A candidate"))
        let policy = site.text[start.lowerBound..<end.lowerBound].split(separator: "\n").dropFirst()
            .map { $0.dropFirst(2) }.joined(separator: "\n")
        let text = site.text.replacingCharacters(
            in: start.lowerBound..<end.lowerBound,
            with: "policy: {file: rules/policy.yaml}\nshadowPolicy: {file: rules/policy.yaml}\n"
        )
        return (text, policy)
    }

    @Test func policiesMayStandInFiles() throws {
        let site = try Site()
        let (text, policy) = try apart(site)
        try site.write(policy, to: "rules/policy.yaml")
        let configuration = try site.read(text)
        #expect(configuration.gateway.policy == (try site.configuration().gateway.policy))
        #expect(configuration.gateway.shadowPolicy == configuration.gateway.policy)
        try site.write(policy + "\n# changed\n", to: "rules/policy.yaml")
        #expect(try site.read(text).contentHash != configuration.contentHash)
    }

    @Test func problemsOfAPolicysFileNameItAndItsLine() throws {
        let site = try Site()
        var (text, policy) = try apart(site)
        text = try text.replacingOnce("shadowPolicy: {file: rules/policy.yaml}\n", "").replacingOnce(
            "epoch: 1",
            "epoch: 0"
        )
        policy = try policy.replacingOnce("everyone: true", "everyone: true, everyone: false").replacingOnce(
            "categories: [name]",
            "categories: [nome]"
        )
        try site.write(policy, to: "rules/policy.yaml")
        let problems = site.problems(text)
        #expect(problems.map(\.path) == ["tokens.epoch", "policy.roles[0].everyone", "policy.rules[5]"])
        #expect(problems.map(\.file) == [nil, site.path("rules/policy.yaml"), site.path("rules/policy.yaml")])
        #expect(problems[2].line == (try policy.line(of: "- id: every-call-has-a-name")))
        try site.write("a: [", to: "rules/policy.yaml")
        #expect(site.problems(text).last?.message.contains("is not valid YAML") == true)
        try FileManager.default.removeItem(atPath: site.path("rules/policy.yaml"))
        #expect(site.problems(text).map(\.path) == ["tokens.epoch", "policy.file"])
    }
}
