import Dispatch
import Synchronization

/// The servers behind one address: which of them takes writes now, and which was replaced and does not know it yet.
///
/// A primary that was frozen while its standby took over still says that it takes writes when it wakes. It can be told by its
/// timeline, which every promotion raises: of several servers that take writes the one of the highest timeline is used, and one of
/// a lower timeline than was seen before is refused.
final class PostgresServers: Sendable {
    private struct State {
        /// The highest timeline seen.
        var timeline: UInt32 = 0
        /// When each server last did not answer, by its place in the address.
        var silent: [Int: DispatchTime] = [:]
    }

    /// A server that did not answer is asked last for so long, in seconds: each attempt may take the whole connect time-out.
    private static let silence = 5.0

    private let settings: PostgresSettings
    private let servers: [[String: String]]
    private let state = Mutex(State())

    /// - Throws: ``StorageError`` when the address is not understood.
    init(_ settings: PostgresSettings) throws(StorageError) {
        self.settings = settings
        servers = try PostgresAddress.servers(of: settings.address)
    }

    /// Connects to the server that takes writes.
    /// - Throws: ``StorageError`` when there is none, or only one that was replaced.
    func connect() throws(StorageError) -> PostgresConnection {
        var best: PostgresConnection?
        var failure: StorageError?
        let now = DispatchTime.now()
        let silent = state.withLock { $0.silent.filter { now < $0.value + Self.silence } }
        let order = servers.indices.sorted { (silent[$0] != nil ? 1 : 0, $0) < (silent[$1] != nil ? 1 : 0, $1) }
        for place in order {
            if best != nil, silent[place] != nil { continue }
            do {
                let found = try PostgresConnection(settings, servers[place], isReplaced: isReplaced)
                state.withLock { $0.silent[place] = nil }
                if found.timeline > best?.timeline ?? 0 || best == nil { best = found }
            } catch {
                if error.code == .unavailable { state.withLock { $0.silent[place] = now } }
                // What a server says of itself tells more than that another does not answer.
                if failure == nil || error.code != .unavailable { failure = error }
            }
        }
        guard let best else {
            throw failure ?? StorageError(.cannotOpen, "the address of the database names no server")
        }
        let newest = note(best.timeline)
        guard best.timeline == newest else {
            throw StorageError(
                .unavailable,
                "the database server that takes writes is of timeline \(best.timeline), but one of timeline \(newest) has taken "
                    + "over: it was replaced and came back. Stop it, or let it follow the new one"
            )
        }
        return best
    }

    /// Whether a server of a timeline was replaced by one of a higher.
    private var isReplaced: @Sendable (UInt32) -> Bool {
        { [self] timeline in timeline < state.withLock { $0.timeline } }
    }

    /// Looks whether another server has taken over. From then on the connections to the old one are of no more use.
    func findSuccessor() {
        guard servers.count > 1 else { return }
        for server in servers {
            if let found = try? PostgresConnection(settings, server) { _ = note(found.timeline) }
        }
    }

    private func note(_ timeline: UInt32) -> UInt32 {
        state.withLock { state in
            state.timeline = max(state.timeline, timeline)
            return state.timeline
        }
    }
}
