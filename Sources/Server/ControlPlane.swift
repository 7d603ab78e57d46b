public import AuditTrail
public import Credentials
public import Delivery
public import Gateway
public import Hummingbird
import HummingbirdCore
public import Identity
public import JSON
public import Ledger
public import Logging
public import Monitoring
import NIOCore
public import PlatformFacts
import Redaction
public import Storage
public import WallTime

/// The control plane over HTTP: questions to the audit trail, the ledger's tiles and proofs, API clients, health and metrics.
///
/// It holds no logic of the domain: it authenticates, reads a request strictly, asks the domain, and writes the answer or a problem
/// document.
public struct ControlPlane: Sendable {
    /// The largest body of a request where nothing else is said, in bytes.
    public static let maximumBodyBytes = 64 * 1024

    /// What the control plane needs of the rest.
    public struct Parts: Sendable {
        /// The record.
        public var ledger: Ledger
        /// The questions to it.
        public var auditTrail: AuditTrail
        /// Who is whom.
        public var identities: IdentityRegistry
        /// What takes the events of other systems.
        public var intake: EventIntake
        /// The API clients in the store.
        public var registry: ClientRegistry
        /// The API clients as both planes know them.
        public var directory: ClientDirectory
        /// The listeners' certificates.
        public var certificates: [TLSKeeper]
        /// How the data plane fares.
        public var dataPlane: any DataPlaneStatus
        /// The routes of the data plane, for their fail modes.
        public var routes: [Route]
        /// The name of this node.
        public var node: String
        /// Who does the work that runs once in a cluster.
        public var leases: LeaseKeeper?
        /// How the sinks are seen and steered.
        public var delivery: DeliveryControl
        /// Makes signed statements of what was delivered.
        public var statements: DeliveryStatements
        /// The sinks that this process may run.
        public var sinks: [ConfiguredSink]
        /// What detection found.
        public var alerts: AlertDesk
        /// What tries rules on the past.
        public var backtests: BacktestDesk
        /// Containment.
        public var containment: ContainmentDesk
        /// How detection goes on this node; nil when it is off.
        public var detection: DetectionStatus?
        /// The planted customers.
        public var honey: HoneyCustomers
        /// The feeds of platform facts; nil when there is no platform.
        public var feeds: FeedDesk?
        /// What a SOAR signs; nil when none is configured.
        public var signedDecisions: SignedDecisions?
        /// Parts that `GET /readyz` shows besides those above, such as the platform.
        public var readyChecks: [ReadyCheck]
        /// The resolved settings without secrets.
        public var configurationSummary: JSONValue
        /// What the settings are called in the events.
        public var configurationHash: String
        /// How callers' texts are redacted.
        public var redaction: RedactionService
        /// Told of each caller that was not let in, and the address it called from.
        public var refused: @Sendable (AuthenticationFailure, String) -> Void
        /// The time of day.
        public var clock: any WallClock
        /// Where the log lines go.
        public var logger: Logger

        /// Collects the parts.
        public init(
            ledger: Ledger,
            auditTrail: AuditTrail,
            identities: IdentityRegistry,
            intake: EventIntake,
            registry: ClientRegistry,
            directory: ClientDirectory,
            certificates: [TLSKeeper] = [],
            dataPlane: any DataPlaneStatus,
            routes: [Route],
            node: String = "node-1",
            leases: LeaseKeeper? = nil,
            delivery: DeliveryControl,
            statements: DeliveryStatements,
            sinks: [ConfiguredSink] = [],
            alerts: AlertDesk,
            backtests: BacktestDesk,
            containment: ContainmentDesk,
            honey: HoneyCustomers,
            detection: DetectionStatus? = nil,
            feeds: FeedDesk? = nil,
            signedDecisions: SignedDecisions? = nil,
            readyChecks: [ReadyCheck] = [],
            configurationSummary: JSONValue,
            configurationHash: String,
            redaction: RedactionService = RedactionService(),
            refused: @escaping @Sendable (AuthenticationFailure, String) -> Void,
            clock: any WallClock,
            logger: Logger
        ) {
            self.ledger = ledger
            self.auditTrail = auditTrail
            self.identities = identities
            self.intake = intake
            self.registry = registry
            self.directory = directory
            self.certificates = certificates
            self.dataPlane = dataPlane
            self.routes = routes
            self.node = node
            self.leases = leases
            self.delivery = delivery
            self.statements = statements
            self.sinks = sinks
            self.alerts = alerts
            self.backtests = backtests
            self.containment = containment
            self.detection = detection
            self.honey = honey
            self.feeds = feeds
            self.signedDecisions = signedDecisions
            self.readyChecks = readyChecks
            self.configurationSummary = configurationSummary
            self.configurationHash = configurationHash
            self.redaction = redaction
            self.refused = refused
            self.clock = clock
            self.logger = logger
        }
    }

    /// How long a request's body may take to arrive.
    public var bodyTimeout: Duration = .seconds(15)

    private let parts: Parts
    private let metrics = ControlMetrics()
    private let refresher: ClientRefresher
    private let commits: CommitProbe
    private let sinkJobs: SinkJobs
    private let began: Timestamp

    /// Prepares the control plane; nothing listens yet.
    public init(_ parts: Parts) {
        self.parts = parts
        refresher = ClientRefresher(registry: parts.registry, directory: parts.directory)
        commits = CommitProbe(ledger: parts.ledger, clock: parts.clock)
        sinkJobs = SinkJobs(clock: parts.clock, logger: parts.logger)
        began = parts.clock.now()
    }

    /// The routes with everything around them.
    func router() -> Router<PlainContext> {
        let router = Router(context: PlainContext.self, options: .autoGenerateHeadEndpoints)
        router.add(
            middleware: Envelope(
                logger: parts.logger,
                metrics: metrics,
                bodyTimeout: bodyTimeout,
                refused: parts.refused
            )
        )
        let probe = ReadinessProbe(
            ledger: parts.ledger,
            dataPlane: parts.dataPlane,
            routes: parts.routes,
            checks: parts.readyChecks + parts.certificates.map { ReadyCheck($0, clock: parts.clock) },
            cluster: ClusterView(node: parts.node, ledger: parts.ledger, leases: parts.leases),
            commits: commits
        )
        OperationsRoutes(
            ledger: parts.ledger,
            dataPlane: parts.dataPlane,
            node: parts.node,
            probe: probe,
            metrics: metrics,
            certificates: parts.certificates,
            delivery: DeliveryMetrics(control: parts.delivery, sinks: parts.sinks),
            detection: parts.detection,
            feeds: parts.feeds,
            clock: parts.clock
        ).add(to: router)
        let log = LogRoutes(ledger: parts.ledger)
        log.add(to: router)
        SignedDecisionRoutes(decisions: parts.signedDecisions).add(to: router)
        let clients = router.group()
            .add(middleware: Authentication(directory: parts.directory, clock: parts.clock))
            .group(context: ClientContext.self)
        log.add(to: clients)
        TrailRoutes(ledger: parts.ledger, trail: parts.auditTrail, normaliser: parts.identities.normaliser).add(
            to: clients
        )
        IdentityRoutes(identities: parts.identities, trail: parts.auditTrail).add(to: clients)
        DecisionRoutes(identities: parts.identities).add(to: clients)
        ProposalRoutes(identities: parts.identities, trail: parts.auditTrail).add(to: clients)
        IntakeRoutes(intake: parts.intake).add(to: clients)
        RedactionRoutes(
            service: parts.redaction,
            identities: parts.identities,
            ledger: parts.ledger,
            clock: parts.clock,
            producer: "server@\(parts.node)"
        ).add(to: clients)
        ClientRoutes(registry: parts.registry, refresher: refresher).add(to: clients)
        SinkRoutes(
            control: parts.delivery,
            statements: parts.statements,
            sinks: parts.sinks,
            jobs: sinkJobs,
            trail: parts.auditTrail,
            clock: parts.clock
        ).add(to: clients)
        RuleRoutes(desk: parts.backtests, trail: parts.auditTrail).add(to: clients)
        AlertRoutes(desk: parts.alerts, trail: parts.auditTrail, clock: parts.clock).add(to: clients)
        ContainmentRoutes(desk: parts.containment, trail: parts.auditTrail, clock: parts.clock).add(to: clients)
        HoneyRoutes(customers: parts.honey).add(to: clients)
        InstallationRoutes(
            ledger: parts.ledger,
            dataPlane: parts.dataPlane,
            configurationSummary: parts.configurationSummary,
            configurationHash: parts.configurationHash,
            clock: parts.clock,
            began: began
        ).add(to: clients)
        return router
    }

    /// The service that listens and answers, for a service group. It finishes the requests under way when it is stopped.
    /// - Parameter onReady: told the port once connections are accepted.
    public func application(
        _ listener: ControlListener,
        onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard()],
            idleTimeout: TimeAmount(listener.idleTimeout),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 8 * 1024,
                maxHeaderListSize: 16 * 1024,
                maxHeaderFieldCount: 100
            )
        )
        let http = HTTPServerBuilder { responder in
            let plain = HTTP1Channel(responder: responder, configuration: configuration)
            return listener.tls.map { KeptTLSChannel(base: plain, tls: $0) } ?? plain
        }
        return Application(
            responder: router().buildResponder(),
            server: http,
            configuration: ApplicationConfiguration(
                address: .hostname(listener.host, port: listener.port),
                availableConnectionsDelegate: .maximum(listener.maximumConnections, logger: parts.logger)
            ),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? listener.port) },
            logger: parts.logger
        )
    }

    /// Makes the clients in the store known to both planes.
    public func refreshClients() async throws { try await refresher.refresh() }

    /// Learns of changes that other processes made to the clients, until the task is cancelled.
    /// - Parameter interval: the rhythm; a revoked client stops working on this node within it.
    public func followClients(every interval: Duration = .seconds(1)) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: interval)
            do {
                try await refreshClients()
            } catch {
                parts.logger.warning("clients not refreshed", metadata: ["error": "\(type(of: error))"])
            }
        }
    }
}
