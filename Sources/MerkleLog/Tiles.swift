/// The tiles of a log of the C2SP tlog-tiles specification: which there are and where they are.
public enum Tiles {
    /// Levels of the tree that one tile spans.
    public static let height = 8
    /// Hashes in a full tile, and entries in a full bundle.
    public static let width = 256
    /// The highest level that a tile path can name; enough for 2^48 entries.
    public static let highestPathLevel: UInt8 = 5

    /// How many hashes the tile has in a tree of the given size: 256 when full, 0 when there is no such tile.
    public static func width(level: UInt8, index: UInt64, treeSize: UInt64) -> Int {
        // `>>` yields 0 for a shift of 64 or more, which is right: no tree has hashes on those levels.
        let levelCount = treeSize >> (UInt64(height) * UInt64(level))
        let (first, overflow) = index.multipliedReportingOverflow(by: UInt64(width))
        guard !overflow, first < levelCount else { return 0 }
        return Int(min(levelCount - first, UInt64(width)))
    }

    /// How many entries the bundle has in a tree of the given size: 256 when full, 0 when there is no such bundle.
    public static func bundleWidth(index: UInt64, treeSize: UInt64) -> Int {
        width(level: 0, index: index, treeSize: treeSize)
    }

    /// All tiles of a tree, level by level from the leaves and from left to right, computed one at a time.
    public static func addresses(forTreeSize treeSize: UInt64) -> TileAddresses {
        TileAddresses(treeSize: treeSize)
    }

    /// All entry bundles of a tree from left to right, computed one at a time.
    public static func bundles(forTreeSize treeSize: UInt64) -> BundleAddresses {
        BundleAddresses(treeSize: treeSize)
    }
}

/// The tiles of a tree, in order. See ``Tiles/addresses(forTreeSize:)``.
public struct TileAddresses: Sequence, IteratorProtocol, Sendable {
    private let treeSize: UInt64
    private var level: UInt8 = 0
    private var index: UInt64 = 0

    init(treeSize: UInt64) {
        self.treeSize = treeSize
    }

    /// The next tile; nil after the last one.
    public mutating func next() -> TileAddress? {
        var width = Tiles.width(level: level, index: index, treeSize: treeSize)
        if width == 0 {
            guard index > 0 else { return nil }
            level += 1
            index = 0
            width = Tiles.width(level: level, index: index, treeSize: treeSize)
            guard width > 0 else { return nil }
        }
        defer { index += 1 }
        return TileAddress(level: level, index: index, width: width)
    }
}

/// The entry bundles of a tree, in order. See ``Tiles/bundles(forTreeSize:)``.
public struct BundleAddresses: Sequence, IteratorProtocol, Sendable {
    private let treeSize: UInt64
    private var index: UInt64 = 0

    init(treeSize: UInt64) {
        self.treeSize = treeSize
    }

    /// The next bundle; nil after the last one.
    public mutating func next() -> BundleAddress? {
        let width = Tiles.bundleWidth(index: index, treeSize: treeSize)
        guard width > 0 else { return nil }
        defer { index += 1 }
        return BundleAddress(index: index, width: width)
    }
}
