import Synchronization

/// What became of one submitted event.
public enum AppendResult: Sendable, Hashable {
    /// It is durable at this index.
    case appended(UInt64)
    /// The same bytes were recorded before under the same event id, at this index.
    case duplicate(UInt64)
    /// Other bytes were recorded before under the same event id, at this index; nothing was recorded now.
    case conflict(UInt64)
}

/// What became of the events that a lane had waiting: all of them, in the order in which they were submitted.
public enum LaneOutcome: Sendable {
    /// The group is durable and under the checkpoint.
    case committed([AppendResult], SignedHead)
    /// Nothing of the group was recorded.
    case failed(LedgerError, count: Int)
}

/// One producer's way into the ledger: events go in under a short lock, and the outcomes of a whole group come back in one call.
///
/// Made for event loops: neither a task nor a closure nor a wake-up per event.
public final class AppendLane: Sendable {
    struct Record {
        let length: Int
        /// Set when the event may have been submitted before and must be looked up.
        let identity: EventIdentity?
    }

    struct Pending {
        var bytes: [UInt8] = []
        var records: [Record] = []
        var closed = false
    }

    /// Bytes that may wait in one lane before more are refused.
    static let maximumPendingBytes = 64 * 1024 * 1024

    let pending = Mutex(Pending())
    let deliver: @Sendable (LaneOutcome) -> Void
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void, deliver: @escaping @Sendable (LaneOutcome) -> Void) {
        self.wake = wake
        self.deliver = deliver
    }

    /// Submits one event whose bytes `encode` appends.
    /// - Parameters:
    ///   - identity: the event's own producer and id, given when it may be a repetition; nil when its id was drawn at random
    ///     just now.
    ///   - encode: appends the entry's canonical JSON; runs under the lane's lock.
    /// - Throws: ``LedgerError`` when the entry is too large, too much waits or the lane is closed; nothing was submitted then.
    public func submit(
        checking identity: EventIdentity? = nil,
        _ encode: (inout [UInt8]) -> Void
    ) throws(LedgerError) {
        let refused: LedgerError? = pending.withLock { pending in
            if pending.closed { return .closed }
            let start = pending.bytes.count
            guard start < Self.maximumPendingBytes else { return .overloaded }
            encode(&pending.bytes)
            let length = pending.bytes.count - start
            if let error = Entry.sizeError(length) {
                pending.bytes.removeLast(length)
                return error
            }
            pending.records.append(Record(length: length, identity: identity))
            return nil
        }
        if let refused { throw refused }
        wake()
    }

    /// Whether something waits to be committed.
    var hasPending: Bool { pending.withLock { !$0.records.isEmpty } }

    /// Refuses what is submitted from now on.
    func close() { pending.withLock { $0.closed = true } }
}
