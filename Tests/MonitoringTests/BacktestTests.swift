import Detection
import Dispatch
import JSON
import Ledger
import TestStores
import Testing
import WallTime

@testable import Monitoring

@Suite struct BacktestTests {
    private func backtest(
        _ watched: Watched,
        _ rules: RulePack,
        from: Timestamp? = nil,
        to: Timestamp? = nil
    ) throws -> (report: Backtest.Report, told: [DetectionEvent]) {
        var told: [DetectionEvent] = []
        let report = try Backtest(rules: rules, configuration: DetectionConfiguration(), from: from, to: to).run(
            StoreSource(watched.ledger),
            size: watched.ledger.health.head.size,
            told: { told.append($0) }
        )
        return (report, told)
    }

    /// The same rules say of the past what they said at the time, byte for byte, and write nothing.
    @Test(arguments: Engine.allCases)
    func theRulesInForceSayAgainWhatStandsInTheRecord(engine: Engine) async throws {
        let watched = try Watched(engine)
        let follower = try watched.follower()
        var state = try await follower.restore()
        for number in 0..<250 { try await watched.read(number, agent: "scraper") }
        try await watched.read(999, agent: "snoop", grade: "contradicted")
        while try await follower.step(&state) {}
        let recorded = try await watched.events(.detectionAlertRaised)
        let size = watched.ledger.health.head.size
        let (report, told) = try backtest(watched, BuiltInRules.pack())
        #expect(try told.map { try $0.encoded() } == recorded)
        #expect(!recorded.isEmpty && report.entries == size)
        for count in report.counts.values { #expect(count.raised == count.recorded) }
        #expect(watched.ledger.health.head.size == size)
    }

    /// One at a time; what is cancelled ends, and the newest few are kept.
    @Test func theDeskRunsOneAtATime() async throws {
        let watched = try Watched(.sqlite)
        for number in 0..<20 { try await watched.read(number, agent: "quick") }
        let queue = DispatchQueue(label: "backtests")
        let desk = BacktestDesk(
            ledger: watched.ledger,
            rules: try RuleSet(files: BuiltInRules.files),
            configuration: DetectionConfiguration(),
            clock: watched.clock,
            on: queue
        )
        func finish(_ id: String) async throws -> JSONValue {
            var standing = try desk.json(of: id)
            while standing["state"] == "running" {
                await Task.yield()
                standing = try desk.json(of: id)
            }
            return standing
        }
        var ids: [String] = []
        for _ in 0..<9 {
            ids.append(try desk.begin(BacktestDesk.Order(), by: "ann"))
            let done = try await finish(try #require(ids.last))
            #expect(done["state"] == "done" && done["failure"]?.isNull == true)
            #expect(done["result"]?["entries"]?.integer == Int64(watched.ledger.health.head.size))
        }
        #expect(throws: BacktestError.unknown(ids[0])) { try desk.json(of: ids[0]) }
        #expect(throws: RulePackError.self) {
            var order = BacktestDesk.Order()
            order.files = [RuleFile(name: "x.yml", text: "title: 1")]
            _ = try desk.begin(order, by: "ann")
        }
        #expect(throws: BacktestError.emptyRange) {
            var order = BacktestDesk.Order()
            order.to = watched.clock.now()
            order.from = watched.clock.now().adding(seconds: 1)
            _ = try desk.begin(order, by: "ann")
        }
        // While one runs no other begins; a cancelled one gives no result, whenever it ends.
        queue.suspend()
        let first = try desk.begin(BacktestDesk.Order(), by: "ann")
        #expect(throws: BacktestError.busy(first)) { try desk.begin(BacktestDesk.Order(), by: "bob") }
        try desk.cancel(first)
        let next = try desk.begin(BacktestDesk.Order(), by: "bob")
        queue.resume()
        #expect(try await finish(next)["state"] == "done")
        let ended = try desk.json(of: first)
        #expect(ended["state"] == "cancelled" && ended["result"]?.isNull == true && ended["failure"]?.isNull == true)
    }

    @Test func anotherThresholdRaisesOtherAlerts() async throws {
        let watched = try Watched(.sqlite)
        for number in 0..<60 { try await watched.read(number, agent: "quick") }
        let files = BuiltInRules.files.map { file in
            file.name == "D-03.yml"
                ? RuleFile(name: file.name, text: file.text.replacing("gte: 200", with: "gte: 50")) : file
        }
        let inForce = try backtest(watched, BuiltInRules.pack())
        let tried = try backtest(watched, RulePack(files: files))
        func raised(_ report: Backtest.Report) -> Int {
            report.counts.values.filter { $0.code == "D-03" }.reduce(0) { $0 + $1.raised }
        }
        #expect(raised(inForce.report) == 0 && raised(tried.report) == 1)
    }

    @Test func onlyTheRangeIsToldAndReadingEndsWithIt() async throws {
        let watched = try Watched(.sqlite)
        for number in 0..<30 { try await watched.read(number, agent: "agent\(number)", grade: "contradicted") }
        let start = watched.clock.now().adding(seconds: -30)
        let (report, told) = try backtest(
            watched,
            BuiltInRules.pack(),
            from: start.adding(seconds: 11),
            to: start.adding(seconds: 20)
        )
        #expect(told.compactMap { $0.fields["agentId"]?.string } == (10..<20).map { "agent\($0)" })
        #expect(report.entries < watched.ledger.health.head.size)
    }
}
