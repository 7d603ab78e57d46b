import AccessPolicy
import AsyncHTTPClient
import AuditTrail
import Credentials
import Crypto
import Foundation
import Genesys
import Identity
import JSON
import Ledger
import Logging
import MerkleLog
import NIOSSL
import Redaction
import Sandbox
import Storage
import Testing
import Traces
import WallTime

@testable import Gateway

/// The fields that the routes of the tests declare.
let declared: [(String, Redaction.Category)] = [
    ("id", .identifier), ("name", .name), ("email", .email), ("phone", .phone), ("address.city", .address),
    ("dateOfBirth", .dateOfBirth), ("nationalId", .nationalId), ("card.pan", .paymentCard),
    ("card.cvv", .cardVerification),
    ("accounts[].iban", .bankAccount), ("vip", .public),
]

func field(_ path: String, _ category: Redaction.Category) throws -> Route.Field {
    Route.Field(path: try JSONPath(path), category: category)
}

/// What the tests may see: agents the basics on a verified interaction and less otherwise, supervisors everything for quality.
let testPolicy = Policy(
    version: "test-1",
    roles: [
        Role(name: "agent", everyone: true), Role(name: "supervisor", genesysRoles: ["Supervisor"]),
        Role(name: "named", agents: ["AAAA-BBBB"]),
    ],
    rules: [
        Rule(
            id: "basics",
            effect: .allow,
            roles: ["agent"],
            routes: ["*"],
            purposes: ["service"],
            bindings: [.verified],
            categories: ["identifier", "name", "email", "public"]
        ),
        Rule(
            id: "masked",
            effect: .mask,
            roles: ["agent"],
            routes: ["*"],
            purposes: ["service"],
            bindings: [.verified, .partial, .claimed],
            categories: ["phone", "payment-card", "card-verification"]
        ),
        Rule(
            id: "little",
            effect: .allow,
            roles: ["agent"],
            routes: ["*"],
            purposes: ["service"],
            bindings: [.partial, .claimed, .unverifiable],
            categories: ["public", "identifier"]
        ),
        Rule(
            id: "quality",
            effect: .allow,
            roles: ["supervisor"],
            routes: ["*"],
            purposes: ["quality"],
            bindings: BindingGrade.allCases,
            categories: ["*"]
        ),
        Rule(
            id: "named",
            effect: .allow,
            roles: ["named"],
            routes: ["*"],
            purposes: ["service"],
            categories: ["bank-account"]
        ),
        Rule(id: "never", effect: .deny, roles: ["*"], routes: ["*"], purposes: ["*"], categories: ["national-id"]),
    ]
)

/// Everything that a data plane needs, in a folder and on ports of its own.
struct Site: Sendable {
    let sandbox: Sandbox
    let ledger: Ledger
    let registry: ClientRegistry
    let directory: ClientDirectory
    let tokeniser: Tokeniser
    let commitments: DisclosureCommitments
    let settings: GatewaySettings
    let gateway: GatewayServer
    let restrictions: AgentRestrictions
    let clock: ManualClock
    let client: IssuedSecret
    let folder: String
    let port: Int
    let crm: Int

    static let start: Int64 = 1_767_322_800_000

    var who: SandboxDirectory { sandbox.directory }

    /// Starts a site, and ends it after `body`.
    /// - Parameters:
    ///   - fake: the port of an upstream to use instead of the sandbox's CRM.
    ///   - change: changes what the data plane is configured with.
    static func run(
        platform: Bool = true,
        fake: Int? = nil,
        tls: UpstreamTLS? = nil,
        upstreamHost: String = "127.0.0.1",
        naming: (any CustomerNaming)? = nil,
        spans: SpanQueue? = nil,
        scopes: Set<Scope> = [.read(route: "*")],
        redactors: [Redaction.Category: Redactor] = [:],
        _ change: (inout GatewaySettings) -> Void = { _ in },
        _ body: (Site) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "gateway-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let clock = ManualClock(Timestamp(milliseconds: start))
        let ledger = try makeLedger(folder, clock)
        defer { ledger.close() }
        let sealing = SealingKeys([1: SymmetricKey(data: Array(repeating: 4, count: 32))])
        let registry = try ClientRegistry(ledger: ledger, clock: clock, producer: "test") { sealing }
        let client = try await registry.create(name: "t", scopes: scopes, addresses: [], expires: nil, actor: "test")
        let directory = ClientDirectory(tokenKey: SymmetricKey(data: Array(repeating: 5, count: 32)))
        directory.replace(with: try await registry.all())

        var configuration = SandboxConfiguration()
        configuration.clock = .standing(at: start)
        configuration.pace = .gated
        configuration.requestsPerMinute = 1_000_000
        let sandbox = Sandbox(configuration)
        try await sandbox.start()
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: GenesysClient.httpConfiguration)
        let crmURL = try #require(await sandbox.crmURL)
        let platformURL = try #require(await sandbox.platformURL)
        let crm = try #require(URL(string: crmURL)?.port)
        let key = try TenantKey(secret: Array(repeating: 3, count: 32), tenant: "acme", epoch: 1)
        var settings = try makeSettings(fake ?? crm, host: upstreamHost, tls: tls, folder: folder)
        change(&settings)
        var options = GenesysClient.Options()
        options.requestsPerMinute = 1_000_000
        let genesys = GenesysClient(
            host: try GenesysHost(sandboxURL: platformURL),
            credentials: ClientCredentials(
                clientID: sandbox.directory.clientID,
                secret: Secret(sandbox.directory.clientSecret)
            ),
            http: http,
            options: options,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let restrictions = AgentRestrictions()
        let gateway = try GatewayServer(
            settings: settings,
            parts: GatewayServer.Parts(
                ledger: ledger,
                clients: directory,
                tokeniser: Tokeniser(key: key),
                naming: naming,
                commitments: DisclosureCommitments(key: key),
                platform: platform ? GenesysPlatform(client: genesys) : nil,
                restrictions: restrictions,
                spans: spans,
                redactors: redactors,
                clock: clock
            )
        )
        let site = Site(
            sandbox: sandbox,
            ledger: ledger,
            registry: registry,
            directory: directory,
            tokeniser: Tokeniser(key: key),
            commitments: DisclosureCommitments(key: key),
            settings: settings,
            gateway: gateway,
            restrictions: restrictions,
            clock: clock,
            client: client,
            folder: folder,
            port: try await gateway.start(),
            crm: crm
        )
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(site)) } catch { outcome = .failure(error) }
        sandbox.gate.open()
        await gateway.shutdown(within: 10)
        await sandbox.stop()
        try await http.shutdown()
        try outcome.get()
    }

    /// Runs another node on the same ledger, which remembers for itself what it was asked.
    func withAnotherNode(_ body: (Site) async throws -> Void) async throws {
        let directory = ClientDirectory(tokenKey: SymmetricKey(size: .bits256))
        directory.replace(with: try await registry.all())
        var settings = settings
        settings.producer = "gateway@other"
        settings.spoolDirectory = folder + "/other-spool"
        let parts = GatewayServer.Parts(
            ledger: ledger,
            clients: directory,
            tokeniser: tokeniser,
            commitments: commitments,
            platform: nil,
            clock: clock
        )
        let gateway = try GatewayServer(settings: settings, parts: parts)
        let other = Site(
            sandbox: sandbox,
            ledger: ledger,
            registry: registry,
            directory: directory,
            tokeniser: tokeniser,
            commitments: commitments,
            settings: settings,
            gateway: gateway,
            restrictions: restrictions,
            clock: clock,
            client: client,
            folder: folder,
            port: try await gateway.start(),
            crm: crm
        )
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(other)) } catch { outcome = .failure(error) }
        await gateway.shutdown(within: 10)
        try outcome.get()
    }

    private static func makeLedger(_ folder: String, _ clock: ManualClock) throws -> Ledger {
        let location = LedgerLocation(directory: folder + "/store", anchor: folder + "/anchor/checkpoint")
        let signer = try NoteSigner(origin: Origin("gateway.example/test"), seed: Array(repeating: 9, count: 32))
        let first = Event(type: .ledgerCreated, identity: .random(producer: "test"), timestamp: clock.now())
        try Ledger.create(at: location, signer: signer, first: first)
        return try Ledger(at: location, signer: signer)
    }

    private static func makeSettings(
        _ port: Int,
        host: String,
        tls: UpstreamTLS?,
        folder: String
    ) throws -> GatewaySettings {
        let fields = try declared.map { try field($0.0, $0.1) }
        func route(
            _ name: String,
            method: UpstreamRequest.Method = .get,
            fail: Route.FailMode = .refuse,
            mode: Route.Mode = .enforce,
            budget: Int = 20_000,
            velocity: VelocityLimit? = nil,
            purpose: String? = "service"
        ) -> Route {
            Route(
                name: name,
                upstream: "crm",
                request: method == .get
                    ? UpstreamRequest(method: .get, path: "/customers/{customerId}")
                    : UpstreamRequest(
                        method: .post,
                        path: "/search",
                        body: #"{"id":"{customerId}","again":"{customerId}"}"#
                    ),
                fields: fields,
                customerField: name == "checked" ? fields.firstIndex { $0.name == "id" } : nil,
                purposes: ["service", "quality"],
                defaultPurpose: purpose,
                failMode: fail,
                mode: mode,
                budgetMilliseconds: budget,
                velocity: velocity
            )
        }
        var binding = GatewaySettings.Binding()
        binding.customerAttribute = "customerId"
        binding.needsRoles = true
        binding.budgetMilliseconds = 10_000
        binding.recheckMilliseconds = 0
        return GatewaySettings(
            listener: .init(host: "127.0.0.1", port: 0, tls: nil),
            threads: 2,
            upstreams: [
                Upstream(
                    name: "crm",
                    host: host,
                    port: port,
                    tls: tls,
                    region: "eu-central-1",
                    headers: [("Authorization", Secret("Bearer sandbox-crm-token"))]
                )
            ],
            routes: [
                route("profile"), route("checked"), route("search", method: .post), route("spooled", fail: .spool),
                route("observed", mode: .observe), route("brief", budget: 1000),
                route("brief-spooled", fail: .spool, budget: 1200), route("stated", purpose: nil),
                route("blocked", velocity: VelocityLimit(readsPerMinute: 2, action: .block)),
                route("flagged", velocity: VelocityLimit(readsPerMinute: 2, action: .flag)),
            ],
            policy: testPolicy,
            binding: binding,
            spoolDirectory: folder + "/spool",
            producer: "gateway-1"
        )
    }

    // MARK: Reading

    var authorization: String {
        "Basic " + Data("\(client.client.id):\(client.secret)".utf8).base64EncodedString()
    }

    /// The text of a read.
    func request(
        _ route: String = "profile",
        customer: String? = nil,
        agent: String? = nil,
        interaction: String? = nil,
        purpose: String? = nil,
        reason: String? = nil,
        body: String? = nil,
        headers: String = "",
        authorization: String? = nil
    ) -> String {
        let more = [("purpose", purpose), ("reason", reason)].map { name, value in
            value.map { ",\"\(name)\":\"\($0)\"" } ?? ""
        }.joined()
        let body =
            body
            ?? "{\"customerId\":\"\(customer ?? who.customer)\",\"agentId\":\"\(agent ?? who.agentWithLiveCall)\","
            + "\"interactionId\":\"\(interaction ?? who.liveConversation)\"\(more)}"
        return "POST /api/v1/read/\(route) HTTP/1.1\r\nHost: localhost\r\n"
            + "Authorization: \(authorization ?? self.authorization)\r\nContent-Type: application/json\r\n\(headers)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Sends one request on a connection of its own.
    func call(_ text: String) async throws -> Reply {
        let caller = try await Caller(port: port)
        try await caller.send(text)
        do {
            let reply = try await caller.reply()
            await caller.close()
            return reply
        } catch {
            await caller.close()
            throw error
        }
    }

    func read(
        _ route: String = "profile",
        customer: String? = nil,
        agent: String? = nil,
        interaction: String? = nil,
        purpose: String? = nil,
        reason: String? = nil
    ) async throws -> Reply {
        try await call(
            request(
                route,
                customer: customer,
                agent: agent,
                interaction: interaction,
                purpose: purpose,
                reason: reason
            )
        )
    }

    // MARK: Looking

    func event(_ reply: Reply) async throws -> JSONValue {
        try JSONValue(parsing: try await ledger.entry(at: try #require(reply.receipt, "\(reply.status) \(reply.text)")))
    }

    /// Every event, in order.
    func events(_ type: EventType? = nil) async throws -> [JSONValue] {
        let head = try SignedHead(checkpoint: try await ledger.checkpoint(), verifier: ledger.verifier)
        var events: [JSONValue] = []
        try StoreSource(ledger).visitEntries(0..<head.size, treeSize: head.size) { _, bytes in
            events.append(try JSONValue(parsing: bytes))
        }
        return events.filter { type == nil || $0["eventType"]?.string == type?.rawValue }
    }

    /// Waits until there are so many events of a type.
    func events(_ type: EventType, count: Int) async throws -> [JSONValue] {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let found = try await events(type)
            if found.count >= count { return found }
            // Gives way to the threads that make the events; `Caller` round trips would do as well.
            _ = try await call("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        }
        return try await events(type)
    }

    var conversationLookUps: Int { sandbox.requestCounts["GET /api/v2/conversations/{id}"] ?? 0 }
    var roleLookUps: Int { sandbox.requestCounts["GET /api/v2/users/{id}"] ?? 0 }
    var customerReads: Int { sandbox.requestCounts["CRM GET /customers/{id}"] ?? 0 }

    /// What the CRM itself says of a customer.
    func record(_ customer: String) async throws -> JSONValue {
        let caller = try await Caller(port: crm)
        try await caller.send(
            "GET /customers/\(customer) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sandbox-crm-token\r\n\r\n"
        )
        let reply = try await caller.reply()
        await caller.close()
        return try JSONValue(parsing: reply.body)
    }
}

extension Reply {
    /// The names of the body's members.
    var members: Set<String> {
        get throws { Set((try JSONValue(parsing: body).object ?? [:]).keys) }
    }
}
