public import Detection
import Dispatch
public import JSON
public import Ledger
import MerkleLog
import Synchronization
public import WallTime

/// Why a backtest was refused.
public enum BacktestError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One is under way; a node runs one at a time.
    case busy(String)
    /// The end lies before the start: there is nothing to tell of.
    case emptyRange
    /// No backtest has this id here: it is forgotten, or another node has it.
    case unknown(String)

    /// One line that says what to do.
    public var description: String {
        switch self {
        case .busy(let id): "the backtest '\(id)' is under way: wait for it or cancel it"
        case .emptyRange: "the end of the range lies before its start: change them over"
        case .unknown(let id):
            "there is no backtest '\(id)' here: the newest few are kept, by the node that ran them, until it stops"
        }
    }
}

/// Backtests for callers who cannot wait for one: a thread of its own reads the record, one backtest at a time, and what came of the newest
/// few is kept in memory.
public final class BacktestDesk: Sendable {
    /// What is asked for.
    public struct Order: Sendable {
        /// Rules to try beside those in force.
        public var files: [RuleFile] = []
        /// Alerts before and after are not told.
        public var from: Timestamp?
        public var to: Timestamp?
        /// Alerts that are listed at the most.
        public var limit = 1000

        /// Asks for the rules in force over the whole record.
        public init() {}
    }

    private struct Run {
        let began: Timestamp
        let actor: String
        var progress: (read: UInt64, size: UInt64)
        var result: [String: JSONValue]?
        var failure: String?
        var isCancelled = false

        var state: String {
            if isCancelled { return "cancelled" }
            if failure != nil { return "failed" }
            return result == nil ? "running" : "done"
        }
    }

    private struct Cancelled: Error {}

    private static let kept = 8

    /// The rules in force.
    public let rules: RuleSet
    private let ledger: Ledger
    private let configuration: DetectionConfiguration
    private let clock: any WallClock
    private let runs = Mutex<[(id: String, run: Run)]>([])
    private let queue: DispatchQueue

    /// - Parameter rules: those in force.
    public convenience init(
        ledger: Ledger,
        rules: RuleSet,
        configuration: DetectionConfiguration,
        clock: any WallClock
    ) {
        let queue = DispatchQueue(label: "muniment.backtest", qos: .utility)
        self.init(ledger: ledger, rules: rules, configuration: configuration, clock: clock, on: queue)
    }

    /// - Parameter queue: where the record is read.
    init(
        ledger: Ledger,
        rules: RuleSet,
        configuration: DetectionConfiguration,
        clock: any WallClock,
        on queue: DispatchQueue
    ) {
        self.queue = queue
        self.ledger = ledger
        self.rules = rules
        self.configuration = configuration
        self.clock = clock
    }

    /// Checks what is asked for and begins.
    /// - Returns: its id, for ``json(of:)``.
    /// - Throws: ``RulePackError``, or ``BacktestError`` when one is under way or the range is empty.
    public func begin(_ order: Order, by actor: String) throws -> String {
        if let from = order.from, let to = order.to, to < from { throw BacktestError.emptyRange }
        let pack = try rules.trying(order.files).pack
        let size = ledger.health.head.size
        let id = "bt_" + EventIdentity.random(producer: "").id.prefix(16)
        let began = clock.now()
        try runs.withLock { runs in
            if let other = runs.first(where: { $0.run.state == "running" }) { throw BacktestError.busy(other.id) }
            runs.append((id, Run(began: began, actor: actor, progress: (0, size))))
            if runs.count > Self.kept { runs.removeFirst() }
        }
        queue.async { [self] in
            let backtest = Backtest(rules: pack, configuration: configuration, from: order.from, to: order.to)
            var told: [DetectionEvent] = []
            do {
                let report = try backtest.run(
                    StoreSource(ledger),
                    size: size,
                    told: { if told.count < order.limit { told.append($0) } },
                    progress: { read, _ in try note(id, read) }
                )
                let result = report.json(told)
                change(id) { if !$0.isCancelled { $0.result = result } }
            } catch is Cancelled {
                // It says so already.
            } catch {
                change(id) { $0.failure = "\(error)" }
            }
        }
        return id
    }

    /// Ends one that is under way.
    public func cancel(_ id: String) throws(BacktestError) {
        _ = try json(of: id)
        change(id) { if $0.state == "running" { $0.isCancelled = true } }
    }

    /// How one stands, and what came of it.
    public func json(of id: String) throws(BacktestError) -> JSONValue {
        guard let run = runs.withLock({ $0.first { $0.id == id }?.run }) else { throw .unknown(id) }
        return [
            "backtestId": .string(id), "state": .string(run.state), "began": .string(run.began.description),
            "actor": .string(run.actor), "read": .integer(Int64(clamping: run.progress.read)),
            "size": .integer(Int64(clamping: run.progress.size)), "failure": run.failure.map { .string($0) } ?? .null,
            "result": run.result.map { .object($0) } ?? .null,
        ]
    }

    private func note(_ id: String, _ read: UInt64) throws {
        // A look at the lock for each entry would be most of the work.
        guard read == 1 || read % 1024 == 0 else { return }
        var isCancelled = false
        change(id) {
            $0.progress.read = read
            isCancelled = $0.isCancelled
        }
        if isCancelled { throw Cancelled() }
    }

    private func change(_ id: String, _ body: (inout Run) -> Void) {
        runs.withLock { runs in
            guard let place = runs.firstIndex(where: { $0.id == id }) else { return }
            body(&runs[place].run)
        }
    }
}
