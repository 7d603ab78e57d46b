public import Delivery
public import EventFormats
public import Gateway
import NATS
public import ObjectStorage
public import Redaction
public import Storage

/// A sink as it is configured: what goes where, in which form.
public struct SinkSettings: Sendable {
    /// Where it goes.
    public enum Destination: Sendable {
        /// A file of one event a line.
        case file(path: String)
        /// Splunk's HTTP Event Collector.
        case splunk(SplunkSink.Settings, UpstreamTLS)
        /// Datadog's logs intake.
        case datadog(DatadogSink.Settings, UpstreamTLS)
        /// syslog; TLS nil for plain TCP. The TLS configuration itself is made from the files when the sink is.
        case syslog(SyslogSink.Settings, UpstreamTLS?)
        /// Signed webhooks.
        case webhook(WebhookSink.Settings, UpstreamTLS)
        /// A table of a PostgreSQL warehouse.
        case postgres(PostgresSettings, WarehouseTable, mayBeMutable: Bool)
        /// A stream of NATS JetStream.
        case nats(JetStreamSink.Settings)
        /// Locked copies of the ledger itself in an S3-compatible store.
        case worm(WORMMirrorSink.Settings, S3Endpoint, S3Credentials, trustRoots: String?)
    }

    /// What makes its lane besides the destination.
    public let definition: LaneDefinition
    /// Which events.
    public let filter: EventCondition
    /// In which format.
    public let format: EventFormat
    /// Which of their fields.
    public let projection: FieldProjection
    /// What their free text is redacted with; nil for nothing.
    public let redaction: RedactionPolicy?
    /// Under which codes people stand in them.
    public let pseudonyms: SinkPseudonyms
    /// After how many seconds without a confirmation, while something waits, it is said to be delayed.
    public let delayedAfterSeconds: Int64
    /// Where they go.
    public let destination: Destination
}

extension SinkSettings.Destination {
    /// Where it is, without secrets.
    var place: String {
        switch self {
        case .file(let path): path
        case .splunk(let splunk, _): splunk.url.description
        case .datadog(let datadog, _): datadog.url.description
        case .syslog(let syslog, let tls): "\(syslog.host):\(syslog.port)" + (tls == nil ? " (plain)" : "")
        // The path of a webhook may be what authorises to send there.
        case .webhook(let webhook, _): webhook.url.authority
        case .postgres(let database, let table, _): "\(database.location) \(table.quoted)"
        case .nats(let nats): "\(nats.servers.servers.joined(separator: ",")) \(nats.stream) \(nats.subject)"
        case .worm(let worm, let endpoint, _, _):
            "\(endpoint.scheme)://\(endpoint.authority)/\(endpoint.bucket)/\(worm.prefix)"
        }
    }
}

/// Under which codes people stand in what a destination gets.
public enum SinkPseudonyms: Sendable, Hashable {
    /// Under those of the record, as every other destination's.
    case shared
    /// Under codes of its own, made with the tenant's key of this epoch; with the newest at the start when nil.
    case own(epoch: Int?)
}
