import Synchronization

/// Holds replies back until a test lets them go, so that a test of slowness needs no waiting.
public final class SandboxGate: Sendable {
    private struct State {
        var isOpen = false
        var nextID = 0
        var arrivals = 0
        var held: [Int: CheckedContinuation<Void, Never>] = [:]
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    init() {}

    /// Lets all held replies go, and all later ones pass.
    public func open() {
        let held = state.withLock { state in
            state.isOpen = true
            defer { state.held = [:] }
            return state.held.values
        }
        for continuation in held { continuation.resume() }
    }

    /// Waits until this many replies have reached the gate since it was made.
    public func arrivals(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.arrivals < count { state.watchers.append((count, continuation)) }
                return state.arrivals >= count
            }
            if isThere { continuation.resume() }
        }
    }

    /// Waits for the gate to open or for the task to be cancelled.
    func pass() async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (mayPass, watchers) = state.withLock { state in
                    state.arrivals += 1
                    let count = state.arrivals
                    let ready = state.watchers.filter { $0.count <= count }.map(\.continuation)
                    state.watchers.removeAll { $0.count <= count }
                    let mayPass = state.isOpen || Task.isCancelled
                    if !mayPass { state.held[id] = continuation }
                    return (mayPass, ready)
                }
                for watcher in watchers { watcher.resume() }
                if mayPass { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.held.removeValue(forKey: id) }?.resume()
        }
    }
}
