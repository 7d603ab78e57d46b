import AccessPolicy
import Credentials
import Foundation
import Gateway
import Genesys
import MerkleLog
import Testing

@testable import Settings

/// A folder with the template's configuration and keys.
private final class Installed {
    let folder: String
    var text: String

    init() throws {
        folder = NSTemporaryDirectory() + "muniment-settings-" + UUID().uuidString
        text = ConfigurationTemplate(origin: "settings.muniment.example/ledger").text
        try FileManager.default.createDirectory(atPath: folder + "/keys", withIntermediateDirectories: true)
        for name in ["ledger.key", "tokens.key", "genesys-client-secret", "crm-token"] {
            _ = FileManager.default.createFile(
                atPath: folder + "/keys/" + name,
                contents: Data("secret-\(name)\n".utf8),
                attributes: [.posixPermissions: 0o600]
            )
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func load(_ environment: [String: String] = [:]) throws -> Configuration {
        let path = folder + "/muniment.yaml"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return try Configuration.load(path: path, environment: environment)
    }

    func problems() throws -> [ConfigurationProblem] {
        do {
            _ = try load()
            return []
        } catch let error as ConfigurationProblems {
            return error.problems
        }
    }
}

@Suite struct ConfigurationTests {
    @Test func theTemplateLoads() throws {
        let configuration = try Installed().load()
        #expect(configuration.origin.text == "settings.muniment.example/ledger")
        #expect(configuration.gateway.routes.map(\.name) == ["customer-profile"])
        #expect(configuration.gateway.routes[0].fields.count == 15)
        #expect(configuration.gateway.binding.needsRoles)
        #expect(configuration.platform?.host.isSandbox == true)
        #expect(configuration.gateway.upstreams[0].headers.first?.value.reveal() == "Bearer secret-crm-token")
        #expect(configuration.contentHash.count == 64)
        #expect(!"\(configuration)".contains("secret-crm-token"))
        #expect(!"\(configuration.summary)".contains("secret"))
    }

    /// What the template only shows loads as it stands there.
    @Test(arguments: ["sinks", "detection", "redaction", "signatures", "tracing"])
    func whatTheTemplateShowsLoads(section: String) throws {
        let site = try Site()
        var isShown = false
        let text = site.text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            if line.hasPrefix("# \(section):") { isShown = true }
            if !line.hasPrefix("#") { isShown = false }
            return isShown ? String(line.dropFirst(2)) : String(line)
        }.joined(separator: "\n")
        #expect(text.contains("\n\(section):"))
        #expect(site.problems(text) == [])
    }

    @Test func whatIsSaidOfSignaturesTracesAndObjectivesArrives() throws {
        let installed = try Installed()
        #expect(try installed.load().gateway.routes[0].objectiveMilliseconds == 1000)
        #expect(try installed.load().signatures == SignatureRules() && installed.load().tracing == nil)
        installed.text = installed.text.replacingOccurrences(of: "budget: 4s", with: "budget: 4s\n    objective: 250ms")
        installed.text += """

            signatures: {window: 90s, clockSkew: 0s, remembered: 5000}
            tracing: {endpoint: "http://collector.example:4318/v1/traces", sampleRatio: 0.25, plaintext: accepted}
            """
        let configuration = try installed.load()
        #expect(configuration.gateway.routes[0].objectiveMilliseconds == 250)
        #expect(configuration.signatures == SignatureRules(window: 90, skew: 0, capacity: 5000))
        #expect(configuration.tracing?.endpoint == "http://collector.example:4318/v1/traces")
        #expect(configuration.tracing?.sampleRatio == 0.25)
    }

    /// Each change of the template and the setting that must be named, and nothing else.
    @Test(arguments: [
        ("node: node-1", "node: Node 1", "installation.node"),
        ("origin: settings.muniment.example/ledger", "origin: https://x", "ledger.origin"),
        ("anchor: anchor/checkpoint", "anchor: data/checkpoint", "ledger.anchor"),
        ("key: keys/ledger.key", "key: keys/missing.key", "ledger.key"), ("epoch: 1", "epoch: none", "tokens.epoch"),
        ("address: 127.0.0.1:8080", "address: 0.0.0.0:8080", "data.address"),
        ("address: 127.0.0.1:8080", "address: nowhere", "data.address"),
        ("address: 127.0.0.1:8081", "address: 127.0.0.1:8080", "control.address"),
        ("sandboxUrl: http://127.0.0.1:9081", "region: mypurecloud.example", "genesys.region"),
        ("clientSecret: {file: keys/genesys-client-secret}", "clientSecret: hunter2", "genesys.clientSecret"),
        (
            "clientSecret: {file: keys/genesys-client-secret}", "clientSecret: {env: NOT_SET}",
            "genesys.clientSecret.env"
        ),
        ("budget: 400ms", "budget: 400", "genesys.binding.budget"),
        ("url: http://127.0.0.1:9082", "url: http://crm.example.com", "upstreams.crm.url"),
        ("url: http://127.0.0.1:9082", "url: https://user@crm.example.com", "upstreams.crm.url"),
        ("path: /customers/{customerId}", "path: /customers/{customer}", "routes.customer-profile.path"),
        ("path: /customers/{customerId}", "path: /customers/../{customerId}", "routes.customer-profile.path"),
        ("defaultPurpose: service", "defaultPurpose: curiosity", "routes.customer-profile.defaultPurpose"),
        ("budget: 4s", "budget: 1s", "routes.customer-profile.budget"),
        ("failMode: refuse", "failMode: pray", "routes.customer-profile.failMode"),
        ("failMode: refuse", "failMod: refuse", "routes.customer-profile.failMod"),
        ("action: flag", "action: shout", "routes.customer-profile.velocity.action"),
        ("{path: name, category: name}", "{path: name, category: nome}", "routes.customer-profile.fields[1].category"),
        ("commitments: true", "commitments: maybe", "commitments"),
        ("log: {level: info}", "log: {level: loud}", "log.level"),
        ("log: {level: info}", "log: {level: info}\nsignatures: {window: 1s}", "signatures.window"),
        ("log: {level: info}", "log: {level: info}\nsignatures: {clockSkew: 2m}", "signatures.clockSkew"),
        ("log: {level: info}", "log: {level: info}\nsignatures: {remembered: 10}", "signatures.remembered"),
        ("log: {level: info}", "log: {level: info}\nsignatures: {nonces: 10}", "signatures.nonces"),
        (
            "log: {level: info}", "log: {level: info}\ntracing: {endpoint: \"http://203.0.113.5:4318/v1/traces\"}",
            "tracing.endpoint"
        ),
        ("log: {level: info}", "log: {level: info}\ntracing: {endpoint: \"ftp://127.0.0.1/x\"}", "tracing.endpoint"),
        (
            "log: {level: info}", "log: {level: info}\ntracing: {endpoint: \"https://user@example.com/v1/traces\"}",
            "tracing.endpoint"
        ),
        ("log: {level: info}", "log: {level: info}\ntracing: {sampleRatio: 0.5}", "tracing.endpoint"),
        (
            "log: {level: info}",
            "log: {level: info}\ntracing: {endpoint: \"http://127.0.0.1:4318/v1/traces\", sampleRatio: 2}",
            "tracing.sampleRatio"
        ),
        ("budget: 4s", "budget: 4s\n    objective: 5s", "routes.customer-profile.objective"),
        ("bindings: [unverifiable, claimed]", "bindings: [unverified]", "policy.rules[2].bindings"),
        (
            "effect: mask\n      roles: [agent]\n      purposes", "effect: hide\n      roles: [agent]\n      purposes",
            "policy.rules[1].effect"
        ),
    ])
    func onePlantedProblemIsTheOnlyOne(old: String, new: String, path: String) throws {
        let installed = try Installed()
        try #require(installed.text.contains(old))
        installed.text = installed.text.replacingOccurrences(of: old, with: new)
        let problems = try installed.problems()
        let paths = Set(problems.map(\.path))
        #expect(paths.contains(path), "\(problems)")
        // A wrong path may leave the route without a place for the customer, which is said as well; nothing else is.
        #expect(paths.allSatisfy { $0.hasPrefix(path) || path.hasPrefix($0) }, "\(problems)")
        #expect(!"\(problems)".contains("hunter2"), "a secret stands in a problem")
    }

    @Test func policyProblemsNameTheirRule() throws {
        let installed = try Installed()
        installed.text = installed.text.replacingOccurrences(of: "roles: [fraud]", with: "roles: [frod]")
        let problems = try installed.problems()
        #expect(
            problems.contains { $0.path == "policy.rules[3]" && $0.message.contains("frod") && $0.line != nil },
            "\(problems)"
        )
    }

    @Test func everyProblemIsListedAtOnce() throws {
        let installed = try Installed()
        for (old, new) in [
            ("failMode: refuse", "failMode: pray"), ("epoch: 1", "epoch: 0"),
            ("log: {level: info}", "log: {level: loud}"),
            ("commitments: true", "comitments: true"),
        ] { installed.text = installed.text.replacingOccurrences(of: old, with: new) }
        #expect(
            try Set(installed.problems().map(\.path)) == [
                "routes.customer-profile.failMode", "tokens.epoch", "log.level", "comitments",
            ]
        )
    }

    @Test func secretsComeFromTheEnvironmentToo() throws {
        let installed = try Installed()
        installed.text = installed.text.replacingOccurrences(
            of: "secret: {file: keys/crm-token}",
            with: "secret: {env: CRM_TOKEN}"
        )
        let configuration = try installed.load(["CRM_TOKEN": "from-outside"])
        #expect(configuration.gateway.upstreams[0].headers.first?.value.reveal() == "Bearer from-outside")
    }

    @Test func spoolingNeedsAPlace() throws {
        let installed = try Installed()
        installed.text = installed.text.replacingOccurrences(of: "failMode: refuse", with: "failMode: spool")
        #expect(try installed.problems().contains { $0.message.contains("spool") })
        installed.text += "\nspool: {directory: spool, maximum: 64MiB}\n"
        #expect(try installed.problems().isEmpty)
        installed.text = installed.text.replacingOccurrences(of: "failMode: spool", with: "failMode: refuse")
        #expect(try installed.problems().contains { $0.message.contains("has no effect") })
    }

    @Test func damagedFilesAreProblemsNotCrashes() throws {
        var generator = SystemRandomNumberGenerator()
        let template = ConfigurationTemplate(origin: "settings.muniment.example/ledger").text
        for _ in 0..<150 {
            let installed = try Installed()
            var bytes = Array(template.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0x20...0x7e, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(contentsOf: "\n: - {".utf8.shuffled(), at: place)
                }
            }
            installed.text = String(decoding: bytes, as: UTF8.self)
            _ = try installed.problems()
        }
    }
}
