import Synchronization
public import WallTime

/// Why a job did not begin: as many as may be are under way.
public struct JobsUnderWay: Error, Sendable, Hashable {
    /// The one that has been under way for the longest time.
    public let id: String

    /// Names it.
    public init(id: String) { self.id = id }
}

/// Work that outlives the request that asked for it: a few jobs at a time, and how the newest stand, in memory. It runs nothing itself.
public final class JobShelf<Subject: Sendable, Output: Sendable>: Sendable {
    /// How a job stands.
    public enum State: String, Sendable, Hashable, CaseIterable { case running, done, failed, cancelled }

    /// One job.
    public struct Job: Sendable {
        /// Its id.
        public let id: String
        /// Who asked for it.
        public let actor: String
        /// When.
        public let began: Timestamp
        /// What it is about, and how far it has come.
        public fileprivate(set) var subject: Subject
        /// What came of it; nil while it runs, and for good when it was cancelled.
        public fileprivate(set) var outcome: Result<Output, any Error>?
        fileprivate var isCancelled = false

        /// How it stands.
        public var state: State {
            if isCancelled { return .cancelled }
            return switch outcome {
            case nil: .running
            case .success: .done
            case .failure: .failed
            }
        }

        /// What came of it when it went well.
        public var output: Output? { try? outcome?.get() }
        /// Why it failed.
        public var failure: (any Error)? {
            if case .failure(let error) = outcome { error } else { nil }
        }
    }

    private let most: Int
    private let kept: Int
    private let jobs = Mutex<[Job]>([])

    /// - Parameters:
    ///   - most: jobs under way at the same time.
    ///   - kept: jobs that are remembered, those under way included.
    public init(most: Int, kept: Int) {
        self.most = most
        self.kept = max(kept, most)
    }

    /// Notes a job that begins, and forgets the oldest that has ended when there are too many.
    public func begin(_ id: String, _ subject: Subject, by actor: String, at began: Timestamp) throws(JobsUnderWay) {
        try jobs.withLock { jobs throws(JobsUnderWay) in
            let running = jobs.filter { $0.state == .running }
            if running.count >= most, let first = running.first { throw JobsUnderWay(id: first.id) }
            jobs.append(Job(id: id, actor: actor, began: began, subject: subject))
            if jobs.count > kept, let oldest = jobs.firstIndex(where: { $0.state != .running }) {
                jobs.remove(at: oldest)
            }
        }
    }

    /// How a job stands; nil when it is not known, or forgotten.
    public subscript(id: String) -> Job? { jobs.withLock { $0.first { $0.id == id } } }

    /// Notes how far a job has come.
    /// - Returns: whether it is still wanted.
    @discardableResult
    public func note(_ id: String, _ change: @Sendable (inout Subject) -> Void) -> Bool {
        edit(id) { job in
            change(&job.subject)
            return !job.isCancelled
        } ?? false
    }

    /// Notes what came of a job; of one that was cancelled, nothing is kept.
    public func end(_ id: String, _ outcome: Result<Output, any Error>) {
        edit(id) { if $0.state == .running { $0.outcome = outcome } }
    }

    /// Notes that a job under way is no longer wanted.
    /// - Returns: whether it was under way.
    @discardableResult
    public func cancel(_ id: String) -> Bool {
        edit(id) { job in
            guard job.state == .running else { return false }
            job.isCancelled = true
            return true
        } ?? false
    }

    @discardableResult
    private func edit<Value: Sendable>(_ id: String, _ change: (inout Job) -> Value) -> Value? {
        jobs.withLock { jobs in jobs.firstIndex { $0.id == id }.map { change(&jobs[$0]) } }
    }
}
