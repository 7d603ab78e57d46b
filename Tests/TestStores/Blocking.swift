import Foundation

/// Work that blocks its thread, on a thread of its own: with two cores two threads run all tasks, and such work held them both.
public enum Blocking {
    /// Runs it.
    public static func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Result(catching: body)) }
        }.get()
    }
}
