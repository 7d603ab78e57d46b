import Storage
import Synchronization

/// How a statement goes wrong.
enum FaultEffect: CaseIterable, Sendable {
    /// It is not carried out; of a bulk insert, half of the rows are.
    case notSaved
    /// It is carried out, and reported as failed all the same.
    case savedButReportedFailed
}

/// Which statements of a store fail.
final class Faults: Sendable {
    private struct State {
        var effect = FaultEffect.notSaved
        var passing = Int.max
        var failing = 0
        var failed = 0
    }

    private let state = Mutex(State())

    /// Lets so many statements pass and then so many fail.
    func arm(_ effect: FaultEffect, after passing: Int, count: Int) {
        state.withLock { $0 = State(effect: effect, passing: passing, failing: count) }
    }

    /// Lets everything pass.
    /// - Returns: how many statements have failed.
    func disarm() -> Int {
        state.withLock { state in
            defer { state = State() }
            return state.failed
        }
    }

    /// What befalls the next statement.
    fileprivate func next() -> FaultEffect? {
        state.withLock { state in
            if state.passing > 0 {
                state.passing -= 1
                return nil
            }
            guard state.failing > 0 else { return nil }
            state.failing -= 1
            state.failed += 1
            return state.effect
        }
    }

    fileprivate static let error = StorageError(.inputOutput, "injected")
}

/// A store whose own connections, such as the ledger writer's, fail when told to. Borrowed ones for reading do not.
final class FaultyDatabase: Database {
    let faults = Faults()
    private let inner: any Database

    init(_ inner: any Database) { self.inner = inner }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await inner.read(body)
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await inner.write(body)
    }

    func readBlocking<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value {
        try inner.readBlocking(body)
    }

    func makeConnection() throws(StorageError) -> any SQLConnection {
        if faults.next() != nil { throw Faults.error }
        return FaultyConnection(try inner.makeConnection(), faults)
    }

    func close() { inner.close() }
}

private final class FaultyConnection: SQLConnection {
    private let inner: any SQLConnection
    private let faults: Faults

    init(_ inner: any SQLConnection, _ faults: Faults) {
        self.inner = inner
        self.faults = faults
    }

    var dialect: Dialect { inner.dialect }

    func run(_ sql: String, _ parameters: [SQLParameter]) throws(StorageError) -> Int {
        switch faults.next() {
        case nil: return try inner.run(sql, parameters)
        case .notSaved: break
        case .savedButReportedFailed: try inner.run(sql, parameters)
        }
        throw Faults.error
    }

    func rows(_ sql: String, _ parameters: [SQLParameter], _ each: (any SQLRow) throws -> Bool) throws {
        guard faults.next() == nil else { throw Faults.error }
        try inner.rows(sql, parameters, each)
    }

    func insert(
        into table: String,
        count: Int,
        row: (Int) -> (position: UInt64, bytes: UnsafeRawBufferPointer)
    ) throws(StorageError) {
        let effect = faults.next()
        try inner.insert(into: table, count: effect == .notSaved ? count / 2 : count, row: row)
        if effect != nil { throw Faults.error }
    }
}
