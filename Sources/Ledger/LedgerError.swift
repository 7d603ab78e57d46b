public import Storage

/// What the ledger refuses or cannot do, in words that carry no personal data.
public enum LedgerError: Error, Sendable, CustomStringConvertible {
    /// The entry is over ``Entry/maximumBytes``.
    case entryTooLarge(bytes: Int)
    /// The entry cannot be written canonically, or is not an event.
    case invalidEntry(String)
    /// The query asks for nothing that can be looked up.
    case invalidQuery(String)
    /// The producer used the same event id for other bytes; the first stays at `index`.
    case conflict(index: UInt64)
    /// Too many events wait to be committed; nothing was recorded. Try again later.
    case overloaded
    /// The store could not commit; nothing was recorded.
    case store(StorageError)
    /// The ledger is closed.
    case closed
    /// There is no such entry.
    case noSuchEntry(index: UInt64, treeSize: UInt64)
    /// Tree, head and entries do not agree, or the key is another.
    case inconsistent(String)
    /// The store is older than, or other than, the last checkpoint kept outside it.
    case restored(String)
    /// The store holds fewer entries than it did: an older copy, or a server that was replaced and came back.
    case lostEntries(stored: UInt64, seen: UInt64)
    /// The store's entries do not continue those that were in it before.
    case forked(stored: UInt64, seen: UInt64)
    /// There is no ledger where one was expected.
    case missing(String)
    /// A file beside the store cannot be read or written.
    case file(String)

    /// Whether the same event would be refused again, whatever the store does.
    public var isAboutTheEvent: Bool {
        switch self {
        case .entryTooLarge, .invalidEntry: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .entryTooLarge(let bytes):
            "the event takes \(bytes) bytes, over the limit of \(Entry.maximumBytes): keep large payloads elsewhere and record "
                + "their hash"
        case .invalidEntry(let reason): "not a valid event: \(reason)"
        case .invalidQuery(let reason): "not a valid query: \(reason)"
        case .conflict(let index):
            "the event id was used before with other content (entry \(index)): use a new id for a new event"
        case .overloaded: "too many events wait to be recorded; nothing was recorded, try again later"
        case .store(let error): "the ledger's store could not record it: \(error)"
        case .closed: "the ledger is closed"
        case .noSuchEntry(let index, let treeSize): "there is no entry \(index) in a ledger of \(treeSize) entries"
        case .inconsistent(let reason): "the ledger does not agree with itself: \(reason)"
        case .restored(let reason): reason
        case .lostEntries(let stored, let seen):
            "the store answers with \(stored) entries, but \(seen) were committed: it is an older copy, or a database server "
                + "that was replaced and came back. Nothing is appended to it. Point to the newest server, or, if the store was "
                + "restored on purpose, stop all nodes and run 'muniment ledger accept-restore'"
        case .forked(let stored, let seen):
            "the \(stored) entries in the store do not continue the \(seen) that were committed: two servers took writes, or "
                + "the store was rewritten. Nothing is appended to it; run 'muniment ledger verify' on each server"
        case .missing(let reason): reason
        case .file(let reason): reason
        }
    }

    /// Makes a ledger error of anything that was thrown below.
    static func wrapping(_ error: any Error) -> LedgerError {
        if let error = error as? LedgerError { return error }
        if let error = error as? StorageError { return .store(error) }
        return .inconsistent("\(error)")
    }
}
