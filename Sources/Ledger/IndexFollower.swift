import Dispatch
import MerkleLog
import Storage
import WallTime

/// Walks the ledger behind the writer and adds what it finds to the query index, in sorted batches.
struct IndexFollower: Sendable {
    let database: any Database
    let index: QueryIndex

    /// Entries read into one run at the most.
    static let largestBatch = 65_536

    /// Indexes the next batch.
    /// - Parameter atLeast: does nothing when fewer entries wait.
    /// - Returns: how many entries were indexed.
    func step(atLeast: Int = 1) throws -> Int {
        let start = try index.indexedSize()
        let size = try database.readBlocking { try LedgerStore.head($0)?.size } ?? 0
        guard size > start, size - start >= UInt64(atLeast) else { return 0 }
        let end = min(size, start + UInt64(Self.largestBatch))
        var postings: [QueryIndex.Posting] = []
        postings.reserveCapacity(Int(end - start) * IndexedField.allCases.count)
        var earliest = Int64.max
        var latest = Int64.min
        let root = try database.readBlocking { connection in
            try LedgerStore.entries(connection, start..<end) { position, bytes in
                let time = EntryFields.visit(bytes) { _, hash in
                    postings.append(QueryIndex.Posting(key: hash, position: position))
                }
                if let time {
                    earliest = min(earliest, time.milliseconds)
                    latest = max(latest, time.milliseconds)
                }
                return true
            }
            return try TreeReader(source: StoredTiles(connection: connection), treeSize: end).root()
        }
        let times = earliest <= latest ? earliest...latest : Int64.min...Int64.max
        try index.add(first: start, end: end, root: root, times: times, postings: postings)
        try index.compact()
        return Int(end - start)
    }

    /// Follows until the task is cancelled: full batches at once, a short rest of entries every few seconds.
    func run(failed: @Sendable (any Error) -> Void) async {
        var idle = 0
        while !Task.isCancelled {
            do {
                let least = idle >= 50 ? 1 : QueryIndex.batchEntries
                let indexed = try await withCheckedThrowingContinuation { continuation in
                    Self.queue.async {
                        continuation.resume(with: Result { try step(atLeast: least) })
                    }
                }
                idle = indexed > 0 ? 0 : idle + 1
                if indexed > 0 { continue }
            } catch {
                failed(error)
            }
            // A rest between looks at the ledger, not a wait for anything; queries read the unindexed tail themselves.
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private static let queue = DispatchQueue(label: "muniment.index")
}
