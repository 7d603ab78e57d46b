/// Why an entry bundle or a tile was refused. Carries positions and lengths only.
public enum TileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The entry is longer than its 16-bit length field can say.
    case entryTooLong(byteCount: Int)
    /// The bundle ends inside the entry with this position in the bundle.
    case truncatedEntry(position: Int)
    /// Bytes follow the last entry of the bundle.
    case trailingBytes(count: Int)
    /// The bundle has another number of entries than its address says.
    case wrongEntryCount(expected: Int, actual: Int)
    /// The bytes of a tile are not its width times 32.
    case wrongTileLength(TileAddress, byteCount: Int)
    /// The requested range or size does not exist in the tree.
    case outsideTree(start: UInt64, end: UInt64, treeSize: UInt64)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .entryTooLong(let byteCount):
            "an entry of \(byteCount) bytes does not fit; the limit is \(EntryBundle.maximumEntryByteCount)"
        case .truncatedEntry(let position):
            "the bundle ends inside entry \(position); fetch it again"
        case .trailingBytes(let count):
            "\(count) bytes follow the last entry of the bundle; it was not made by this format"
        case .wrongEntryCount(let expected, let actual):
            "the bundle has \(actual) entries instead of \(expected); fetch it for the tree size of the checkpoint held"
        case .wrongTileLength(let address, let byteCount):
            "\(address) has \(byteCount) bytes instead of \(address.width * Hash.byteCount); fetch it for the size "
                + "of the checkpoint held"
        case .outsideTree(let start, let end, let treeSize):
            "\(start) up to but not including \(end) is no subtree or entry of a tree of \(treeSize) entries"
        }
    }
}

/// Entry bundles: up to 256 entries, each behind its length as a big-endian 16-bit number (C2SP tlog-tiles).
public enum EntryBundle {
    /// Longest entry that the length field can express, in bytes.
    public static let maximumEntryByteCount = 65_535
    private static let lengthByteCount = 2

    /// Appends one entry to the bytes of a bundle.
    ///
    /// - Throws: ``TileError/entryTooLong(byteCount:)``, leaving the bundle as it was.
    public static func append(_ entry: some Collection<UInt8>, to bundle: inout [UInt8]) throws(TileError) {
        guard let length = UInt16(exactly: entry.count) else { throw .entryTooLong(byteCount: entry.count) }
        bundle.append(UInt8(length >> 8))
        bundle.append(UInt8(length & 0xff))
        bundle.append(contentsOf: entry)
    }

    /// The bytes of a bundle of the given entries.
    ///
    /// - Throws: ``TileError/wrongEntryCount(expected:actual:)`` for more than 256 entries,
    ///   ``TileError/entryTooLong(byteCount:)``.
    public static func encode(_ entries: [[UInt8]]) throws(TileError) -> [UInt8] {
        guard entries.count <= Tiles.width else {
            throw .wrongEntryCount(expected: Tiles.width, actual: entries.count)
        }
        var bundle: [UInt8] = []
        bundle.reserveCapacity(entries.reduce(0) { $0 + lengthByteCount + $1.count })
        for entry in entries {
            try append(entry, to: &bundle)
        }
        return bundle
    }

    /// Where the entries lie in the bytes of a bundle, without copying them.
    ///
    /// - Parameter width: the number of entries that the bundle's address promises; nil to accept up to 256.
    /// - Throws: ``TileError`` when the bundle is cut off, has bytes left over or has another number of entries.
    public static func ranges(
        in bundle: UnsafeRawBufferPointer,
        width: Int? = nil
    ) throws(TileError) -> [Range<Int>] {
        let limit = width ?? Tiles.width
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(limit)
        var offset = 0
        while offset < bundle.count {
            guard ranges.count < limit else { throw .trailingBytes(count: bundle.count - offset) }
            guard bundle.count - offset >= lengthByteCount else { throw .truncatedEntry(position: ranges.count) }
            let length = Int(bundle[offset]) << 8 | Int(bundle[offset + 1])
            offset += lengthByteCount
            guard bundle.count - offset >= length else { throw .truncatedEntry(position: ranges.count) }
            ranges.append(offset..<offset + length)
            offset += length
        }
        if let width, ranges.count != width { throw .wrongEntryCount(expected: width, actual: ranges.count) }
        return ranges
    }

    /// The entries of a bundle as slices of its bytes.
    ///
    /// - Parameter width: the number of entries that the bundle's address promises; nil to accept up to 256.
    /// - Throws: ``TileError`` when the bundle is cut off, has bytes left over or has another number of entries.
    public static func decode(_ bundle: [UInt8], width: Int? = nil) throws(TileError) -> [ArraySlice<UInt8>] {
        let ranges = bundle.withUnsafeBytes { bytes in
            Result { () throws(TileError) in try self.ranges(in: bytes, width: width) }
        }
        return try ranges.get().map { bundle[$0] }
    }
}
