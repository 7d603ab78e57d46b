import DeliveryWire
import WallTime

/// Decides what a lane does next: what is sent, what is sent again and when, what is confirmed, what is dead, and when to stop.
/// A pure value; time and randomness are given to it.
struct LaneMachine: Sendable {
    /// What one request, or several after a refusal, must get through.
    struct Flight: Sendable {
        /// Names the flight.
        let id: Int
        /// The records' indexes, in order; empty for a manifest.
        let indexes: [UInt64]
        /// What is left of the stretches that the records come from; together they hold the indexes that have no fate yet.
        fileprivate(set) var stretches: [Stretch]
        /// Positions that have no fate yet.
        fileprivate(set) var remaining: Range<Int>
        /// Set once a refusal has to be traced to a record; its positions count from `base`.
        fileprivate var bisection: Bisection?
        fileprivate var base = 0
        /// Failures in a row.
        fileprivate var failures = 0
        /// Requests sent.
        fileprivate var attempts = 0
        /// When it may be sent again.
        fileprivate var due: Timestamp
        /// The positions of the request under way; nil when none is.
        fileprivate(set) var sent: Range<Int>?

        /// Whether it is a manifest.
        var isManifest: Bool { indexes.isEmpty }

        /// What the next request holds.
        fileprivate var next: Range<Int> {
            guard let range = bisection?.next else { return remaining }
            return base + range.lowerBound..<base + range.upperBound
        }
    }

    /// What to do about an answer.
    struct Outcome: Sendable {
        /// What to store.
        var changes: [LaneChange] = []
        /// The indexes that are confirmed by it.
        var confirmed: [UInt64] = []
        /// Why the lane must stop; nil when it goes on.
        var stop: String?
        /// Why records were not taken, for the operator; nil when they were.
        var failure: String?
    }

    /// Flights by id.
    private(set) var flights: [Int: Flight] = [:]
    /// When a batch is full; less than the destination's own limits while it asks for less.
    private(set) var limits: BatchLimits
    /// Until when nothing is sent, because the destination asked for it.
    private(set) var quietUntil = Timestamp(milliseconds: .min)
    private let ceiling: BatchLimits
    /// Most flights at the same time; those that have begun go on when it is lowered.
    var concurrency: Int
    private let backoff: Backoff
    private let countsDuplicates: Bool
    private var nextID = 0
    /// Failures since the destination last said something of records; as many as ``deaf`` before it ever did.
    private var silence = Self.deaf

    /// Records refused alone since one was taken.
    private var burials = 0

    /// After so many refused records in a row the lane stops rather than set aside a whole ledger.
    private static let mostBurials = 100
    /// After so many failures in a row a destination counts as away.
    private static let deaf = 3
    /// Flights that are held for a destination that is away: two, so that one that it can never answer does not stand for all.
    private static let probes = 2

    /// - Parameters:
    ///   - countsDuplicates: false for a destination at which nothing can be twice.
    init(limits: BatchLimits, concurrency: Int, backoff: Backoff, countsDuplicates: Bool) {
        self.limits = limits
        ceiling = limits
        self.concurrency = max(concurrency, 1)
        self.backoff = backoff
        self.countsDuplicates = countsDuplicates
    }

    /// Whether the destination has to show that it is there: then one request at a time asks, and nothing more is read, because a
    /// dead destination is to cost the machine next to nothing.
    var isProbing: Bool { silence >= Self.deaf }
    /// How many more flights may begin.
    var freeSlots: Int { max((isProbing ? min(concurrency, Self.probes) : concurrency) - flights.count, 0) }
    /// Whether a manifest is under way.
    var carriesManifest: Bool { flights.values.contains(where: \.isManifest) }
    /// Whether a request is under way.
    var isUnderway: Bool { flights.values.contains { $0.sent != nil } }
    /// The lowest index in flight at or above `floor`.
    func lowest(from floor: UInt64) -> UInt64? {
        flights.values.lazy.flatMap(\.stretches).map(\.first).filter { $0 >= floor }.min()
    }

    // MARK: Sending

    /// Begins a flight of records; `stretches` hold them in order.
    mutating func admit(_ stretches: [Stretch], indexes: [UInt64], now: Timestamp) -> Int {
        add(Flight(id: nextID, indexes: indexes, stretches: stretches, remaining: 0..<indexes.count, due: now))
    }

    /// Begins the flight of a manifest.
    mutating func admitManifest(now: Timestamp) -> Int {
        add(Flight(id: nextID, indexes: [], stretches: [], remaining: 0..<1, due: now))
    }

    private mutating func add(_ flight: Flight) -> Int {
        flights[flight.id] = flight
        nextID += 1
        return flight.id
    }

    /// Takes the requests that are due: the flight and which of its positions.
    /// - Parameter isAllowed: asked for each whether it may go now; told whether it would be the only one under way.
    mutating func takeDue(
        now: Timestamp,
        _ isAllowed: (_ isOnly: Bool) -> Bool = { _ in true }
    ) -> [(id: Int, positions: Range<Int>)] {
        guard now >= quietUntil else { return [] }
        var due: [(id: Int, positions: Range<Int>)] = []
        for (id, flight) in candidates where flight.sent == nil && now >= flight.due {
            guard !(isProbing && isUnderway), isAllowed(!isUnderway) else { break }
            let positions = flight.next
            flights[id]?.sent = positions
            flights[id]?.attempts += 1
            due.append((id, positions))
        }
        return due
    }

    /// The flights that may be sent, in the order in which they should.
    private var candidates: [(key: Int, value: Flight)] {
        let oldestFirst = flights.sorted { $0.key < $1.key }
        // In turns: each waits longer after it failed.
        return isProbing ? oldestFirst.prefix(Self.probes).sorted { $0.value.due < $1.value.due } : oldestFirst
    }

    /// When the next request is due; nil when none waits.
    var nextDue: Timestamp? {
        flights.values.filter { $0.sent == nil }.map(\.due).min().map { max($0, quietUntil) }
    }

    // MARK: Answers

    /// Takes what came of a flight's request.
    mutating func answered(
        _ id: Int,
        _ reply: SinkReply,
        now: Timestamp,
        using generator: inout some RandomNumberGenerator
    ) -> Outcome {
        guard var flight = flights[id], let sent = flight.sent else { return Outcome() }
        flight.sent = nil
        var outcome = Outcome()
        let verdict = reply.verdict
        if verdict.replyClass != .ok { outcome.failure = verdict.reason }
        if verdict.asksToSlowDown || verdict.replyClass == .throttle { adapt(slower: true) }
        switch verdict.replyClass {
        case .ok:
            if !verdict.asksToSlowDown { adapt(slower: false) }
            silence = 0
            flight.failures = 0
            take(verdict, sent, reply, &flight, &outcome)
        case .split, .poison:
            silence = 0
            flight.failures = 0
            if verdict.mayBeStored { noteDuplicates(sent, flight, &outcome) }
            take(verdict, sent, reply, &flight, &outcome)
            flight.due = now
        case .retry, .throttle:
            let wait = backoff.wait(retry: flight.failures, atLeast: reply.retryAfter, using: &generator)
            flight.failures += 1
            flight.due = now.adding(wait)
            if verdict.replyClass == .retry { silence = min(silence + 1, Self.deaf) }
            if verdict.replyClass == .throttle || isProbing { quietUntil = max(quietUntil, flight.due) }
            if verdict.mayBeStored { noteDuplicates(sent, flight, &outcome) }
        case .auth, .config:
            outcome.stop = verdict.reason
            if verdict.mayBeStored { noteDuplicates(sent, flight, &outcome) }
        }
        flights[id] = flight.remaining.isEmpty ? nil : flight
        noteBurials(&outcome)
        return outcome
    }

    /// Puts every flight that is not under way back to the backlog.
    mutating func putBack() -> [LaneChange] {
        var changes: [LaneChange] = []
        for (id, flight) in flights.sorted(by: { $0.key < $1.key }) where flight.sent == nil {
            changes += flight.stretches.map { .putBack($0) }
            flights[id] = nil
        }
        return changes
    }

    /// Stops a lane whose destination takes nothing any more: what answers there is hardly what it should be.
    private mutating func noteBurials(_ outcome: inout Outcome) {
        let buried = outcome.changes.count { if case .bury = $0 { true } else { false } }
        burials = outcome.confirmed.isEmpty ? burials + buried : 0
        guard burials >= Self.mostBurials, outcome.stop == nil else { return }
        outcome.stop =
            "the destination refused \(burials) records one after the other, each alone, and took none (\(outcome.failure ?? "")); see "
            + "that it is the right one, resume, and redrive the dead letters"
        burials = 0
    }

    private func noteDuplicates(_ sent: Range<Int>, _ flight: Flight, _ outcome: inout Outcome) {
        if countsDuplicates, !flight.isManifest { outcome.changes.append(.duplicates(UInt64(sent.count))) }
    }

    private mutating func adapt(slower: Bool) {
        limits = limits.adapted(slower: slower, ceiling: ceiling)
    }

    /// Gives records their fate after an answer that says something of them.
    private func take(
        _ verdict: Verdict,
        _ sent: Range<Int>,
        _ reply: SinkReply,
        _ flight: inout Flight,
        _ outcome: inout Outcome
    ) {
        if flight.isManifest {
            guard verdict.replyClass == .ok else {
                outcome.stop = "the destination refuses a manifest (\(verdict.reason)); allow it, or set manifests: off"
                return
            }
            flight.remaining = 1..<1
            outcome.changes.append(.manifestDelivered)
            return
        }
        guard flight.bisection != nil || verdict.replyClass != .ok else {
            return confirm(upTo: sent.upperBound, &flight, &outcome)
        }
        guard flight.bisection != nil || sent.count > 1 else { return bury(reply, &flight, &outcome) }
        guard var bisection = flight.bisection else {
            flight.base = sent.lowerBound
            let began = Bisection(count: sent.count, hint: verdict.hint)
            flight.bisection = began
            return confirm(upTo: flight.base + began.remaining.lowerBound, &flight, &outcome)
        }
        for fate in bisection.record(verdict) ?? [] {
            switch fate {
            case .taken(let range): confirm(upTo: flight.base + range.upperBound, &flight, &outcome)
            case .poison: bury(reply, &flight, &outcome)
            }
        }
        flight.bisection = bisection
    }

    private func confirm(upTo position: Int, _ flight: inout Flight, _ outcome: inout Outcome) {
        while flight.remaining.lowerBound < position, let stretch = flight.stretches.first {
            let here = min(UInt64(position - flight.remaining.lowerBound), stretch.records)
            let end = flight.remaining.lowerBound + Int(here)
            let to = here == stretch.records ? stretch.past : flight.indexes[end]
            outcome.changes.append(.confirm(first: stretch.first, to: to, records: here))
            outcome.confirmed += flight.indexes[flight.remaining.lowerBound..<end]
            cut(to, by: here, &flight)
            flight.remaining = end..<flight.remaining.upperBound
        }
    }

    private func bury(_ reply: SinkReply, _ flight: inout Flight, _ outcome: inout Outcome) {
        guard let stretch = flight.stretches.first, !flight.remaining.isEmpty else { return }
        let position = flight.remaining.lowerBound
        let to = stretch.records == 1 ? stretch.past : flight.indexes[position + 1]
        let letter = DeadLetter(
            reason: reply.verdict.reason,
            detail: reply.detail?.description,
            attempts: flight.attempts
        )
        outcome.changes.append(.bury(first: stretch.first, index: flight.indexes[position], to: to, letter))
        cut(to, by: 1, &flight)
        flight.remaining = position + 1..<flight.remaining.upperBound
    }

    private func cut(_ to: UInt64, by records: UInt64, _ flight: inout Flight) {
        guard let stretch = flight.stretches.first else { return }
        if to >= stretch.past {
            flight.stretches.removeFirst()
        } else {
            flight.stretches[0] = Stretch(first: to, past: stretch.past, records: stretch.records - records)
        }
    }
}
