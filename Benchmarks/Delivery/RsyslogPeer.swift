import Foundation
import Storage

/// rsyslog doing the same with the same events: it follows a file of lines, keeps them in its disk queue, and writes them into a file
/// or a PostgreSQL table. Prints nothing when it is not installed.
struct RsyslogPeer {
    /// The events, a line each.
    let lines: String
    let count: Int
    let folder: String

    private static let program = "/usr/sbin/rsyslogd"
    private static let modules = "/usr/lib/x86_64-linux-gnu/rsyslog"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    /// The same with the first events only.
    func first(_ count: Int) throws -> RsyslogPeer {
        let path = folder + "/first.ndjson"
        guard let input = FileHandle(forReadingAtPath: lines), let all = try input.read(upToCount: count * 2000) else {
            return self
        }
        let some = all.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).prefix(count)
        try Data(some.joined(separator: [UInt8(ascii: "\n")]) + [UInt8(ascii: "\n")])
            .write(to: URL(fileURLWithPath: path))
        return RsyslogPeer(lines: path, count: count, folder: folder)
    }

    /// Into a file.
    /// - Parameter synced: whether the disk queue is synced to the disk, as everything of ours is.
    func file(synced: Bool) throws {
        let output = folder + "/rsyslog.ndjson"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let size = try Self.size(lines)
        try run(
            "rsyslog, disk queue\(synced ? " synced" : ""), file",
            queue: synced ? #"queue.syncQueueFiles="on" queue.checkpointInterval="1000""# : "",
            action: #"action(type="omfile" file="\#(output)" template="line" asyncWriting="off")"#
        ) { (try? Self.size(output)) ?? 0 >= size }
    }

    /// Into a table of a local PostgreSQL, a row for each line.
    func postgres(_ address: String) throws {
        let module = Self.modules + "/ompgsql.so"
        guard FileManager.default.fileExists(atPath: module) else { return print("rsyslog-pgsql is not installed") }
        let connection = try PostgresDatabase(PostgresSettings(address: address)).makeConnection()
        try connection.run("DROP TABLE IF EXISTS rsyslog_benchmark")
        try connection.run("CREATE TABLE rsyslog_benchmark (line JSONB NOT NULL)")
        defer { _ = try? connection.run("DROP TABLE rsyslog_benchmark") }
        try run(
            "rsyslog, disk queue, PostgreSQL",
            queue: #"queue.dequeueBatchSize="1000""#,
            action: #"action(type="ompgsql" conninfo="\#(address)" template="insert")"#,
            load: """
                module(load="ompgsql")
                template(name="insert" type="string" option.stdsql="on"
                    string="INSERT INTO rsyslog_benchmark (line) VALUES ('%msg%')")
                """
        ) {
            (try? connection.first("SELECT COUNT(*) FROM rsyslog_benchmark") { $0.integer(0) }) ?? 0 >= Int64(count)
        }
    }

    private func run(
        _ title: String,
        queue: String,
        action: String,
        load: String = "",
        until isDone: () -> Bool
    ) throws {
        let work = folder + "/rsyslog"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: work) }
        let configuration = """
            global(workDirectory="\(work)" net.enableDNS="off" maxMessageSize="64k")
            module(load="imfile")
            \(load)
            template(name="line" type="string" string="%msg%\\n")
            ruleset(name="out" queue.type="Disk" queue.filename="queue" queue.maxDiskSpace="8g" \(queue)) {
            \(action)
            }
            input(type="imfile" file="\(lines)" tag="muniment" ruleset="out" freshStartTail="off")
            """
        try configuration.write(toFile: work + "/rsyslog.conf", atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = ["-n", "-f", work + "/rsyslog.conf", "-i", work + "/pid"]
        let began = ContinuousClock.now
        try process.run()
        let limit = began + .seconds(600)
        var processor = 0.0
        while !isDone() {
            guard process.isRunning, ContinuousClock.now < limit else {
                kill(process.processIdentifier, SIGKILL)
                return print("\(title): did not finish")
            }
            usleep(50_000)
        }
        processor = Self.processorSeconds(process.processIdentifier)
        let (seconds, attoseconds) = began.duration(to: .now).components
        let rate = Int(Double(count) / (Double(seconds) + Double(attoseconds) / 1e18))
        print(
            "\(title): \(rate) events/s, \((processor * 1e7 / Double(count)).rounded() / 10) us of processor per event"
        )
        // What is left of the queue goes with its folder.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static func size(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    /// Processor time that a process has used: fields 14 and 15 of /proc/PID/stat, in hundredths of a second (proc(5)).
    private static func processorSeconds(_ process: Int32) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 12
        else { return 0 }
        return (Double(fields[11]) ?? 0) / 100 + (Double(fields[12]) ?? 0) / 100
    }
}
