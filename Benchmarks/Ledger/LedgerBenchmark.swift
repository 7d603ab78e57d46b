import Glibc

/// Measures the ledger against its limits: what the device's sync, the hash function and the processor allow.
///
/// Rates are medians. Where a peer or a limit is given, its rounds alternate with the ledger's own, so that a change in the
/// machine's load meets both. Processor time is of the whole process, so it also counts where wall time hides behind a second
/// core.
@main struct LedgerBenchmark {
    static func main() async throws {
        guard let options = Options(CommandLine.arguments.dropFirst()) else {
            print(Options.usage)
            exit(64)
        }
        if options.name == "node" { return try BenchmarkNode.run(options) }
        let table = Table()
        table.heading()
        if options.runs("append") { try await AppendBenchmark(options).run(table) }
        if options.runs("alone") { try LoneAppendBenchmark(options).run(table) }
        if options.runs("index") { try IndexBenchmark(options).run(table) }
        if options.runs("cluster") {
            if let cluster = ClusterBenchmark(options) {
                try cluster.run(table)
            } else if options.name == "cluster" {
                print(Options.usage)
                exit(64)
            }
        }
        if ["verify", "query", "restart"].contains(where: options.runs) { try GrownBenchmark(options).run(table) }
    }
}

/// The command line.
struct Options {
    private static let names: Set<String> = [
        "append", "alone", "index", "verify", "query", "restart", "grown", "cluster", "all", "node",
    ]

    static let usage = """
        usage: LedgerBenchmark <what> [--events N] [--rounds N] [--folder PATH] [--ledger PATH]

          append    1,024 callers, and one lane with a backlog
          alone     one caller, against a bare sync
          index     appended and indexed, against a plain SQLite table
          query     one customer's year          these three, or together as 'grown', on one ledger of
          restart   opening                      N events, which is made first
          verify    checking everything
          cluster   four nodes on the PostgreSQL of --database, against plain rows there
          all       with 'cluster' where --database is given

          --folder  where files are made, on the device to be measured; removed at the end
          --database  the address of a PostgreSQL database, such as postgresql://postgres@127.0.0.1/postgres
          --ledger  a folder that keeps the grown ledger from one run to the next
        """

    let name: String
    /// Events in the measured ledger; nil for each benchmark's own default.
    private(set) var events: Int?
    private(set) var rounds = 5
    private(set) var folder = "."
    private(set) var ledger: String?
    private(set) var database: String?

    init?(_ arguments: some Sequence<String>) {
        var rest = arguments.makeIterator()
        guard let name = rest.next(), Self.names.contains(name) else { return nil }
        self.name = name
        while let option = rest.next() {
            guard let value = rest.next() else { return nil }
            switch option {
            case "--events":
                guard let number = Int(value), number > 0 else { return nil }
                events = number
            case "--rounds":
                guard let number = Int(value), number > 0 else { return nil }
                rounds = number
            case "--folder": folder = value
            case "--ledger": ledger = value
            case "--database": database = value
            default: return nil
            }
        }
    }

    func runs(_ part: String) -> Bool {
        name == part || name == "all" || name == "grown" && ["verify", "query", "restart"].contains(part)
    }
}
