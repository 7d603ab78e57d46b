import Ledger

/// How fast events become durable and findable: every event appended and the query index caught up with them, against a plain
/// table that keeps its indexes inside the commits.
struct IndexBenchmark {
    private static let portion = 50_000
    private let options: Options

    init(_ options: Options) { self.options = options }

    func run(_ table: Table) throws {
        let portions = max((options.events ?? 500_000) / Self.portion, 1)
        var ledger = Samples()
        var indexing = Samples()
        var peer = Samples()
        var groups: [Double] = []
        for round in 0..<options.rounds {
            let measured = try MeasuredLedger(in: options.folder)
            let plain = try PlainTable(in: options.folder)
            var workload = Workload(seed: UInt64(round))
            for _ in 0..<portions {
                let entries = try workload.entries(Self.portion)
                let commits = measured.ledger.health.commits
                let appended = try Measurement.of { try measured.append(entries) }
                let indexed = try Measurement.of { try measured.ledger.catchUpIndex() }
                let group = entries.count / max(Int(measured.ledger.health.commits - commits), 1)
                let inserted = try Measurement.of { try plain.insert(entries, inCommitsOf: group) }
                ledger.add(appended + indexed, entries.count)
                indexing.add(indexed, entries.count)
                peer.add(inserted, entries.count)
                groups.append(Double(group))
            }
        }
        table.add(
            "append, then index",
            ledger.rates.median,
            "events/s",
            target: .atLeast(45_000),
            processor: ledger.processor.median
        )
        table.add("  index alone", indexing.rates.median, "events/s", processor: indexing.processor.median)
        table.add("  events in a commit", groups.median, "")
        table.add(
            "plain SQLite, 3 indexes in the same commits",
            peer.rates.median,
            "events/s",
            processor: peer.processor.median
        )
        let ratios = zip(ledger.rates, peer.rates).map { $0 / $1 }
        table.add("  ledger / plain SQLite", ratios.median, "times")
        // The last portion of each round: what the size of the tables has come to cost.
        let last = stride(from: portions - 1, to: ratios.count, by: portions)
        table.add("  plain SQLite, last \(Self.portion)", last.map { peer.rates[$0] }.median, "events/s")
        table.add("  ledger / plain SQLite, last \(Self.portion)", last.map { ratios[$0] }.median, "times")
    }
}
