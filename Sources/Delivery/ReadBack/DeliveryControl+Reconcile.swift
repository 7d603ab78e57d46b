import JSON
import Ledger
import MerkleLog
import Storage
import WallTime

extension DeliveryControl {
    /// Most indexes that are compared at a time: three bits for each are held.
    public static let reconciledAtOnce: UInt64 = 1 << 26
    /// Most ranges that one transaction has sent again.
    private static let resentAtOnce = 2000
    /// Most indexes that one transaction has sent again.
    private static let resentIndexes: UInt64 = 1 << 20

    /// Asks a destination what it holds, compares that with what is confirmed, and has what is missing sent again when told to.
    ///
    /// What is sent again goes from the confirmed ones back to the backlog; the cursor stays. The comparison is an event, and so is
    /// what is sent again.
    /// - Parameters:
    ///   - range: which indexes; everything from the sink's start on when nil.
    ///   - resending: whether what is missing is sent again.
    ///   - atOnce: how many indexes are compared at a time.
    ///   - told: each finding with the indexes it is of; in order for each kind of finding.
    /// - Throws: ``DeliveryError/noEntries(_:head:)`` when no entry is in the range: nothing could be said of it. Also
    ///   `CancellationError`, soon after the task was cancelled; what was sent again by then stays so.
    public func reconcile(
        _ name: String,
        _ range: Range<UInt64>? = nil,
        asking destination: any ReadBack,
        resending: Bool = false,
        actor: String,
        atOnce: UInt64 = DeliveryControl.reconciledAtOnce,
        _ told: (Reconciliation.Finding, Range<UInt64>) -> Void
    ) async throws -> Reconciliation {
        let terms = try await conservation(name)
        let head = terms.head
        let asked = range ?? min(terms.start, head)..<head
        var result = Reconciliation(sink: name, range: min(asked.lowerBound, head)..<min(asked.upperBound, head))
        guard !result.range.isEmpty else { throw DeliveryError.noEntries(name, head: head) }
        var first = result.range.lowerBound
        repeat {
            // Whole words, so that no window shares one with another.
            let end = min(result.range.upperBound, (first / 64 + max(atOnce / 64, 1)) * 64)
            var missing = try await compare(name, first..<end, destination, &result, told)
            missing.formIntersection(try await standing(name, first..<end).confirmed)
            try Task.checkCancellation()
            if resending { result.resent += try await resend(name, missing, actor) }
            first = end
        } while first < result.range.upperBound
        let fields = result.members.merging(["actor": .string(actor)]) { own, _ in own }.filter { $0.key != "sink" }
        try await state.commit([state.event(.sinkReconciled, name, clock.now(), fields)]) { _ in }
        return result
    }

    private func standing(_ name: String, _ range: Range<UInt64>) async throws -> IndexStanding {
        try await state.database.read { connection in
            try connection.snapshot { try IndexStanding(connection, sink: name, range) }
        }
    }

    // MARK: Comparing

    /// Compares one window.
    /// - Returns: what is missing.
    private func compare(
        _ name: String,
        _ range: Range<UInt64>,
        _ destination: any ReadBack,
        _ result: inout Reconciliation,
        _ told: (Reconciliation.Finding, Range<UInt64>) -> Void
    ) async throws -> IndexBits {
        // Asked before the destination: what is confirmed by now is there already.
        let expected = try await standing(name, range).confirmed
        var (once, doubled, altered) = (IndexBits(range), IndexBits(range), IndexBits(range))
        var unknown: UInt64 = 0
        let head = try await conservation(name).head
        try await destination.arrivals(in: range) { arrivals in
            var claims: [(index: UInt64, hash: Hash)] = []
            try Task.checkCancellation()
            for arrival in arrivals {
                switch arrival {
                case .unknown: unknown += 1
                case .record(let index, let hash):
                    guard range.contains(index) else { continue }
                    if !once.insert(index) { doubled.insert(index) }
                    if let hash, index < head { claims.append((index, hash)) }
                }
            }
            for index in try await wrong(claims) { altered.insert(index) }
        }
        // Asked after it: what it holds was sent by now.
        let after = try await standing(name, range)
        var foreign = once
        foreign.subtract(after.confirmed)
        foreign.subtract(after.open)
        let unjudged = after.unjudged
        foreign.subtract(unjudged)
        var missing = expected
        missing.subtract(once)
        result.expected += expected.count
        result.found += expected.count - missing.count
        if range.lowerBound == result.range.lowerBound { result.unknown = unknown }
        result.unjudged += unjudged.count
        for (finding, bits) in [
            (Reconciliation.Finding.missing, missing), (.doubled, doubled), (.foreign, foreign), (.altered, altered),
        ] {
            result.findings[finding, default: 0] += bits.count
            bits.forEachRange { told(finding, $0) }
        }
        return missing
    }

    /// Which of these indexes have another leaf hash in the ledger.
    private func wrong(_ claims: [(index: UInt64, hash: Hash)]) async throws -> [UInt64] {
        var wrong: [UInt64] = []
        var rest = claims.sorted { $0.index < $1.index }[...]
        while let first = rest.first?.index {
            let near = rest.prefix { $0.index < first + 256 }
            guard let last = near.last?.index else { break }
            let entries = try await ledger.entries(first..<last + 1, maximumBytes: 1 << 20)
            guard let read = entries.last?.index else { break }
            var entry = entries.makeIterator()
            var current = entry.next()
            while let claim = rest.first, claim.index <= read {
                while let index = current?.index, index < claim.index { current = entry.next() }
                if let bytes = current?.bytes, TreeHasher.leafHash(bytes) != claim.hash { wrong.append(claim.index) }
                rest.removeFirst()
            }
        }
        return wrong
    }

    // MARK: Sending again

    private func resend(_ name: String, _ missing: IndexBits, _ actor: String) async throws -> UInt64 {
        var resent: UInt64 = 0
        var position = missing.range.lowerBound
        while true {
            var batch: [Range<UInt64>] = []
            var count: UInt64 = 0
            while batch.count < Self.resentAtOnce, count < Self.resentIndexes,
                let next = missing.nextRange(from: position)
            {
                let range = next.clamped(to: next.lowerBound..<next.lowerBound + Self.resentIndexes)
                batch.append(range)
                count += UInt64(range.count)
                position = range.upperBound
            }
            guard !batch.isEmpty else { return resent }
            try await resend(name, batch, count, actor)
            resent += count
        }
    }

    private func resend(_ name: String, _ batch: [Range<UInt64>], _ count: UInt64, _ actor: String) async throws {
        let indexes = RangeSet(batch)
        let event = state.event(
            .sinkResent,
            name,
            clock.now(),
            [
                "actor": .string(actor), "count": .integer(Int64(clamping: count)),
                "firstIndex": .integer(Int64(clamping: batch.first?.lowerBound ?? 0)),
                "pastIndex": .integer(Int64(clamping: batch.last?.upperBound ?? 0)),
            ]
        )
        try await state.commit([event]) { connection in
            let changed = try connection.run(
                "UPDATE sinks SET confirmed = confirmed - $1 WHERE name = $2",
                [.position(count), .text(name)]
            )
            guard changed == 1 else { throw DeliveryError.unknownSink(name) }
            try ConfirmedIndexes(sink: name, connection: connection).remove(indexes)
            for range in batch {
                try connection.enqueue(
                    "INSERT INTO sink_ranges (sink, first, past, records, place) VALUES ($1, $2, $3, $4, 'waiting')",
                    [
                        .text(name), .position(range.lowerBound), .position(range.upperBound),
                        .position(range.upperBound - range.lowerBound),
                    ]
                )
            }
        }
    }
}
