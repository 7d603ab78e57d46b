public import Ledger
public import Measures
import Synchronization

/// How detection goes on this node, for health and metrics. In a cluster one node watches, and the others have nothing to say.
public final class DetectionStatus: Sendable {
    /// What it does here.
    public enum State: Sendable, Equatable {
        /// Another node watches, or none does.
        case elsewhere
        /// It watches; everything before this index was looked at.
        case watching(next: UInt64)
        /// It ended in an error, and begins again soon.
        case failing(String)
    }

    private let ledger: Ledger
    private let current = Mutex(State.elsewhere)

    /// - Parameter ledger: whose size says how far it is behind.
    public init(ledger: Ledger) { self.ledger = ledger }

    /// What it does here now.
    public var state: State { current.withLock { $0 } }

    /// Entries of the ledger that were not looked at yet; nil where it does not watch.
    public var lag: UInt64? {
        guard case .watching(let next) = state else { return nil }
        let size = ledger.health.head.size
        return size > next ? size - next : 0
    }

    /// Does work that tells this how it goes, and keeps what ended it.
    public func during(_ work: () async throws -> Void) async throws {
        do {
            try await work()
            current.withLock { $0 = .elsewhere }
        } catch {
            current.withLock { $0 = error is CancellationError ? .elsewhere : .failing("\(error)") }
            throw error
        }
    }

    func watched(upTo next: Int64) { current.withLock { $0 = .watching(next: UInt64(clamping: next)) } }

    /// Adds it to the metrics page.
    public func write(to text: inout MetricsText) {
        let state = self.state
        text.value(
            "muniment_detection_watching",
            .gauge,
            help: "1 on the node whose detection follows the ledger.",
            lag == nil ? 0 : 1
        )
        var isFailing = false
        if case .failing = state { isFailing = true }
        text.value(
            "muniment_detection_failing",
            .gauge,
            help: "1 after detection ended in an error, until it looks at the ledger again.",
            isFailing ? 1 : 0
        )
        guard let lag else { return }
        text.value(
            "muniment_detection_lag",
            .gauge,
            help: "Entries of the ledger that detection has not looked at.",
            Double(lag)
        )
    }
}
