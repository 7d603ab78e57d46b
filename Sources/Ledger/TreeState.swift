import MerkleLog
import Storage

/// What the writer must know of the tree to append to it: the frontier, and the hashes of each level's unfinished tile.
struct TreeState {
    private(set) var frontier = Frontier()
    /// Per level, the hashes of the tile being filled; always fewer than 256.
    private var unfinished: [[Hash]] = [[]]

    var size: UInt64 { frontier.size }
    var root: Hash { frontier.root }

    /// The empty tree.
    init() {}

    /// Reads the state of a tree of `size` entries. Cost: at most 255 entries and 255 tiles a level, whatever the size.
    init(_ connection: any SQLConnection, size: UInt64) throws {
        let tiles = StoredTiles(connection: connection)
        unfinished = []
        var hashes: [Hash] = []
        var level: UInt8 = 0
        repeat {
            let count = size >> (8 * UInt64(level))
            let width = Int(count & 255)
            let bytes = width == 0 ? [] : try tiles.tile(level: level, index: count >> 8, width: width)
            unfinished.append(
                bytes.withUnsafeBytes { raw in
                    (0..<width).map { Hash(rawBytes: UnsafeRawBufferPointer(rebasing: raw[$0 * 32..<$0 * 32 + 32])) }
                }
            )
            level += 1
        } while level < 8 && size >> (8 * UInt64(level)) > 0
        // The maximal complete subtrees, largest first: the binary digits of each level's width, from the top.
        for level in unfinished.indices.reversed() {
            var start = 0
            for bit in (0..<8).reversed() where unfinished[level].count & (1 << bit) != 0 {
                hashes.append(SubtreeHasher.root(of: Array(unfinished[level][start..<start + (1 << bit)])))
                start += 1 << bit
            }
        }
        guard let frontier = Frontier(size: size, hashes: hashes) else {
            throw LedgerError.inconsistent("the stored tiles do not make a tree of \(size) entries")
        }
        self.frontier = frontier
    }

    /// Appends a leaf.
    /// - Returns: the tiles that it filled, each 256 hashes and the tile's own hash.
    mutating func append(_ leaf: Hash) -> [(level: UInt8, index: UInt64, data: [UInt8])] {
        let position = frontier.size
        frontier.append(leaf)
        unfinished[0].append(leaf)
        return carry(from: 0, position)
    }

    /// Takes over the entries that others appended, up to a tree of `end` entries. Cost: the leaf hashes of two unfinished tiles,
    /// and one hash for each full one between.
    mutating func follow(_ connection: any SQLConnection, to end: UInt64) throws {
        let width = UInt64(Tiles.width)
        let border = min(end, (size + width - 1) / width * width)
        for leaf in try LedgerStore.leafHashes(connection, size..<border) { _ = append(leaf) }
        if size < end {
            for tile in try LedgerStore.tileHashes(connection, level: 0, size / width..<end / width) {
                let position = frontier.size
                frontier.append(tile, height: 8)
                if unfinished.count == 1 { unfinished.append([]) }
                unfinished[1].append(tile)
                _ = carry(from: 1, position)
            }
            for leaf in try LedgerStore.leafHashes(connection, size..<end) { _ = append(leaf) }
        }
    }

    /// Hands the hashes of full tiles up.
    /// - Returns: those tiles.
    private mutating func carry(
        from first: Int,
        _ position: UInt64
    ) -> [(level: UInt8, index: UInt64, data: [UInt8])] {
        var filled: [(level: UInt8, index: UInt64, data: [UInt8])] = []
        var level = first
        while unfinished[level].count == 256 {
            let own = SubtreeHasher.root(of: unfinished[level])
            var data: [UInt8] = []
            data.reserveCapacity(257 * 32)
            for hash in unfinished[level] { hash.append(to: &data) }
            own.append(to: &data)
            filled.append((UInt8(level), position >> (8 * UInt64(level + 1)), data))
            unfinished[level].removeAll(keepingCapacity: true)
            level += 1
            if unfinished.count == level { unfinished.append([]) }
            unfinished[level].append(own)
        }
        return filled
    }
}
