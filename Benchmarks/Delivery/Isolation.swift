import Delivery
import DeliveryWire
import Foundation
import Ledger
import Sandbox
import Synchronization
import WallTime

/// What a dead sink with all of the ledger as its backlog costs appends and another sink, and how it catches up.
struct Isolation {
    /// Events that arrive in a second.
    private static let arrival = 2000
    private static let rounds = 12
    private static let secondsEach = 5

    let bench: DrainBench
    let program: String

    func run() async throws {
        print("backlog of the dead sink: \(bench.ledger.health.head.size) events; \(Self.arrival) arrive in a second")
        // A port that nobody answers on, and later the receiver.
        let receiver = try ReceiverProcess(program)
        let dead = try bench.splunk(at: "http://127.0.0.1:9")
        let live = bench.lane("live", NDJSONFileSink(path: bench.folder + "/live.ndjson", shaping: bench.shaping), .now)
        let liveTask = Task { await live.run() }
        var alone: [Round] = []
        var beside: [Round] = []
        for number in 0..<Self.rounds {
            // Each goes first in half of the rounds, since the machine drifts.
            for isBeside in number.isMultiple(of: 2) ? [false, true] : [true, false] {
                let task = isBeside ? Task { [lane = bench.lane("dead", dead)] in await lane.run() } : nil
                let round = try await round("\(isBeside ? "beside" : "alone")-\(number)")
                if isBeside { beside.append(round) } else { alone.append(round) }
                task?.cancel()
                await task?.value
            }
        }
        Round.report(alone: alone, beside: beside)
        try await caughtUp(receiver)
        try await capped()
        liveTask.cancel()
        await liveTask.value
        try receiver.end()
    }

    private func round(_ name: String) async throws -> Round {
        let usage = Usage()
        let pace = try await pace()
        let processor = usage.processorShare
        return Round(pace: pace, drain: try await drain(name), processor: processor)
    }

    /// The first 200,000 events into a file.
    private func drain(_ name: String) async throws -> Double {
        let path = bench.folder + "/\(name).ndjson"
        let sink = NDJSONFileSink(path: path, shaping: bench.shaping)
        let lane = bench.lane(name, sink)
        let began = ContinuousClock.now
        let task = Task { await lane.run() }
        var confirmed = 0.0
        repeat {
            try await Task.sleep(for: .milliseconds(10))
            confirmed = Double((try? await bench.control.conservation(name))?.confirmed ?? 0)
        } while confirmed < 200_000
        let rate = confirmed / began.duration(to: .now).inSeconds
        task.cancel()
        await task.value
        try FileManager.default.removeItem(atPath: path)
        return rate
    }

    /// The destination answers again while events go on arriving.
    private func caughtUp(_ receiver: ReceiverProcess) async throws {
        let lane = bench.lane("dead", try bench.splunk(at: receiver.url))
        let before = try await bench.control.conservation("dead")
        let began = ContinuousClock.now
        let task = Task { await lane.run() }
        let times = try await pace(seconds: 15)
        let after = try await bench.control.conservation("dead")
        let rate = Double(after.confirmed - before.confirmed) / began.duration(to: .now).inSeconds
        precondition(after.holds)
        print("the sink is back: \(Int(rate)) events/s, \(Pace.rounded(rate / Double(Self.arrival)))x what arrives")
        Pace.report("append meanwhile", [times])
        task.cancel()
        await task.value
    }

    /// A file that drains the backlog under `rate`.
    private func capped() async throws {
        for rate in [nil, 20_000] {
            let name = "rate-\(rate ?? 0)"
            let path = bench.folder + "/\(name).ndjson"
            let lane = bench.lane(name, NDJSONFileSink(path: path, shaping: bench.shaping), rate: rate)
            let task = Task { await lane.run() }
            let times = try await pace()
            Pace.report("append beside a file that drains with rate \(rate.map { "\($0)" } ?? "unlimited")", [times])
            task.cancel()
            await task.value
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    /// Appends at the rate of arrival, each as its own task, and how long each waited.
    private func pace(seconds: Int = Isolation.secondsEach) async throws -> Pace {
        let began = ContinuousClock.now
        return try await withThrowingTaskGroup(of: Double.self) { [ledger = bench.ledger] group in
            for number in 0..<Self.arrival * seconds {
                group.addTask {
                    let start = ContinuousClock.now
                    try await ledger.append(DrainBench.event(number))
                    return start.duration(to: .now).inSeconds * 1000
                }
                if number % 20 == 19 {
                    try await Task.sleep(until: began + .milliseconds(Int64(number + 1) * 1000 / Int64(Self.arrival)))
                }
            }
            var times: [Double] = []
            for try await time in group { times.append(time) }
            return Pace(times: times)
        }
    }
}

/// Appends at the rate of arrival, then another sink draining as fast as it can.
struct Round {
    let pace: Pace
    /// Events a second.
    let drain: Double
    /// Processor seconds in a second while events arrived.
    let processor: Double

    /// What the dead sink costs, beside what the same measurement differs by when nothing differs: rounds without it against each other.
    static func report(alone: [Round], beside: [Round]) {
        Pace.report("append alone, with a live file sink", alone.map(\.pace))
        Pace.report("append beside the dead sink as well", beside.map(\.pace))
        let (even, odd) = (every(second: 0, of: alone), every(second: 1, of: alone))
        compare("p99 of appends, ms", alone, beside, even, odd) { Pace(pooling: $0.map(\.pace)).at(0.99) }
        compare("another sink drains, events/s", alone, beside, even, odd) { Pace.median($0.map(\.drain)) }
        compare("processor while events arrive, s/s", alone, beside, even, odd) { Pace.median($0.map(\.processor)) }
    }

    private static func every(second first: Int, of rounds: [Round]) -> [Round] {
        stride(from: first, to: rounds.count, by: 2).map { rounds[$0] }
    }

    private static func compare(
        _ title: String,
        _ alone: [Round],
        _ beside: [Round],
        _ even: [Round],
        _ odd: [Round],
        _ measure: ([Round]) -> Double
    ) {
        let (own, with) = (measure(alone), measure(beside))
        let noise = measure(odd) / measure(even)
        print(
            "\(title): \(Pace.rounded(own)) alone, \(Pace.rounded(with)) beside the dead sink: \(Pace.rounded(with / own))x; "
                + "alone in odd rounds against even ones: \(Pace.rounded(noise))x"
        )
    }
}

/// How long appends waited, in milliseconds.
struct Pace {
    /// In order.
    let times: [Double]

    init(times: [Double]) { self.times = times.sorted() }
    init(pooling rounds: [Pace]) { self.init(times: rounds.flatMap(\.times)) }

    func at(_ share: Double) -> Double { times[min(times.count - 1, Int(Double(times.count) * share))] }

    /// Medians over rounds.
    static func report(_ title: String, _ rounds: [Pace]) {
        let (p50, p99) = (median(rounds.map { $0.at(0.5) }), median(rounds.map { $0.at(0.99) }))
        print("\(title): p50 \(rounded(p50)) ms, p99 \(rounded(p99)) ms")
    }

    static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
