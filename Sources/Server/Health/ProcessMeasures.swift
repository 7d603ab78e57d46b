import Glibc
import Measures

/// What the operating system says of this process (proc(5)); nil where it says nothing.
struct ProcessMeasures: Sendable {
    /// When it started, in seconds since 1970.
    let startSeconds: Double?
    /// Processor time used so far, in seconds.
    let cpuSeconds: Double?
    /// Memory held in RAM, in bytes.
    let residentBytes: Double?

    /// Measures now.
    init() {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        // The second field may hold anything, so counting begins behind its closing parenthesis: the rest are fields 3 and on.
        let fields = Self.read("/proc/self/stat").split(separator: ")").last?.split(separator: " ") ?? []
        func field(_ number: Int) -> Double? { fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil }
        if let user = field(14), let system = field(15) {
            cpuSeconds = (user + system) / ticks
        } else {
            cpuSeconds = nil
        }
        let boot = Self.read("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        if let start = field(22), let boot = boot.flatMap({ Double($0.dropFirst("btime ".count)) }) {
            startSeconds = boot + start / ticks
        } else {
            startSeconds = nil
        }
        let pages = Self.read("/proc/self/statm").split(separator: " ").dropFirst().first.flatMap { Double($0) }
        residentBytes = pages.map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) }
    }

    /// Adds everything to a text, under the names that Prometheus clients use.
    func write(to text: inout MetricsText) {
        if let startSeconds {
            text.value("process_start_time_seconds", .gauge, help: "When the process started.", startSeconds)
        }
        if let cpuSeconds {
            text.value("process_cpu_seconds_total", .counter, help: "Processor time used.", cpuSeconds)
        }
        if let residentBytes {
            text.value("process_resident_memory_bytes", .gauge, help: "Memory held in RAM.", residentBytes)
        }
    }

    private static func read(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        while true {
            let chunk = [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, count in
                count = max(0, Glibc.read(file, buffer.baseAddress, buffer.count))
            }
            guard !chunk.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: chunk)
        }
    }
}
