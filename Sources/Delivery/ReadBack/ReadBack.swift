public import MerkleLog

/// A destination that can be asked what it holds.
public protocol ReadBack: Sendable {
    /// Tells what the destination holds of a ledger with indexes in a range: in any order, each as often as it is there, some at a
    /// time.
    ///
    /// What stands there under the ledger's name and has no index is told as ``Arrival/unknown``, whatever the range.
    /// - Throws: ``ReadBackError`` when it cannot be told.
    func arrivals(in range: Range<UInt64>, _ each: ([Arrival]) async throws -> Void) async throws
}

/// Something that a destination holds.
public enum Arrival: Sendable, Hashable {
    /// The record with this index, and its leaf hash where the destination keeps it.
    case record(UInt64, leafHash: Hash?)
    /// Something that is no record and no manifest of the ledger.
    case unknown

    /// Reads the id of a record; nil for a manifest's.
    init?(recordID: String?, ledger: String, leafHash: Hash?) {
        guard let recordID, recordID.hasPrefix(ledger + "/") else {
            self = .unknown
            return
        }
        let rest = recordID.dropFirst(ledger.count + 1)
        if rest.hasPrefix("manifest/") { return nil }
        guard let index = UInt64(rest), String(index) == rest, index < UInt64(Int64.max) else {
            self = .unknown
            return
        }
        self = .record(index, leafHash: leafHash)
    }
}

/// Why a destination cannot be asked.
public enum ReadBackError: Error, Sendable, Hashable, CustomStringConvertible {
    /// This kind has nothing to ask.
    case notReadable(kind: String)
    /// This one cannot be asked as it is set up.
    case notConfigured(String)
    /// It could be, and was not reached or did not answer.
    case failed(String)

    public var description: String {
        switch self {
        case .notReadable(let kind):
            "a sink of kind '\(kind)' cannot be read back: nothing can be said of what its destination holds"
        case .notConfigured(let reason): "the sink cannot be read back: \(reason)"
        case .failed(let reason): "the destination could not be asked: \(reason); try again"
        }
    }
}
