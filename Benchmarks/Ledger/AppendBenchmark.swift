import Ledger

/// How fast events become durable: many callers, and one fast producer.
struct AppendBenchmark {
    private static let callers = 1024
    private let options: Options

    init(_ options: Options) { self.options = options }

    func run(_ table: Table) async throws {
        try await callers(table)
        try lane(table)
    }

    /// Each of 1,024 tasks appends its next event when its last is durable.
    private func callers(_ table: Table) async throws {
        let count = (options.events ?? 200_000) / Self.callers * Self.callers
        let perCaller = count / Self.callers
        let measured = try MeasuredLedger(in: options.folder)
        let ledger = measured.ledger
        var samples = Samples()
        var groups: [Double] = []
        for round in 0..<options.rounds {
            var workload = Workload(seed: UInt64(round))
            let events = (0..<Self.callers).map { _ in (0..<perCaller).map { _ in workload.next() } }
            let commits = ledger.health.commits
            let time = try await Measurement.of {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for own in events {
                        group.addTask { for event in own { try await ledger.append(event) } }
                    }
                    try await group.waitForAll()
                }
            }
            samples.add(time, count)
            groups.append(Double(count) / Double(ledger.health.commits - commits))
        }
        table.add(
            "append, 1024 callers",
            samples.rates.median,
            "events/s",
            target: .atLeast(50_000),
            processor: samples.processor.median
        )
        table.add("  events in a commit", groups.median, "")
    }

    /// One producer with a backlog.
    private func lane(_ table: Table) throws {
        let count = options.events ?? 200_000
        let measured = try MeasuredLedger(in: options.folder)
        var samples = Samples()
        for round in 0..<options.rounds {
            var workload = Workload(seed: UInt64(round))
            let entries = try workload.entries(count)
            if round == 0 { table.add("  bytes in an event", Double(entries.bytes.count) / Double(count), "bytes") }
            let time = try Measurement.of { try measured.append(entries) }
            samples.add(time, count)
        }
        table.add("append, one lane", samples.rates.median, "events/s", processor: samples.processor.median)
    }
}
