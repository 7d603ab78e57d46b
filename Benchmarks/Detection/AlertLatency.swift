import Detection
import Foundation
import JSON
import Ledger
import MerkleLog
import Monitoring
import Synchronization
import WallTime

/// From commit to alert: a ledger in SQLite takes 2,000 events a second of a centre's agents for a minute, on top of what 500,000
/// earlier events left in the rules' windows, while the follower watches. Four times a second a read is contradicted by its
/// conversation (D-13); measured is the time from that read's commit to the commit of its alert. Once in the minute the state is kept.
struct AlertLatency {
    private static let earlier = 500_000
    private static let perSecond = 2000
    private static let seconds = 60
    private static let contradictedEvery = 500

    private let agents: Int
    private let folder: String

    init(agents: Int, in parent: String) {
        self.agents = agents
        folder = parent + "/detection-benchmark-" + UUID().uuidString
    }

    /// When what was committed, by the steady clock.
    private final class Commits: Sendable {
        private struct State {
            var expected: [Bool] = []
            var next = 0
            var done = 0
            var at: [UInt64: ContinuousClock.Instant] = [:]
        }
        private let state = Mutex(State())

        func expect(_ isMeasured: Bool) { state.withLock { $0.expected.append(isMeasured) } }

        func note(_ outcome: LaneOutcome) {
            let now = ContinuousClock.now
            guard case .committed(let results, _) = outcome else { fatalError("an append failed: \(outcome)") }
            state.withLock { state in
                for result in results {
                    guard case .appended(let index) = result else { continue }
                    if state.expected[state.next] { state.at[index] = now }
                    state.next += 1
                }
                state.done = state.next
            }
        }

        var done: Int { state.withLock { $0.done } }
        var measured: [UInt64: ContinuousClock.Instant] { state.withLock { $0.at } }
    }

    /// The machine's clock, which can be put forward.
    private final class Clock: WallClock {
        private let ahead = Atomic<Int64>(0)
        func now() -> Timestamp { SystemClock().now().adding(seconds: ahead.load(ordering: .relaxed)) }
        func advance(seconds: Int64) { ahead.add(seconds, ordering: .relaxed) }
    }

    func run() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let clock = Clock()
        let signer = try NoteSigner(
            origin: Origin("muniment.example/benchmark"),
            seed: [UInt8](repeating: 7, count: 32)
        )
        let location = LedgerLocation(directory: folder + "/data", anchor: folder + "/anchor/checkpoint")
        let first = Event(type: .ledgerCreated, identity: .random(producer: "benchmark"), timestamp: clock.now())
        try Ledger.create(at: location, signer: signer, first: first)
        let ledger = try Ledger(at: location, signer: signer)
        defer { ledger.close() }
        let commits = Commits()
        let lane = ledger.makeLane { commits.note($0) }
        var centre = Centre(
            agents: agents,
            start: clock.now().milliseconds - Int64(Self.earlier / 2)
        )
        for index in 0..<Self.earlier {
            // More than so many would not be let wait.
            while index - commits.done > 20_000 { try await Task.sleep(for: .milliseconds(1)) }
            try submit(centre.entry(Int64(index)), false, lane, commits)
        }
        while commits.done < Self.earlier { try await Task.sleep(for: .milliseconds(20)) }

        let follower = try DetectionFollower(
            ledger: ledger,
            rules: try BuiltInRules.pack(),
            configuration: DetectionConfiguration(
                requiredFeeds: ["conversations"],
                feedSilenceSeconds: ["conversations": 900]
            ),
            clock: clock
        ) { what, error in print("\(what): \(error)") }
        let seen = Seen()
        let following = Task { try await follower.run() }
        let watching = Task { try await watch(ledger, seen) }
        // Its first heartbeat lies behind what was there before; when it stands in the ledger's end, the follower has caught up.
        try await submitMarker(ledger, seen, clock)

        let began = ContinuousClock.now
        let processor = DetectionBenchmark.cpuNanoseconds()
        for number in 0..<Self.perSecond * Self.seconds {
            let isMeasured = number % Self.contradictedEvery == 0
            let index = Int64(Self.earlier + number)
            let entry = isMeasured ? centre.contradicted(index, agent: "measured-\(number)") : centre.entry(index)
            try submit(entry, isMeasured, lane, commits)
            if number == Self.perSecond * Self.seconds / 3 { clock.advance(seconds: 600) }
            if number % 20 == 19 {
                try await Task.sleep(until: began + .milliseconds(Int64(number + 1) * 1000 / Int64(Self.perSecond)))
            }
        }
        let used = Double(DetectionBenchmark.cpuNanoseconds() - processor) / 1e9
        let elapsed = began.duration(to: .now)
        try await Task.sleep(for: .seconds(2))
        watching.cancel()
        following.cancel()
        _ = await following.result
        report(commits.measured, seen.alerts, elapsed, used)
    }

    private func submit(_ entry: [UInt8], _ isMeasured: Bool, _ lane: AppendLane, _ commits: Commits) throws {
        commits.expect(isMeasured)
        try lane.submit { $0 += entry }
    }

    private func submitMarker(_ ledger: Ledger, _ seen: Seen, _ clock: Clock) async throws {
        let marker = Event(
            type: .customerDataAccessed,
            identity: .random(producer: "benchmark"),
            timestamp: clock.now(),
            fields: [
                "agentId": "marker", "binding": "contradicted", "customerId": "c", "outcome": "released",
                "interactionId": "i", "route": "profile",
            ]
        )
        let index = try await ledger.append(marker).index
        while seen.alerts[index] == nil { try await Task.sleep(for: .milliseconds(50)) }
    }

    // MARK: Alerts

    /// When which read's alert was there.
    private final class Seen: Sendable {
        private let at = Mutex<[UInt64: ContinuousClock.Instant]>([:])
        func note(_ index: UInt64) {
            let now = ContinuousClock.now
            at.withLock { if $0[index] == nil { $0[index] = now } }
        }
        var alerts: [UInt64: ContinuousClock.Instant] { at.withLock { $0 } }
    }

    /// Looks at what is new in the ledger every 2 ms, which is the error of the figure.
    private func watch(_ ledger: Ledger, _ seen: Seen) async throws {
        var next = ledger.health.head.size
        while !Task.isCancelled {
            let size = ledger.health.head.size
            while next < size {
                for entry in try await ledger.entries(in: next..<size, maximumBytes: 1 << 20) {
                    next = entry.index + 1
                    guard let fields = try? JSONValue(parsing: entry.bytes),
                        fields["eventType"] == "DETECTION_ALERT_RAISED",
                        let id = fields["alertId"]?.string, id.hasPrefix("D-13-"),
                        let index = UInt64(id.dropFirst(5).prefix { $0 != "-" })
                    else { continue }
                    seen.note(index)
                }
            }
            do { try await Task.sleep(for: .milliseconds(2)) } catch { return }
        }
    }

    private func report(
        _ commits: [UInt64: ContinuousClock.Instant],
        _ alerts: [UInt64: ContinuousClock.Instant],
        _ elapsed: Duration,
        _ used: Double
    ) {
        let times = commits.compactMap { index, committed in alerts[index].map { committed.duration(to: $0) } }.sorted()
        guard times.count == commits.count, let last = times.last else {
            return print("of \(commits.count) contradicted reads \(times.count) were alerted: the figures mean nothing")
        }
        func milliseconds(_ time: Duration) -> Int64 {
            time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
        }
        let rate = Double(Self.perSecond * Self.seconds) * 1000 / Double(milliseconds(elapsed))
        print(
            "\(agents) agents, \(Int(rate)) events/s, \((used / Double(Self.seconds) * 100).rounded()) % of one core in all"
        )
        print(
            "commit to alert, \(times.count) alerts: p50 \(milliseconds(times[times.count / 2])) ms, "
                + "p99 \(milliseconds(times[times.count * 99 / 100])) ms, slowest \(milliseconds(last)) ms"
        )
        print("resident memory \(DetectionBenchmark.residentBytes() / 1_048_576) MB")
    }
}
