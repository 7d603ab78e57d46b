import AsyncHTTPClient
import AuditTrail
import Credentials
import Delivery
import Gateway
import Genesys
import Identity
import Ledger
import Logging
import Monitoring
import PlatformFacts
import Server
import ServiceLifecycle
import Settings
import Storage
import Traces
import UnixSignals
import WallTime

/// Both planes, the followers and the ledger, put together in one process.
final class MunimentServer: Sendable {
    let ledger: Ledger
    let gateway: GatewayServer
    let registry: ClientRegistry
    let directory: ClientDirectory
    let auditTrail: AuditTrail
    let identities: IdentityRegistry

    private let installation: Installation
    private let http: HTTPClient?
    private let readyChecks: [ReadyCheck]
    private let lock: ServerLock
    private let leases: LeaseKeeper
    private let restrictions = AgentRestrictions()
    private let containment: ContainmentDesk
    private let detectionStatus: DetectionStatus
    private let sinks: SinkAssembly
    private let feeds: FeedAssembly
    private let controlCertificate: TLSKeeper?
    private let spans: SpanQueue?
    private let logger: Logger

    /// Opens the ledger and composes the parts; nothing listens yet.
    init(_ installation: Installation, logger: Logger) async throws {
        let configuration = installation.configuration
        self.installation = installation
        self.logger = logger
        try installation.redactLogLines()
        lock = try ServerLock(directory: configuration.ledger.directory)
        ledger = try installation.openLedger()
        leases = try LeaseKeeper(
            database: ledger.database,
            node: configuration.node,
            run: ledger.isShared ? String(UInt32.random(in: .min ... .max), radix: 36) : nil
        ) { work, error in
            logger.warning("leased work interrupted", metadata: ["work": "\(work)", "error": "\(error)"])
        }
        let producer = "server@\(configuration.node)"
        sinks = try SinkAssembly(installation, ledger: ledger, leases: leases, producer: producer, logger: logger)
        let identities = try installation.identities(ledger, producer: producer)
        self.identities = identities
        registry = try installation.registry(ledger, producer: producer) { identities.tokens.keyring }
        directory = installation.clientDirectory()
        directory.replace(with: try await registry.all())
        auditTrail = installation.auditTrail(ledger, identities, producer: producer)
        var platform: (any Platform)?
        var genesysClient: GenesysClient?
        var readyChecks: [ReadyCheck] = []
        var http: HTTPClient?
        if let settings = configuration.platform {
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: GenesysClient.httpConfiguration)
            http = client
            let genesys = GenesysClient(
                host: settings.host,
                credentials: settings.credentials,
                http: client,
                logger: logger
            )
            platform = GenesysPlatform(client: genesys)
            genesysClient = genesys
            readyChecks.append(ReadyCheck(name: "platform") { Self.state(of: genesys) })
            feeds = try FeedAssembly(installation, client: genesys, ledger: ledger, identities: identities)
            readyChecks += feeds.readyChecks
        } else {
            feeds = try FeedAssembly(installation, client: nil, ledger: ledger, identities: identities)
        }
        let detectionStatus = DetectionStatus(ledger: ledger)
        self.detectionStatus = detectionStatus
        if configuration.detection.isOn {
            readyChecks.append(ReadyCheck(name: "detection") { Self.state(of: detectionStatus) })
        }
        self.readyChecks = readyChecks
        controlCertificate = try configuration.control.tls.map { try TLSKeeper(listener: "control", files: $0) }
        self.http = http
        containment = try installation.containmentDesk(ledger, platform: genesysClient, producer: producer)
        spans = configuration.tracing.map { SpanQueue(sampleRatio: $0.sampleRatio) }
        gateway = try GatewayServer(
            settings: configuration.gateway,
            parts: GatewayServer.Parts(
                ledger: ledger,
                clients: directory,
                tokeniser: installation.tokeniser,
                naming: CustomerNamesByIdentity(identities: identities),
                commitments: installation.commitments,
                platform: platform,
                restrictions: restrictions,
                spans: spans,
                redactors: try installation.categoryRedactors(),
                clock: installation.clock
            )
        )
    }

    /// Serves until `stop` returns, then finishes what is under way, records the end, and closes everything.
    /// - Parameters:
    ///   - ready: told both ports once requests are served.
    ///   - stop: returns when the server is to end.
    func run(ready: @Sendable (_ dataPort: Int, _ controlPort: Int) -> Void, until stop: @Sendable () async -> Void)
        async throws
    {
        // Heard before anybody can know the process: until then it would end it.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        try await own.recordStart(installation.configuration, policyHash: gateway.policyHash)
        try await recordWatch.restrictGateway()
        let dataPort = try await gateway.start()
        let controlPlane = try makeControlPlane()
        let (bound, boundContinuation) = AsyncStream<Int>.makeStream()
        let control = ServiceGroup(
            services: [controlPlane.application(listener(), onReady: { boundContinuation.yield($0) })],
            logger: logger
        )
        let controlTask = Task {
            defer { boundContinuation.finish() }
            try await control.run()
        }
        guard let controlPort = await bound.first(where: { _ in true }) else {
            await gateway.shutdown(within: 0)
            try await controlTask.value
            throw CommandFailure("the control plane ended before it served anything")
        }
        let logger = self.logger
        let followers = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await self.leases.run("index") { _ in
                        await self.ledger.runIndexFollower {
                            logger.error("the query index cannot be kept up", metadata: ["error": "\($0)"])
                        }
                    }
                }
                group.addTask { await self.recordWatch.run() }
                group.addTask { await self.feeds.run(self.leases, logger: logger) }
                group.addTask {
                    await self.ledger.watchHead { try await Task.sleep(for: .seconds(1)) }
                }
                group.addTask {
                    await self.gateway.run {
                        logger.error("the data plane's housekeeping failed", metadata: ["error": "\($0)"])
                    }
                }
                group.addTask { await controlPlane.followClients() }
                group.addTask {
                    await IdentityFollower(
                        identities: self.identities,
                        configuration: self.installation.configuration,
                        logger: logger
                    ).run()
                }
                group.addTask { await self.sinks.service.run() }
                group.addTask { await self.sinks.watchDelays() }
                group.addTask {
                    await CertificateFollower(
                        certificates: self.certificates,
                        clock: self.installation.clock,
                        logger: logger
                    ).run(hangups)
                }
                if let exporter = self.spanExporter { group.addTask { await exporter.run() } }
            }
        }
        logger.info(
            "serving",
            metadata: [
                "dataPort": "\(dataPort)", "controlPort": "\(controlPort)",
                "node": "\(installation.configuration.node)",
            ]
        )
        ready(dataPort, controlPort)
        await stop()
        logger.info("stopping")
        await gateway.shutdown(within: 20)
        await control.triggerGracefulShutdown()
        try await controlTask.value
        await sinks.service.end(within: .seconds(10))
        followers.cancel()
        await followers.value
        // A store that is away cannot take it: the next start says that this one did not end in order.
        do { try await own.recordStop() } catch {
            logger.error("the end could not be recorded", metadata: ["error": "\(error)"])
        }
        ledger.close()
        try await http?.shutdown()
        try await sinks.close()
    }

    private func makeControlPlane() throws -> ControlPlane {
        let configuration = installation.configuration
        let gateway = self.gateway
        return ControlPlane(
            ControlPlane.Parts(
                ledger: ledger,
                auditTrail: auditTrail,
                identities: identities,
                intake: EventIntake(
                    ledger: ledger,
                    tokeniser: installation.tokeniser,
                    identities: identities,
                    clock: installation.clock
                ),
                registry: registry,
                directory: directory,
                certificates: certificates,
                dataPlane: gateway,
                routes: configuration.gateway.routes,
                node: configuration.node,
                leases: leases,
                delivery: sinks.control,
                statements: DeliveryStatements(
                    control: sinks.control,
                    ledger: ledger,
                    signer: installation.signer
                ),
                sinks: sinks.service.sinks,
                alerts: try installation.alertDesk(ledger, producer: producer),
                backtests: BacktestDesk(
                    ledger: ledger,
                    rules: configuration.detection.rules,
                    configuration: detection.configuration,
                    clock: installation.clock
                ),
                containment: containment,
                honey: installation.honeyCustomers(ledger, identities, producer: producer),
                detection: configuration.detection.isOn ? detectionStatus : nil,
                feeds: feeds.desk,
                signedDecisions: configuration.detection.soar.map {
                    SignedDecisions(
                        desk: containment,
                        keys: $0.keys,
                        clock: installation.clock
                    )
                },
                readyChecks: readyChecks,
                configurationSummary: configuration.summary,
                configurationHash: configuration.contentHash,
                redaction: installation.redactionService,
                refused: { gateway.note(refused: $0, from: $1) },
                clock: installation.clock,
                logger: logger
            )
        )
    }

    /// Keys may be rotated while it runs.
    private var detection: DetectionSettings {
        let identities = self.identities
        return installation.detection { identities.tokens.keyring }
    }

    private static func state(of genesys: GenesysClient) -> PartState {
        let suspended = genesys.suspended
        guard !suspended.isEmpty else { return .ok }
        let names = suspended.joined(separator: ", ")
        return .degraded(
            "calls for \(names) are left alone for a while after failures: what needs them is unverifiable"
        )
    }

    private static func state(of detection: DetectionStatus) -> PartState {
        switch detection.state {
        case .elsewhere, .watching: .ok
        case .failing: .degraded("the rules do not see what is recorded now: the log says what stopped them")
        }
    }

    private var recordWatch: RecordWatch {
        RecordWatch(
            ledger: ledger,
            leases: leases,
            detection: detection,
            status: detectionStatus,
            containment: containment,
            restrictions: restrictions,
            clock: installation.clock,
            logger: logger
        )
    }

    private var spanExporter: SpanExporter? {
        guard let spans, let settings = installation.configuration.tracing else { return nil }
        return SpanExporter(queue: spans, settings: settings, node: installation.configuration.node, logger: logger)
    }

    private var certificates: [TLSKeeper] { [gateway.certificate, controlCertificate].compactMap(\.self) }

    private var producer: String { "server@\(installation.configuration.node)" }

    private var own: OwnRecord { OwnRecord(ledger: ledger, producer: producer, clock: installation.clock) }

    private func listener() -> ControlListener {
        let control = installation.configuration.control
        return ControlListener(
            host: control.host,
            port: control.port,
            tls: controlCertificate
        )
    }
}
