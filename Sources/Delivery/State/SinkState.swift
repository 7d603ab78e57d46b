/// Whether a sink is sent to.
public enum SinkState: Sendable, Hashable, CustomStringConvertible {
    /// It is.
    case running
    /// An operator paused it; its backlog stays in the ledger.
    case paused(String?)
    /// It stopped itself: its destination refuses the lane as such, for this reason. Its backlog stays in the ledger.
    case stopped(String?)

    init(_ name: String, reason: String?) {
        switch name {
        case "paused": self = .paused(reason)
        case "stopped": self = .stopped(reason)
        default: self = .running
        }
    }

    /// `running`, `paused` or `stopped`.
    public var description: String {
        switch self {
        case .running: "running"
        case .paused: "paused"
        case .stopped: "stopped"
        }
    }

    /// Why it does not run.
    public var reason: String? {
        switch self {
        case .running: nil
        case .paused(let reason), .stopped(let reason): reason
        }
    }
}
