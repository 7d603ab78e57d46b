import DeliveryWire

/// Where a new sink begins.
public enum LaneStart: Sendable, Hashable {
    /// At the ledger's first entry.
    case beginning
    /// At what is recorded after it was first seen.
    case now
    /// At an index.
    case index(UInt64)
}

/// What makes a lane besides its destination.
public struct LaneDefinition: Sendable, Hashable {
    /// How often a lane tells its destination what it must have.
    public struct Manifests: Sendable, Hashable {
        /// After so many entries at the latest.
        public var entries: UInt64
        /// After so long at the latest, when there is anything to tell.
        public var interval: Duration

        /// A manifest each 10,000 entries and at least each minute in which something happens.
        public init(entries: UInt64 = 10_000, interval: Duration = .seconds(60)) {
            self.entries = max(entries, 1)
            self.interval = interval
        }
    }

    /// The sink's name.
    public let name: String
    /// What kind of destination it is, such as `splunk`.
    public let kind: String
    /// Where it delivers to, for people and statements; holds no secret.
    public let destination: String
    /// SHA-256, in hex, of all settings that decide what is sent and where; no secret is part of it.
    public let hash: String
    /// Where it begins when it is new.
    public let start: LaneStart
    /// When manifests go out; nil for none.
    public let manifests: Manifests?
    /// Most entries that are read in a second, so that a long backlog leaves the machine to others; nil for no limit.
    public let rate: Int?
    /// Requests at the same time; nil to find out how many the destination takes.
    public let concurrency: Int?

    /// Makes a definition.
    public init(
        name: String,
        kind: String,
        hash: String,
        start: LaneStart = .now,
        manifests: Manifests? = Manifests(),
        rate: Int? = nil,
        concurrency: Int? = nil,
        destination: String = ""
    ) {
        self.name = name
        self.kind = kind
        self.hash = hash
        self.start = start
        self.manifests = manifests
        self.rate = rate.map { max($0, 1) }
        self.concurrency = concurrency.map { max($0, 1) }
        self.destination = destination
    }

    /// How many requests go at the same time.
    /// - Parameter most: how many the destination's protocol allows.
    func concurrency(upTo most: Int) -> AdaptiveConcurrency {
        guard most > 1 else { return AdaptiveConcurrency(fixed: 1) }
        return concurrency.map { AdaptiveConcurrency(fixed: $0) } ?? AdaptiveConcurrency(ceiling: most)
    }
}
