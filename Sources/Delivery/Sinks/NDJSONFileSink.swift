public import DeliveryWire
import Dispatch
import EventFormats
import JSON
public import WallTime

/// One event a line in a file.
///
/// The length of the file is stored together with the confirmation of what stands in it. What lies beyond that length when the file
/// is opened was never confirmed: it is cut off and written again, so that each record stands in the file once.
public final class NDJSONFileSink: Sink {
    let shaping: EventShaping
    let path: String
    private let file: AppendedFile

    /// Makes a sink; the file is made when it is missing.
    public convenience init(
        path: String,
        shaping: EventShaping,
        limits: BatchLimits = NDJSONFileSink.defaultLimits
    ) {
        self.init(path: path, shaping: shaping, limits: limits, calls: AppendedFile.Calls())
    }

    init(path: String, shaping: EventShaping, limits: BatchLimits, calls: AppendedFile.Calls) {
        self.shaping = shaping
        self.limits = limits
        self.path = path
        file = AppendedFile(path: path, calls: calls) { [ledger = shaping.ledger] line in
            if case .unknown = Arrival(line: line, ledger: ledger) { false } else { true }
        }
    }

    /// 1,000 records or 1 MB in one write.
    public static let defaultLimits = BatchLimits(bytes: 1_000_000, count: 1000, age: .milliseconds(200))

    public let limits: BatchLimits
    /// Records stand in the file in the order in which they were written, and a write ends before the next begins.
    public var concurrency: Int { 1 }
    public var guarantee: DeliveryGuarantee {
        DeliveryGuarantee(
            .exactlyOnce,
            because:
                "written and synced, and the file's length is stored with the confirmation; what lies beyond it is cut off"
        )
    }

    public func prepare(_ entry: LedgerEntry, now: Timestamp) -> Prepared<[UInt8]> {
        shaping.prepare(entry) { event in
            let line = try shaping.encoder.encode(event) + [UInt8(ascii: "\n")]
            return .send(line, bytes: line.count)
        }
    }

    public func prepare(_ manifest: DeliveryManifest) -> Prepared<[UInt8]>? {
        guard let line = try? manifest.json.canonicalBytes() + [UInt8(ascii: "\n")] else {
            return .dead("the manifest cannot be written as JSON")
        }
        return .send(line, bytes: line.count)
    }

    public func open(position: String?) async -> SinkReply {
        // A batch, and a record that is larger than one: an entry of 32 KiB, escaped, with a manifest's ranges to spare.
        let most = limits.bytes + (512 << 10)
        return await onQueue { [file] in
            file.open(at: position.flatMap { AppendedFile.Position($0) }, unconfirmed: most)
        }
    }

    public func deliver(_ batch: SinkBatch<[UInt8]>) async -> SinkReply {
        await onQueue { [file] in file.append(batch.payloads.flatMap { $0 }) }
    }

    public func close() async {
        _ = await onQueue { [file] in
            file.close()
            return .ok
        }
    }

    private let queue = DispatchQueue(label: "muniment.delivery.file")

    private func onQueue(_ body: @escaping @Sendable () -> SinkReply) async -> SinkReply {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}
