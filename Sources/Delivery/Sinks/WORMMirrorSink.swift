public import DeliveryWire
import Dispatch
public import Ledger
public import MerkleLog
public import ObjectStorage
public import WallTime

/// The whole ledger as objects that nobody can change or delete before their time: tiles, bundles of entries and checkpoints, in the
/// layout of C2SP tlog-tiles, under Object Lock in COMPLIANCE mode. The copy verifies on its own.
///
/// A batch is delivered when its entries stand in the bucket, read back and compared. Where it reaches the ledger's end, what is
/// unfinished goes along with it, and last of all the checkpoint that covers everything before.
public final class WORMMirrorSink: Sink {
    /// How the copy is kept.
    public struct Settings: Sendable {
        /// Goes before each name; empty, or ends in a slash.
        public var prefix = ""
        /// How long each object is locked from when it is written.
        public var retention: Duration
        /// How the store is to encrypt; nil leaves it to the bucket.
        public var encryption: ServerSideEncryption?
        /// How long the end of the ledger may wait for others before it goes along.
        public var interval: Duration = .seconds(60)

        /// Names the retention; the rest have defaults.
        public init(retention: Duration) { self.retention = retention }
    }

    let settings: Settings
    let client: S3Client
    private let source: any LedgerSource
    private let verifier: NoteVerifier
    private let clock: any WallClock

    /// Makes a sink.
    public init(
        _ settings: Settings,
        client: S3Client,
        source: any LedgerSource,
        verifier: NoteVerifier,
        clock: any WallClock = SystemClock()
    ) {
        self.settings = settings
        self.client = client
        self.source = source
        self.verifier = verifier
        self.clock = clock
    }

    public var limits: BatchLimits { BatchLimits(bytes: 16 << 20, count: 64 * Tiles.width, age: settings.interval) }
    public var concurrency: Int { 1 }
    public var guarantee: DeliveryGuarantee {
        DeliveryGuarantee(
            .exactlyOnce,
            because: "the object's name says which entries it holds; content, hash and lock are read back and compared"
        )
    }

    /// Every entry goes along: a copy with gaps would not verify.
    public func prepare(_ entry: LedgerEntry, now: Timestamp) -> Prepared<UInt64> {
        .send(entry.index, bytes: entry.bytes.count)
    }

    /// The copy proves itself.
    public func prepare(_ manifest: DeliveryManifest) -> Prepared<UInt64>? { nil }

    public func open(position: String?) async -> SinkReply {
        do throws(S3Error) {
            guard case .set = try await client.objectLock() else {
                return SinkReply(
                    Verdict(
                        .config,
                        reason:
                            "the bucket has no Object Lock, which can only be switched on when it is made: make another"
                    )
                )
            }
            return .ok
        } catch {
            return Self.reply(to: error)
        }
    }

    public func deliver(_ batch: SinkBatch<UInt64>) async -> SinkReply {
        guard let last = batch.payloads.max() else { return .ok }
        do {
            let head = try await onStore { try SignedHead(checkpoint: $0.checkpoint(), verifier: $1) }
            let width = UInt64(Tiles.width)
            let finished = head.size - head.size % width
            for bundles in RangeSet(indexes: batch.payloads.map { $0 / width }).ranges {
                for number in bundles where (number + 1) * width <= finished {
                    try await put(bundle: BundleAddress(index: number), treeSize: head.size)
                }
                try await putTiles(
                    completedBy: bundles.lowerBound
                        * width..<max(
                            bundles.lowerBound * width,
                            min(bundles.upperBound * width, finished)
                        ),
                    head.size
                )
            }
            if last >= finished || last + 1 == head.size {
                try await putEnd(head)
            }
            return SinkReply(Verdict(.ok, reason: "read back and compared"))
        } catch let error as S3Error {
            return Self.reply(to: error)
        } catch {
            return SinkReply(Verdict(.retry, reason: "the ledger could not be read for the copy: \(error)"))
        }
    }

    public func close() async {}

    // MARK: Objects

    /// Full tiles that are finished by entries of a range.
    private func putTiles(completedBy range: Range<UInt64>, _ treeSize: UInt64) async throws {
        guard !range.isEmpty else { return }
        for level in UInt8(0)..<8 {
            let span = UInt64(1) << (UInt64(Tiles.height) * (UInt64(level) + 1))
            for index in range.lowerBound / span..<range.upperBound / span {
                try await put(tile: TileAddress(level: level, index: index), treeSize: treeSize)
            }
            guard range.upperBound >= span else { return }
        }
    }

    /// What is unfinished at the end of a tree, and then its checkpoint.
    private func putEnd(_ head: SignedHead) async throws {
        for address in Tiles.addresses(forTreeSize: head.size) where address.width < Tiles.width {
            try await put(tile: address, treeSize: head.size)
        }
        if head.size % UInt64(Tiles.width) > 0 {
            let index = head.size / UInt64(Tiles.width)
            let width = Tiles.bundleWidth(index: index, treeSize: head.size)
            try await put(bundle: BundleAddress(index: index, width: width), treeSize: head.size)
        }
        try await put("checkpoint", Array(head.checkpoint.utf8), once: false)
    }

    private func put(tile address: TileAddress, treeSize: UInt64) async throws {
        let bytes = try await onStore { source, _ in
            try source.tile(level: address.level, index: address.index, width: address.width, treeSize: treeSize)
        }
        try await put(address.path, bytes, once: true)
    }

    private func put(bundle address: BundleAddress, treeSize: UInt64) async throws {
        let first = address.index * UInt64(Tiles.width)
        let bytes = try await onStore { source, _ in
            var bundle: [UInt8] = []
            try source.visitEntries(first..<first + UInt64(address.width), treeSize: treeSize) { _, entry in
                try EntryBundle.append(entry, to: &bundle)
            }
            return bundle
        }
        try await put(address.path, bytes, once: true)
    }

    private func put(_ path: String, _ bytes: [UInt8], once: Bool) async throws(S3Error) {
        var options = PutOptions()
        // Whole seconds, as stores keep them; an object that is there already is locked from when it was written.
        options.createOnly = once
        options.encryption = settings.encryption
        if path == "checkpoint" { options.contentType = "text/plain; charset=utf-8" }
        let seconds = clock.now().milliseconds / 1000 + settings.retention.components.seconds
        options.retention = Retention(.compliance, until: Timestamp(milliseconds: seconds * 1000))
        let key = settings.prefix + path
        if once, let there = try await existing(key, bytes) {
            guard there else { throw S3Error(.verification(.otherContent), operation: "PutObject") }
            return
        }
        _ = try await client.putVerified(key, bytes, options: options)
    }

    /// Whether the object that is there is the one that is wanted, still under its lock; nil when none is there.
    private func existing(_ key: String, _ bytes: [UInt8]) async throws(S3Error) -> Bool? {
        let info: ObjectInfo
        do {
            info = try await client.head(key)
        } catch  where error.kind == .notFound {
            return nil
        }
        guard info.retention?.mode == .compliance else {
            throw S3Error(.verification(.retention), operation: "HeadObject")
        }
        return try await client.get(key, versionID: info.versionID, maximumBytes: bytes.count).content == bytes
    }

    /// Reads the ledger on a thread that may block.
    private func onStore<Value: Sendable>(
        _ body: @escaping @Sendable (any LedgerSource, NoteVerifier) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Self.queue.async { [source, verifier] in
                continuation.resume(with: Result { try body(source, verifier) })
            }
        }
    }

    private static let queue = DispatchQueue(label: "muniment.delivery.mirror", attributes: .concurrent)

    private static func reply(to error: S3Error) -> SinkReply {
        let verdict: Verdict =
            switch error.kind {
            case .throttled: Verdict(.throttle, reason: error.reason)
            case .storeFailed, .unreachable, .noReply, .conflict, .clockSkew, .malformedReply, .preconditionFailed:
                Verdict(.retry, reason: error.reason)
            case .accessDenied, .badCredentials: Verdict(.auth, reason: error.reason)
            default: Verdict(.config, reason: error.reason)
            }
        return SinkReply(verdict, detail: DestinationWords(error.description, sent: []))
    }
}
