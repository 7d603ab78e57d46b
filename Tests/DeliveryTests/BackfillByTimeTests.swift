import Ledger
import TestStores
import Testing
import WallTime

@testable import Delivery

/// A backfill from one moment to another: what is counted before is what is then delivered, no entry more.
@Suite("Backfill by time", .timeLimit(.minutes(5))) struct BackfillByTimeTests {
    /// The second of each of forty reads: some seconds have none, some three.
    private static let seconds = (0..<40).map { $0 / 3 * 5 }

    /// A ledger whose entries 1 to 40 are reads, and a sink that begins behind them.
    private func run(
        _ engine: Engine,
        _ body: (StatementTests.Bench, ScriptedSink, _ start: UInt64) async throws -> Void
    ) async throws {
        try await StatementTests.Bench.run(engine) { bench in
            for second in Self.seconds {
                let time = testTime.adding(seconds: Int64(second))
                try await bench.ledger.append(StatementTests.Bench.event(.customerDataAccessed, time))
            }
            let sink = ScriptedSink()
            try await bench.deliver(sink, start: .now)
            try await body(bench, sink, try await bench.control.conservation("siem").start)
        }
    }

    private func indexes(_ bench: StatementTests.Bench, _ from: Int, _ to: Int) async throws -> Range<UInt64> {
        let first = try await bench.statements.index(at: testTime.adding(seconds: Int64(from)))
        let past = try await bench.statements.index(at: testTime.adding(seconds: Int64(to)))
        return first..<max(past, first)
    }

    /// From a moment on, its own entries included, up to another, its own left out.
    @Test(
        arguments: Engine.allCases,
        [(0, 5), (5, 15), (6, 14), (1, 6), (60, 65), (0, 1), (64, 65)] as [(Int, Int)]
    ) func whatIsCountedIsDelivered(engine: Engine, interval: (from: Int, to: Int)) async throws {
        try await run(engine) { bench, sink, start in
            let asked = try await indexes(bench, interval.from, interval.to)
            let inside = Self.seconds.indices.filter { (interval.from..<interval.to).contains(Self.seconds[$0]) }
            // The first entry of all is the ledger's own, of the first moment.
            let expected = (interval.from == 0 ? [0] : []) + inside.map { UInt64($0) + 1 }
            guard !expected.isEmpty else {
                #expect(asked.isEmpty)
                return
            }
            #expect(Array(asked) == expected)
            let before = Set(sink.indexes)
            let counted = try await bench.control.backfillCount("siem", asked)
            // To count changes nothing, and says the same again.
            #expect(try await bench.control.backfillCount("siem", asked) == counted)
            #expect(try await bench.control.conservation("siem").start == start)
            #expect(try await bench.control.backfill("siem", asked, actor: "op") == counted)
            try await bench.deliver(sink, start: .now)
            let delivered = sink.indexes.filter { $0 < start && !before.contains($0) }
            #expect(delivered.sorted() == expected && delivered.count == Int(counted))
            let terms = try await bench.control.conservation("siem")
            #expect(terms.holds && terms.start == expected.first)
        }
    }

    /// Intervals that overlap, one after the other: each counts what is new in it, and nothing is sent twice.
    @Test(arguments: Engine.allCases) func overlapsAreNotSentAgain(engine: Engine) async throws {
        try await run(engine) { bench, sink, start in
            var counted: UInt64 = 0
            for (from, to) in [(20, 40), (30, 50), (10, 60)] {
                let asked = try await indexes(bench, from, to)
                let count = try await bench.control.backfillCount("siem", asked)
                #expect(count < UInt64(asked.count) || counted == 0)
                counted += count
                #expect(try await bench.control.backfill("siem", asked, actor: "op") == count)
                try await bench.deliver(sink, start: .now)
            }
            let delivered = sink.indexes.filter { $0 < start }
            let whole = try await indexes(bench, 10, 60)
            #expect(delivered.count == Int(counted) && Set(delivered) == Set(whole))
            // Of an interval that it has there is nothing more to count.
            let had = try await indexes(bench, 20, 40)
            await #expect(throws: DeliveryError.self) { try await bench.control.backfillCount("siem", had) }
            #expect(try await bench.control.conservation("siem").holds)
        }
    }
}
