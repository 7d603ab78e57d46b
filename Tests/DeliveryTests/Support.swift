import DeliveryWire
import EventFormats
import Foundation
import JSON
import Ledger
import MerkleLog
import Storage
import Synchronization
import TestStores
import Testing
import WallTime

@testable import Delivery

/// A generator with a seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

/// A ledger's head and entries without the rest of a ledger, on any engine.
final class TestLedger: FollowedLedger {
    let origin = "muniment.example/test"
    let store: TestStore
    private let entries = Mutex<[[UInt8]]>([])
    private let signer: NoteSigner

    init(_ engine: Engine) throws {
        store = try TestStore(engine)
        signer = try NoteSigner(origin: Origin("muniment.example/test"), seed: [UInt8](repeating: 7, count: 32))
        let connection = try store.database.makeConnection()
        try connection.run("CREATE TABLE head (id BIGINT PRIMARY KEY, size BIGINT NOT NULL, checkpoint TEXT NOT NULL)")
        try connection.run("INSERT INTO head (id, size, checkpoint) VALUES (1, 0, '')")
    }

    func entries(_ range: Range<UInt64>, maximumBytes: Int) async throws -> [LedgerEntry] {
        var left = maximumBytes
        return entries.withLock { entries in
            var found: [LedgerEntry] = []
            for index in range where left > 0 {
                left -= entries[Int(index)].count
                found.append(LedgerEntry(index: index, bytes: entries[Int(index)]))
            }
            return found
        }
    }

    func head() async throws -> (checkpoint: Checkpoint, note: String) {
        let all = entries.withLock { $0 }
        var frontier = Frontier()
        for entry in all { frontier.append(TreeHasher.leafHash(entry)) }
        let checkpoint = Checkpoint(origin: try Origin(origin), size: frontier.size, root: frontier.root)
        return (checkpoint, try SignedNote(text: checkpoint.text, signers: [signer]).encoded)
    }

    /// Appends events `type` numbered from the present size.
    func append(_ count: Int, type: String = "CUSTOMER_DATA_ACCESSED", note: String = "x") async throws {
        try await store.database.write { [self] in try add((0..<count).map { _ in (type, note) }, $0) }
    }

    func append(raw: [UInt8]) async throws {
        try await store.database.write { [self] connection in
            entries.withLock { $0.append(raw) }
            try setHead(connection)
        }
    }

    private func add(_ events: [(type: String, note: String)], _ connection: any SQLConnection) throws {
        try entries.withLock { entries in
            for event in events {
                let value: JSONValue = [
                    "eventId": .string("e\(entries.count)"), "eventType": .string(event.type), "producer": "test",
                    "schemaVersion": 1, "timestamp": .string(testTime.description), "note": .string(event.note),
                ]
                entries.append(try value.canonicalBytes())
            }
        }
        try setHead(connection)
    }

    private func setHead(_ connection: any SQLConnection) throws {
        try connection.run(
            "UPDATE head SET size = $1 WHERE id = 1",
            [.integer(Int64(entries.withLock { $0.count }))]
        )
    }

    var size: UInt64 { UInt64(entries.withLock { $0.count }) }

    func text(at index: UInt64) -> String { String(decoding: entries.withLock { $0[Int(index)] }, as: UTF8.self) }

    func makeState() throws -> DeliveryState {
        try DeliveryState(database: store.database, producer: "test") { [self] events, body in
            try await store.database.write { [self] connection in
                try body(connection)
                let own = try events.map { try $0.encoded() }
                entries.withLock { $0 += own }
                try setHead(connection)
            }
        }
    }
}

let testTime = Timestamp(milliseconds: 1_780_000_000_000)

/// A lease that can be taken away.
final class TestLease: LeaseHolding {
    private let lost = Mutex(false)
    func lose() { lost.withLock { $0 = true } }
    func confirm(_ connection: any SQLConnection) throws {
        if lost.withLock({ $0 }) { throw StorageError(.fenced, "another holds it") }
    }
}

/// A destination that does as it is told, and remembers what it stored.
final class ScriptedSink: Sink {
    typealias Answer = @Sendable ([UInt64], _ store: ([UInt64]) -> Void) async -> SinkReply

    let limits: BatchLimits
    let concurrency: Int
    let guarantee: DeliveryGuarantee
    private let stored = Mutex<[UInt64]>([])
    private let manifests = Mutex<[DeliveryManifest]>([])
    private let mostRanges = Mutex(Int.max)
    private let requests = Mutex(0)
    private let answer: Mutex<Answer>
    private let opening = Mutex(SinkReply.ok)
    let refused: @Sendable (UInt64) -> Prepared<Int>?

    enum Content: Sendable { case record, manifest(DeliveryManifest) }

    init(
        count: Int = 10,
        concurrency: Int = 3,
        guarantee: DeliveryGuarantee.Level = .accepted,
        answer: @escaping Answer = { indexes, store in
            store(indexes)
            return .ok
        },
        refused: @escaping @Sendable (UInt64) -> Prepared<Int>? = { _ in nil }
    ) {
        limits = BatchLimits(bytes: 1_000_000, count: count, age: .milliseconds(1))
        self.concurrency = concurrency
        self.guarantee = DeliveryGuarantee(guarantee, because: "of the test")
        self.answer = Mutex(answer)
        self.refused = refused
    }

    /// Takes manifests that name at most so many ranges.
    func take(manifestsOf ranges: Int) { mostRanges.withLock { $0 = ranges } }
    func change(_ answer: @escaping Answer) { self.answer.withLock { $0 = answer } }
    func change(opening reply: SinkReply) { opening.withLock { $0 = reply } }
    var indexes: [UInt64] { stored.withLock { $0 } }
    var delivered: [DeliveryManifest] { manifests.withLock { $0 } }
    var requestCount: Int { requests.withLock { $0 } }

    func prepare(_ entry: LedgerEntry, now: Timestamp) -> Prepared<Content> {
        switch refused(entry.index) {
        case nil, .send: .send(.record, bytes: entry.bytes.count)
        case .leaveOut: .leaveOut
        case .dead(let reason): .dead(reason)
        }
    }

    func prepare(_ manifest: DeliveryManifest) -> Prepared<Content>? {
        let ranges = manifest.expected.ranges.count + manifest.dead.ranges.count
        return ranges <= mostRanges.withLock(\.self) ? .send(.manifest(manifest), bytes: 100) : .dead("too long")
    }
    func open(position: String?) async -> SinkReply { opening.withLock { $0 } }
    func close() async {}

    func deliver(_ batch: SinkBatch<Content>) async -> SinkReply {
        requests.withLock { $0 += 1 }
        let indexes = batch.items.compactMap(\.index)
        for case .manifest(let manifest) in batch.payloads {
            manifests.withLock { $0.append(manifest) }
            return .ok
        }
        return await answer.withLock { $0 }(indexes) { new in stored.withLock { $0 += new } }
    }
}

/// A lane that runs in a task of its own.
final class RunningLane<Destination: Sink>: Sendable {
    let lane: Lane<Destination>
    private let task: Task<Void, Never>

    init(
        _ sink: Destination,
        _ ledger: TestLedger,
        _ state: DeliveryState,
        name: String = "siem",
        hash: String = "h1",
        start: LaneStart = .beginning,
        manifests: LaneDefinition.Manifests? = nil,
        rate: Int? = nil,
        concurrency: Int? = nil,
        host: HostConcurrency? = nil,
        lease: any LeaseHolding = TestLease(),
        clock: any WallClock = SystemClock(),
        steady: any WallClock = SteadyClock(),
        backoff: Backoff = Backoff(base: .milliseconds(1), cap: .milliseconds(5))
    ) {
        var parts = LaneParts(
            definition: LaneDefinition(
                name: name,
                kind: "test",
                hash: hash,
                start: start,
                manifests: manifests,
                rate: rate,
                concurrency: concurrency
            ),
            sink: sink,
            ledger: ledger,
            state: state,
            lease: lease
        )
        if let host { parts.concurrency = host }
        parts.clock = clock
        parts.steady = steady
        parts.backoff = backoff
        // Rests are shortened, not slept through.
        parts.sleep = { try await Task.sleep(for: min($0, .milliseconds(3))) }
        let lane = Lane(parts)
        self.lane = lane
        task = Task { await lane.run() }
    }

    /// Ends as when the process is killed: at once, nothing is tidied.
    func kill() async {
        task.cancel()
        await task.value
    }

    /// Ends in order.
    func end() async {
        lane.end()
        await task.value
    }
}

/// Holds up whoever would pass until it is opened, or their task is cancelled.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation

    init() { (stream, end) = AsyncStream.makeStream() }

    func open() { end.finish() }
    func pass() async { for await _ in stream {} }
}

/// Looks again until it is so; fails after a minute, which on a busy machine is not much.
func eventually(
    _ comment: Comment = "it never came true",
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record(comment, sourceLocation: sourceLocation)
            throw CancellationError()
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}

extension DeliveryControl {
    /// Waits until nothing is left to deliver, and checks the identity at every look.
    func drained(_ name: String = "siem", sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await eventually("the sink never drained", sourceLocation: sourceLocation) {
            guard let terms = try? await conservation(name) else { return false }
            #expect(terms.holds, "\(terms)", sourceLocation: sourceLocation)
            return terms.backlog == 0 && terms.inFlight == 0
        }
    }
}
