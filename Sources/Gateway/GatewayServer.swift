public import Credentials
public import Identity
import JSON
public import Ledger
public import Measures
import NIOCore
import NIOPosix
import NIOSSL
public import Redaction
import Synchronization
public import Traces
public import WallTime

/// The data plane: audited reads over HTTP/1.1 on event loops of its own.
public final class GatewayServer: Sendable {
    /// What the data plane needs of the rest.
    public struct Parts: Sendable {
        /// Where events go.
        public let ledger: Ledger
        /// Who may call.
        public let clients: ClientDirectory
        /// How identifiers become tokens.
        public let tokeniser: Tokeniser
        /// Under which names customers stand in the ledger; nil for the tokens of their numbers.
        public let naming: (any CustomerNaming)?
        /// How released values are committed to.
        public let commitments: DisclosureCommitments
        /// Whom to ask about conversations; nil when no platform is configured.
        public let platform: (any Platform)?
        /// Where spans go; nil when nothing is traced.
        public let spans: SpanQueue?
        /// Which agents are contained.
        public let restrictions: AgentRestrictions
        /// How the free text of some categories is redacted where it would leave as it is. None of them makes tokens.
        public let redactors: [Category: Redactor]
        /// The time of day.
        public let clock: any WallClock

        /// Collects the parts.
        public init(
            ledger: Ledger,
            clients: ClientDirectory,
            tokeniser: Tokeniser,
            naming: (any CustomerNaming)? = nil,
            commitments: DisclosureCommitments,
            platform: (any Platform)?,
            restrictions: AgentRestrictions = AgentRestrictions(),
            spans: SpanQueue? = nil,
            redactors: [Category: Redactor] = [:],
            clock: any WallClock
        ) {
            self.ledger = ledger
            self.clients = clients
            self.tokeniser = tokeniser
            self.naming = naming
            self.commitments = commitments
            self.platform = platform
            self.restrictions = restrictions
            self.spans = spans
            self.redactors = redactors
            self.clock = clock
        }
    }

    /// What it counts.
    public let metrics = GatewayMetrics()
    /// The journal; nil when no route uses one.
    public let spool: Spool?

    private let core: GatewayCore
    private let ledger: Ledger
    private let group: MultiThreadedEventLoopGroup
    private let loops: [LoopContext]
    /// The listener's certificate; nil without TLS.
    public let certificate: TLSKeeper?
    private let channel = Mutex<(any Channel)?>(nil)
    private let connections = Gauge()
    private let stopping = Atomic<Bool>(false)

    /// Prepares the data plane; nothing listens yet.
    /// - Throws: ``TLSFileError`` or ``LedgerError`` when a file cannot be used.
    public init(settings: GatewaySettings, parts: Parts) throws {
        var settings = settings
        if settings.threads <= 0 { settings.threads = System.coreCount }
        certificate = try settings.listener.tls.map { try TLSKeeper(listener: "data", files: $0) }
        spool = try settings.spoolDirectory.map { try Spool(directory: $0, maximumBytes: settings.maximumSpoolBytes) }
        core = try GatewayCore(
            settings: settings,
            clients: parts.clients,
            tokeniser: parts.tokeniser,
            naming: parts.naming,
            commitments: parts.commitments,
            platform: parts.platform,
            restrictions: parts.restrictions,
            spool: spool,
            spans: parts.spans,
            redactors: parts.redactors,
            metrics: metrics,
            clock: parts.clock
        )
        ledger = parts.ledger
        group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
        var loops: [LoopContext] = []
        for loop in group.makeIterator() { loops.append(LoopContext(loop: loop, core: core, ledger: parts.ledger)) }
        self.loops = loops
    }

    /// Listens.
    /// - Returns: the port that was bound.
    public func start() async throws -> Int {
        for context in loops { try await context.loop.submit { context.start() }.get() }
        let contexts = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.loop), $0) })
        let settings = core.settings
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { [connections, certificate] channel in
                channel.eventLoop.makeCompletedFuture {
                    let count = connections.add(1)
                    channel.closeFuture.whenComplete { _ in connections.add(-1) }
                    guard count <= settings.maximumConnections,
                        let context = contexts[ObjectIdentifier(channel.eventLoop)]
                    else { throw ChannelError.ioOnClosedChannel }
                    let operations = channel.pipeline.syncOperations
                    if let certificate {
                        try operations.addHandler(NIOSSLServerHandler(context: certificate.context))
                    }
                    try operations.addHandler(ReadConnection(loop: context))
                }
            }
            .bind(host: settings.listener.host, port: settings.listener.port).get()
        self.channel.withLock { $0 = channel }
        return channel.localAddress?.port ?? settings.listener.port
    }

    /// Looks after the journal and the count of refused callers until the task is cancelled.
    public func run(failed: @escaping @Sendable (any Error) -> Void) async {
        var seconds = 0
        while !Task.isCancelled {
            // A rhythm, not a wait for something: the journal and the counts are looked at every second and every minute.
            try? await Task.sleep(for: .seconds(1))
            seconds += 1
            do { try await replaySpool() } catch { failed(error) }
            guard seconds % 60 == 0 else { continue }
            do { try await recordAuthenticationFailures() } catch { failed(error) }
        }
    }

    /// Puts what the journal holds into the ledger.
    @discardableResult
    func replaySpool() async throws -> Int {
        try await spool?.replay(into: ledger, producer: core.settings.producer, clock: core.clock) ?? 0
    }

    /// Stops taking requests, finishes those under way, and ends. A second call does nothing.
    /// - Parameter seconds: how long to wait for them.
    public func shutdown(within seconds: Int) async {
        guard !stopping.exchange(true, ordering: .relaxed) else { return }
        // First nobody new, then away with the idle: nobody whose connection ended finds the listener still there.
        try? await channel.withLock { $0 }?.close()
        core.draining.store(true, ordering: .relaxed)
        await settle(within: .seconds(Int64(seconds)))
        for context in loops { try? await context.loop.submit { context.close() }.get() }
        // What ended just now leaves records behind, too.
        await settle(within: .seconds(5))
        for context in loops { try? await context.loop.submit { [ledger] in context.leave(ledger) }.get() }
        try? await recordAuthenticationFailures()
        try? await group.shutdownGracefully()
    }

    private func settle(within time: TimeAmount) async {
        let deadline = NIODeadline.now() + time
        while NIODeadline.now() < deadline, await isBusy() {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    private func isBusy() async -> Bool {
        for context in loops where (try? await context.loop.submit { context.isBusy }.get()) == true { return true }
        return false
    }

    private func recordAuthenticationFailures() async throws {
        var failure: (any Error)?
        for (key, count) in core.failures.take() {
            let fields: [String: JSONValue] = [
                "attempts": .integer(count), "reason": .string(key.reason.rawValue),
                "remoteAddress": .string(key.address),
            ]
            let event = Event(
                type: .authenticationFailed,
                identity: .random(producer: core.settings.producer),
                timestamp: core.clock.now(),
                fields: fields
            )
            do {
                try await ledger.append(event)
            } catch {
                core.failures.putBack(key, count)
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Counts a caller that the control plane did not let in, for the same minute's event.
    public func note(refused failure: AuthenticationFailure, from address: String) {
        core.failures.note(failure, from: address)
    }

    // MARK: What others may know

    /// The policy's content hash, as it stands in every record.
    public var policyHash: String { core.policyHash }

    /// Client connections now.
    public var connectionCount: Int { connections.value }

    /// What reads under way have left in tables; 0 when none is. Read it when the loops have stopped.
    var remembered: Int { loops.reduce(core.remembered) { $0 + $1.remembered } }

    /// The upstreams, and whether each is being left alone after failures.
    public var upstreams: [(name: String, isOpen: Bool)] {
        zip(core.settings.upstreams, core.breakers).map { ($0.name, $1.isOpen) }
    }

    /// Adds what the data plane counts to a text.
    public func write(to text: inout MetricsText) {
        metrics.write(to: &text)
        ServiceLevel.write(core.routes, to: &text)
        core.spans?.write(to: &text)
        text.value(
            "muniment_connections",
            .gauge,
            help: "Client connections of the data plane.",
            Double(connectionCount)
        )
        text.family(
            "muniment_upstream_open",
            .gauge,
            help: "1 while an upstream is left alone after failures.",
            upstreams.map { ([("upstream", $0.name)], $0.isOpen ? 1 : 0) }
        )
        if let spool {
            text.value(
                "muniment_spool_records",
                .gauge,
                help: "Records in the local journal that are not in the ledger yet.",
                Double(spool.backlog.records)
            )
        }
    }
}
