import Dispatch
public import MerkleLog
import Synchronization

/// Checks a whole ledger from its bytes, in memory that does not grow with it.
///
/// Every entry is hashed, every tile compared with what lies below it, the root compared with the signed checkpoint, and an older
/// checkpoint, when given, compared with the tree as it was then.
public struct LedgerVerifier: Sendable {
    /// What a verification found.
    public struct Report: Sendable {
        /// The checkpoint that was verified against.
        public let head: SignedHead
        /// Bytes of entries read.
        public let entryBytes: UInt64
        /// Whether an older checkpoint was given and found consistent.
        public let consistentWithSize: UInt64?
    }

    /// A ledger that does not verify.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// The first bad entry, where one can be named.
        public let entry: UInt64?
        /// What is wrong.
        public let description: String
    }

    private let source: any LedgerSource
    private let verifier: NoteVerifier
    private let workers: Int

    /// Verifies a source against a public key.
    public init(source: any LedgerSource, verifier: NoteVerifier, workers: Int) {
        self.source = source
        self.verifier = verifier
        self.workers = max(workers, 1)
    }

    /// Entries that one worker checks at a time: those under one tile of level 1.
    private static let spanSize: UInt64 = 65_536

    /// Runs the verification.
    /// - Parameters:
    ///   - old: a checkpoint that was kept earlier.
    ///   - progress: told of entries done and in all, from any thread.
    /// - Throws: ``Failure``, or what the source throws when it cannot be read.
    public func verify(
        since old: String? = nil,
        progress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in }
    ) throws -> Report {
        let head = try SignedHead(checkpoint: source.checkpoint(), verifier: verifier)
        let older = try old.map { try SignedHead(checkpoint: $0, verifier: verifier) }
        if let older, older.size > head.size {
            throw Failure(
                entry: nil,
                description:
                    "the ledger holds \(head.size) entries, but a checkpoint over \(older.size) was signed: entries are missing"
            )
        }
        let spans = (head.size + Self.spanSize - 1) / Self.spanSize
        let assembler = SpanAssembler(source: source, treeSize: head.size)
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            while let number = assembler.take(below: spans) {
                let range = number * Self.spanSize..<min((number + 1) * Self.spanSize, head.size)
                assembler.add(number, Result { try check(range, treeSize: head.size, cut: older?.size) })
                progress(range.upperBound, head.size)
            }
        }
        let outcome = try assembler.outcome()
        guard outcome.frontier.root == head.root else {
            let tail = head.size - head.size % UInt64(Tiles.width)
            throw Failure(
                entry: nil,
                description:
                    "the tree's root is not the one that was signed, though every full tile agrees with its entries: "
                    + "entries and tiles were rewritten together, the checkpoint is of another tree"
                    + (tail < head.size ? ", or one of the entries from \(tail) on was changed" : "")
            )
        }
        if let older {
            guard outcome.cutRoot == older.root else {
                throw Failure(
                    entry: nil,
                    description:
                        "the first \(older.size) entries are not those of the checkpoint that was kept: history was rewritten"
                )
            }
        }
        return Report(head: head, entryBytes: outcome.bytes, consistentWithSize: older?.size)
    }

    // MARK: One span

    /// What a span of up to 65,536 entries adds to the tree.
    fileprivate struct Span: Sendable {
        /// Roots of the span's full tiles, in order.
        var tiles: [Hash] = []
        /// Hashes of the entries after the last full tile.
        var leaves: [Hash] = []
        /// As `tiles` and `leaves`, up to the size of the older checkpoint, when that lies in this span.
        var cut: (tiles: Int, leaves: [Hash])?
        var bytes: UInt64 = 0
    }

    private func check(_ range: Range<UInt64>, treeSize: UInt64, cut: UInt64?) throws -> Span {
        var span = Span()
        span.tiles.reserveCapacity(256)
        var hashes: [Hash] = []
        hashes.reserveCapacity(Tiles.width)
        if let cut, cut == range.lowerBound { span.cut = (0, []) }
        try source.visitEntries(range, treeSize: treeSize) { index, bytes in
            hashes.append(TreeHasher.leafHash(bytes))
            span.bytes += UInt64(bytes.count)
            let full = hashes.count == Tiles.width
            if full || index + 1 == range.upperBound {
                try compare(hashes, tile: index / UInt64(Tiles.width), treeSize: treeSize)
            }
            if full {
                span.tiles.append(SubtreeHasher.root(of: hashes))
                if cut == index + 1 { span.cut = (span.tiles.count, []) }
                hashes.removeAll(keepingCapacity: true)
            } else if cut == index + 1 {
                span.cut = (span.tiles.count, hashes)
            }
        }
        span.leaves = hashes
        try compareTile(
            source,
            level: 1,
            index: range.lowerBound / Self.spanSize,
            hashes: span.tiles,
            treeSize: treeSize
        )
        return span
    }

    private func compare(_ hashes: [Hash], tile index: UInt64, treeSize: UInt64) throws {
        let stored = try source.tile(level: 0, index: index, width: hashes.count, treeSize: treeSize)
        try stored.withUnsafeBytes { stored in
            guard stored.count >= hashes.count * Hash.byteCount else {
                throw Failure(entry: index * UInt64(Tiles.width), description: "tile \(index) of level 0 is cut short")
            }
            for (position, hash) in hashes.enumerated() {
                let start = position * Hash.byteCount
                if hash != Hash(rawBytes: UnsafeRawBufferPointer(rebasing: stored[start..<start + Hash.byteCount])) {
                    let entry = index * UInt64(Tiles.width) + UInt64(position)
                    throw Failure(
                        entry: entry,
                        description: "entry \(entry) is not the one that was recorded: its hash is not in the tree"
                    )
                }
            }
        }
    }
}

/// Compares hashes above the entries with the source's tile of them.
private func compareTile(
    _ source: any LedgerSource,
    level: UInt8,
    index: UInt64,
    hashes: [Hash],
    treeSize: UInt64
) throws {
    guard !hashes.isEmpty else { return }
    let stored = try source.tile(level: level, index: index, width: hashes.count, treeSize: treeSize)
    for (position, hash) in hashes.enumerated() {
        let start = position * Hash.byteCount
        guard stored.count < start + Hash.byteCount || Hash(bytes: stored[start..<start + Hash.byteCount]) != hash
        else { continue }
        let below = (index * UInt64(Tiles.width) + UInt64(position)) << (UInt64(Tiles.height) * UInt64(level))
        throw LedgerVerifier.Failure(
            entry: below,
            description: "tile \(level)/\(index) does not agree with the entries from \(below) on: a tile was changed"
        )
    }
}

/// Puts the spans together in order, whatever order they were checked in.
private final class SpanAssembler: Sendable {
    struct Outcome {
        var frontier = Frontier()
        var cutRoot: Hash?
        var bytes: UInt64 = 0
    }

    private struct State {
        var next: UInt64 = 0
        var waiting: [UInt64: Result<LedgerVerifier.Span, any Error>] = [:]
        var assembled: UInt64 = 0
        /// Hashes of the unfinished tile of each level from 2 up, and how many tiles were finished before it.
        var upper: [[Hash]] = []
        var finished: [UInt64] = []
        var outcome = Outcome()
        var failure: (any Error)?
        var stopped = false
    }

    private let source: any LedgerSource
    private let treeSize: UInt64
    private let state = Mutex(State())

    init(source: any LedgerSource, treeSize: UInt64) {
        self.source = source
        self.treeSize = treeSize
    }

    /// The next span to check, or nil when there is none or one has failed.
    func take(below count: UInt64) -> UInt64? {
        state.withLock { state in
            guard !state.stopped, state.next < count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    func add(_ number: UInt64, _ result: Result<LedgerVerifier.Span, any Error>) {
        state.withLock { state in
            state.waiting[number] = result
            if case .failure = result { state.stopped = true }
            while state.failure == nil, let result = state.waiting.removeValue(forKey: state.assembled) {
                do { try assemble(result.get(), &state) } catch {
                    state.failure = error
                    state.stopped = true
                }
                state.assembled += 1
            }
        }
    }

    /// The whole, once every span is in.
    func outcome() throws -> Outcome {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            for (offset, hashes) in state.upper.enumerated() {
                try compareTile(
                    source,
                    level: UInt8(offset + 2),
                    index: state.finished[offset],
                    hashes: hashes,
                    treeSize: treeSize
                )
            }
            return state.outcome
        }
    }

    private func assemble(_ span: LedgerVerifier.Span, _ state: inout State) throws {
        if let cut = span.cut {
            var frontier = state.outcome.frontier
            Self.extend(&frontier, tiles: span.tiles.prefix(cut.tiles), leaves: cut.leaves)
            state.outcome.cutRoot = frontier.root
        }
        state.outcome.bytes += span.bytes
        if span.tiles.count == Tiles.width {
            let root = SubtreeHasher.root(of: span.tiles)
            state.outcome.frontier.append(root, height: 2 * Tiles.height)
            try addUpper(root, offset: 0, &state)
        } else {
            Self.extend(&state.outcome.frontier, tiles: span.tiles[...], leaves: span.leaves)
        }
    }

    private static func extend(_ frontier: inout Frontier, tiles: ArraySlice<Hash>, leaves: [Hash]) {
        for tile in tiles { frontier.append(tile, height: Tiles.height) }
        for leaf in leaves { frontier.append(leaf) }
    }

    private func addUpper(_ hash: Hash, offset: Int, _ state: inout State) throws {
        if state.upper.count == offset {
            state.upper.append([])
            state.finished.append(0)
        }
        state.upper[offset].append(hash)
        guard state.upper[offset].count == Tiles.width else { return }
        let tile = state.upper[offset]
        try compareTile(
            source,
            level: UInt8(offset + 2),
            index: state.finished[offset],
            hashes: tile,
            treeSize: treeSize
        )
        state.upper[offset].removeAll()
        state.finished[offset] += 1
        try addUpper(SubtreeHasher.root(of: tile), offset: offset + 1, &state)
    }
}
