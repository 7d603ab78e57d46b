import Dispatch
import Foundation
import JSON
public import Ledger
import Storage
import Synchronization
public import WallTime

/// The local journal that stands in for the ledger's store while that is away: each record is synced before its read is released,
/// and all are put into the ledger, in order, when the store is back.
public final class Spool: Sendable {
    /// What waits to be replayed.
    public struct Backlog: Sendable, Hashable {
        /// Records.
        public var records = 0
        /// Bytes.
        public var bytes = 0
    }

    /// What the ledger did with a record that it still had when the journal took it too.
    private enum Fate {
        case unknown
        case recorded
    }

    private struct Pending {
        let entry: [UInt8]
        let done: @Sendable (Bool) -> Void
    }

    /// What event loops share with the journal's queue. Nothing is written to disk under its lock.
    private struct State {
        var pending: [Pending] = []
        var scheduled = false
        var backlog = Backlog()
        var fates: [String: Fate] = [:]
        var lastFailure: String?
    }

    private let directory: String
    private let maximumBytes: Int
    private let queue = DispatchQueue(label: "muniment.spool")
    private let state: Mutex<State>
    /// Touched on `queue` only.
    private let file: Mutex<JournalFile>

    /// Opens the journal's folder, making it where needed.
    /// - Throws: ``LedgerError`` when it cannot be used.
    public init(directory: String, maximumBytes: Int) throws {
        self.directory = directory
        self.maximumBytes = maximumBytes
        do {
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw LedgerError.file("cannot make the journal's folder \(directory): \(error.localizedDescription)")
        }
        var start = State()
        for file in try JournalFile.list(directory) {
            let contents = try JournalFile.read(file.path)
            start.backlog.records += contents.entries.count
            start.backlog.bytes += contents.size
        }
        state = Mutex(start)
        file = Mutex(JournalFile(directory: directory, lastNumber: try JournalFile.lastNumber(directory)))
    }

    /// What waits to be replayed.
    public var backlog: Backlog { state.withLock { $0.backlog } }

    /// Why the journal last refused a record; nil when it took it.
    public var failure: String? { state.withLock { $0.lastFailure } }

    /// Adds a record; `done` is told, on another thread, whether it is on disk.
    /// - Parameter pendingEvent: the event's id when the ledger has the record too and has not said yet what became of it;
    ///   ``settle(_:recorded:)`` must follow.
    func add(_ entry: [UInt8], pendingEvent: String? = nil, done: @escaping @Sendable (Bool) -> Void) {
        let schedule = state.withLock { state in
            if let pendingEvent { state.fates[pendingEvent] = .unknown }
            state.pending.append(Pending(entry: entry, done: done))
            defer { state.scheduled = true }
            return !state.scheduled
        }
        if schedule { queue.async { self.writePending() } }
    }

    /// Says what the ledger did with a record that was added while it still had it.
    func settle(_ event: String, recorded: Bool) {
        state.withLock { $0.fates[event] = recorded ? .recorded : nil }
    }

    private func writePending() {
        let (batch, room) = state.withLock { state in
            defer { state.pending.removeAll() }
            state.scheduled = false
            return (state.pending, maximumBytes - state.backlog.bytes)
        }
        var failure: String?
        do throws(JournalFailure) {
            let bytes = try file.withLock { (file) throws(JournalFailure) in
                try file.append(batch.map(\.entry), room: room)
            }
            state.withLock { state in
                state.backlog.bytes += bytes
                state.backlog.records += batch.count
            }
        } catch {
            failure = error.description
        }
        state.withLock { $0.lastFailure = failure }
        for record in batch { record.done(failure == nil) }
    }

    // MARK: Replay

    /// Puts everything that waits into the ledger, in order. Records that are in it already are not added again.
    /// - Returns: how many records were dealt with.
    /// - Throws: when the ledger cannot take them; nothing is lost, and the next call goes on.
    public func replay(into ledger: Ledger, producer: String, clock: any WallClock) async throws -> Int {
        guard backlog.bytes > 0 else { return 0 }
        // What comes from now on goes into a new file.
        let sealed: Int = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.file.withLock { $0.seal() }) }
        }
        var dealtWith = 0
        for file in try JournalFile.list(directory) where file.number <= sealed {
            let contents = try JournalFile.read(file.path)
            guard contents.size > 0 else {
                try JournalFile.remove(file.path, keeping: false, in: directory)
                continue
            }
            let events = try contents.entries.map { try SpooledEvent($0) }
            // The ledger still holds one of these: whether to add it is not known yet.
            guard !hasUnknownFate(events) else { break }
            var fields = try await put(events, into: ledger, producer: producer)
            if contents.unreadable > 0 { fields["unreadableBytes"] = .integer(Int64(contents.unreadable)) }
            try await ledger.append(
                Event(
                    type: .spoolReplayed,
                    identity: .random(producer: producer),
                    timestamp: clock.now(),
                    fields: fields
                )
            )
            try JournalFile.remove(file.path, keeping: contents.unreadable > 0, in: directory)
            state.withLock { state in
                state.backlog.records -= events.count
                state.backlog.bytes -= min(state.backlog.bytes, contents.size)
                for event in events { state.fates[event.identity.id] = nil }
            }
            dealtWith += events.count
        }
        return dealtWith
    }

    private func hasUnknownFate(_ events: [SpooledEvent]) -> Bool {
        state.withLock { state in events.contains { state.fates[$0.identity.id] == .unknown } }
    }

    /// Appends the events that the ledger does not hold, some at a time. The name of a signed read can be taken: while the ledger was
    /// away, another node let the same request through. What was released is recorded all the same, under this node's name.
    private func put(
        _ events: [SpooledEvent],
        into ledger: Ledger,
        producer: String
    ) async throws -> [String: JSONValue] {
        let missing = state.withLock { state in events.filter { state.fates[$0.identity.id] != .recorded } }
        let replayer = Replayer()
        let lane = ledger.makeLane { replayer.deliver($0) }
        defer { ledger.remove(lane) }
        var indices: [UInt64] = []
        for start in stride(from: 0, to: missing.count, by: 1000) {
            let part = missing[start..<min(start + 1000, missing.count)]
            for event in part {
                try lane.submit(checking: event.identity) { $0.append(contentsOf: event.entry) }
            }
            var taken: [SpooledEvent] = []
            for (event, result) in zip(part, try await replayer.wait(for: part.count)) {
                if case .conflict(let index) = result {
                    guard event.identity.producer != producer else { throw LedgerError.conflict(index: index) }
                    taken.append(try event.written(by: producer))
                } else {
                    indices.append(result.index)
                }
            }
            for event in taken {
                try lane.submit(checking: event.identity) { $0.append(contentsOf: event.entry) }
            }
            for result in try await replayer.wait(for: taken.count) {
                if case .conflict(let index) = result { throw LedgerError.conflict(index: index) }
                indices.append(result.index)
            }
        }
        var fields: [String: JSONValue] = ["records": .integer(Int64(events.count))]
        if let first = indices.min(), let last = indices.max() {
            fields["firstIndex"] = .integer(Int64(first))
            fields["lastIndex"] = .integer(Int64(last))
        }
        return fields
    }
}

/// A record of the journal with the name under which the ledger knows whether it has it.
private struct SpooledEvent {
    let entry: [UInt8]
    let identity: EventIdentity

    init(_ entry: [UInt8]) throws {
        let value = try JSONValue(parsing: entry)
        guard let producer = value["producer"]?.string, let id = value["eventId"]?.string else {
            throw LedgerError.invalidEntry("a record of the journal is not an event")
        }
        self.entry = entry
        identity = EventIdentity(producer: producer, id: id)
    }

    /// The same event as another producer's.
    func written(by producer: String) throws -> SpooledEvent {
        guard case .object(var members) = try JSONValue(parsing: entry) else { return self }
        members["producer"] = .string(producer)
        return try SpooledEvent(try JSONValue.object(members).canonicalBytes())
    }
}

/// Waits until the ledger has dealt with a number of records.
private final class Replayer: Sendable {
    private struct State {
        var results: [AppendResult] = []
        var dealtWith = 0
        var failure: LedgerError?
        var waiting: (count: Int, continuation: CheckedContinuation<[AppendResult], any Error>)?
    }

    private let state = Mutex(State())

    func deliver(_ outcome: LaneOutcome) {
        state.withLock { state in
            switch outcome {
            case .committed(let results, _):
                state.dealtWith += results.count
                state.results += results
            case .failed(let error, let count):
                state.dealtWith += count
                state.failure = error
            }
            Self.settle(&state)
        }
    }

    /// What became of the next `count` records, in their order.
    func wait(for count: Int) async throws -> [AppendResult] {
        try await withCheckedThrowingContinuation { continuation in
            state.withLock { state in
                state.waiting = (count, continuation)
                Self.settle(&state)
            }
        }
    }

    private static func settle(_ state: inout State) {
        guard let waiting = state.waiting, state.dealtWith >= waiting.count else { return }
        state.waiting = nil
        state.dealtWith -= waiting.count
        if let failure = state.failure {
            waiting.continuation.resume(throwing: failure)
        } else {
            waiting.continuation.resume(returning: state.results)
        }
        state.results = []
    }
}
