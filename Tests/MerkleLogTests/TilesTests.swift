import Testing

@testable import MerkleLog

@Suite struct TilesTests {
    private struct PathVectors: Decodable {
        let paths: [Path]
        let indexes: [Index]
        let sizes: [Size]

        enum CodingKeys: String, CodingKey {
            case paths = "x_mod_style_paths"
            case indexes = "c2sp_index_encoding"
            case sizes = "tiles_for_size"
        }

        struct Path: Decodable {
            let path: String
            let height: Int?
            let level: Int?
            let index: UInt64?
            let width: Int?
            let invalid: Bool?

            enum CodingKeys: String, CodingKey {
                case path, invalid
                case height = "H"
                case level = "L"
                case index = "N"
                case width = "W"
            }
        }

        struct Index: Decodable {
            let index: UInt64
            let encoded: String

            enum CodingKeys: String, CodingKey {
                case index = "N"
                case encoded = "enc"
            }
        }

        struct Size: Decodable {
            let size: UInt64
            let level0: Level?
            let level1: Level?
            let level2: Level?
        }

        struct Level: Decodable {
            let full: Int
            let partialWidth: Int

            enum CodingKeys: String, CodingKey {
                case full
                case partialWidth = "partial_width"
            }
        }
    }

    /// The older path format with a height: without that part, and with `entries` for `data`, it is the present one.
    @Test func pathsOfTheOlderFormat() throws {
        let vectors = try Vectors.decode(PathVectors.self, "tlog-tiles/paths.json")
        #expect(vectors.paths.count == 8)
        for vector in vectors.paths {
            var parts = vector.path.split(separator: "/").map(String.init)
            parts.remove(at: 1)
            if parts[1] == "data" { parts[1] = "entries" }
            let path = parts.joined(separator: "/")
            if vector.invalid == true {
                #expect(TileAddress(path: path) == nil && BundleAddress(path: path) == nil)
                continue
            }
            let (height, level) = (try #require(vector.height), try #require(vector.level))
            let (index, width) = (try #require(vector.index), try #require(vector.width))
            let ownWidth = width == 1 << height ? 256 : width
            if level < 0 {
                let address = BundleAddress(index: index, width: ownWidth)
                #expect(address.path == path && BundleAddress(path: path) == address)
            } else {
                let address = TileAddress(level: UInt8(level), index: index, width: ownWidth)
                #expect(address.path == path && TileAddress(path: path) == address)
            }
        }
        for vector in vectors.indexes {
            #expect(TileAddress(level: 0, index: vector.index).path == "tile/0/" + vector.encoded)
            #expect(BundleAddress(path: "tile/entries/" + vector.encoded)?.index == vector.index)
        }
    }

    @Test func tilesOfASize() throws {
        let vectors = try Vectors.decode(PathVectors.self, "tlog-tiles/paths.json")
        for vector in vectors.sizes {
            let levels = [vector.level0, vector.level1, vector.level2].compactMap { $0 }
            let addresses = Array(Tiles.addresses(forTreeSize: vector.size))
            for (level, expected) in levels.enumerated() {
                let ofLevel = addresses.filter { $0.level == level }
                #expect(ofLevel.filter { $0.width == 256 }.count == expected.full)
                #expect(ofLevel.filter { $0.width < 256 }.map(\.width) == [expected.partialWidth].filter { $0 > 0 })
            }
            #expect(addresses.allSatisfy { Int($0.level) < levels.count })
        }
    }

    /// Against the formula in the specification: floor(s / 256^l) mod 256 hashes in the partial tile.
    @Test func listingFollowsTheFormula() {
        for size: UInt64 in [0, 1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 70_000, 131_072] {
            var expected: [TileAddress] = []
            var hashes = size
            var level: UInt8 = 0
            while hashes > 0 {
                expected += (0..<hashes / 256).map { TileAddress(level: level, index: $0) }
                if hashes % 256 > 0 {
                    expected.append(TileAddress(level: level, index: hashes / 256, width: Int(hashes % 256)))
                }
                hashes /= 256
                level += 1
            }
            let listed = Array(Tiles.addresses(forTreeSize: size))
            #expect(listed == expected)
            #expect(listed.allSatisfy { Tiles.width(level: $0.level, index: $0.index, treeSize: size) == $0.width })
            let bundles = Array(Tiles.bundles(forTreeSize: size))
            #expect(bundles.map(\.width) == expected.filter { $0.level == 0 }.map(\.width))
            #expect(bundles.reduce(0) { $0 + UInt64($1.width) } == size)
            #expect(Tiles.bundleWidth(index: UInt64(bundles.count), treeSize: size) == 0)
        }
    }

    @Test func listingIsLazyAndWidthsDoNotOverflow() {
        let first = Tiles.addresses(forTreeSize: UInt64.max).prefix(3).map(\.path)
        #expect(first == ["tile/0/000", "tile/0/001", "tile/0/002"])
        #expect(Tiles.width(level: 0, index: UInt64.max, treeSize: UInt64.max) == 0)
        #expect(Tiles.width(level: 7, index: 0, treeSize: UInt64.max) == 255)
        #expect(Tiles.width(level: 8, index: 0, treeSize: UInt64.max) == 0)
        #expect(Tiles.width(level: 63, index: 0, treeSize: UInt64.max) == 0)
    }

    @Test func pathsRoundTrip() {
        var generator = SplitMix64(state: 6)
        for _ in 0..<2000 {
            let index = generator.next() >> UInt64.random(in: 0..<64, using: &generator)
            let width = Int.random(in: 1...256, using: &generator)
            let tile = TileAddress(level: UInt8.random(in: 0...5, using: &generator), index: index, width: width)
            #expect(TileAddress(path: tile.path) == tile)
            #expect(BundleAddress(path: tile.path) == nil)
            let bundle = BundleAddress(index: index, width: width)
            #expect(BundleAddress(path: bundle.path) == bundle)
            #expect(TileAddress(path: bundle.path) == nil)
        }
        #expect(TileAddress(level: 0, index: 1_234_067).path == "tile/0/x001/x234/067")
        #expect(TileAddress(level: 0, index: 1, width: 5).path == "tile/0/001.p/5")
    }

    @Test(arguments: [
        "", "tile", "tile/0", "tile/0/", "tile/0/1", "tile/0/0001", "tile/0/x001", "tile/0/001/002", "tile/0/x000/001",
        "tile/00/001", "tile/6/001", "tile/64/001", "tile/-1/001", "tile/+1/001", "tile//001", "/tile/0/001",
        "tile/0/001/", "tile/0/001.p", "tile/0/001.p/", "tile/0/001.p/0", "tile/0/001.p/01", "tile/0/001.p/256",
        "tile/0/001.p/-1", "tile/0/001.p/1/2", "tile/0/001.P/5", "tile/0/X001/234", "tile/0/x001.p/234", "tile/0/.p/5",
        "tile/0/x001//234", "tile/0/../001", "Tile/0/001", "tile/entries/1", "tile/entries/x000/001", "tile/entries",
        "tile/data/001", "tile/0/00１", "tile/0/001?", "tile/0/001\n", "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999",
    ]) func refusesOtherSpellings(path: String) {
        #expect(TileAddress(path: path) == nil)
        #expect(BundleAddress(path: path) == nil)
    }

    @Test func bundlesRoundTrip() throws {
        var generator = SplitMix64(state: 7)
        for count in [0, 1, 2, 17, 255, 256] {
            let entries = (0..<count).map { _ in
                [UInt8](repeating: 9, count: Int.random(in: 0...700, using: &generator))
            }
            let bundle = try EntryBundle.encode(entries)
            #expect(bundle.count == entries.reduce(0) { $0 + 2 + $1.count })
            #expect(try EntryBundle.decode(bundle).map(Array.init) == entries)
            #expect(try EntryBundle.decode(bundle, width: count).map(Array.init) == entries)
            #expect(throws: TileError.wrongEntryCount(expected: count + 1, actual: count)) {
                try EntryBundle.decode(bundle, width: count + 1)
            }
            if count > 0 {
                #expect(throws: TileError.self) { try EntryBundle.decode(bundle, width: count - 1) }
                #expect(throws: TileError.self) { try EntryBundle.decode(Array(bundle.dropLast()), width: count) }
            }
            #expect(throws: TileError.self) { try EntryBundle.decode(bundle + [0], width: count) }
            #expect(throws: TileError.self) { try EntryBundle.decode(bundle + [0]) }
        }
    }

    @Test func bundleLimits() throws {
        let longest = [UInt8](repeating: 1, count: 65_535)
        let bundle = try EntryBundle.encode([longest])
        #expect(bundle.prefix(2) == [0xff, 0xff])
        #expect(try EntryBundle.decode(bundle).first?.count == 65_535)
        var unchanged: [UInt8] = [1, 2]
        #expect(throws: TileError.entryTooLong(byteCount: 65_536)) {
            try EntryBundle.append(longest + [1], to: &unchanged)
        }
        #expect(unchanged == [1, 2])
        #expect(throws: TileError.self) { try EntryBundle.encode([[UInt8]](repeating: [], count: 257)) }
        #expect(throws: TileError.trailingBytes(count: 2)) {
            try EntryBundle.decode([UInt8](repeating: 0, count: 514))
        }
        #expect(throws: TileError.truncatedEntry(position: 0)) { try EntryBundle.decode([0, 2, 1]) }
        #expect(throws: TileError.truncatedEntry(position: 1)) { try EntryBundle.decode([0, 0, 0]) }
    }
}
