import DeliveryWire
import JSON
import Measures
import WallTime

/// A lane from the moment its destination is open until it is halted: reads, sends, stores what came of it.
struct LaneSession<Destination: Sink> {
    typealias Batch = SinkBatch<Destination.Payload>

    let parts: LaneParts<Destination>
    let store: LaneStore
    let isEnding: @Sendable () -> Bool
    private let mailbox: LaneMailbox
    private var wakes: AsyncStream<Void>.Iterator
    private var machine: LaneMachine
    private var payloads: [Int: [Batch.Item]] = [:]
    private var turn = LaneTurn()
    private var delivered: RangeSet<UInt64>
    private var manifestFrom: UInt64
    private var manifest: DeliveryManifest?
    private var stopReason: LaneFailure?
    private var backlogSince: Timestamp?
    private var noted: (failure: LaneFailure, at: Timestamp)?
    private var readsBackfillNext = false
    private var pace: LanePace
    private var notedConcurrency: Int?
    private var generator = SystemRandomNumberGenerator()

    /// Stretches read in one turn at the most, so that answers do not wait long.
    private static var mostReads: Int { 8 }
    /// How often an idle lane looks at the ledger.
    private static var rest: Duration { .milliseconds(100) }
    /// Ranges at which a manifest is due whatever its age.
    private static var mostRanges: Int { DeliveryManifest.maximumRanges - 100 }

    init(
        parts: LaneParts<Destination>,
        store: LaneStore,
        from snapshot: LaneSnapshot,
        mailbox: LaneMailbox,
        isEnding: @escaping @Sendable () -> Bool
    ) {
        self.parts = parts
        self.store = store
        self.isEnding = isEnding
        self.mailbox = mailbox
        wakes = mailbox.stream.makeAsyncIterator()
        machine = LaneMachine(
            limits: parts.sink.limits,
            concurrency: parts.concurrency.limit,
            backoff: parts.backoff,
            countsDuplicates: store.countsDuplicates
        )
        pace = LanePace(rate: store.definition.rate)
        delivered = snapshot.delivered
        manifestFrom = snapshot.manifestFrom
        manifest = snapshot.manifest.flatMap { try? JSONValue(parsing: $0) }.flatMap { DeliveryManifest(json: $0) }
        // The destination may take less than when it was made; it was never sent, then.
        if let made = manifest, case .dead = parts.sink.prepare(made) { manifest = nil }
    }

    /// Runs until the lane is halted and nothing of it is under way.
    /// - Throws: an error of the store, the loss of the lease among them, or `CancellationError`; what was in flight is then recovered from the store.
    mutating func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                let snapshot = try await store.snapshot()
                try await planManifest(snapshot)
                takeAnswers()
                let isHalted = isEnding() || snapshot.state != .running || stopReason != nil
                var hasMore = false
                if isHalted {
                    turn.changes += machine.putBack()
                } else {
                    followConcurrency()
                    hasMore = try await read(snapshot)
                    admitManifest()
                }
                try await storeTurn()
                if isHalted, !machine.isUnderway { return }
                if !isHalted { launch(&group) }
                if !hasMore { try await wait() }
                try Task.checkCancellation()
            }
        }
    }

    /// By which waits are measured.
    private var now: Timestamp { parts.steady.now() }
    /// The time of day.
    private var today: Timestamp { parts.clock.now() }

    private mutating func storeTurn() async throws {
        defer { turn = LaneTurn() }
        if let reason = stopReason {
            try await store.stop(reason, after: turn, now: today)
            stopReason = nil
        } else {
            let notice = try await DeadLetterNotice(turn, ledger: parts.ledger)
            try await store.apply(turn, telling: notice, now: today)
        }
    }

    private mutating func wait() async throws {
        // What is due and was not sent waits for answers: its host has enough to do.
        var due = machine.nextDue.map { $0 > now ? Duration.milliseconds($0.since(now)) : Self.rest } ?? Self.rest
        let paced = pace.wait(at: now)
        if paced > 0 { due = min(due, .milliseconds(paced)) }
        let timer = Task { [mailbox, due = min(due, Self.rest), sleep = parts.sleep] in
            try await sleep(due)
            mailbox.wake()
        }
        defer { timer.cancel() }
        guard await wakes.next() != nil else { throw CancellationError() }
    }

    // MARK: Sending

    private mutating func launch(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        for (id, positions) in machine.takeDue(now: now, parts.concurrency.begin(isOnly:)) {
            guard let items = payloads[id] else { continue }
            let batch = Batch(items: Array(items[positions]))
            group.addTask { [sink = parts.sink, mailbox, measures = parts.measures, host = parts.concurrency] in
                let began = ContinuousClock.now
                let reply = await sink.deliver(batch)
                let took = began.duration(to: .now).wholeMicroseconds
                host.end(reply.verdict, after: reply.roundTrip?.wholeMicroseconds ?? took)
                measures.latency.observe(microseconds: took)
                measures.replies[reply.verdict.replyClass]?.add()
                mailbox.post(id, reply)
            }
        }
    }

    private mutating func followConcurrency() {
        let limit = parts.concurrency.limit
        guard limit != notedConcurrency else { return }
        machine.concurrency = limit
        notedConcurrency = limit
        turn.concurrency = limit
    }

    private mutating func takeAnswers() {
        for (id, reply) in mailbox.take() {
            let outcome = machine.answered(id, reply, now: now, using: &generator)
            if machine.flights[id] == nil { payloads[id] = nil }
            turn.changes += outcome.changes
            if let position = reply.position { turn.position = position }
            if let failure = outcome.failure { note(LaneFailure(reason: failure, words: reply.detail)) }
            if let reason = outcome.stop { stopReason = stopReason ?? LaneFailure(reason: reason, words: reply.detail) }
            parts.measures.confirmed.add(UInt64(outcome.confirmed.count))
            note(confirmed: outcome.confirmed)
            if outcome.changes.contains(.manifestDelivered) {
                turn.deliveredManifest = manifest
                closeManifest()
            }
        }
    }

    /// Keeps a failure for the operator; each one would be a commit for nothing.
    private mutating func note(_ failure: LaneFailure) {
        if let noted {
            let age = now.since(noted.at)
            guard age >= 10_000 || (age >= 1000 && failure != noted.failure) else { return }
        }
        noted = (failure, now)
        turn.failure = failure
    }

    // MARK: Reading

    /// Begins flights while there are free slots.
    /// - Returns: whether there is more to read and room for it.
    private mutating func read(_ snapshot: LaneSnapshot) async throws -> Bool {
        var backlog = LaneBacklog(snapshot)
        backlog.readsBackfillNext = readsBackfillNext
        defer { readsBackfillNext = backlog.readsBackfillNext }
        if snapshot.head == snapshot.cursor { backlogSince = nil } else if backlogSince == nil { backlogSince = now }
        let isRipe =
            snapshot.head - min(snapshot.cursor, snapshot.head) >= UInt64(machine.limits.count)
            || backlogSince.map { now.since($0) >= machine.limits.age.wholeMilliseconds } ?? false
        var reads = 0
        while machine.freeSlots > 0, reads < Self.mostReads {
            guard pace.wait(at: now) == 0 else { return false }
            let limits = pace.limits(machine.limits)
            var reader = LaneReader(sink: parts.sink, ledger: parts.ledger, limits: limits, now: today)
            guard try await backlog.fill(&reader, includingEnd: isRipe) else { return false }
            pace.note(reader.scanned, at: now)
            turn.changes += reader.changes
            note(readAgain: reader.changes.compactMap(\.read))
            if !reader.items.isEmpty {
                payloads[machine.admit(reader.stretches, indexes: reader.indexes, now: now)] = reader.items
            }
            reads += 1
        }
        return machine.freeSlots > 0
    }

    // MARK: Manifests

    /// Makes a manifest when one is due. Runs while memory and store agree.
    private mutating func planManifest(_ snapshot: LaneSnapshot) async throws {
        guard let settings = store.definition.manifests, manifest == nil, snapshot.state == .running,
            let settled = settledPast(snapshot), settled > manifestFrom
        else { return }
        let isDue =
            settled - manifestFrom >= settings.entries || delivered.ranges.count >= Self.mostRanges
            // One from the future says that the time of day was set back.
            || !(0..<settings.interval.wholeMilliseconds).contains(today.since(snapshot.manifestAt))
        guard isDue else { return }
        let made = try await largestManifest(manifestFrom..<settled)
        turn.manifest = String(decoding: try made.json.canonicalBytes(), as: UTF8.self)
        manifest = made
    }

    /// The manifest that covers as much of a range as a manifest may name, and the destination takes.
    private func largestManifest(_ range: Range<UInt64>) async throws -> DeliveryManifest {
        let deadLetters = try await store.dead(in: range)
        let (checkpoint, note) = try await parts.ledger.head()
        var most = DeliveryManifest.maximumRanges
        while true {
            let covered = DeliveryManifest.reach(of: range, expected: delivered, dead: deadLetters, ranges: most)
            let all = RangeSet(covered)
            let (expected, dead) = (delivered.intersection(all), deadLetters.intersection(all))
            let made = try DeliveryManifest(
                lane: store.definition.name,
                covered: covered,
                expected: expected,
                filtered: UInt64(covered.count) - expected.total - dead.total,
                dead: dead,
                checkpoint: checkpoint,
                note: note,
                timestamp: today
            )
            // One that cannot be sent even with a single range stops the lane, with the reason.
            guard most > 1, case .dead = parts.sink.prepare(made) else { return made }
            most /= 2
        }
    }

    /// Everything below is filtered, confirmed or dead; nil when that cannot be told yet.
    private func settledPast(_ snapshot: LaneSnapshot) -> UInt64? {
        let waiting = snapshot.waiting.first { $0.upperBound > manifestFrom }
        if waiting == nil, snapshot.waiting.count == LaneStore.waitingAtOnce { return nil }
        return min(
            snapshot.cursor,
            machine.lowest(from: manifestFrom) ?? .max,
            waiting.map { max($0.lowerBound, manifestFrom) } ?? .max
        )
    }

    private mutating func admitManifest() {
        guard let manifest, !machine.carriesManifest, machine.freeSlots > 0 else { return }
        switch parts.sink.prepare(manifest) {
        case nil: closeManifest()
        case .send(let payload, _):
            payloads[machine.admitManifest(now: now)] = [Batch.Item(index: nil, payload: payload)]
        case .leaveOut: closeManifest()
        case .dead(let reason): stopReason = LaneFailure(reason: "a manifest cannot be sent: \(reason)")
        }
    }

    private mutating func closeManifest() {
        guard let past = manifest?.covered.upperBound else { return }
        manifestFrom = past
        manifest = nil
        turn.manifestFrom = past
        delivered.remove(contentsOf: 0..<past)
        turn.delivered = delivered
    }

    private mutating func note(confirmed indexes: [UInt64]) {
        var added = RangeSet(indexes: indexes)
        turn.confirmed.formUnion(added)
        // What is confirmed ends the failure that is stored.
        if !added.isEmpty { noted = nil }
        guard store.definition.manifests != nil else { return }
        added.remove(contentsOf: 0..<manifestFrom)
        guard !added.isEmpty else { return }
        delivered.formUnion(added)
        turn.delivered = delivered
    }

    /// What is read once more was missing at the destination: it is delivered only when it is confirmed again.
    private mutating func note(readAgain stretches: [Stretch]) {
        let again = RangeSet(stretches.map { $0.first..<$0.past }).intersection(delivered)
        guard !again.isEmpty else { return }
        delivered.subtract(again)
        turn.delivered = delivered
    }
}

extension Duration {
    /// Whole microseconds; 0 for less than nothing.
    fileprivate var wholeMicroseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(max(seconds, 0)) * 1_000_000 + UInt64(max(attoseconds, 0)) / 1_000_000_000_000
    }
}
