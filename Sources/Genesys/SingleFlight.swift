import Synchronization

/// Lets many callers share one running piece of work; a caller that is cancelled leaves at once and the work goes on
/// for the others.
final class SingleFlight<Value: Sendable>: Sendable {
    private struct State {
        var isRunning = false
        var nextID = 0
        var waiters: [Int: CheckedContinuation<Value, any Error>] = [:]
    }

    private let state = Mutex(State())

    /// The outcome of the work that runs, or of new work if none does. The work must end by itself.
    func value(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let mustStart = state.withLock { state -> Bool? in
                    // The cancellation handler may already have run, and will not run again.
                    guard !Task.isCancelled else { return nil }
                    state.waiters[id] = continuation
                    defer { state.isRunning = true }
                    return !state.isRunning
                }
                guard let mustStart else { return continuation.resume(throwing: CancellationError()) }
                if mustStart { Task { await self.run(work) } }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    private func run(_ work: @Sendable () async throws -> Value) async {
        let result: Result<Value, any Error>
        do {
            result = .success(try await work())
        } catch {
            result = .failure(error)
        }
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            state.isRunning = false
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume(with: result) }
    }
}
