/// The deadline passed before the work was done.
public struct DeadlineExceeded: Error, Sendable {
    /// Says so.
    public init() {}
}

/// Runs work that must end within a limit of real time, the reading of a reply's body included: an HTTP client's own deadline often
/// ends at the head.
/// - Throws: ``DeadlineExceeded``, or what the work throws.
public func within<Value: Sendable>(
    _ limit: Duration,
    _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw DeadlineExceeded()
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw DeadlineExceeded() }
        return value
    }
}
