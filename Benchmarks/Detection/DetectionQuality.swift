import Detection
import JSON

/// How right detection is: the share of honest reads that it explains, and of the snoops in a ``PretendCentre`` that it finds.
///
/// A snoop counts as found when an alert that says so of that agent and that customer was raised and not cleared by itself: D-01 or
/// D-02 for the recall and precision of explanations, and any rule beside it. An alert about an agent and a customer between whom
/// there was no snoop is false, however it came about.
struct DetectionQuality {
    private struct Pair: Hashable {
        let agent: String
        let customer: String
    }

    private static let explained: Set<String> = ["d01_unexplained_access", "d02_access_after_end"]

    let agents: Int
    let days: Int
    let seed: UInt64

    private var honest: [Pair: (reads: Int, task: String)] = [:]
    private var snoops: [Pair: PretendCentre.Motive] = [:]
    private var alerts: [String: (code: String, rule: String, pair: Pair)] = [:]
    private var honestReads = 0
    private var unverifiable = 0
    private var cleared = 0

    init(agents: Int, days: Int, seed: UInt64) {
        self.agents = agents
        self.days = days
        self.seed = seed
    }

    mutating func run() throws {
        var engine = DetectionEngine(
            rules: try BuiltInRules.pack(),
            configuration: DetectionConfiguration(
                requiredFeeds: ["conversations"],
                feedSilenceSeconds: ["conversations": 900]
            )
        )
        var centre = PretendCentre(agents: agents, seed: seed)
        var index: Int64 = 0
        let start = DetectionBenchmark.cpuNanoseconds()
        // Two days more, so that what waited is judged.
        for day in 0..<days + 2 {
            for item in centre.items(ofDay: day) where day < days || item.read == nil {
                if let read = item.read { note(read) }
                guard let event = LedgerEvent(index: index, fields: .object(item.fields)) else { continue }
                for output in engine.observe(event) { take(output) }
                index += 1
            }
        }
        let seconds = (DetectionBenchmark.cpuNanoseconds() - start) / 1_000_000_000
        print("seed \(seed): \(agents) agents, \(days) days, \(index) events in \(seconds) s of one core")
        report()
    }

    private mutating func note(_ read: PretendCentre.Read) {
        let pair = Pair(agent: read.agent, customer: read.customer)
        guard read.motive == .honest else {
            snoops[pair] = read.motive
            return
        }
        honestReads += 1
        honest[pair, default: (0, read.task)].reads += 1
    }

    private mutating func take(_ output: DetectionEvent) {
        switch output.kind {
        case .alertRaised:
            guard let id = output.fields["alertId"]?.string, let rule = output.fields["rule"]?.string,
                let agent = output.fields["agentId"]?.string
            else { return }
            let pair = Pair(agent: agent, customer: output.fields["customerId"]?.string ?? "")
            alerts[id] = (output.fields["ruleCode"]?.string ?? "", rule, pair)
        case .alertCleared:
            if let id = output.fields["alertId"]?.string, alerts.removeValue(forKey: id) != nil { cleared += 1 }
        case .accessUnverifiable: unverifiable += output.fields["reads"]?.int ?? 0
        default: break
        }
    }

    private func report() {
        let explained = alerts.values.filter { Self.explained.contains($0.rule) }
        let found = Set(explained.map(\.pair))
        let foundByAny = Set(alerts.values.map(\.pair))
        let blamed = found.filter { snoops[$0] == nil }
        let notExplained = unverifiable + blamed.reduce(0) { $0 + (honest[$1]?.reads ?? 0) }
        share("honest reads explained", honestReads - notExplained, honestReads, "99 %; \(unverifiable) unverifiable")
        let plain = snoops.filter { !$0.value.isAdversarial }.map(\.key)
        share("snoops found", plain.count { found.contains($0) }, plain.count, "99 %")
        let right = found.filter { snoops[$0] != nil }
        share(
            "alerts of D-01 and D-02 that are right",
            right.count,
            found.count,
            "95 %; \(cleared) cleared by themselves"
        )
        let tasks = Dictionary(grouping: blamed) { honest[$0]?.task ?? "nothing" }.mapValues(\.count)
        for (task, count) in tasks.sorted(by: { $0.key < $1.key }) { print("  wrongly blamed for \(task): \(count)") }
        print("by kind of snoop, found by D-01 or D-02, and by any rule:")
        for motive in PretendCentre.Motive.allCases where motive != .honest {
            let pairs = snoops.filter { $0.value == motive }.map(\.key)
            share(
                "  " + (motive.isAdversarial ? "adversarial: " : "") + motive.rawValue,
                pairs.count { found.contains($0) },
                pairs.count,
                "any rule: \(pairs.count { foundByAny.contains($0) })"
            )
        }
        print("alerts by rule, and of these about an agent and a customer between whom there was no snoop:")
        for (code, list) in Dictionary(grouping: alerts.values, by: \.code).sorted(by: { $0.key < $1.key }) {
            print("  \(code) \(list.count), \(list.count { snoops[$0.pair] == nil })")
        }
    }

    private func share(_ what: String, _ part: Int, _ whole: Int, _ more: String) {
        let percent = whole == 0 ? 0 : (Double(part) / Double(whole) * 100_000).rounded() / 1000
        print("\(what): \(percent) % (\(part) of \(whole); \(more))")
    }
}
