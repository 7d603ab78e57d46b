import Dispatch
import Foundation
import MerkleLog
import Storage
import Synchronization

/// The thread that appends: it takes what all lanes have waiting, commits it as one transaction under one signed checkpoint,
/// and only then tells the lanes.
///
/// Other processes may append to the same store: each group begins with a look at the head under the store's write lock.
final class LedgerWriter: Sendable {
    /// Events and a change of state that must be recorded together or not at all.
    struct Job: Sendable {
        let entries: [[UInt8]]
        let body: @Sendable (any SQLConnection) throws -> Void
        let done: @Sendable (Result<([AppendResult], SignedHead), any Error>) -> Void
    }

    private struct Mailbox {
        var lanes: [AppendLane] = []
        var jobs: [Job] = []
        var closing = false
    }

    private let mailbox = Mutex(Mailbox())
    private let wakeup = DispatchSemaphore(value: 0)
    /// Whether a wake-up is under way, so that a thousand submissions signal once.
    private let signalled = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    init(
        committer: sending GroupCommitter,
        onCommit: @escaping @Sendable (Result<CommittedGroup, LedgerError>) -> Void
    ) {
        let owned = Confined(committer)
        let thread = Thread { [self] in run(owned.value, onCommit) }
        thread.name = "ledger"
        thread.stackSize = 1 << 20
        thread.start()
    }

    func makeLane(_ deliver: @escaping @Sendable (LaneOutcome) -> Void) -> AppendLane {
        let lane = AppendLane(wake: { [self] in signal() }, deliver: deliver)
        let accepted = mailbox.withLock { mailbox in
            if !mailbox.closing { mailbox.lanes.append(lane) }
            return !mailbox.closing
        }
        if !accepted { lane.close() }
        return lane
    }

    func remove(_ lane: AppendLane) {
        lane.close()
        mailbox.withLock { $0.lanes.removeAll { $0 === lane } }
    }

    func submit(_ job: Job) {
        let accepted = mailbox.withLock { mailbox in
            if mailbox.closing { return false }
            mailbox.jobs.append(job)
            return true
        }
        if accepted { signal() } else { job.done(.failure(LedgerError.closed)) }
    }

    /// Commits what waits and ends the thread.
    func close() {
        let first = mailbox.withLock { mailbox in
            defer { mailbox.closing = true }
            return !mailbox.closing
        }
        guard first else { return }
        signal()
        ended.wait()
    }

    private func signal() {
        if signalled.exchange(true, ordering: .acquiringAndReleasing) == false { wakeup.signal() }
    }

    private func run(
        _ committer: GroupCommitter,
        _ onCommit: @Sendable (Result<CommittedGroup, LedgerError>) -> Void
    ) {
        var group = Group()
        while true {
            wakeup.wait()
            signalled.store(false, ordering: .releasing)
            let (lanes, hasJobs, closing) = mailbox.withLock { ($0.lanes, !$0.jobs.isEmpty, $0.closing) }
            // Before the last look, so that every event is committed or refused and none waits for ever.
            if closing { for lane in lanes { lane.close() } }
            if hasJobs || lanes.contains(where: \.hasPending) {
                // While it waits for its turn more may come, and goes with it.
                let result = committer.commit {
                    collect(into: &group)
                    return group
                }
                if case .failure = result, group.isEmpty { collect(into: &group) }
                onCommit(result)
                switch result {
                case .success(let committed): deliver(group, committed)
                case .failure(let error):
                    for share in group.shares { share.lane.deliver(.failed(error, count: share.records.count)) }
                    for job in group.jobs { job.done(.failure(error)) }
                }
                group.clear()
            }
            if closing {
                mailbox.withLock { $0.lanes.removeAll() }
                committer.close()
                ended.signal()
                return
            }
        }
    }

    private func collect(into group: inout Group) {
        let (lanes, jobs) = mailbox.withLock { mailbox in
            defer { mailbox.jobs.removeAll() }
            return (mailbox.lanes, mailbox.jobs)
        }
        group.take(lanes: lanes, jobs: jobs)
    }

    private func deliver(_ group: Group, _ committed: CommittedGroup) {
        var start = 0
        for share in group.shares {
            let end = start + share.records.count
            share.lane.deliver(.committed(Array(committed.results[start..<end]), committed.head))
            start = end
        }
        for (job, outcome) in zip(group.jobs, committed.jobs) {
            job.done(outcome.map { ($0, committed.head) })
        }
    }
}

/// Hands a value to the one thread that will use it.
private struct Confined<Value>: @unchecked Sendable {
    // Sound because the maker gives the value away (`sending`) and only the new thread touches it.
    let value: Value

    init(_ value: sending Value) { self.value = value }
}

/// Everything that one transaction will hold.
struct Group {
    struct Share {
        let lane: AppendLane
        let records: [AppendLane.Record]
    }

    private(set) var bytes: [UInt8] = []
    private(set) var shares: [Share] = []
    private(set) var jobs: [LedgerWriter.Job]

    init(jobs: [LedgerWriter.Job] = []) { self.jobs = jobs }

    var isEmpty: Bool { shares.isEmpty && jobs.isEmpty }

    mutating func take(lanes: [AppendLane], jobs: [LedgerWriter.Job]) {
        self.jobs = jobs
        for lane in lanes {
            var records: [AppendLane.Record] = []
            lane.pending.withLock { pending in
                guard !pending.records.isEmpty else { return }
                bytes.append(contentsOf: pending.bytes)
                pending.bytes.removeAll(keepingCapacity: pending.bytes.count < 1 << 20)
                swap(&records, &pending.records)
            }
            if !records.isEmpty { shares.append(Share(lane: lane, records: records)) }
        }
    }

    mutating func clear() {
        bytes.removeAll(keepingCapacity: bytes.count < 16 << 20)
        shares.removeAll(keepingCapacity: true)
        jobs.removeAll()
    }
}
