public import AsyncHTTPClient
public import DeliveryWire
public import WallTime

/// Datadog's logs intake. It says that it took a request and never that it kept it, and drops no duplicates.
public final class DatadogSink: Sink {
    /// How the logs search API is reached.
    public struct Search: Sendable {
        /// The API's address without a path, such as `https://api.datadoghq.eu`.
        public var url: DestinationURL
        /// An application key with the permission `logs_read_data`.
        public var applicationKey: String

        /// Names the API.
        public init(url: DestinationURL, applicationKey: String) {
            self.url = url
            self.applicationKey = applicationKey
        }
    }

    /// How the intake is reached.
    public struct Settings: Sendable {
        /// The whole address, such as that of ``DatadogSite/intakeURL``.
        public var url: DestinationURL
        /// The key.
        public var apiKey: String
        /// How the logs are searched, to read them back; nil when they cannot be.
        public var search: Search?
        /// `hostname` of the entries.
        public var host: String?
        /// `service` of the entries.
        public var service = "muniment"
        /// `key:value` each.
        public var tags: [String] = []
        /// What is done with entries that are too old for Datadog's clock.
        public var stale = DatadogStalePolicy.send
        /// Most requests at the same time.
        public var concurrency = 16
        /// When a batch is full.
        public var limits = BatchLimits(bytes: 4_500_000, count: DatadogBatch.maximumCount, age: .seconds(1))
        /// How long an exchange may take.
        public var timeout: Duration = .seconds(30)

        /// Names an intake; the rest have defaults.
        public init(url: DestinationURL, apiKey: String) {
            self.url = url
            self.apiKey = apiKey
        }
    }

    let settings: Settings
    let shaping: EventShaping
    let http: HTTPClient
    private let clock: any WallClock

    /// Makes a sink.
    /// - Parameter http: made with ``SinkHTTP/configuration(tls:)`` and shut down by its owner.
    public init(_ settings: Settings, shaping: EventShaping, http: HTTPClient, clock: any WallClock = SystemClock()) {
        self.settings = settings
        self.shaping = shaping
        self.http = http
        self.clock = clock
    }

    public var limits: BatchLimits { settings.limits }
    public var concurrency: Int { settings.concurrency }
    public var guarantee: DeliveryGuarantee {
        DeliveryGuarantee(.accepted, because: "Datadog answers 202 when it took a request, before it is kept")
    }

    public func prepare(_ entry: LedgerEntry, now: Timestamp) -> Prepared<DatadogEntry> {
        shaping.prepare(entry) { record in
            let made = try DatadogEntry(
                record,
                encoder: shaping.encoder,
                host: settings.host,
                service: settings.service,
                tags: settings.tags
            )
            if made.isOutsideWindow(now: now) {
                switch settings.stale {
                case .send: break
                case .leaveOut: return .leaveOut
                case .deadLetter: return .dead(Self.tooOld)
                }
            }
            return .send(made, bytes: made.bytes.count + 1)
        }
    }

    public func prepare(_ manifest: DeliveryManifest) -> Prepared<DatadogEntry>? {
        do throws(DatadogError) {
            let made = try DatadogEntry(manifest, host: settings.host, service: settings.service)
            return .send(made, bytes: made.bytes.count + 1)
        } catch {
            return .dead("\(error)")
        }
    }

    public func open(position: String?) async -> SinkReply { .ok }

    public func deliver(_ batch: SinkBatch<DatadogEntry>) async -> SinkReply {
        let now = clock.now()
        // What grew too old while it waited is set aside, whatever would have been done with it before.
        if settings.stale != .send, batch.payloads.contains(where: { $0.isOutsideWindow(now: now) }) {
            return SinkReply(Verdict(.split, reason: Self.tooOld))
        }
        let body: [UInt8]
        do {
            body = try DatadogBatch(batch.payloads).compressed()
        } catch {
            return SinkReply(Verdict(.split, reason: "\(error)"))
        }
        let result = await SinkHTTP.post(
            http,
            settings.url.description,
            headers: [
                ("dd-api-key", settings.apiKey), ("content-type", "application/json"), ("content-encoding", "gzip"),
            ],
            body: body,
            timeout: settings.timeout
        )
        return SinkReply(
            result,
            by: ReplyTable.datadog,
            now: now,
            hiding: [settings.apiKey],
            sent: batch.payloads.lazy.map(\.bytes)
        )
    }

    public func close() async {}

    private static let tooOld = "older than 18 hours: Datadog would give it the time of its arrival"
}

extension SinkReply {
    /// Judges a reply by its status and its body.
    init(
        _ result: Result<SinkHTTP.Reply, TransportFailure>,
        by judge: (_ status: Int, _ body: [UInt8]) -> Verdict,
        now: Timestamp,
        hiding secrets: [String],
        sent: some Sequence<[UInt8]>
    ) {
        switch result {
        case .failure(let failure): self.init(failure.verdict)
        case .success(let reply):
            let verdict = judge(reply.status, reply.body)
            self.init(
                verdict,
                retryAfter: reply.retryAfter(now: now),
                detail: verdict.replyClass == .ok ? nil : reply.detail(hiding: secrets, sent: sent)
            )
        }
    }
}
