import Glibc

/// Wall and processor time of a piece of work.
struct Measurement {
    /// Nanoseconds on the monotonic clock.
    let wall: UInt64
    /// Nanoseconds of processor time, user and system, of all threads.
    let processor: UInt64

    /// Runs `body` and measures it.
    static func of(_ body: () throws -> Void) rethrows -> Measurement {
        let (wall, processor) = (monotonicNanoseconds(), processorNanoseconds())
        try body()
        return Measurement(wall: monotonicNanoseconds() - wall, processor: processorNanoseconds() - processor)
    }

    /// Runs `body` and measures it.
    static func of(_ body: () async throws -> Void) async rethrows -> Measurement {
        let (wall, processor) = (monotonicNanoseconds(), processorNanoseconds())
        try await body()
        return Measurement(wall: monotonicNanoseconds() - wall, processor: processorNanoseconds() - processor)
    }

    static func + (left: Measurement, right: Measurement) -> Measurement {
        Measurement(wall: left.wall + right.wall, processor: left.processor + right.processor)
    }
}

/// Repeated measurements of the same work.
struct Samples {
    /// Events in a second of wall time.
    private(set) var rates: [Double] = []
    /// Processor time per event, in nanoseconds.
    private(set) var processor: [Double] = []

    mutating func add(_ time: Measurement, _ count: Int) {
        rates.append(Double(count) * 1e9 / Double(time.wall))
        processor.append(Double(time.processor) / Double(count))
    }
}

func monotonicNanoseconds() -> UInt64 { nanoseconds(CLOCK_MONOTONIC) }

private func processorNanoseconds() -> UInt64 { nanoseconds(CLOCK_PROCESS_CPUTIME_ID) }

private func nanoseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// The most memory that the process has held, in bytes.
func peakMemory() -> Int {
    var usage = rusage()
    getrusage(.init(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
}

extension [Double] {
    /// The value that half of the others do not exceed.
    var median: Double { percentile(0.5) }

    /// The value that this share of the values does not exceed.
    func percentile(_ share: Double) -> Double {
        let sorted = sorted()
        guard !sorted.isEmpty else { return .nan }
        return sorted[Swift.min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}

/// Prints one measured number a line, with what it should be.
struct Table {
    /// A number that a value must not fall below or exceed.
    enum Target {
        case atLeast(Double), atMost(Double)

        func isMet(by value: Double) -> Bool {
            switch self {
            case .atLeast(let least): value >= least
            case .atMost(let most): value <= most
            }
        }
    }

    func heading() { row("measure", "value", "unit", "target", "processor") }

    /// - Parameter processor: processor time per event, in nanoseconds.
    func add(_ name: String, _ value: Double, _ unit: String, target: Target? = nil, processor: Double? = nil) {
        var goal = ""
        switch target {
        case .atLeast(let least): goal = ">= " + number(least)
        case .atMost(let most): goal = "<= " + number(most)
        case nil: break
        }
        if let target { goal += target.isMet(by: value) ? " met" : " MISSED" }
        row(name, number(value), unit, goal, processor.map { number($0 / 1000) + " us/event" } ?? "")
    }

    private func row(_ cells: String...) {
        let widths = [46, 12, 10, 18, 0]
        let line = zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: max(width - cell.count, 1))
        }
        print(line.joined())
        // Shown at once when the output is a file or a pipe.
        fflush(nil)
    }

    private func number(_ value: Double) -> String {
        if value >= 1000 { return "\(Int(value.rounded()))" }
        let digits = value < 10 ? 100.0 : 10.0
        return "\((value * digits).rounded() / digits)"
    }
}
