import Synchronization

/// How the ledger's writing side fares, for health pages and metrics.
public struct LedgerHealth: Sendable {
    /// The newest head that this process committed or read.
    public var head: SignedHead
    /// Why the latest commit failed; nil when it succeeded.
    public var commitFailure: String?
    /// Why the anchor file could not be written; nil when it was.
    public var anchorFailure: String?
    /// Why the latest look at the store's head failed, or what it found; nil when all was well.
    public var storeFailure: String?
    /// Groups committed by this process.
    public var commits: UInt64 = 0
    /// Groups that failed to commit.
    public var failedCommits: UInt64 = 0
    /// Entries appended by this process.
    public var appended: UInt64 = 0
}

/// Shared between the writer, the anchor and whoever asks.
final class LedgerStatus: Sendable {
    private let state: Mutex<LedgerHealth>

    init(head: SignedHead) { state = Mutex(LedgerHealth(head: head)) }

    var health: LedgerHealth { state.withLock { $0 } }

    func committed(_ result: Result<CommittedGroup, LedgerError>) {
        state.withLock { state in
            switch result {
            case .success(let group):
                state.commits += 1
                state.appended += UInt64(group.appended)
                state.head = group.head
                state.commitFailure = nil
            case .failure(let error):
                state.failedCommits += 1
                state.commitFailure = error.description
            }
        }
    }

    /// Notes a head that another process committed. Smaller ones than the newest known are passed over.
    /// - Returns: whether it was newer.
    @discardableResult
    func observed(_ head: SignedHead) -> Bool {
        state.withLock { state in
            guard head.size > state.head.size else { return false }
            state.head = head
            return true
        }
    }

    func looked(_ failure: LedgerError?) { state.withLock { $0.storeFailure = failure?.description } }

    func anchored(_ failure: LedgerError?) { state.withLock { $0.anchorFailure = failure?.description } }
}
