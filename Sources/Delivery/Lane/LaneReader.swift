import DeliveryWire
import WallTime

/// Gathers one batch from the front of ranges of the ledger: reads, filters, encodes.
struct LaneReader<Destination: Sink> {
    typealias Item = SinkBatch<Destination.Payload>.Item

    let sink: Destination
    let ledger: any FollowedLedger
    let limits: BatchLimits
    let now: Timestamp

    /// Most entries that are read for one batch; a filter may leave few of them.
    static var mostScanned: Int { 20_000 }

    /// What is to be sent.
    private(set) var items: [Item] = []
    /// Where it stands.
    private(set) var stretches: [Stretch] = []
    /// What the reading itself changes.
    private(set) var changes: [LaneChange] = []
    private var bytes = 0
    /// How many entries were read.
    private(set) var scanned = 0
    private(set) var isFull = false

    init(sink: Destination, ledger: any FollowedLedger, limits: BatchLimits, now: Timestamp) {
        self.sink = sink
        self.ledger = ledger
        self.limits = limits
        self.now = now
    }

    var indexes: [UInt64] { items.compactMap(\.index) }

    /// Reads from the front of a range until it ends or the batch is full.
    /// - Parameter isStored: whether the range is a stored one and not the end of the ledger.
    /// - Returns: the first index that was not taken.
    mutating func gather(_ range: Range<UInt64>, isStored: Bool) async throws -> UInt64 {
        var stretch = Stretch(first: range.lowerBound, past: range.lowerBound, records: 0)
        while stretch.past < range.upperBound, !isFull {
            let most = UInt64(max(limits.count - items.count, 1))
            let end = min(range.upperBound, stretch.past + most)
            let entries = try await ledger.entries(stretch.past..<end, maximumBytes: max(limits.bytes - bytes, 1))
            for entry in entries where !isFull { take(entry, &stretch, isStored) }
            scanned += entries.count
            if entries.isEmpty || scanned >= Self.mostScanned || items.count >= limits.count { isFull = true }
        }
        close(&stretch, isStored)
        return stretch.past
    }

    private mutating func take(_ entry: LedgerEntry, _ stretch: inout Stretch, _ isStored: Bool) {
        switch sink.prepare(entry, now: now) {
        case .leaveOut: stretch.past = entry.index + 1
        case .dead(let reason):
            close(&stretch, isStored)
            let letter = DeadLetter(reason: reason, detail: nil, attempts: 0)
            changes.append(.refuse(entry.index, from: source(entry.index, isStored), letter))
            stretch = Stretch(first: entry.index + 1, past: entry.index + 1, records: 0)
        case .send(let payload, let size):
            guard items.isEmpty || bytes + size <= limits.bytes else {
                isFull = true
                return
            }
            items.append(Item(index: entry.index, payload: payload))
            bytes += size
            stretch.past = entry.index + 1
            stretch.records += 1
            if items.count >= limits.count || bytes >= limits.bytes { isFull = true }
        }
    }

    private mutating func close(_ stretch: inout Stretch, _ isStored: Bool) {
        guard stretch.past > stretch.first else { return }
        changes.append(.admit(stretch, from: source(stretch.first, isStored)))
        if stretch.records > 0 { stretches.append(stretch) }
        stretch = Stretch(first: stretch.past, past: stretch.past, records: 0)
    }

    private func source(_ first: UInt64, _ isStored: Bool) -> LaneChange.Source {
        isStored ? .range(first: first) : .cursor
    }
}
