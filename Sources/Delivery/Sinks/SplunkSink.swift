public import AsyncHTTPClient
public import DeliveryWire
import EventFormats
public import WallTime

/// Splunk's HTTP Event Collector, with gzip and, where the token has it, indexer acknowledgement.
///
/// With acknowledgement a batch is delivered when Splunk says that it is indexed, and not before. A token that is said to
/// acknowledge and does not stops the lane: the guarantee is never lowered in silence.
public final class SplunkSink: Sink {
    /// How Splunk is searched.
    public struct Search: Sendable {
        /// The management address without a path, such as `https://splunk.example.com:8089`.
        public var url: DestinationURL
        /// An authentication token of a user whose role may search the index.
        public var token: String

        /// Names the address.
        public init(url: DestinationURL, token: String) {
            self.url = url
            self.token = token
        }
    }

    /// How the collector is reached.
    public struct Settings: Sendable {
        /// `https://host:8088`, without a path.
        public var url: DestinationURL
        /// The token.
        public var token: String
        /// Whether the token acknowledges.
        public var acknowledges = true
        /// What the events say of where they come from and go to.
        public var origin = HECOrigin()
        /// How it is searched, to read back what it holds; nil when it cannot be.
        public var search: Search?
        /// Most requests at the same time.
        public var concurrency = SplunkSink.usualConcurrency
        /// When a batch is full.
        public var limits = BatchLimits(bytes: 900_000, count: 1000, age: .seconds(1))
        /// How long an exchange may take.
        public var timeout: Duration = .seconds(30)
        /// After this long without acknowledgement a batch is sent again.
        public var acknowledgementTimeout: Duration = HECAcknowledgements<Int>.defaultTimeout

        /// Names a collector; the rest have defaults.
        public init(url: DestinationURL, token: String) {
            self.url = url
            self.token = token
        }
    }

    let settings: Settings
    let shaping: EventShaping
    let http: HTTPClient
    private let clock: any WallClock
    private let watch: AcknowledgementWatch

    /// Makes a sink.
    /// - Parameter http: made with ``SinkHTTP/configuration(tls:)`` and shut down by its owner.
    public init(
        _ settings: Settings,
        shaping: EventShaping,
        http: HTTPClient,
        clock: any WallClock = SystemClock(),
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.settings = settings
        self.shaping = shaping
        self.http = http
        self.clock = clock
        watch = AcknowledgementWatch(timeout: settings.acknowledgementTimeout, clock: SteadyClock(), sleep: sleep)
    }

    public var limits: BatchLimits { settings.limits }
    public var concurrency: Int { settings.concurrency }
    /// Requests at the same time unless something else is said.
    public static let usualConcurrency = 16
    public var guarantee: DeliveryGuarantee {
        settings.acknowledges
            ? DeliveryGuarantee(.confirmed, because: "Splunk acknowledges what is indexed")
            : DeliveryGuarantee(
                .accepted,
                because: "the token does not acknowledge: a success means received, not indexed"
            )
    }

    public func prepare(_ entry: LedgerEntry, now: Timestamp) -> Prepared<HECEvent> {
        shaping.prepare(entry) { record in
            let event = try HECEvent(record, encoder: shaping.encoder, origin: settings.origin)
            return .send(event, bytes: event.bytes.count + 1)
        }
    }

    public func prepare(_ manifest: DeliveryManifest) -> Prepared<HECEvent>? {
        do throws(HECError) {
            let event = try HECEvent(manifest, origin: settings.origin)
            return .send(event, bytes: event.bytes.count + 1)
        } catch {
            return .dead("\(error)")
        }
    }

    public func open(position: String?) async -> SinkReply {
        // Ids of a channel that another process used would be its, so each begins with a new one.
        watch.begin()
        return .ok
    }

    public func deliver(_ batch: SinkBatch<HECEvent>) async -> SinkReply {
        let body: [UInt8]
        do {
            body = try HECBody(batch.payloads, maximumBytes: max(settings.limits.bytes * 2, 1_000_000)).compressed()
        } catch {
            return SinkReply(Verdict(.split, reason: "\(error)"))
        }
        let exchange = watch.send()
        let began = ContinuousClock.now
        switch await post("/services/collector/event", body, [("content-encoding", "gzip")], exchange.channel) {
        case .failure(let failure):
            watch.unanswered(exchange, failure)
            return SinkReply(failure.verdict)
        case .success(let reply):
            let said = HECReply(status: reply.status, body: reply.body)
            let verdict = said.verdict(count: batch.items.count, acknowledges: settings.acknowledges)
            let refusal = SinkReply(
                verdict,
                retryAfter: reply.retryAfter(now: clock.now()),
                detail: verdict.replyClass == .ok
                    ? nil : reply.detail(hiding: [settings.token], sent: batch.payloads.lazy.map(\.bytes))
            )
            // What stands before a refused event is taken like any other: it is there when Splunk says so.
            guard settings.acknowledges, verdict.replyClass == .ok || verdict.hint.storesSome else {
                watch.declined(exchange, said)
                return refusal
            }
            // When something is indexed, and when that is asked for, says nothing of how much the collector takes.
            let roundTrip = began.duration(to: .now)
            var outcome = await watch.acknowledged(said.acknowledgement, exchange, said: verdict) {
                [self] ids, channel in await ask(ids, channel)
            }
            if verdict.replyClass != .ok, outcome.verdict.replyClass == .ok { outcome = refusal }
            outcome.roundTrip = roundTrip
            return outcome
        }
    }

    public func close() async {}

    private func ask(_ ids: [UInt64], _ channel: HECChannel) async -> HECAcknowledgementReply {
        switch await post("/services/collector/ack", HECAcknowledgementRequest.body(ids), [], channel) {
        case .failure(let failure): .refused(failure.verdict)
        case .success(let reply): HECAcknowledgementReply(status: reply.status, body: reply.body)
        }
    }

    private func post(
        _ path: String,
        _ body: [UInt8],
        _ headers: [(String, String)],
        _ channel: HECChannel
    ) async -> Result<SinkHTTP.Reply, TransportFailure> {
        await SinkHTTP.post(
            http,
            settings.url.description + path,
            headers: [
                ("authorization", "Splunk \(settings.token)"), ("content-type", "application/json"),
                ("x-splunk-request-channel", channel.description),
            ] + headers,
            body: body,
            timeout: settings.timeout
        )
    }
}
