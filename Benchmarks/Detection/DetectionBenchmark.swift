import Detection
import Glibc
import JSON
import WallTime

/// Measures the engine alone, on one thread: events a second, CPU for each, the slowest, memory, and the stored state, with all
/// shipped rules and a centre of made-up agents.
///
///     DetectionBenchmark [agents] [events]
///     DetectionBenchmark latency [agents] [folder]
///     DetectionBenchmark quality [agents] [days] [seed]
///
/// `quality` tells how many of the snoops in a made-up centre are found, and how many people are blamed wrongly; see
/// ``DetectionQuality``. `latency` follows a real ledger that takes 2,000 events a second, and measures from commit to alert; see ``AlertLatency``.
@main
struct DetectionBenchmark {
    static func main() async throws {
        if CommandLine.arguments.dropFirst().first == "latency" {
            let arguments = CommandLine.arguments.dropFirst(2)
            let agents = arguments.first.flatMap { Int($0) } ?? 10_000
            return try await AlertLatency(agents: agents, in: arguments.dropFirst().first ?? "/var/tmp").run()
        }
        if CommandLine.arguments.dropFirst().first == "quality" {
            let numbers = CommandLine.arguments.dropFirst(2).map { Int($0) ?? 0 } + [0, 0, 0]
            var quality = DetectionQuality(
                agents: numbers[0] > 0 ? numbers[0] : 1000,
                days: numbers[1] > 0 ? numbers[1] : 21,
                seed: UInt64(max(numbers[2], 1))
            )
            return try quality.run()
        }
        let agents = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 10_000 : 10_000
        let count = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 1_000_000 : 1_000_000
        var engine = DetectionEngine(
            rules: try BuiltInRules.pack(),
            configuration: DetectionConfiguration(
                requiredFeeds: ["conversations"],
                feedSilenceSeconds: ["conversations": 900]
            )
        )
        var centre = Centre(agents: agents)
        let memoryBefore = residentBytes()
        var outputs = 0
        var spent: Int64 = 0
        var times: [Int64] = []
        times.reserveCapacity(count)
        for index in 0..<count {
            // Making an event is not what is measured.
            let entry = centre.entry(Int64(index))
            let start = cpuNanoseconds()
            outputs += entry.withUnsafeBytes { engine.observe(index: Int64(index), entry: $0) }.count
            let time = cpuNanoseconds() - start
            spent += time
            times.append(time)
        }
        times.sort()
        let memory = residentBytes() - memoryBefore - times.count * MemoryLayout<Int64>.stride
        let start = cpuNanoseconds()
        let state = try engine.encodedState()
        let encoded = cpuNanoseconds()
        let restored = try DetectionEngine(
            rules: engine.rules,
            configuration: engine.configuration,
            restoring: state
        )
        let decoded = cpuNanoseconds()
        print("agents \(agents), events \(count), of event time \(centre.seconds) s, outputs \(outputs)")
        print("events/s \(Int64(count) * 1_000_000_000 / max(spent, 1)), CPU per event \(spent / Int64(count)) ns")
        print(
            "p50 \(times[count / 2] / 1000) us, p99 \(times[count * 99 / 100] / 1000) us, "
                + "p99.9 \(times[count * 999 / 1000] / 1000) us, slowest \(times[count - 1] / 1000) us"
        )
        print("memory \(memory / 1_048_576) MB, stored state \(state.count / 1_048_576) MB")
        print("storing \((encoded - start) / 1_000_000) ms, restoring \((decoded - encoded) / 1_000_000) ms")
        print("restored at \(restored.nextIndex)")
    }

    static func cpuNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Pages of the process that are in memory, from the second number of /proc/self/statm.
    static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 128)
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return 0 }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
    }
}

/// A made-up centre at 2,000 events a second: 90 in 100 reads are confirmed, 5 wait for a fact that comes, 1 is a snoop.
struct Centre {
    let agents: Int
    private var random: UInt64 = 42
    private var writer = CanonicalJSONWriter(capacity: 1024)
    private let start: Int64

    /// - Parameter start: the time of the first event, in milliseconds since the Unix epoch.
    init(agents: Int, start: Int64 = 1_772_442_000_000) {
        self.agents = agents
        self.start = start
    }

    private(set) var seconds: Int64 = 0

    private mutating func next(_ bound: Int) -> Int {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Int(random % UInt64(bound))
    }

    mutating func entry(_ index: Int64) -> [UInt8] {
        let time = Timestamp(milliseconds: start + index / 2)
        seconds = index / 2000
        if index % 20_000 == 0 { return feed(index, time) }
        let agent = "agent-\(next(agents))"
        let customer =
            "hmac-sha256:1:customer:" + String(repeating: "0", count: 56) + String(10_000_000 + next(5_000_000))
        switch next(100) {
        case 0..<90: return read(index, time, agent, customer, "verified")
        case 90: return read(index, time, agent, customer, "contradicted")
        case 91..<96: return read(index, time, agent, customer, "unverifiable")
        default: return relationship(index, time, agent, customer)
        }
    }

    /// A read that its conversation contradicts.
    mutating func contradicted(_ index: Int64, agent: String) -> [UInt8] {
        read(
            index,
            Timestamp(milliseconds: start + index / 2),
            agent,
            "hmac-sha256:1:customer:\(index)",
            "contradicted"
        )
    }

    private mutating func read(
        _ index: Int64,
        _ time: Timestamp,
        _ agent: String,
        _ customer: String,
        _ binding: String
    ) -> [UInt8] {
        writer.reset()
        writer.beginObject()
        for (key, value) in [
            ("agentId", agent), ("binding", binding), ("clientId", "client-1"), ("customerId", customer),
        ] {
            writer.key(string: key)
            writer.string(value)
        }
        writer.key("dataFieldsMasked")
        writer.beginObject()
        writer.key("ssn")
        writer.string(literal: "last4")
        writer.endObject()
        writer.key("dataFieldsViewed")
        writer.beginArray()
        for field in ["address.city", "email", "name", "phone", "ssn"] { writer.string(field) }
        writer.endArray()
        for (key, value) in [
            ("eventId", "e-\(index)"), ("eventType", "CUSTOMER_DATA_ACCESSED"), ("interactionId", "i-\(index / 3)"),
            ("outcome", "released"), ("producer", "gateway@node-1"), ("purpose", "service"), ("queueId", "queue-1"),
            ("route", "profile"), ("timestamp", time.description),
        ] {
            writer.key(string: key)
            writer.string(value)
        }
        writer.endObject()
        return writer.bytes
    }

    private mutating func relationship(_ index: Int64, _ time: Timestamp, _ agent: String, _ customer: String)
        -> [UInt8]
    {
        object([
            ("agentId", agent), ("customerId", customer), ("eventId", "e-\(index)"),
            ("eventType", "RELATIONSHIP_RECORDED"),
            ("from", time.description), ("producer", "platform"), ("provider", "live_participant"),
            ("relationshipId", "r-\(index)"), ("timestamp", time.description),
            ("to", time.adding(seconds: 300).description),
        ])
    }

    private mutating func feed(_ index: Int64, _ time: Timestamp) -> [UInt8] {
        object([
            ("eventId", "e-\(index)"), ("eventType", "PLATFORM_FEED_ADVANCED"), ("feed", "conversations"),
            ("producer", "platform"), ("through", time.description), ("timestamp", time.description),
        ])
    }

    private mutating func object(_ members: [(String, String)]) -> [UInt8] {
        writer.reset()
        writer.beginObject()
        for (key, value) in members {
            writer.key(string: key)
            writer.string(value)
        }
        writer.endObject()
        return writer.bytes
    }
}
