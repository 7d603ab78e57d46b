import AsyncHTTPClient
import Delivery
import DeliveryWire
import EventFormats
import Foundation
import JSON
import Ledger
import MerkleLog
import Sandbox
import Storage
import WallTime

/// A ledger with a backlog, drained into one destination after another.
final class DrainBench {
    private struct OpenLease: LeaseHolding { func confirm(_ connection: any SQLConnection) throws {} }

    private let folder: String
    private let ledger: Ledger
    private let state: DeliveryState
    private let control: DeliveryControl
    private let http = HTTPClient(configuration: SinkHTTP.configuration())
    private(set) var bytesPerEvent = 0

    init(in parent: String) throws {
        folder = parent + "/delivery-benchmark-" + UUID().uuidString
        let location = LedgerLocation(directory: folder + "/data", anchor: folder + "/anchor/checkpoint")
        let signer = try NoteSigner(
            origin: Origin("muniment.example/benchmark"),
            seed: [UInt8](repeating: 7, count: 32)
        )
        try Ledger.create(at: location, signer: signer, first: Self.event(0))
        ledger = try Ledger(at: location, signer: signer)
        state = try DeliveryState(ledger: ledger, producer: "benchmark")
        control = DeliveryControl(state: state, ledger: ledger)
    }

    func remove() {
        ledger.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func event(_ number: Int) -> Event {
        Event(
            type: .customerDataAccessed,
            identity: .random(producer: "gateway-1"),
            timestamp: Timestamp(milliseconds: 1_767_225_600_000 + Int64(number) * 3),
            fields: [
                "agentId": .string("agent-\(number % 2000)"), "binding": "verified", "outcome": "released",
                "customerId": .string(String(repeating: "0123456789abcdef", count: 4)),
                "fieldsRevealed": ["firstName", "lastName", "segment", "openCases", "nextBestOffer"],
                "interactionId": .string("3f2a0000-0000-4000-8000-\(100_000_000_000 + number)"),
                "purpose": "service", "route": "crm-customer-profile",
                "padding": .string(String(repeating: "x", count: 126)),
            ]
        )
    }

    func append(_ count: Int) async throws {
        bytesPerEvent = try Self.event(count).encoded().count
        let tasks = 512
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                group.addTask { [ledger] in
                    for number in stride(from: task, to: count, by: tasks) {
                        try await ledger.append(Self.event(number))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private var shaping: EventShaping {
        EventShaping(
            ledger: ledger.origin,
            encoder: EventEncoder(format: .native, product: ProductIdentity(version: "benchmark"))
        )
    }

    private func lane<Destination: Sink>(_ name: String, _ sink: Destination, _ start: LaneStart) -> Lane<Destination> {
        Lane(
            LaneParts(
                definition: LaneDefinition(name: name, kind: name, hash: "h", start: start),
                sink: sink,
                ledger: ledger,
                state: state,
                lease: OpenLease()
            )
        )
    }

    private func drain<Destination: Sink>(
        _ title: String,
        _ name: String,
        _ sink: Destination,
        start: LaneStart = .beginning
    ) async throws {
        let lane = lane(name, sink, start)
        let usage = Usage()
        async let running: Void = lane.run()
        while true {
            if let terms = try? await control.conservation(name) {
                precondition(terms.holds, "\(terms)")
                if terms.backlog + terms.inFlight == 0 {
                    print(usage.line(title, Int(terms.confirmed)))
                    break
                }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        lane.end()
        await running
    }

    func file() async throws {
        try await drain("NDJSON file", "file", NDJSONFileSink(path: folder + "/events.ndjson", shaping: shaping))
    }

    func postgres(_ address: String) async throws {
        guard let table = WarehouseTable("muniment_benchmark") else { return }
        let database = try PostgresDatabase(PostgresSettings(address: address))
        let connection = try database.makeConnection()
        try connection.run("DROP TABLE IF EXISTS \(table.quoted)")
        for statement in table.definition(role: "postgres").split(separator: ";").map({ $0.trimmingPrefix("\n") })
        where !statement.isEmpty { try connection.run(String(statement)) }
        let sink = WarehouseSink(table: table, mayBeMutable: true, shaping: shaping) { database }
        try await drain("PostgreSQL table", "postgres", sink)
        try connection.run("DROP TABLE \(table.quoted)")
    }

    /// The last events of the ledger: the receiver keeps what it gets in memory.
    func splunk(last count: Int, program: String) async throws {
        let receiver = Process()
        receiver.executableURL = URL(fileURLWithPath: program)
        receiver.arguments = ["receiver"]
        let (input, output) = (Pipe(), Pipe())
        receiver.standardInput = input
        receiver.standardOutput = output
        try receiver.run()
        let url = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).split(separator: "\n")[0]
        var settings = SplunkSink.Settings(
            url: try DestinationURL(String(url)),
            token: HECReceiver.Configuration().token
        )
        settings.limits = BatchLimits(bytes: 900_000, count: 1000, age: .milliseconds(100))
        let start = ledger.health.head.size - UInt64(count)
        try await drain(
            "pretend Splunk, acknowledged",
            "splunk",
            SplunkSink(settings, shaping: shaping, http: http),
            start: .index(start)
        )
        try input.fileHandleForWriting.close()
        receiver.waitUntilExit()
    }

    /// Appends while nothing follows, while a dead sink retries with all of the ledger as its backlog, and while a file drains it.
    func beside() async throws {
        try await pace("append alone")
        var settings = SplunkSink.Settings(url: try DestinationURL("http://127.0.0.1:9"), token: "t")
        settings.timeout = .seconds(1)
        let dead = lane("dead", SplunkSink(settings, shaping: shaping, http: http), .beginning)
        let deadTask = Task { await dead.run() }
        try await pace("append beside a dead sink")
        let file = lane("second", NDJSONFileSink(path: folder + "/second.ndjson", shaping: shaping), .beginning)
        let fileTask = Task { await file.run() }
        try await pace("append beside a draining file and a dead sink")
        for task in [deadTask, fileTask] {
            task.cancel()
            await task.value
        }
        try await http.shutdown()
    }

    /// Sixteen callers, 10 s: rate and the times that they waited.
    private func pace(_ title: String) async throws {
        let end = ContinuousClock.now + .seconds(10)
        let times = try await withThrowingTaskGroup(of: [Double].self) { group in
            for task in 0..<16 {
                group.addTask { [ledger] in
                    var times: [Double] = []
                    while ContinuousClock.now < end {
                        let began = ContinuousClock.now
                        try await ledger.append(Self.event(task))
                        let (seconds, attoseconds) = began.duration(to: .now).components
                        times.append(Double(seconds) * 1000 + Double(attoseconds) / 1e15)
                    }
                    return times
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }.sorted()
        func at(_ share: Double) -> Double {
            (times[min(times.count - 1, Int(Double(times.count) * share))] * 10).rounded() / 10
        }
        print("\(title): \(times.count / 10) events/s, p50 \(at(0.5)) ms, p99 \(at(0.99)) ms")
    }
}
