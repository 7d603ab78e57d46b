import JSON
import Jobs
import Ledger
import Logging
import Synchronization
import WallTime

/// Questions about sinks that may take longer than their caller waits. Each goes on by itself, whatever becomes of the request; who
/// waited long enough for it gets the answer, and the others ask for it later.
final class SinkJobs: Sendable {
    /// What is asked.
    enum Kind: String, Sendable { case reconcile, statement }

    /// What a job is about.
    struct Subject: Sendable {
        let sink: String
        let kind: Kind
    }

    typealias Job = JobShelf<Subject, JSONValue>.Job

    /// Jobs under way at the same time on a node: each reads the ledger and holds up to three bits for each of its indexes.
    static let most = 4
    /// Answers that are kept, the newest: a statement may have some hundred kilobytes.
    static let kept = 16

    private let shelf = JobShelf<Subject, JSONValue>(most: most, kept: kept)
    private let tasks = Mutex<[String: Task<Void, Never>]>([:])
    private let clock: any WallClock
    private let logger: Logger

    init(clock: any WallClock, logger: Logger) {
        self.clock = clock
        self.logger = logger
    }

    /// Begins a job, and waits for its end.
    /// - Parameter patience: how long, at the most.
    /// - Returns: the job, which may be under way still.
    /// - Throws: ``Refusal`` when too many are under way.
    func run(
        _ kind: Kind,
        of sink: String,
        by actor: String,
        waiting patience: Duration,
        _ work: @escaping @Sendable () async throws -> JSONValue
    ) async throws -> Job {
        let id = "sj_" + EventIdentity.random(producer: "").id.prefix(16)
        let (ended, end) = AsyncStream<Never>.makeStream()
        try tasks.withLock { tasks in
            // Counted by the work that goes on: what was cancelled may need a moment to notice.
            guard tasks.count < Self.most else { throw Refusal(.sinkJobsUnderWay) }
            do { try shelf.begin(id, Subject(sink: sink, kind: kind), by: actor, at: clock.now()) } catch {
                throw Refusal(.sinkJobsUnderWay)
            }
            tasks[id] = Task { [self] in
                await perform(id, work)
                end.finish()
            }
        }
        await withTaskGroup { group in
            group.addTask { for await _ in ended {} }
            group.addTask { try? await Task.sleep(for: patience) }
            await group.next()
            group.cancelAll()
        }
        return try job(id, of: sink)
    }

    private func perform(_ id: String, _ work: @Sendable () async throws -> JSONValue) async {
        let outcome: Result<JSONValue, any Error>
        do { outcome = .success(try await work()) } catch {
            outcome = .failure(error)
            if let logged = Refusal.explaining(error).logged, shelf[id]?.state == .running {
                logger.warning("a question about a sink failed", metadata: ["jobId": "\(id)", "failure": "\(logged)"])
            }
        }
        shelf.end(id, outcome)
        tasks.withLock { _ = $0.removeValue(forKey: id) }
    }

    /// A job of a sink.
    func job(_ id: String, of sink: String) throws(Refusal) -> Job {
        guard let job = shelf[id], job.subject.sink == sink else { throw Refusal(.unknownSinkJob) }
        return job
    }

    /// Ends a job that is under way.
    func cancel(_ id: String, of sink: String) throws(Refusal) -> Job {
        _ = try job(id, of: sink)
        shelf.cancel(id)
        tasks.withLock { $0[id] }?.cancel()
        return try job(id, of: sink)
    }
}

extension JobShelf<SinkJobs.Subject, JSONValue>.Job {
    /// The job, with what came of it.
    var json: JSONValue {
        [
            "jobId": .string(id), "sink": .string(subject.sink), "kind": .string(subject.kind.rawValue),
            "state": .string(state.rawValue), "began": .string(began.description), "actor": .string(actor),
            "failure": failure.map { Refusal.explaining($0).refusal.json(requestID: nil) } ?? .null,
            "result": output ?? .null,
        ]
    }
}
