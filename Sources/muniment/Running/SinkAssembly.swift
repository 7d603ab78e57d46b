import Addresses
import AsyncHTTPClient
import Delivery
import DeliveryWire
import EventFormats
import Foundation
import Gateway
import Identity
import Ledger
import Logging
import NIOPosix
import NIOSSL
import ObjectStorage
import Settings
import Storage

/// The configured sinks, put together with the clients that reach them.
final class SinkAssembly: Sendable {
    /// What operators see and do.
    let control: DeliveryControl
    /// What delivers.
    let service: DeliveryService
    private let delays: SinkDelayWatch
    private let leases: LeaseKeeper
    private let clients: [HTTPClient]

    init(_ installation: Installation, ledger: Ledger, leases: LeaseKeeper, producer: String, logger: Logger) throws {
        let state = try installation.deliveryState(ledger, producer: producer)
        var clients: [HTTPClient] = []
        var hosts: [String: HostConcurrency] = [:]
        let sinks = try installation.configuration.sinks.map { settings in
            let redaction = try settings.redaction.map { try installation.freeTextRedaction($0) }
            let pseudonyms = try installation.pseudonymisation(for: settings)
            return try Self.sink(settings, redaction, pseudonyms, ledger: ledger, clients: &clients, hosts: &hosts)
        }
        self.clients = clients
        control = DeliveryControl(state: state, ledger: ledger, clock: installation.clock)
        self.leases = leases
        let limits = installation.configuration.sinks.map { ($0.definition.name, $0.delayedAfterSeconds) }
        delays = try SinkDelayWatch(control: control, limits: Dictionary(limits) { $1 })
        service = DeliveryService(
            sinks: sinks,
            ledger: ledger,
            state: state,
            leases: leases,
            clock: installation.clock,
            logger: logger
        )
    }

    /// Tells of sinks whose destinations are silent, on one node of a cluster at a time, until the task is cancelled.
    func watchDelays() async {
        await leases.run("sink-delays") { [delays] in try await delays.run($0) }
    }

    /// Lets go of the connections.
    func close() async throws {
        for client in clients { try await client.shutdown() }
    }

    /// Lets a command ask a configured sink's destination what it holds.
    /// - Parameter moved: files that an NDJSON sink wrote and that were moved away.
    static func withReadBack<Value>(
        _ name: String,
        moved: [String] = [],
        of installation: Installation,
        ledger: Ledger,
        _ body: (any ReadBack) async throws -> Value
    ) async throws -> Value {
        let settings = try settings(name, of: installation)
        if case .file(let path) = settings.destination {
            return try await body(NDJSONReadBack(paths: moved + [path], ledger: ledger.origin))
        }
        guard moved.isEmpty else { throw CommandFailure("--moved is for sinks that write files; '\(name)' is none") }
        return try await withSink(name, of: installation, ledger: ledger) { try await body(try $0.asked()) }
    }

    /// Makes a configured sink for a command.
    static func withSink<Value>(
        _ name: String,
        of installation: Installation,
        ledger: Ledger,
        _ body: (ConfiguredSink) async throws -> Value
    ) async throws -> Value {
        var clients: [HTTPClient] = []
        var hosts: [String: HostConcurrency] = [:]
        let outcome: Result<Value, any Error>
        do {
            let settings = try settings(name, of: installation)
            let sink = try sink(settings, nil, nil, ledger: ledger, clients: &clients, hosts: &hosts)
            outcome = .success(try await body(sink))
        } catch { outcome = .failure(error) }
        for client in clients { try await client.shutdown() }
        return try outcome.get()
    }

    private static func settings(_ name: String, of installation: Installation) throws -> SinkSettings {
        let found = installation.configuration.sinks.first { $0.definition.name == name }
        guard let found else { throw CommandFailure("no sink named '\(name)' is configured") }
        return found
    }

    private static func sink(
        _ settings: SinkSettings,
        _ redaction: FreeTextRedaction?,
        _ pseudonyms: Pseudonymisation?,
        ledger: Ledger,
        clients: inout [HTTPClient],
        hosts: inout [String: HostConcurrency]
    ) throws -> ConfiguredSink {
        let definition = settings.definition
        let shaping = EventShaping(
            ledger: ledger.origin,
            filter: settings.filter,
            encoder: EventEncoder(
                format: settings.format,
                projection: settings.projection,
                redaction: redaction,
                product: ProductIdentity(version: Build.version)
            ),
            pseudonyms: pseudonyms
        )
        func client(_ configuration: HTTPClient.Configuration) -> HTTPClient {
            var configuration = configuration
            AddressRule.standard.apply(to: &configuration)
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            clients.append(client)
            return client
        }
        func http(_ tls: UpstreamTLS) throws -> HTTPClient {
            client(SinkHTTP.configuration(tls: try TLSFiles.clientConfiguration(tls)))
        }
        /// Sinks that find out how much a host takes find it out together.
        func host(_ url: DestinationURL, ceiling: Int) -> HostConcurrency? {
            guard definition.concurrency == nil else { return nil }
            let known = hosts[url.authority] ?? HostConcurrency(AdaptiveConcurrency(ceiling: ceiling))
            hosts[url.authority] = known
            return known
        }
        switch settings.destination {
        case .file(let path): return ConfiguredSink(definition, NDJSONFileSink(path: path, shaping: shaping))
        case .splunk(let splunk, let tls):
            let sink = SplunkSink(splunk, shaping: shaping, http: try http(tls))
            return ConfiguredSink(definition, sink, host: host(splunk.url, ceiling: sink.concurrency))
        case .datadog(let datadog, let tls):
            let sink = DatadogSink(datadog, shaping: shaping, http: try http(tls))
            return ConfiguredSink(definition, sink, host: host(datadog.url, ceiling: sink.concurrency))
        case .syslog(var syslog, let tls):
            syslog.tls = try tls.map { try TLSFiles.clientConfiguration($0) }
            if syslog.localHost == nil { syslog.localHost = ProcessInfo.processInfo.hostName }
            let group = MultiThreadedEventLoopGroup.singleton
            return ConfiguredSink(definition, SyslogSink(syslog, shaping: shaping, on: group))
        case .webhook(let webhook, let tls):
            let sink = WebhookSink(webhook, shaping: shaping, http: try http(tls))
            return ConfiguredSink(definition, sink, host: host(webhook.url, ceiling: sink.concurrency))
        case .postgres(var database, let table, let mayBeMutable):
            database.resolve = AddressRule.standard.addresses(of:)
            let sink = WarehouseSink(table: table, mayBeMutable: mayBeMutable, shaping: shaping) { [database] in
                try PostgresDatabase(database)
            }
            return ConfiguredSink(definition, sink)
        case .nats(let stream): return ConfiguredSink(definition, JetStreamSink(stream, shaping: shaping))
        case .worm(let worm, let endpoint, let credentials, let trustRoots):
            let store = S3Client(
                endpoint: endpoint,
                credentials: credentials,
                http: client(S3Client.httpConfiguration(caFile: trustRoots))
            )
            let source = StoreSource(ledger)
            return ConfiguredSink(
                definition,
                WORMMirrorSink(worm, client: store, source: source, verifier: ledger.verifier)
            )
        }
    }
}

extension Installation {
    /// The sink of this name.
    func sink(named name: String) -> SinkSettings? { configuration.sinks.first { $0.definition.name == name } }

    /// The codes of its own under which a sink gets people; nil when it gets those of the record.
    func pseudonymisation(for sink: SinkSettings) throws -> Pseudonymisation? {
        guard case .own(let epoch) = sink.pseudonyms else { return nil }
        return try pseudonymisation(recipient: sink.definition.name, epoch: epoch)
    }

    /// The codes of a recipient.
    /// - Parameter epoch: the key's number; the newest key when nil.
    func pseudonymisation(recipient: String, epoch: Int? = nil) throws -> Pseudonymisation {
        guard let key = epoch.map({ keyring[$0] }) ?? keyring.newest else {
            throw CommandFailure(
                "pseudonymEpoch of '\(recipient)' is \(epoch ?? 0), but the keyring has no such key: name one that it has, or leave it out"
            )
        }
        let maker = PseudonymMaker(key: key, recipient: recipient)
        return Pseudonymisation(
            name: "\(recipient)/\(key.epoch)",
            code: { maker.pseudonym(of: $0).text },
            hash: { maker.hash(for: $0) }
        )
    }

    /// Where delivery keeps its state.
    func deliveryState(_ ledger: Ledger, producer: String) throws -> DeliveryState {
        try DeliveryState(ledger: ledger, producer: producer)
    }

    /// The sinks as operators see them.
    func deliveryControl(_ ledger: Ledger, producer: String) throws -> DeliveryControl {
        DeliveryControl(state: try deliveryState(ledger, producer: producer), ledger: ledger, clock: clock)
    }
}
