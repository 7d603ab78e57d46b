import Synchronization

/// Where the requests of a lane leave what came of them, and where the lane waits for that.
final class LaneMailbox: Sendable {
    private let answers = Mutex<[(id: Int, reply: SinkReply)]>([])
    private let wakes: AsyncStream<Void>.Continuation
    /// Yields when there is something to look at. For one reader.
    let stream: AsyncStream<Void>

    init() { (stream, wakes) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// Leaves an answer.
    func post(_ id: Int, _ reply: SinkReply) {
        answers.withLock { $0.append((id, reply)) }
        wakes.yield()
    }

    /// Takes the answers so far.
    func take() -> [(id: Int, reply: SinkReply)] {
        answers.withLock { answers in
            defer { answers.removeAll() }
            return answers
        }
    }

    /// Makes the reader look.
    func wake() { wakes.yield() }
}
