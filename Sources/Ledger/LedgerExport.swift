import Foundation
public import MerkleLog
import Storage

/// A ledger as a folder of static files in the layout of C2SP tlog-tiles, which any tlog client can read.
public enum LedgerFolder {
    /// Writes the whole ledger: `checkpoint`, `tile/<level>/…`, `tile/entries/…`.
    /// - Throws: ``LedgerError`` when the folder is not empty or cannot be written.
    public static func export(
        _ source: any LedgerSource,
        verifier: NoteVerifier,
        to folder: String,
        progress: (UInt64, UInt64) -> Void = { _, _ in }
    ) throws -> SignedHead {
        let files = FileManager.default
        if let found = try? files.contentsOfDirectory(atPath: folder), !found.isEmpty {
            throw LedgerError.file("the folder \(folder) is not empty: export into a new one")
        }
        let head = try SignedHead(checkpoint: source.checkpoint(), verifier: verifier)
        for address in Tiles.addresses(forTreeSize: head.size) {
            let tile = try source.tile(
                level: address.level,
                index: address.index,
                width: address.width,
                treeSize: head.size
            )
            try write(tile, to: folder + "/" + address.path)
        }
        for address in Tiles.bundles(forTreeSize: head.size) {
            let first = address.index * UInt64(Tiles.width)
            var bundle: [UInt8] = []
            try source.visitEntries(first..<first + UInt64(address.width), treeSize: head.size) { _, bytes in
                try EntryBundle.append(bytes, to: &bundle)
            }
            try write(bundle, to: folder + "/" + address.path)
            progress(first + UInt64(address.width), head.size)
        }
        // Last, so that a folder with a checkpoint is whole.
        try write(Array(head.checkpoint.utf8), to: folder + "/checkpoint")
        return head
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        let url = URL(fileURLWithPath: path)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(bytes).write(to: url)
        } catch {
            throw LedgerError.file("cannot write \(path): \(error.localizedDescription)")
        }
    }
}

/// Static files in the layout of tlog-tiles, fetched by path: an exported folder or a server.
public struct TiledSource: LedgerSource {
    private let fetch: @Sendable (String) throws -> [UInt8]

    /// Reads files through `fetch`, which is given paths such as `tile/0/x001/067` and throws when there is none.
    public init(fetch: @escaping @Sendable (String) throws -> [UInt8]) { self.fetch = fetch }

    /// Reads an exported folder.
    public init(folder: String) {
        self.init { path in
            guard let data = FileManager.default.contents(atPath: folder + "/" + path) else {
                throw LedgerError.missing("\(folder)/\(path) is missing")
            }
            return Array(data)
        }
    }

    public func checkpoint() throws -> String { String(decoding: try fetch("checkpoint"), as: UTF8.self) }

    public func visitEntries(
        _ range: Range<UInt64>,
        treeSize: UInt64,
        _ each: (UInt64, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var index = range.lowerBound
        while index < range.upperBound {
            let number = index / UInt64(Tiles.width)
            let width = Tiles.bundleWidth(index: number, treeSize: treeSize)
            let bundle = try whole(
                BundleAddress(index: number, width: width).path,
                full: BundleAddress(index: number).path
            )
            let slots: [Range<Int>]
            do {
                slots = try bundle.withUnsafeBytes { try EntryBundle.ranges(in: $0, width: nil) }
            } catch {
                throw LedgerVerifier.Failure(
                    entry: index,
                    description: "the bundle of entries from \(index) on is damaged: \(error)"
                )
            }
            let first = number * UInt64(Tiles.width)
            guard slots.count >= width else {
                throw LedgerVerifier.Failure(
                    entry: first + UInt64(slots.count),
                    description: "entry \(first + UInt64(slots.count)) is missing from its bundle"
                )
            }
            try bundle.withUnsafeBytes { bytes in
                while index < range.upperBound, index < first + UInt64(width) {
                    try each(index, UnsafeRawBufferPointer(rebasing: bytes[slots[Int(index - first)]]))
                    index += 1
                }
            }
        }
    }

    public func tile(level: UInt8, index: UInt64, width: Int, treeSize: UInt64) throws -> [UInt8] {
        // The partial tile of this tree size may be gone once the tile is full; then the full one serves.
        let partial = Tiles.width(level: level, index: index, treeSize: treeSize)
        let bytes = try whole(
            TileAddress(level: level, index: index, width: partial).path,
            full: TileAddress(level: level, index: index).path
        )
        guard bytes.count >= width * Hash.byteCount else {
            throw LedgerVerifier.Failure(entry: nil, description: "tile \(level)/\(index) is cut short")
        }
        return Array(bytes.prefix(width * Hash.byteCount))
    }

    private func whole(_ path: String, full: String) throws -> [UInt8] {
        do { return try fetch(path) } catch {
            guard path != full, let bytes = try? fetch(full) else { throw error }
            return bytes
        }
    }
}
