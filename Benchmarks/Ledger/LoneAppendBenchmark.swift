import Dispatch
import Foundation
import Ledger

/// What one event costs when nobody shares its commit: one caller alone, against the same bytes written and synced.
struct LoneAppendBenchmark {
    private static let block = 100
    private static let warmUp = 100_000
    private let options: Options

    init(_ options: Options) { self.options = options }

    func run(_ table: Table) throws {
        let measured = try MeasuredLedger(in: options.folder)
        var workload = Workload(seed: 99)
        // A log that has been copied back once is overwritten from then on, as it is in a ledger that has run for a while; a
        // growing one costs the file system more with every sync.
        try measured.append(workload.entries(Self.warmUp))
        let file = try SyncedFile(in: measured.folder)
        let outcome = DispatchSemaphore(value: 0)
        let lane = measured.ledger.makeLane { result in
            if case .failed(let error, _) = result { fatal("\(error)") }
            outcome.signal()
        }
        var appends: [Double] = []
        var syncs: [Double] = []
        var ratios: [Double] = []
        // Blocks, not single events, take turns: a device that lets so many writes through and then pauses would otherwise
        // pause at always the same of the two.
        for _ in 0..<options.rounds * 4 {
            let entries = try workload.entries(Self.block)
            let own = try (0..<entries.count).map { index in
                try microseconds {
                    try lane.submit { $0.append(contentsOf: entries[index]) }
                    outcome.wait()
                }
            }
            let bare = (0..<entries.count).map { index in microseconds { file.write(entries[index]) } }
            appends += own
            syncs += bare
            ratios.append(own.median / bare.median)
        }
        table.add("append, one caller, p50", appends.median, "us")
        table.add("append, one caller, p99", appends.percentile(0.99), "us")
        table.add("  bare write and fdatasync, p50", syncs.median, "us")
        table.add("  bare write and fdatasync, p99", syncs.percentile(0.99), "us")
        table.add("  append - bare, p50", appends.median - syncs.median, "us")
        table.add("  append / bare, p50", ratios.median, "times", target: .atMost(1.5))
    }

    private func microseconds(_ body: () throws -> Void) rethrows -> Double {
        let start = monotonicNanoseconds()
        try body()
        return Double(monotonicNanoseconds() - start) / 1000
    }
}

/// A file whose blocks are allocated, overwritten from start to end and synced after every write: the least that durability
/// costs on its device.
private final class SyncedFile {
    private static let size = 32 << 20
    private let file: Int32
    private var offset = 0

    init(in folder: String) throws {
        file = open(folder + "/bare", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        for _ in 0..<Self.size / zeros.count where Glibc.write(file, zeros, zeros.count) != zeros.count {
            fatal("cannot write \(folder)/bare")
        }
        guard fsync(file) == 0 else { fatal("cannot sync \(folder)/bare") }
    }

    deinit { close(file) }

    func write(_ bytes: ArraySlice<UInt8>) {
        if offset + bytes.count > Self.size { offset = 0 }
        let written = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(offset)) }
        guard written == bytes.count, fdatasync(file) == 0 else { fatal("cannot write and sync the bare file") }
        offset += bytes.count
    }
}
