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

/// How fast a backlog drains, beside rsyslog's disk queue, and what a dead sink costs the rest:
///
///     DeliveryBenchmark [--events N] [--backlog N] [--postgres ADDRESS] [--hec-events N] [--folder DIR] [--isolation]
///
/// A ledger in SQLite with N events (a million) is followed into an NDJSON file, a PostgreSQL table, and the pretend Splunk in a process
/// of its own; then it grows to the backlog (two million) for ``Isolation``, which alone is measured with `--isolation`. Rates are
/// of events confirmed; processor time is this process's, reading, encoding, state and all.
@main
struct DeliveryBenchmark {
    private static let usage =
        "usage: DeliveryBenchmark [--events N] [--backlog N] [--postgres ADDRESS] [--hec-events N] [--folder DIR] [--isolation]"

    static func main() async throws {
        var arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "receiver" { return try await receive() }
        var options: [String: String] = [:]
        while let name = arguments.popFirst() {
            switch name {
            case "--isolation": options[name] = ""
            case "--events", "--backlog", "--postgres", "--hec-events", "--folder":
                guard let value = arguments.popFirst() else { fallthrough }
                options[name] = value
            default:
                print(usage)
                exit(2)
            }
        }
        let events = options["--events"].flatMap { Int($0) } ?? 1_000_000
        let backlog = options["--backlog"].flatMap { Int($0) } ?? 2 * events
        let program = CommandLine.arguments[0]
        let bench = try DrainBench(in: options["--folder"] ?? "/var/tmp")
        defer { bench.remove() }
        if options["--isolation"] == nil {
            try await bench.append(events)
            print("\(events) events of \(bench.bytesPerEvent) bytes; peak memory \(Usage.peakMegabytes) MB")
            try await bench.file()
            if let address = options["--postgres"] { try await bench.postgres(address) }
            try bench.rsyslog(options["--postgres"])
            let few = options["--hec-events"].flatMap { Int($0) } ?? min(events, 200_000)
            try await bench.splunk(last: few, program: program)
        }
        try await bench.append(backlog - Int(min(bench.ledger.health.head.size, UInt64(backlog))))
        try await Isolation(bench: bench, program: program).run()
        try await bench.http.shutdown()
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
        wall.duration(to: .now).inSeconds
    }

    func line(_ name: String, _ count: Int) -> String {
        let rate = Int(Double(count) / seconds)
        let cost = (Usage.processorSeconds - processor) * 1e6 / Double(count)
        return "\(name): \(rate) events/s, \((cost * 10).rounded() / 10) us of processor per event"
    }

    /// Processor seconds in a second so far.
    var processorShare: Double { (Usage.processorSeconds - processor) / seconds }

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
