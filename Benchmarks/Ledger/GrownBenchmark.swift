import Ledger
import WallTime

/// What a ledger of years still answers in: one customer's events of a year, the time to open it, and the time to verify it.
struct GrownBenchmark {
    private static let portion = 50_000
    private static let queries = 1000
    private let options: Options

    init(_ options: Options) { self.options = options }

    func run(_ table: Table) throws {
        let measured =
            try options.ledger.map { try MeasuredLedger(keptIn: $0) } ?? MeasuredLedger(in: options.folder)
        try grow(measured, to: options.events ?? 10_000_000, table)
        if options.runs("query") { try query(measured, table) }
        if options.runs("restart") { try restart(measured, table) }
        if options.runs("verify") { try VerifyBenchmark(options).run(measured, table) }
    }

    private func grow(_ measured: MeasuredLedger, to count: Int, _ table: Table) throws {
        let start = Int(measured.size)
        let unindexed = start - Int(try measured.ledger.indexedSize())
        if unindexed > Self.portion {
            var samples = Samples()
            samples.add(try Measurement.of { try measured.ledger.catchUpIndex() }, unindexed)
            table.add(
                "index built anew",
                samples.rates.median,
                "events/s",
                processor: samples.processor.median
            )
        }
        guard start < count else { return }
        var workload = Workload(seed: UInt64(start), after: start)
        var wall: UInt64 = 0
        var longest: UInt64 = 0
        for done in stride(from: start, to: count, by: Self.portion) {
            let entries = try workload.entries(min(Self.portion, count - done))
            let appended = try Measurement.of { try measured.append(entries) }
            let indexed = try Measurement.of { try measured.ledger.catchUpIndex() }
            wall += (appended + indexed).wall
            longest = max(longest, indexed.wall)
        }
        table.add(
            "grown from \(start) to \(count) events, indexed",
            Double(count - start) * 1e9 / Double(wall),
            "events/s"
        )
        table.add("  longest step of the index", Double(longest) / 1e6, "ms")
    }

    private func query(_ measured: MeasuredLedger, _ table: Table) throws {
        var generator = SplitMix64(seed: 5)
        var times: [Double] = []
        var found = 0
        for _ in 0..<Self.queries {
            let customer = Workload.customer(Int.random(in: 0..<Workload.customers, using: &generator))
            let query = EventQuery(
                keys: [IndexKey(.customer, customer)],
                from: Workload.start,
                to: Workload.start.adding(seconds: 366 * 86_400)
            )
            let start = monotonicNanoseconds()
            found += try measured.ledger.eventsBlocking(query).events.count
            times.append(Double(monotonicNanoseconds() - start) / 1e6)
        }
        table.add("  events in an answer", Double(found) / Double(Self.queries), "events")
        table.add("query in \(measured.size) events, p50", times.median, "ms")
        table.add("query in \(measured.size) events, p99", times.percentile(0.99), "ms", target: .atMost(10))
    }

    private func restart(_ measured: MeasuredLedger, _ table: Table) throws {
        var times: [Double] = []
        for _ in 0..<options.rounds {
            measured.ledger.close()
            times.append(Double(try Measurement.of { try measured.reopen() }.wall) / 1e9)
        }
        table.add("open a ledger of \(measured.size) entries", times.median, "s", target: .atMost(2))
    }
}
