/// Why delivery cannot do what it was asked.
public enum DeliveryError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No sink has this name.
    case unknownSink(String)
    /// The stored state of a sink is not what this process left.
    case stateChanged(String)
    /// The sink is in this state already, or in one from which that cannot be reached.
    case alreadyIn(String, state: String)
    /// No dead letter has this index, or any of several.
    case noDeadLetter(String, index: UInt64?)
    /// A backfill has nothing to take.
    case backfillRange(String, start: UInt64)
    /// A range holds no entry of the ledger.
    case noEntries(String, head: UInt64)
    /// The ledger has not reached the entry that the sink begins at.
    case notBegun(String, start: UInt64, head: UInt64)
    /// A sink that is configured, or that has a backlog, is not forgotten unasked.
    case stillNeeded(String, backlog: UInt64)

    public var description: String {
        switch self {
        case .unknownSink(let name): "there is no sink named '\(name)'"
        case .stateChanged(let name):
            "the stored state of the sink '\(name)' was changed by another process; it begins anew from there"
        case .alreadyIn(let name, let state): "the sink '\(name)' is \(state)"
        case .noDeadLetter(let name, nil): "the sink '\(name)' has no dead letters there"
        case .noDeadLetter(let name, let index?): "the sink '\(name)' has no dead letter of entry \(index)"
        case .backfillRange(let name, let start):
            "the sink '\(name)' has or will get every entry of that range; it begins at entry \(start)"
        case .noEntries(let name, let head):
            "the ledger has \(head) entries, and none in the range that the sink '\(name)' is asked about; name another range"
        case .notBegun(let name, let start, let head):
            "the sink '\(name)' begins at entry \(start), and the ledger has \(head) entries: it waits"
        case .stillNeeded(let name, let backlog):
            "the sink '\(name)' has \(backlog) entries that were not delivered; say that they are to be given up"
        }
    }
}
