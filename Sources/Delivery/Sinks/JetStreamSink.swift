import Addresses
public import DeliveryWire
import EventFormats
import JSON
import MerkleLog
public import NATS
public import WallTime

/// A stream of NATS JetStream: one message a record, under the record's id, published through a window and counted when the stream
/// has acknowledged it.
///
/// Within the stream's duplicate window what is sent again is dropped by its id; beyond it, nobody drops it. No server syncs its
/// disk before it acknowledges unless it is told to, so that only copies on several servers outlive the fall of one.
public final class JetStreamSink: Sink {
    /// One message.
    public struct Message: Sendable {
        let id: String
        let subject: String
        let headers: [(name: String, value: String)]
        let body: [UInt8]
    }

    /// How the stream is reached.
    public struct Settings: Sendable {
        /// The servers.
        public var servers: NATSSettings
        /// The stream's name.
        public var stream: String
        /// What the subjects begin with; the event's type follows.
        public var subject: String
        /// Servers that must hold each message.
        public var replicas = 3
        /// How long, at least, the stream must know a message's id.
        public var duplicateWindow: Duration = .seconds(60)
        /// Messages under way at the same time.
        public var window = 500
        /// How long a batch may wait for its acknowledgements.
        public var timeout: Duration = .seconds(10)

        /// Names a stream; the rest have defaults.
        public init(servers: NATSSettings, stream: String, subject: String) {
            self.servers = servers
            self.servers.resolve = servers.resolve ?? AddressRule.standard.addresses(of:)
            self.stream = stream
            self.subject = subject
        }

        var needs: JetStreamStream.Needs {
            JetStreamStream.Needs(
                stream: stream,
                subject: subject,
                replicas: replicas,
                duplicateWindow: duplicateWindow.wholeMilliseconds
            )
        }
    }

    let settings: Settings
    let shaping: EventShaping
    private let publisher: JetStreamPublisher

    /// Makes a sink.
    public init(_ settings: Settings, shaping: EventShaping) {
        self.settings = settings
        self.shaping = shaping
        publisher = JetStreamPublisher(settings)
    }

    public var limits: BatchLimits { BatchLimits(bytes: 4_000_000, count: settings.window, age: .milliseconds(200)) }
    public var concurrency: Int { 1 }
    public var guarantee: DeliveryGuarantee {
        settings.replicas >= 3
            ? DeliveryGuarantee(
                .confirmed,
                because:
                    "most of at least \(settings.replicas) servers have it, synced or not; sent again, it is dropped "
                    + "only within the stream's duplicate window"
            )
            : DeliveryGuarantee(
                .accepted,
                because: "fewer than 3 servers need have it, and they acknowledge before they sync their disks"
            )
    }

    public func prepare(_ entry: LedgerEntry, now: Timestamp) -> Prepared<Message> {
        shaping.prepare(entry) { record in
            // The smallest tree with the entry in it has one more than its index.
            let (size, overflow) = record.index.addingReportingOverflow(1)
            return message(
                id: record.recordID,
                type: record.type,
                facts: [
                    ("Muniment-Index", String(record.index)), ("Muniment-Tree-Size", overflow ? "" : String(size)),
                    ("Muniment-Leaf-Hash", record.leafHash?.base64 ?? ""),
                ],
                try shaping.encoder.encode(record)
            )
        }
    }

    public func prepare(_ manifest: DeliveryManifest) -> Prepared<Message>? {
        guard let body = try? manifest.json.canonicalBytes() else {
            return .dead("the manifest cannot be written as JSON")
        }
        return message(
            id: manifest.recordID,
            type: DeliveryManifest.eventType,
            facts: [("Muniment-Tree-Size", String(manifest.checkpoint.size))],
            body
        )
    }

    private func message(
        id: String,
        type: String,
        facts: [(name: String, value: String)],
        _ body: [UInt8]
    ) -> Prepared<Message> {
        let word = NATSSubject.word(type)
        let message = Message(
            id: id,
            subject: "\(settings.subject).\(word)",
            headers: [("Nats-Msg-Id", id), ("Nats-Expected-Stream", settings.stream), ("Muniment-Event-Type", word)]
                + facts,
            body: body
        )
        return .send(message, bytes: body.count + 300)
    }

    public func open(position: String?) async -> SinkReply { await publisher.open() }

    public func deliver(_ batch: SinkBatch<Message>) async -> SinkReply { await publisher.publish(batch.payloads) }

    public func close() async { await publisher.close() }
}
