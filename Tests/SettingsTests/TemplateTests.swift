import AccessPolicy
import Foundation
import Gateway
import Genesys
import Identity
import JSON
import Ledger
import MerkleLog
import Redaction
import Testing

@testable import Settings

struct TemplateTests {
    @Test func loadsFromDiskAsItIs() throws {
        let site = try Site()
        try site.write(site.text, to: "muniment.yaml")
        let configuration = try Configuration.load(path: site.path("muniment.yaml"), environment: [:])
        #expect(configuration.file == site.path("muniment.yaml"))
        #expect(configuration.origin.text == "audit.example.com/main")
        #expect(configuration.node == "node-1")
        #expect(configuration.tenant == "main")
        #expect(configuration.tokenEpoch == 1)
        #expect(configuration.ledger.directory == site.path("data"))
        #expect(configuration.ledger.anchor == site.path("anchor/checkpoint"))
        #expect(configuration.ledgerKey == site.path("keys/ledger.key"))
        #expect(configuration.keyring == .file(site.path("keys/tokens.key")))
        #expect(configuration.logLevel == "info")
        #expect(configuration.control.port == 8081)
        let platform = try #require(configuration.platform)
        #expect(platform.host.isSandbox && platform.host.apiURL == "http://127.0.0.1:9081")
        #expect(platform.credentials.clientID == "sandbox-gateway")
        #expect(platform.credentials.secret.reveal() == "secret-of-genesys-client-secret")
    }

    @Test func settlesTheGateway() throws {
        let gateway = try Site().configuration().gateway
        #expect(gateway.listener.host == "127.0.0.1" && gateway.listener.port == 8080 && gateway.listener.tls == nil)
        #expect(gateway.threads == 0 && gateway.maximumConnections == 4096)
        #expect(gateway.commitments && gateway.spoolDirectory == nil)
        #expect(gateway.binding.budgetMilliseconds == 400 && gateway.binding.factsMilliseconds == 8000)
        #expect(gateway.binding.rolesMilliseconds == 300_000 && gateway.binding.wrapUpSeconds == 120)
        #expect(gateway.binding.customerAttribute == "customerId")
        #expect(gateway.binding.needsRoles)
        let upstream = try #require(gateway.upstreams.first)
        #expect(
            gateway.upstreams.count == 1 && upstream.host == "127.0.0.1" && upstream.port == 9082 && upstream.tls == nil
        )
        #expect(upstream.headers.map(\.name) == ["Authorization"])
        #expect(upstream.headers.first?.value.reveal() == "Bearer secret-of-crm-token")
        #expect(
            upstream.timeoutMilliseconds == 2000 && upstream.failuresToOpen == 5 && upstream.openMilliseconds == 10_000
        )
        let route = try #require(gateway.routes.first)
        #expect(gateway.routes.count == 1 && route.name == "customer-profile" && route.upstream == "crm")
        #expect(route.request.method == .get && route.request.path.places == 1)
        #expect(route.purposes == ["service", "fraud-investigation"] && route.defaultPurpose == "service")
        #expect(route.failMode == .refuse && route.mode == .enforce && route.budgetMilliseconds == 4000)
        #expect(route.maximumResponseBytes == 1 << 20)
        #expect(route.velocity == VelocityLimit(readsPerMinute: 60, action: .flag))
    }

    @Test(arguments: [
        "a", "null", "1e3", "x:", "-", "a#b", "a: b", "\"quoted\\\"", "{x}", "[x]", "audit.example/x", "*a", "&a", "%",
    ])
    func carriesAnyValue(_ value: String) throws {
        let site = try Site { $0.clientID = value }
        #expect(try site.configuration().platform?.credentials.clientID == value)
    }

    @Test func leavesOutWhatNobodyMaySee() throws {
        let paths = try Site().configuration().gateway.routes.flatMap(\.fields).map(\.name)
        #expect(paths.contains("card.pan") && !paths.contains("card.cvv"))
    }

    /// What one reader may see: path to `allow`, `mask(…)`; withheld fields are left out.
    private func seen(roles: [String], _ purpose: String, _ grade: BindingGrade) throws -> [String: FieldEffect] {
        let gateway = try Site().configuration().gateway
        let route = try #require(gateway.routes.first)
        let policy = CompiledPolicy(gateway.policy)
        let decision = policy.decide(
            AccessRequest(
                roles: policy.roles(forAgent: "a-1", platformRoles: roles),
                route: route.name,
                purpose: purpose,
                binding: grade,
                fields: route.descriptors
            )
        )
        let shown = decision.fields.filter { $0.effect != .withhold }
        #expect((decision.refused != nil) == shown.isEmpty)
        return Dictionary(uniqueKeysWithValues: shown.map { ($0.path, $0.effect) })
    }

    @Test(arguments: [BindingGrade.verified, .partial])
    func agentsSeeContactsClearAndNumbersMasked(_ grade: BindingGrade) throws {
        let seen = try seen(roles: ["Agent"], "service", grade)
        for path in ["id", "name", "email", "phone", "address.street", "address.city", "address.postcode"] {
            #expect(seen[path] == .allow, "\(path)")
        }
        for path in ["card.pan", "accounts[].iban", "nationalId", "dateOfBirth"] {
            #expect(seen[path] == .mask(nil), "\(path)")
        }
        #expect(seen["accounts[].balance"] == nil)
    }

    @Test(arguments: [BindingGrade.unverifiable, .claimed])
    func unverifiedReadsSeeNameAndMaskedIdentifier(_ grade: BindingGrade) throws {
        #expect(try seen(roles: ["Agent"], "service", grade) == ["name": .allow, "id": .mask(nil)])
    }

    @Test func fraudSeesAccountsForItsPurposeOnly() throws {
        let seen = try seen(roles: ["Fraud Specialist"], "fraud-investigation", .verified)
        #expect(seen["accounts[].iban"] == .allow && seen["accounts[].balance"] == .allow && seen["email"] == nil)
        #expect(try self.seen(roles: ["Agent"], "fraud-investigation", .verified).isEmpty)
        #expect(try self.seen(roles: ["Fraud Specialist"], "service", .verified)["accounts[].balance"] == nil)
    }

    @Test(arguments: ["service", "fraud-investigation"])
    func contradictedReadsSeeNothing(_ purpose: String) throws {
        #expect(try seen(roles: ["Agent", "Fraud Specialist"], purpose, .contradicted).isEmpty)
    }

    @Test func secretsDoNotPrint() throws {
        let configuration = try Site().configuration()
        var dumped = ""
        dump(configuration, to: &dumped)
        let summary = String(decoding: try configuration.summary.canonicalBytes(), as: UTF8.self)
        for text in [dumped, "\(configuration)", summary] { #expect(!text.contains("secret-of")) }
    }

    @Test func theSummaryNamesRoutesAndFields() throws {
        let configuration = try Site().configuration()
        guard case .object(let summary) = configuration.summary, case .array(let routes) = summary["routes"],
            case .object(let route) = routes.first, case .array(let fields) = route["fields"]
        else {
            Issue.record("the summary has another shape")
            return
        }
        #expect(summary["configurationHash"] == .string(configuration.contentHash))
        #expect(route["upstream"] == .string("crm") && route["upstreamRegion"] == .string("eu-central-1"))
        #expect(route["failMode"] == .string("refuse") && route["mode"] == .string("enforce"))
        #expect(route["path"] == .string("/customers/{customerId}"))
        #expect(fields.first == .object(["path": .string("id"), "category": .string("identifier")]))
    }

    @Test func theHashFollowsTheBytes() throws {
        let site = try Site()
        let hash = try site.configuration().contentHash
        #expect(hash.count == 64)
        #expect(try site.read(site.text).contentHash == hash)
        #expect(try site.read(site.text + "# one more comment\n").contentHash != hash)
    }
}

extension Site {
    func configuration() throws -> Configuration { try read(text) }
}
