/// Consecutive indexes of the ledger with what of them is for the sink.
struct Stretch: Sendable, Hashable {
    /// The first index.
    var first: UInt64
    /// One past the last index.
    var past: UInt64
    /// How many of the indexes are for the sink; the others are filtered.
    var records: UInt64

    /// How many of the indexes are not for the sink.
    var filtered: UInt64 { past - first - records }
}

/// A step of a lane's account, as it is stored. Each moves indexes from one place to another, so that none is ever in two or in
/// none.
enum LaneChange: Sendable, Hashable {
    /// From where a stretch was read.
    enum Source: Sendable, Hashable {
        /// The end of what was read so far.
        case cursor
        /// A stored range of backlog that begins at `first`.
        case range(first: UInt64)
    }

    /// A stretch was read: its records are in flight, the rest is filtered.
    case admit(Stretch, from: Source)
    /// The record at this index was read and can never be sent.
    case refuse(UInt64, from: Source, DeadLetter)
    /// The first `records` of the stretch in flight that begins at `first` are confirmed; what is left begins at `to`, or nothing
    /// is left when that is its end.
    case confirm(first: UInt64, to: UInt64, records: UInt64)
    /// The first record of the stretch in flight that begins at `first`, which is at `index`, can never be taken.
    case bury(first: UInt64, index: UInt64, to: UInt64, DeadLetter)
    /// The stretch in flight that begins at `first` goes back to the backlog, whole.
    case putBack(Stretch)
    /// So many records may be at the destination twice.
    case duplicates(UInt64)
    /// The manifest was delivered.
    case manifestDelivered
}

extension LaneChange {
    /// The entry that is set aside by it, and why.
    var dead: (index: UInt64, letter: DeadLetter)? {
        switch self {
        case .refuse(let index, _, let letter), .bury(_, let index, _, let letter): (index, letter)
        default: nil
        }
    }
}

extension LaneChange {
    /// What of the backlog was read by it.
    var read: Stretch? {
        switch self {
        case .admit(let stretch, _): stretch
        case .refuse(let index, _, _): Stretch(first: index, past: index + 1, records: 0)
        default: nil
        }
    }
}

/// Why a record could not be delivered. Never the record.
struct DeadLetter: Sendable, Hashable {
    /// In words.
    let reason: String
    /// The destination's own words, as far as ``DestinationWords`` keeps them.
    let detail: String?
    /// How often it was sent.
    let attempts: Int
}
