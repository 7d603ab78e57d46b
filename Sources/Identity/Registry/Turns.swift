import Synchronization

/// Lets one caller in at a time, in the order in which they came. Within a process this keeps plans from going stale; between
/// processes the store does.
final class Turns: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func take<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        await withCheckedContinuation { caller in
            let isFree = state.withLock { state in
                if state.isTaken {
                    state.waiting.append(caller)
                    return false
                }
                state.isTaken = true
                return true
            }
            if isFree { caller.resume() }
        }
        defer {
            let next = state.withLock { state in
                if state.waiting.isEmpty { state.isTaken = false }
                return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
            }
            next?.resume()
        }
        return try await body()
    }
}
