/// The place of a tile of hashes in a log (C2SP tlog-tiles, "Merkle Tree").
public struct TileAddress: Sendable, Hashable, CustomStringConvertible {
    /// Level of the tile, 0 (leaf hashes) to 63. Only levels 0 to 5 have a path.
    public let level: UInt8
    /// Number of the tile within its level, from 0.
    public let index: UInt64
    /// Number of hashes, 1 to 256; less than 256 means a partial tile.
    public let width: Int

    /// Names a tile.
    ///
    /// - Precondition: the level is at most 63 and the width 1 to 256.
    public init(level: UInt8, index: UInt64, width: Int = Tiles.width) {
        precondition(level <= 63, "a tile level is 0 to 63")
        precondition((1...Tiles.width).contains(width), "a tile is 1 to 256 hashes wide")
        self.level = level
        self.index = index
        self.width = width
    }

    /// Reads a path such as `tile/0/x001/x234/067` or `tile/0/001.p/5`; nil unless it is exactly how ``path`` writes it
    /// and the level is at most 5.
    public init?(path: String) {
        var parts = TilePath.split(path)
        guard parts.count >= 3, parts.removeFirst().elementsEqual("tile".utf8),
            let level = Decimal.parse(parts.removeFirst()), level <= Tiles.highestPathLevel,
            let (index, width) = TilePath.parse(parts)
        else { return nil }
        self.init(level: UInt8(level), index: index, width: width)
        // Comparing with the canonical path refuses every other spelling, such as surplus leading groups of zeros.
        guard self.path.hasSameBytes(as: path) else { return nil }
    }

    /// The path relative to the log's prefix.
    public var path: String {
        "tile/\(level)/" + TilePath.encode(index: index, width: width)
    }

    /// The same as ``path``.
    public var description: String { path }
}

/// The place of a bundle of entries in a log (C2SP tlog-tiles, "Log entries").
public struct BundleAddress: Sendable, Hashable, CustomStringConvertible {
    /// Number of the bundle, from 0; its first entry is entry `index * 256`.
    public let index: UInt64
    /// Number of entries, 1 to 256; less than 256 means a partial bundle.
    public let width: Int

    /// Names a bundle.
    ///
    /// - Precondition: the width is 1 to 256.
    public init(index: UInt64, width: Int = Tiles.width) {
        precondition((1...Tiles.width).contains(width), "a bundle is 1 to 256 entries wide")
        self.index = index
        self.width = width
    }

    /// Reads a path such as `tile/entries/x001/x234/067` or `tile/entries/001.p/5`; nil unless it is exactly how
    /// ``path`` writes it.
    public init?(path: String) {
        var parts = TilePath.split(path)
        guard parts.count >= 3, parts.removeFirst().elementsEqual("tile".utf8),
            parts.removeFirst().elementsEqual("entries".utf8), let (index, width) = TilePath.parse(parts)
        else { return nil }
        self.init(index: index, width: width)
        guard self.path.hasSameBytes(as: path) else { return nil }
    }

    /// The path relative to the log's prefix.
    public var path: String {
        "tile/entries/" + TilePath.encode(index: index, width: width)
    }

    /// The same as ``path``.
    public var description: String { path }
}

/// The part of a path that names index and width: groups of three digits, an `x` before all but the last, and `.p/<W>`
/// behind a partial one.
private enum TilePath {
    /// Longer than any path of a 64-bit index, so that splitting untrusted text stays cheap.
    static let maximumByteCount = 64

    static func split(_ path: String) -> [Substring.UTF8View] {
        guard path.utf8.count <= maximumByteCount else { return [] }
        return path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    }

    static func encode(index: UInt64, width: Int) -> String {
        var text = group(index % 1000)
        var rest = index / 1000
        while rest > 0 {
            text = "x" + group(rest % 1000) + "/" + text
            rest /= 1000
        }
        return width == Tiles.width ? text : text + ".p/\(width)"
    }

    private static func group(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 3 - digits.utf8.count) + digits
    }

    static func parse(_ parts: [Substring.UTF8View]) -> (index: UInt64, width: Int)? {
        var groups = parts[...]
        var width = Tiles.width
        if groups.count >= 2, groups[groups.endIndex - 2].suffix(2).elementsEqual(".p".utf8) {
            guard let text = groups.popLast(), let partial = Decimal.parse(text), (1..<256).contains(partial),
                let last = groups.popLast()
            else { return nil }
            width = Int(partial)
            groups.append(last.dropLast(2))
        }
        var index: UInt64 = 0
        for (position, group) in groups.enumerated() {
            var digits = group[...]
            if position < groups.count - 1 {
                guard digits.popFirst() == UInt8(ascii: "x") else { return nil }
            }
            guard digits.count == 3 else { return nil }
            for digit in digits {
                guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
                let (product, productOverflow) = index.multipliedReportingOverflow(by: 10)
                let (sum, sumOverflow) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
                guard !productOverflow, !sumOverflow else { return nil }
                index = sum
            }
        }
        return groups.isEmpty ? nil : (index, width)
    }
}
