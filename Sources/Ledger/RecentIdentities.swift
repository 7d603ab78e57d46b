import Storage

/// Where events stand, by the hash of producer and event id. Events may share a hash: each find is compared with its entry.
struct PositionsByHash {
    private var first: [UInt64: UInt64] = [:]
    /// The further positions of the few hashes that have several.
    private var further: [UInt64: [UInt64]] = [:]

    var count: Int { first.count }

    subscript(hash: UInt64) -> [UInt64] {
        guard let position = first[hash] else { return [] }
        return [position] + further[hash, default: []]
    }

    mutating func insert(_ hash: UInt64, _ position: UInt64) {
        if let known = first.updateValue(position, forKey: hash) { further[hash, default: []].append(known) }
    }

    mutating func merge(_ other: PositionsByHash) {
        for (hash, position) in other.first { insert(hash, position) }
        for (hash, positions) in other.further { for position in positions { insert(hash, position) } }
    }

    mutating func remove(below end: UInt64) {
        first = first.filter { $0.value >= end }
        further = further.mapValues { $0.filter { $0 >= end } }.filter { !$0.value.isEmpty }
    }
}

/// The events that the query index does not hold yet, so that a repetition is found without an index in the commit.
struct RecentIdentities {
    private var positions = PositionsByHash()
    /// Every entry below this is here or in the index; nil when nothing is known.
    private var end: UInt64?
    private var pruneAt = Self.smallestPrune

    private static let smallestPrune = 100_000

    subscript(hash: UInt64) -> [UInt64] { positions[hash] }

    mutating func invalidate() {
        positions = PositionsByHash()
        end = nil
        pruneAt = Self.smallestPrune
    }

    /// Reads the entries below `size` that are neither known here nor indexed.
    mutating func cover(_ size: UInt64, _ index: QueryIndex, _ connection: any SQLConnection) throws {
        if end == nil || positions.count > pruneAt {
            let indexed = min(try index.indexedSize(), size)
            positions.remove(below: indexed)
            // An index that does not follow must not make every commit look for what it could drop.
            pruneAt = max(Self.smallestPrune, 2 * positions.count)
            end = max(end ?? 0, indexed)
        }
        guard let start = end, start < size else { return }
        try LedgerStore.entries(connection, start..<size) { position, bytes in
            _ = EntryFields.visit(bytes) { field, hash in if field == .event { positions.insert(hash, position) } }
            return true
        }
        end = size
    }

    /// Adds a committed batch, of which all events are named in `added`.
    mutating func add(_ added: PositionsByHash, _ range: Range<UInt64>) {
        guard end == range.lowerBound else { return }
        positions.merge(added)
        end = range.upperBound
    }
}
