import AsyncHTTPClient
import Detection
import Genesys
import JSON
import Ledger
import Logging
import MerkleLog
import Sandbox
import TestStores
import Testing
import WallTime

@testable import Monitoring
@testable import PlatformFacts
@testable import Storage

/// A pretend platform, a ledger, and feeds between the two over real HTTP. Time stands still unless it is moved.
final class Centre: Sendable {
    static let start: Int64 = 1_780_000_000_000

    let sandbox: Sandbox
    let ledger: Ledger
    let clock = WallTime.ManualClock(Timestamp(milliseconds: start))
    let store: FactStore
    let client: GenesysClient
    private let http: HTTPClient
    private let folder: TemporaryFolder
    private let schema: PostgresSchema?

    var directory: SandboxDirectory { sandbox.directory }
    var now: Timestamp { clock.now() }

    private init(_ engine: Engine, limited: Bool) async throws {
        var configuration = SandboxConfiguration()
        configuration.clock = .standing(at: Self.start)
        configuration.requestsPerMinute = 100_000
        sandbox = Sandbox(configuration)
        try await sandbox.start()
        folder = try TemporaryFolder()
        schema = engine == .postgres ? try PostgresSchema() : nil
        let location = LedgerLocation(
            directory: folder.path("data"),
            anchor: folder.path("anchor/checkpoint"),
            engine: schema.map { .postgres($0.settings) } ?? .sqlite
        )
        let signer = try NoteSigner(origin: Origin("facts.example/test"), seed: [UInt8](repeating: 7, count: 32))
        let first = Event(type: .ledgerCreated, identity: .random(producer: "test"), timestamp: clock.now())
        try Ledger.create(at: location, signer: signer, first: first)
        ledger = try Ledger(at: location, signer: signer)
        store = try FactStore(ledger: ledger)
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: GenesysClient.httpConfiguration)
        var options = GenesysClient.Options()
        options.requestsPerMinute = 100_000
        // Tests that share two cores with many others wait for their turn.
        options.deadline = .seconds(60)
        options.loginDeadline = .seconds(60)
        let directory = sandbox.directory
        client = GenesysClient(
            host: try GenesysHost(sandboxURL: await sandbox.platformURL ?? ""),
            credentials: ClientCredentials(
                clientID: limited ? directory.limitedClientID : directory.clientID,
                secret: Secret(limited ? directory.limitedClientSecret : directory.clientSecret)
            ),
            http: http,
            options: options,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    static func run(
        _ engine: Engine = .sqlite,
        limited: Bool = false,
        _ body: (Centre) async throws -> Void
    ) async throws {
        let centre = try await Centre(engine, limited: limited)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(centre)) } catch { outcome = .failure(error) }
        await centre.sandbox.stop()
        centre.ledger.close()
        try await centre.http.shutdown()
        try outcome.get()
    }

    /// Moves both clocks.
    func pass(_ seconds: Int64) {
        clock.advance(seconds: seconds)
        sandbox.clock.advance(seconds: seconds)
    }

    func lease(_ holder: String = "node") async throws -> Lease {
        _ = try LeaseKeeper(database: ledger.database, node: holder, run: nil) { _, _ in }
        let taken = try await ledger.database.write { connection in
            _ = try connection.run("UPDATE leases SET expires = 0")
            return try LeaseTable(duration: 60_000).take("feed", as: holder, connection)
        }
        return try #require(taken)
    }

    func importer(_ feed: any FactFeed) -> FeedImporter {
        FeedImporter(feed, store: store, clock: clock, failed: { Issue.record("\($0): \($1)") })
    }

    /// A round of a feed.
    func round(_ feed: any FactFeed) async throws { try await importer(feed).round(lease()) }

    // MARK: Feeds

    func conversations(_ change: (inout ConversationFeed.Settings) -> Void = { _ in }) -> ConversationFeed {
        var settings = ConversationFeed.Settings()
        settings.customerAttribute = "customerId"
        change(&settings)
        return ConversationFeed(client, settings: settings) { "token:" + $0 }
    }

    func audits(_ kind: AuditKind, services: [String] = []) -> AuditFeed {
        var settings = AuditFeed.Settings()
        settings.services = services
        return AuditFeed(kind, client, settings: settings, pause: { _ in })
    }

    func executions(_ change: (inout ExecutionFeed.Settings) -> Void = { _ in }) -> ExecutionFeed {
        var settings = ExecutionFeed.Settings()
        change(&settings)
        return ExecutionFeed(client, routes: ["customer-profile"], settings: settings)
    }

    // MARK: The record

    func read(
        _ customer: String,
        by agent: String,
        on interaction: String,
        binding: String = "unverifiable",
        route: String = "customer-profile"
    ) async throws {
        try await ledger.append(
            Event(
                type: .customerDataAccessed,
                identity: .random(producer: "gateway@test"),
                timestamp: now,
                fields: [
                    "agentId": .string(agent), "customerId": .string("token:" + customer),
                    "interactionId": .string(interaction), "binding": .string(binding), "route": .string(route),
                    "dataFieldsViewed": ["name"], "dataFieldsMasked": [:], "outcome": "released",
                ]
            )
        )
    }

    func events(_ type: EventType) async throws -> [JSONValue] {
        let query = EventQuery(keys: [IndexKey(.eventType, type.rawValue)], limit: 10_000)
        return try await ledger.events(query).events.reversed().map { try JSONValue(parsing: $0.bytes) }
    }

    /// Writes a sign of life and lets detection read everything.
    /// - Returns: the codes of the alerts that are open, each with whom it is about.
    func alerts(requiring feeds: [String] = [], silence: [String: Int64] = [:]) async throws -> [String] {
        try await ledger.append(
            Event(type: .detectionHeartbeat, identity: .random(producer: "detection"), timestamp: now)
        )
        let follower = try DetectionFollower(
            ledger: ledger,
            rules: BuiltInRules.pack(),
            configuration: DetectionConfiguration(requiredFeeds: feeds, feedSilenceSeconds: silence),
            clock: clock,
            failed: { Issue.record("\($0): \($1)") }
        )
        var engine = try await follower.restore()
        while try await follower.step(&engine) {}
        return engine.alerts.values.filter { $0.status == .open }
            .map { "\($0.code) \($0.entity.joined(separator: " "))" }.sorted()
    }
}
