import Credentials
import Synchronization

/// Refused attempts to authenticate, counted so that a flood of them is a few events, not a flood of events.
final class AuthenticationFailures: Sendable {
    struct Key: Hashable {
        let reason: AuthenticationFailure
        let address: String
    }

    private let counts = Mutex<[Key: Int64]>([:])
    private static let capacity = 200

    func note(_ reason: AuthenticationFailure, from address: String) {
        counts.withLock { counts in
            let key = Key(reason: reason, address: address)
            let kept = counts[key] != nil || counts.count < Self.capacity ? key : Key(reason: reason, address: "others")
            counts[kept, default: 0] += 1
        }
    }

    /// Counts again what could not be recorded.
    func putBack(_ key: Key, _ count: Int64) { counts.withLock { $0[key, default: 0] += count } }

    /// What was counted since the last call.
    func take() -> [Key: Int64] {
        counts.withLock { counts in
            defer { counts.removeAll() }
            return counts
        }
    }
}
