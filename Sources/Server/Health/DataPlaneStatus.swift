public import Gateway
public import Measures

/// What the control plane tells of the data plane.
public protocol DataPlaneStatus: Sendable {
    /// The content hash of the policy that decides.
    var policyHash: String { get }
    /// Client connections now.
    var connectionCount: Int { get }
    /// The systems of record, and whether each is being left alone after failures.
    var upstreams: [(name: String, isOpen: Bool)] { get }
    /// The journal that stands in for the ledger's store; nil when no route uses one.
    var journal: JournalStatus? { get }
    /// Adds what it counts to a text.
    func write(to text: inout MetricsText)
}

/// How the local journal fares.
public struct JournalStatus: Sendable, Hashable {
    /// Records that are not in the ledger yet.
    public let records: Int
    /// Their size.
    public let bytes: Int
    /// Why it last refused a record; nil when it took it.
    public let failure: String?

    /// Describes a journal.
    public init(records: Int, bytes: Int, failure: String?) {
        self.records = records
        self.bytes = bytes
        self.failure = failure
    }
}

extension GatewayServer: DataPlaneStatus {
    public var journal: JournalStatus? {
        spool.map { spool in
            let backlog = spool.backlog
            return JournalStatus(records: backlog.records, bytes: backlog.bytes, failure: spool.failure)
        }
    }
}
