import ArgumentParser
import Delivery
import JSON

/// `muniment sinks reconcile`: asks a destination what it holds.
struct SinksReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Ask a destination what it holds, and compare that with what was confirmed.",
        discussion: """
            Names every index that is missing (confirmed and not there), doubled (there more than once), foreign (there and never \
            delivered) or altered (there with another leaf hash). --resend sends what is missing again, and nothing else. Exit \
            code 2 when the destination is not complete.
            """
    )

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var operatorOption: OperatorOption
    @OptionGroup var format: FormatOption
    @Argument(help: "The sink.") var sink: String
    @Option(help: "The first index; the sink's start when left out.") var from: UInt64?
    @Option(help: "The last index; the ledger's last when left out.") var to: UInt64?
    @Flag(help: "Send what is missing again.") var resend = false
    @Option(help: "A file that the sink wrote and that was moved away; may be given more than once.")
    var moved: [String] = []

    func validate() throws {
        if let from, let to, from > to { throw ValidationError("--from lies behind --to") }
    }

    func run() async throws {
        let isTable = format.format == .table
        var named: [Reconciliation.Finding: [JSONValue]] = [:]
        let installation = try configurationOption.load()
        let result = try await installation.withLedger { ledger in
            let control = try installation.deliveryControl(ledger, producer: "cli")
            let standing = try await control.conservation(sink)
            let past = to.map { $0 == .max ? $0 : $0 + 1 } ?? standing.head
            let range = min(from ?? standing.start, past)..<past
            return try await SinkAssembly.withReadBack(sink, moved: moved, of: installation, ledger: ledger) {
                try await control.reconcile(
                    sink,
                    range,
                    asking: $0,
                    resending: resend,
                    actor: operatorOption.name
                ) { finding, range in
                    if isTable { return Self.tell(finding, range) }
                    named[finding, default: []].append([
                        .integer(Int64(clamping: range.lowerBound)), .integer(Int64(clamping: range.upperBound - 1)),
                    ])
                }
            }
        }
        if isTable {
            Self.tell(result)
        } else {
            var indexes: [String: JSONValue] = [:]
            for finding in Reconciliation.Finding.allCases { indexes[finding.rawValue] = .array(named[finding] ?? []) }
            Output.json(["result": result.json, "indexes": .object(indexes)])
        }
        if !result.isComplete { throw ExitCode(2) }
    }

    private static func tell(_ finding: Reconciliation.Finding, _ range: Range<UInt64>) {
        let last = range.upperBound - 1
        Output.line("\(finding.rawValue) \(range.lowerBound)" + (last > range.lowerBound ? "-\(last)" : ""))
    }

    private static func tell(_ result: Reconciliation) {
        let counts = Reconciliation.Finding.allCases.map { "\(result[$0]) \($0.rawValue)" }.joined(separator: ", ")
        Output.line("\(result.sink): \(result.found) of \(result.expected) confirmed entries are there; \(counts)")
        if result.unknown > 0 {
            Output.line("\(result.unknown) things are there that are no record of the ledger")
        }
        if result.unjudged > 0 {
            Output.line(
                "\(result.unjudged) entries cannot be judged: they were delivered before it was kept which were confirmed"
            )
        }
        if result.resent > 0 { Output.line("\(result.resent) entries are sent again") }
        Output.line(result.isComplete ? "complete" : "NOT complete")
    }
}
