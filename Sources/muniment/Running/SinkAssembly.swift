import AsyncHTTPClient
import Delivery
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
    private let clients: [HTTPClient]

    init(_ installation: Installation, ledger: Ledger, leases: LeaseKeeper, producer: String, logger: Logger) throws {
        let state = try installation.deliveryState(ledger, producer: producer)
        var clients: [HTTPClient] = []
        let sinks = try installation.configuration.sinks.map { settings in
            let redaction = try settings.redaction.map { try installation.freeTextRedaction($0) }
            let pseudonyms = try installation.pseudonymisation(for: settings)
            return try Self.sink(settings, redaction, pseudonyms, ledger: ledger, clients: &clients)
        }
        self.clients = clients
        control = DeliveryControl(state: state, ledger: ledger, clock: installation.clock)
        service = DeliveryService(
            sinks: sinks,
            ledger: ledger,
            state: state,
            leases: leases,
            clock: installation.clock,
            logger: logger
        )
    }

    /// Lets go of the connections.
    func close() async throws {
        for client in clients { try await client.shutdown() }
    }

    private static func sink(
        _ settings: SinkSettings,
        _ redaction: FreeTextRedaction?,
        _ pseudonyms: Pseudonymisation?,
        ledger: Ledger,
        clients: inout [HTTPClient]
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
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            clients.append(client)
            return client
        }
        func http(_ tls: UpstreamTLS) throws -> HTTPClient {
            client(SinkHTTP.configuration(tls: try TLSFiles.clientConfiguration(tls)))
        }
        switch settings.destination {
        case .file(let path): return ConfiguredSink(definition, NDJSONFileSink(path: path, shaping: shaping))
        case .splunk(let splunk, let tls):
            return ConfiguredSink(definition, SplunkSink(splunk, shaping: shaping, http: try http(tls)))
        case .datadog(let datadog, let tls):
            return ConfiguredSink(definition, DatadogSink(datadog, shaping: shaping, http: try http(tls)))
        case .syslog(var syslog, let tls):
            syslog.tls = try tls.map { try TLSFiles.clientConfiguration($0) }
            if syslog.localHost == nil { syslog.localHost = ProcessInfo.processInfo.hostName }
            let group = MultiThreadedEventLoopGroup.singleton
            return ConfiguredSink(definition, SyslogSink(syslog, shaping: shaping, on: group))
        case .webhook(let webhook, let tls):
            return ConfiguredSink(definition, WebhookSink(webhook, shaping: shaping, http: try http(tls)))
        case .postgres(let database, let table, let mayBeMutable):
            let sink = WarehouseSink(table: table, mayBeMutable: mayBeMutable, shaping: shaping) {
                try PostgresDatabase(database)
            }
            return ConfiguredSink(definition, sink)
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
