import Dispatch
import Foundation
import Ledger
import MerkleLog
import WallTime

/// A ledger in a folder of its own.
final class MeasuredLedger {
    let folder: String
    let location: LedgerLocation
    let signer: NoteSigner
    private(set) var ledger: Ledger
    private let isKept: Bool

    /// A new ledger, removed at the end.
    convenience init(in parent: String) throws {
        try self.init(folder: parent + "/ledger-benchmark-" + UUID().uuidString, isKept: false)
    }

    /// The ledger of an earlier run, or a new one for later runs.
    convenience init(keptIn folder: String) throws { try self.init(folder: folder, isKept: true) }

    private init(folder: String, isKept: Bool) throws {
        self.folder = folder
        self.isKept = isKept
        location = LedgerLocation(directory: folder + "/data", anchor: folder + "/anchor/checkpoint")
        signer = try NoteSigner(origin: Origin("muniment.example/benchmark"), seed: [UInt8](repeating: 7, count: 32))
        let first = Event(
            type: .ledgerCreated,
            identity: EventIdentity(producer: "benchmark", id: "first"),
            timestamp: Timestamp(milliseconds: 0)
        )
        if !FileManager.default.fileExists(atPath: location.storeFile) {
            try Ledger.create(at: location, signer: signer, first: first)
        }
        ledger = try Ledger(at: location, signer: signer)
    }

    deinit {
        ledger.close()
        if !isKept { try? FileManager.default.removeItem(atPath: folder) }
    }

    var size: UInt64 { ledger.health.head.size }

    func reopen() throws {
        ledger = try Ledger(at: location, signer: signer)
    }

    /// Appends entries through one lane, as fast as it takes them, and returns when all are durable.
    func append(_ entries: Entries) throws {
        let outcomes = DispatchSemaphore(value: 0)
        let lane = ledger.makeLane { outcome in
            switch outcome {
            case .committed(let results, _): for _ in results { outcomes.signal() }
            case .failed(let error, _): fatal("\(error)")
            }
        }
        for index in 0..<entries.count {
            // A producer with more waiting than this would itself be the backlog.
            if index >= 16_384 { outcomes.wait() }
            try lane.submit { $0.append(contentsOf: entries[index]) }
        }
        for _ in 0..<min(entries.count, 16_384) { outcomes.wait() }
        ledger.remove(lane)
    }
}

/// Ends the benchmark: a number measured after a failure would mean nothing.
func fatal(_ reason: String) -> Never {
    FileHandle.standardError.write(Data("\(reason)\n".utf8))
    exit(1)
}
