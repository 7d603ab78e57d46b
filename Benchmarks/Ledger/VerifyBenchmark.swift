import Foundation
import Ledger
import MerkleLog

/// How fast a whole ledger is verified, against the hash function alone on as many cores.
struct VerifyBenchmark {
    private static let sampleSize = 50_000
    private let options: Options

    init(_ options: Options) { self.options = options }

    func run(_ measured: MeasuredLedger, _ table: Table) throws {
        var workload = Workload(seed: 1)
        let sample = try workload.entries(Self.sampleSize)
        let size = Int(measured.size)
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let verifier = LedgerVerifier(
            source: try StoreSource(path: measured.location.storeFile),
            verifier: measured.signer.verifier,
            workers: cores
        )
        let memory = peakMemory()
        var verified = Samples()
        var hashed = Samples()
        for _ in 0..<options.rounds {
            verified.add(try Measurement.of { _ = try verifier.verify() }, size)
            hashed.add(hash(sample, on: cores), sample.count * cores)
        }
        table.add(
            "verify \(size) entries, \(cores) workers",
            verified.rates.median,
            "entries/s",
            target: .atLeast(700_000),
            processor: verified.processor.median
        )
        table.add("  peak memory grew by", Double(peakMemory() - memory) / 1e6, "MB")
        table.add(
            "  the leaf hash alone, \(cores) threads",
            hashed.rates.median,
            "entries/s",
            processor: hashed.processor.median
        )
        let ratios = zip(verified.processor, hashed.processor).map { $0 / $1 }
        table.add("  verify / leaf hash, processor time", ratios.median, "times")
    }

    /// Hashes the sample's leaves once on each of so many threads.
    private func hash(_ entries: Entries, on threads: Int) -> Measurement {
        Measurement.of {
            DispatchQueue.concurrentPerform(iterations: threads) { _ in
                var last: Hash?
                entries.bytes.withUnsafeBytes { bytes in
                    var start = 0
                    for end in entries.ends {
                        last = TreeHasher.leafHash(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                        start = end
                    }
                }
                // Used, so that the work is not optimised away.
                if last == nil { fatal("nothing was hashed") }
            }
        }
    }
}
