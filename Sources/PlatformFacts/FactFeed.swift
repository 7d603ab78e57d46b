internal import Ledger
public import Storage
public import WallTime

/// One kind of facts that the platform has.
public protocol FactFeed: Sendable {
    /// Its name, in events, settings and metrics.
    var name: String { get }
    /// How long to wait between two rounds.
    var interval: Duration { get }
    /// Asks for what is new, and for what may have come late.
    /// - Parameters:
    ///   - through: up to when everything was in the record after the round before; nil at first.
    ///   - record: puts facts into the record; to be called in portions, so that no round has to fit into memory.
    func round(after through: Timestamp?, now: Timestamp, record: FactRecorder) async throws -> FeedRound
}

/// Puts a feed's facts into the record, and says which it has put there.
public struct FactRecorder: Sendable {
    let store: FactStore
    let feed: String
    let now: Timestamp
    let lease: Lease

    /// Records the facts that are new, or new in what they say.
    func callAsFunction(_ facts: [Fact]) async throws {
        try await store.record(facts, of: feed, at: now, lease: lease)
    }

    /// The keys of the facts of the last days that begin with a text, in order.
    func keys(prefix: String) async throws -> [String] { try await store.keys(of: feed, prefix: prefix) }
}

/// What a round came to.
public struct FeedRound: Sendable, Hashable {
    /// Up to when everything is in the record now; nil when that cannot be said yet.
    public var through: Timestamp?
    /// What an operator should know although the round succeeded. Holds no personal data.
    public var note: String?

    /// Says how far a round came.
    public init(through: Timestamp?, note: String? = nil) {
        self.through = through
        self.note = note
    }
}

/// Runs one feed, round after round, under a lease.
public struct FeedImporter: Sendable {
    /// What goes wrong without ending the work, for the log.
    public typealias Failed = @Sendable (_ feed: String, any Error) -> Void

    /// The longest wait after a failure.
    private static let longestPause: Duration = .seconds(900)

    private let feed: any FactFeed
    private let store: FactStore
    private let clock: any WallClock
    private let pause: @Sendable (Duration) async throws -> Void
    private let failed: Failed

    /// - Parameter pause: waits between rounds; given by tests.
    public init(
        _ feed: any FactFeed,
        store: FactStore,
        clock: any WallClock,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        failed: @escaping Failed
    ) {
        self.feed = feed
        self.store = store
        self.clock = clock
        self.pause = pause
        self.failed = failed
    }

    /// Asks until the task is cancelled or the lease is lost.
    public func run(_ lease: Lease) async throws {
        var wait = feed.interval
        while !Task.isCancelled {
            do {
                try await round(lease)
                wait = feed.interval
            } catch let error as StorageError where error.code == .fenced {
                throw error
            } catch {
                if Task.isCancelled { return }
                failed(feed.name, error)
                try? await store.fail(feed.name, "\(error)")
                wait = min(wait * 2, max(Self.longestPause, feed.interval))
            }
            try await pause(wait)
        }
    }

    /// One round.
    func round(_ lease: Lease) async throws {
        let (name, store, now) = (feed.name, self.store, clock.now())
        let through = try await store.through(name)
        let recorder = FactRecorder(store: store, feed: name, now: now, lease: lease)
        let round = try await feed.round(after: through, now: now, record: recorder)
        try await store.finish(name, through: round.through, note: round.note, at: clock.now(), lease: lease)
    }
}
