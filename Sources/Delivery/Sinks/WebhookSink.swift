public import AsyncHTTPClient
public import DeliveryWire
import EventFormats
import JSON
import MerkleLog
public import WallTime

/// A receiver of Standard Webhooks: one event a request, signed; the message's id is the same over all attempts.
public final class WebhookSink: Sink {
    /// One message.
    public struct Message: Sendable {
        let id: String
        let body: [UInt8]
    }

    /// How the receiver is reached.
    public struct Settings: Sendable {
        /// Where messages are posted.
        public var url: DestinationURL
        /// Signs them; with several keys while they are changed.
        public var signer: WebhookSigner
        /// Most requests at the same time.
        public var concurrency = 16
        /// How long an exchange may take.
        public var timeout: Duration = .seconds(20)

        /// Names a receiver; the rest have defaults.
        public init(url: DestinationURL, signer: WebhookSigner) {
            self.url = url
            self.signer = signer
        }
    }

    private let settings: Settings
    private let shaping: EventShaping
    private let http: HTTPClient
    private let clock: any WallClock

    /// Makes a sink.
    /// - Parameter http: made with ``SinkHTTP/configuration(tls:)`` and shut down by its owner.
    public init(_ settings: Settings, shaping: EventShaping, http: HTTPClient, clock: any WallClock = SystemClock()) {
        self.settings = settings
        self.shaping = shaping
        self.http = http
        self.clock = clock
    }

    public var limits: BatchLimits { BatchLimits(bytes: 1_000_000, count: 1, age: .milliseconds(1)) }
    public var concurrency: Int { settings.concurrency }
    public var guarantee: DeliveryGuarantee {
        DeliveryGuarantee(.accepted, because: "the receiver answered 2xx; what it keeps is its own affair")
    }

    public func prepare(_ entry: LedgerEntry, now: Timestamp) -> Prepared<Message> {
        shaping.prepare(entry) { record in
            let body = try shaping.encoder.encode(record)
            let id = WebhookSigner.messageID(ledger: record.ledger, index: record.index)
            return .send(Message(id: id, body: body), bytes: body.count)
        }
    }

    public func prepare(_ manifest: DeliveryManifest) -> Prepared<Message>? {
        guard let body = try? manifest.json.canonicalBytes() else {
            return .dead("the manifest cannot be written as JSON")
        }
        let name = "\(manifest.checkpoint.origin)/manifest/\(manifest.lane)"
        let id = WebhookSigner.messageID(ledger: name, index: manifest.covered.lowerBound)
        return .send(Message(id: id, body: body), bytes: body.count)
    }

    public func open(position: String?) async -> SinkReply { .ok }

    public func deliver(_ batch: SinkBatch<Message>) async -> SinkReply {
        guard batch.items.count == 1, let message = batch.payloads.first else {
            return SinkReply(Verdict(.split, reason: "a webhook carries one event"))
        }
        let now = clock.now()
        let signed: WebhookSigner.Headers
        do throws(WebhookError) {
            signed = try settings.signer.headers(id: message.id, now: now, body: message.body)
        } catch {
            return SinkReply(Verdict(.config, reason: "\(error)"))
        }
        let type = shaping.encoder.format.isJSON ? "application/json" : "text/plain; charset=utf-8"
        let result = await SinkHTTP.post(
            http,
            settings.url.description,
            headers: [("content-type", type)] + signed.fields.map { ($0.name, $0.value) },
            body: message.body,
            timeout: settings.timeout
        )
        return SinkReply(
            result,
            by: { status, _ in ReplyTable.webhook.judge(status: status) },
            now: now,
            hiding: [],
            sent: [message.body]
        )
    }

    public func close() async {}
}
