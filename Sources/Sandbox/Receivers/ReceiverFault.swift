import Synchronization

/// How a pretend receiver fails at the next request that it applies to. Faults strike in the order in which they were ordered.
public enum ReceiverFault: Sendable, Hashable {
    /// Answers this instead of taking the request; `retryAfter` in seconds.
    case refuse(status: Int, retryAfter: Int? = nil)
    /// Breaks the connection without taking the request.
    case cutBefore
    /// Takes the request, then breaks the connection without a reply: the sender cannot know.
    case cutAfter
    /// Takes the request and answers only when the receiver's gate opens.
    case hold
    /// Answers 200 with an HTML page and takes nothing, as a login page or proxy does.
    case html
}

/// Faults in the order in which they strike.
final class ReceiverFaults: Sendable {
    private let queue = Mutex<[ReceiverFault]>([])

    func order(_ fault: ReceiverFault, times: Int) {
        queue.withLock { $0 += Array(repeating: fault, count: max(times, 0)) }
    }

    func next() -> ReceiverFault? { queue.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
}

/// Serves a pretend receiver on a port of its own.
final class ReceiverServer: Sendable {
    /// Larger than any receiver's limit, so that the limit is the receiver's to enforce.
    private static let maximumBody = 16 << 20

    private struct Running {
        let task: Task<Void, Never>
        let port: Int
    }

    private let running = Mutex<Running?>(nil)

    /// Listens and serves. Does nothing when it serves already.
    func start(host: String, port: Int, _ handler: @escaping HTTPListener.Handler) async throws {
        guard running.withLock({ $0 == nil }) else { return }
        let listener = try await HTTPListener(host: host, port: port, maximumBody: Self.maximumBody, pause: {})
        let task = Task { await listener.run(handler) }
        running.withLock { $0 = Running(task: task, port: listener.port) }
    }

    /// Stops serving and waits until all connections are closed, as when the process dies.
    func stop() async {
        let stopped = running.withLock { running in
            defer { running = nil }
            return running
        }
        stopped?.task.cancel()
        await stopped?.task.value
    }

    var port: Int? { running.withLock { $0?.port } }
}
