public import DeliveryWire
public import WallTime

/// How much a success at a destination can mean, from most to least. It follows from what the destination proves and how it is
/// reached; no setting raises it.
public struct DeliveryGuarantee: Sendable, Hashable, CustomStringConvertible {
    /// The four degrees.
    public enum Level: String, Sendable, Hashable, CaseIterable {
        /// Stored once and durably, whatever crashes in between.
        case exactlyOnce = "exactly once"
        /// Stored durably; what was in flight at a crash may be there twice.
        case confirmed
        /// The destination said that it took it; whether it kept it, it cannot say.
        case accepted
        /// The bytes reached the destination's machine; nobody says what became of them.
        case bestEffort = "best effort"
    }

    /// The degree.
    public let level: Level
    /// Why it is this and no other, for the operator.
    public let reason: String

    /// Names a degree and its reason.
    public init(_ level: Level, because reason: String) {
        self.level = level
        self.reason = reason
    }

    public var description: String { level.rawValue }
}

/// A ledger entry as a lane reads it.
public struct LedgerEntry: Sendable, Hashable {
    /// Its index.
    public let index: UInt64
    /// Its bytes.
    public let bytes: [UInt8]

    /// Names an entry.
    public init(index: UInt64, bytes: [UInt8]) {
        self.index = index
        self.bytes = bytes
    }
}

/// What is to become of an entry at one destination.
public enum Prepared<Payload: Sendable>: Sendable {
    /// It is sent; `bytes` as the destination counts them.
    case send(Payload, bytes: Int)
    /// It is not for this destination.
    case leaveOut
    /// It can never be sent there, for this reason.
    case dead(String)
}

/// What one request carries.
public struct SinkBatch<Payload: Sendable>: Sendable {
    /// One record, or a manifest.
    public struct Item: Sendable {
        /// Its index in the ledger; nil for a manifest.
        public let index: UInt64?
        /// What ``Sink/prepare(_:now:)`` made of it.
        public let payload: Payload
    }

    /// At least one, in the order of the ledger.
    public let items: [Item]

    /// The payloads alone.
    public var payloads: [Payload] { items.map(\.payload) }
}

/// What came of one request.
public struct SinkReply: Sendable {
    /// What it means for the records.
    public var verdict: Verdict
    /// How long the destination asks to be left alone.
    public var retryAfter: Duration?
    /// Where the destination stands now, for a sink that keeps its place together with the confirmation; stored before anything
    /// else is sent.
    public var position: String?
    /// The destination's own words, as far as they may be kept.
    public var detail: DestinationWords?
    /// How long the destination took to answer, where more was waited for than that.
    public var roundTrip: Duration?

    /// Makes a reply.
    public init(
        _ verdict: Verdict,
        retryAfter: Duration? = nil,
        position: String? = nil,
        detail: DestinationWords? = nil
    ) {
        self.verdict = verdict
        self.retryAfter = retryAfter
        self.position = position
        self.detail = detail
    }

    /// A plain success.
    public static let ok = SinkReply(Verdict(.ok, reason: "taken"))
}

/// A destination. One lane uses it, from one task at a time except for ``deliver(_:)``, of which up to ``concurrency`` run at once.
public protocol Sink: Sendable {
    /// What a record becomes for this destination.
    associatedtype Payload: Sendable

    /// What a success means.
    var guarantee: DeliveryGuarantee { get }
    /// When a batch is full.
    var limits: BatchLimits { get }
    /// Most requests at the same time.
    var concurrency: Int { get }

    /// Filters and encodes an entry. Pure but for the time.
    func prepare(_ entry: LedgerEntry, now: Timestamp) -> Prepared<Payload>
    /// Encodes a manifest; nil when the destination takes none.
    func prepare(_ manifest: DeliveryManifest) -> Prepared<Payload>?
    /// Gets ready to deliver.
    /// - Parameter position: what the last reply with one carried.
    /// - Returns: `ok`, or why not: `retry` to be asked again, `auth` or `config` to stop the lane.
    func open(position: String?) async -> SinkReply
    /// Delivers a batch. Ends early, with `retry`, when the task is cancelled.
    func deliver(_ batch: SinkBatch<Payload>) async -> SinkReply
    /// Lets go of connections and files.
    func close() async
}
