import Ledger
import Storage
import Synchronization
import WallTime

/// Tries, at most once a second, whether a store that failed takes commits again: by one small row of its own, written and synced
/// like an event.
final class CommitProbe: Sendable {
    private let ledger: Ledger
    private let clock: any WallClock
    private let state = Mutex<(last: Timestamp?, failed: Bool)>((nil, false))

    init(ledger: Ledger, clock: any WallClock) {
        self.ledger = ledger
        self.clock = clock
    }

    /// Whether the latest commit went through: that of the ledger itself, or the attempt that is made here when it did not.
    func commitsSucceed() async -> Bool {
        guard ledger.health.commitFailure != nil || state.withLock({ $0.failed }) else { return true }
        let now = clock.now()
        let due = state.withLock { state in
            state.failed = true
            // A clock that was set back makes it due, too.
            if let last = state.last, last <= now, now < last.adding(seconds: 1) { return false }
            state.last = now
            return true
        }
        guard due else { return false }
        let receipts = try? await ledger.record([]) { connection in
            try connection.run("DELETE FROM commit_probe")
            try connection.run("INSERT INTO commit_probe VALUES ($1)", [.integer(now.milliseconds)])
        }
        guard receipts != nil else { return false }
        state.withLock { $0.failed = false }
        return true
    }
}
