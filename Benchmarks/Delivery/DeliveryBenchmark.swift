import AsyncHTTPClient
import Delivery
import DeliveryWire
import EventFormats
import Foundation
import Ledger
import MerkleLog
import Sandbox
import Storage
import WallTime

/// How fast a backlog drains, and what it costs the rest:
///
///     DeliveryBenchmark [--events N] [--postgres ADDRESS] [--hec-events N] [--folder DIR] [--beside]
///
/// A ledger in SQLite with N events is followed into an NDJSON file, a PostgreSQL table, and the pretend Splunk in a process of its
/// own; `--beside` measures only what that costs appends. Rates are of events confirmed; processor time is this process's, reading, encoding, state and all.
@main
struct DeliveryBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments.dropFirst().first == "receiver" { return try await receive() }
        func option(_ name: String) -> String? {
            arguments.firstIndex(of: name).flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
        }
        let events = option("--events").flatMap { Int($0) } ?? 1_000_000
        let folder = option("--folder") ?? NSTemporaryDirectory()
        let bench = try DrainBench(in: folder)
        defer { bench.remove() }
        try await bench.append(events)
        print("\(events) events of \(bench.bytesPerEvent) bytes; peak memory \(Usage.peakMegabytes) MB")
        if arguments.contains("--beside") { return try await bench.beside() }
        try await bench.file()
        if let address = option("--postgres") { try await bench.postgres(address) }
        let few = option("--hec-events").flatMap { Int($0) } ?? min(events, 200_000)
        try await bench.splunk(last: few, program: arguments[0])
        try await bench.beside()
        print("peak memory \(Usage.peakMegabytes) MB")
    }

    /// The pretend Splunk, until standard input ends.
    private static func receive() async throws {
        let receiver = HECReceiver()
        try await receiver.start()
        print(receiver.url ?? "")
        fflush(nil)
        while readLine() != nil {}
        print(receiver.events.count)
        fflush(nil)
        await receiver.stop()
    }
}

/// Wall and processor time, memory.
struct Usage {
    private let wall = ContinuousClock.now
    private let processor = Usage.processorSeconds

    var seconds: Double {
        let (seconds, attoseconds) = wall.duration(to: .now).components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    func line(_ name: String, _ count: Int) -> String {
        let rate = Int(Double(count) / seconds)
        let cost = (Usage.processorSeconds - processor) * 1e6 / Double(count)
        return "\(name): \(rate) events/s, \((cost * 10).rounded() / 10) us of processor per event"
    }

    static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static var peakMegabytes: Int {
        var usage = rusage()
        getrusage(.init(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss / 1024
    }
}
