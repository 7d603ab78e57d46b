import Dispatch
import Foundation
import Ledger
import MerkleLog
import Storage
import WallTime

/// Several nodes, each a process of its own, that append to one ledger in PostgreSQL: together, one alone, and beside the same rows
/// put into plain tables under a row lock, without tree and signature.
struct ClusterBenchmark {
    static let waiting = 1024
    private static let nodes = 4
    private static let rowsInCommit = 256

    private let options: Options
    private let database: String

    init?(_ options: Options) {
        guard let database = options.database else { return nil }
        self.options = options
        self.database = database
    }

    func run(_ table: Table) throws {
        let events = (options.events ?? 100_000) / Self.nodes * Self.nodes
        let place = try ClusterPlace(folder: options.folder, database: database, nodes: Self.nodes)
        defer { place.remove() }
        var together = Samples()
        var alone = Samples()
        var plain = Samples()
        for _ in 0..<options.rounds {
            together.add(try place.append(nodes: Self.nodes, events: events / Self.nodes), events)
            alone.add(try place.append(nodes: 1, events: events), events)
            plain.add(try plainRows(events), events)
        }
        table.add(
            "append, \(Self.nodes) nodes on PostgreSQL",
            together.rates.median,
            "events/s",
            target: .atLeast(20_000),
            processor: together.processor.median
        )
        table.add("append, 1 node on PostgreSQL", alone.rates.median, "events/s", processor: alone.processor.median)
        table.add("  plain rows under a row lock, 4 writers", plain.rates.median, "rows/s")
        table.add("  \(Self.nodes) nodes / plain rows", together.rates.median / plain.rates.median, "times")
        try lone(table, place)
        let head = try place.verify()
        table.add("  entries, in one tree that verifies", Double(head.size), "")
    }

    /// Four connections that take turns by a lock on one row, 256 rows to a commit.
    private func plainRows(_ count: Int) throws -> Measurement {
        let store = try PostgresDatabase(PostgresSettings(address: database))
        let setUp = try store.makeConnection()
        try setUp.run("DROP TABLE IF EXISTS plain_rows, plain_head")
        try setUp.run("CREATE TABLE plain_rows (idx BIGINT PRIMARY KEY, body BYTEA NOT NULL)")
        try setUp.run("CREATE TABLE plain_head (size BIGINT NOT NULL)")
        try setUp.run("INSERT INTO plain_head VALUES (0)")
        var workload = Workload(seed: 5)
        let entries = try workload.entries(Self.rowsInCommit)
        let commits = count / Self.rowsInCommit / Self.nodes
        return try Measurement.of {
            let group = DispatchGroup()
            for _ in 0..<Self.nodes {
                let connection = try Confined(store.makeConnection())
                DispatchQueue.global().async(group: group) {
                    do {
                        for _ in 0..<commits { try commit(entries, connection.value) }
                    } catch {
                        fatal("\(error)")
                    }
                }
            }
            group.wait()
        }
    }

    private func commit(_ entries: Entries, _ connection: any SQLConnection) throws {
        try connection.transaction {
            let first = try connection.first("SELECT size FROM plain_head FOR UPDATE") { $0.position(0) } ?? 0
            try entries.bytes.withUnsafeBytes { bytes in
                try connection.insert(into: "plain_rows", count: entries.count) { index in
                    let range = entries[index].indices
                    return (first + UInt64(index), UnsafeRawBufferPointer(rebasing: bytes[range]))
                }
            }
            try connection.enqueue("UPDATE plain_head SET size = $1", [.position(first + UInt64(entries.count))])
        }
    }

    /// One caller, against one row in one commit.
    private func lone(_ table: Table, _ place: ClusterPlace) throws {
        let ledger = try place.open(0)
        defer { ledger.close() }
        let store = try PostgresDatabase(PostgresSettings(address: database))
        let connection = try store.makeConnection()
        let outcome = DispatchSemaphore(value: 0)
        let lane = ledger.makeLane { result in
            if case .failed(let error, _) = result { fatal("\(error)") }
            outcome.signal()
        }
        var workload = Workload(seed: 6)
        var (appends, commits, ratios): ([Double], [Double], [Double]) = ([], [], [])
        for block in 0..<options.rounds * 4 {
            let entries = try workload.entries(50)
            let own = try (0..<entries.count).map { index in
                try microseconds {
                    try lane.submit { $0.append(contentsOf: entries[index]) }
                    outcome.wait()
                }
            }
            let bare = try (0..<entries.count).map { index in
                try microseconds {
                    try connection.run(
                        "INSERT INTO plain_rows VALUES ($1, $2)",
                        [.integer(Int64(-1 - block * 50 - index)), .blob(Array(entries[index]))]
                    )
                }
            }
            appends += own
            commits += bare
            ratios.append(own.median / bare.median)
        }
        table.add("append, one caller on PostgreSQL, p50", appends.median, "us")
        table.add("  bare row and commit, p50", commits.median, "us")
        table.add("  append / bare, p50", ratios.median, "times", target: .atMost(2))
    }

    private func microseconds(_ body: () throws -> Void) rethrows -> Double {
        let start = monotonicNanoseconds()
        try body()
        return Double(monotonicNanoseconds() - start) / 1000
    }
}

/// Hands a connection to the one thread that will use it.
private struct Confined: @unchecked Sendable {
    // Sound because the maker keeps no reference and only one thread uses it.
    let value: any SQLConnection

    init(_ value: any SQLConnection) { self.value = value }
}

/// A ledger in a schema of its own, and the folders of its nodes.
final class ClusterPlace {
    private let folder: String
    private let schema: String
    private let address: String
    private let owner: any SQLConnection

    init(folder: String, database: String, nodes: Int) throws {
        self.folder = folder + "/cluster-benchmark-" + UUID().uuidString
        schema = "benchmark_" + UUID().uuidString.lowercased().filter { $0 != "-" }
        owner = try PostgresDatabase(PostgresSettings(address: database)).makeConnection()
        try owner.run("CREATE SCHEMA \(schema)")
        address = database + (database.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(schema)"
        let first = Event(
            type: .ledgerCreated,
            identity: EventIdentity(producer: "benchmark", id: "first"),
            timestamp: Timestamp(milliseconds: 0)
        )
        let signer = try BenchmarkNode.signer()
        for node in 0..<nodes {
            let location = BenchmarkNode.location(folder: path(node), database: address)
            if node == 0 {
                try Ledger.create(at: location, signer: signer, first: first)
            } else {
                _ = try Ledger.join(at: location, signer: signer)
            }
        }
    }

    func remove() {
        _ = try? owner.run("DROP SCHEMA \(schema) CASCADE")
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func path(_ node: Int) -> String { folder + "/\(node)" }

    func open(_ node: Int) throws -> Ledger {
        try Ledger(
            at: BenchmarkNode.location(folder: path(node), database: address),
            signer: BenchmarkNode.signer()
        )
    }

    /// Lets so many nodes append so many events each, at once.
    func append(nodes: Int, events: Int) throws -> Measurement {
        let processes = try (0..<nodes).map { node in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
            process.arguments = [
                "node", "--folder", path(node), "--database", address, "--events", "\(events)", "--rounds",
                "\(node + 1)",
            ]
            let (input, output) = (Pipe(), Pipe())
            process.standardInput = input
            process.standardOutput = output
            try process.run()
            return (process: process, input: input, output: output)
        }
        for node in processes { _ = node.output.fileHandleForReading.availableData }
        let start = monotonicNanoseconds()
        for node in processes { node.input.fileHandleForWriting.write(Data("go\n".utf8)) }
        var processor: UInt64 = 0
        for node in processes {
            let text = String(decoding: node.output.fileHandleForReading.availableData, as: UTF8.self)
            guard let nanoseconds = UInt64(text.split(separator: "\n").first ?? "") else {
                fatal("a node did not finish")
            }
            processor += nanoseconds
        }
        let wall = monotonicNanoseconds() - start
        for node in processes { node.process.waitUntilExit() }
        return Measurement(wall: wall, processor: processor)
    }

    func verify() throws -> SignedHead {
        try LedgerVerifier(
            source: StoreSource(at: BenchmarkNode.location(folder: path(0), database: address)),
            verifier: BenchmarkNode.signer().verifier,
            workers: 2
        ).verify().head
    }
}

/// One node in a process of its own.
enum BenchmarkNode {
    static func signer() throws -> NoteSigner {
        try NoteSigner(origin: Origin("muniment.example/benchmark"), seed: [UInt8](repeating: 7, count: 32))
    }

    static func location(folder: String, database: String) -> LedgerLocation {
        LedgerLocation(
            directory: folder + "/data",
            anchor: folder + "/anchor/checkpoint",
            engine: .postgres(PostgresSettings(address: database))
        )
    }

    /// Says that it is ready, waits for a line, appends with 1,024 events under way, and prints its processor time.
    static func run(_ options: Options) throws {
        guard let database = options.database, let events = options.events else { fatal("a node needs a database") }
        let ledger = try Ledger(at: location(folder: options.folder, database: database), signer: signer())
        var workload = Workload(seed: UInt64(options.rounds))
        let entries = try workload.entries(events)
        print("ready")
        fflush(nil)
        _ = readLine()
        let time = try Measurement.of {
            let outcomes = DispatchSemaphore(value: 0)
            let lane = ledger.makeLane { outcome in
                switch outcome {
                case .committed(let results, _): for _ in results { outcomes.signal() }
                case .failed(let error, _): fatal("\(error)")
                }
            }
            for index in 0..<events {
                if index >= ClusterBenchmark.waiting { outcomes.wait() }
                try lane.submit { $0.append(contentsOf: entries[index]) }
            }
            for _ in 0..<min(events, ClusterBenchmark.waiting) { outcomes.wait() }
        }
        print(time.processor)
        fflush(nil)
        ledger.close()
    }
}
