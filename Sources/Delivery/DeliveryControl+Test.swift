import DeliveryWire
import JSON
import Ledger
import MerkleLog
import Storage
import WallTime

/// Where one entry stands for a sink.
public enum EntryStanding: Sendable, Hashable {
    /// The destination has it, as far as the sink's guarantee goes.
    case confirmed
    /// The sink's filter leaves it out.
    case filtered
    /// The destination can never take it, for this reason.
    case dead(String)
    /// It was sent, and nobody knows yet.
    case inFlight
    /// It is still to be sent, after as many others.
    case backlog(before: UInt64)

    /// The word for it.
    public var word: String {
        switch self {
        case .confirmed: "confirmed"
        case .filtered: "filtered"
        case .dead: "dead"
        case .inFlight: "in flight"
        case .backlog: "backlog"
        }
    }

    /// Whether nothing more happens to it by itself.
    public var isFinal: Bool {
        switch self {
        case .confirmed, .filtered, .dead: true
        case .inFlight, .backlog: false
        }
    }
}

extension DeliveryControl {
    /// Writes an event for a sink to deliver. It is an entry like any other, so the whole way is tried, nothing strange comes to the
    /// destination, and its account goes on adding up.
    /// - Returns: the event's index; ``standing(of:for:)`` tells what becomes of it.
    public func test(_ name: String, actor: String) async throws -> UInt64 {
        _ = try await conservation(name)
        let first = try await ledger.head().checkpoint.size
        let event = state.event(.sinkTested, name, clock.now(), ["actor": .string(actor)])
        try await state.commit([event]) { _ in }
        var next = first
        let past = try await ledger.head().checkpoint.size
        while next < past {
            for entry in try await ledger.entries(next..<past, maximumBytes: 1 << 20) {
                if try JSONValue(parsing: entry.bytes)["eventId"]?.string == event.identity.id { return entry.index }
                next = entry.index + 1
            }
        }
        throw DeliveryError.stateChanged(name)
    }

    /// Where an entry stands for a sink now.
    public func standing(of index: UInt64, for name: String) async throws -> EntryStanding {
        try await state.database.read { connection in
            try connection.snapshot {
                let standing = try IndexStanding(connection, sink: name, index..<index + 1)
                if let reason = standing.reasons.keys.first { return .dead(reason) }
                let counts = standing.counts
                if counts["inFlight"] == 1 { return .inFlight }
                if counts["backlog"] == 1 {
                    guard let terms = try Conservation.all(connection, sink: name)[name] else {
                        throw DeliveryError.unknownSink(name)
                    }
                    return .backlog(before: terms.backlog - min(terms.backlog, terms.head - index))
                }
                return counts["confirmed"] == 1 ? .confirmed : .filtered
            }
        }
    }
}
