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

    let folder: String
    let ledger: Ledger
    private let state: DeliveryState
    let control: DeliveryControl
    let http = HTTPClient(configuration: SinkHTTP.configuration())
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

    static func event(_ number: Int) -> Event {
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

    var shaping: EventShaping {
        EventShaping(
            ledger: ledger.origin,
            encoder: EventEncoder(format: .native, product: ProductIdentity(version: "benchmark"))
        )
    }

    func lane<Destination: Sink>(
        _ name: String,
        _ sink: Destination,
        _ start: LaneStart = .beginning,
        rate: Int? = nil
    ) -> Lane<Destination> {
        Lane(
            LaneParts(
                definition: LaneDefinition(
                    name: name,
                    kind: name,
                    hash: "h",
                    start: start,
                    rate: rate,
                    concurrency: sink.concurrency
                ),
                sink: sink,
                ledger: ledger,
                state: state,
                lease: OpenLease()
            )
        )
    }

    func drain<Destination: Sink>(
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
        let receiver = try ReceiverProcess(program)
        let start = ledger.health.head.size - UInt64(count)
        try await drain("pretend Splunk, acknowledged", "splunk", try splunk(at: receiver.url), start: .index(start))
        try receiver.end()
    }

    func splunk(at url: String) throws -> SplunkSink {
        var settings = SplunkSink.Settings(url: try DestinationURL(url), token: HECReceiver.Configuration().token)
        settings.limits = BatchLimits(bytes: 900_000, count: 1000, age: .milliseconds(100))
        settings.timeout = .seconds(5)
        return SplunkSink(settings, shaping: shaping, http: http)
    }

    /// rsyslog from the same events, which `file()` left as lines.
    func rsyslog(_ address: String?) throws {
        guard RsyslogPeer.isInstalled else { return print("rsyslog is not installed") }
        let count = Int(ledger.health.head.size)
        let peer = RsyslogPeer(lines: folder + "/events.ndjson", count: count, folder: folder)
        try peer.file(synced: false)
        // A synced queue takes minutes for a million.
        try peer.first(count / 20).file(synced: true)
        if let address { try peer.postgres(address) }
    }
}

/// The pretend Splunk in a process of its own, which is this program again.
final class ReceiverProcess {
    let url: String
    private let process = Process()
    private let input = Pipe()

    init(_ program: String) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["receiver"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        url =
            String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).split(separator: "\n")
            .first.map { String($0) } ?? ""
    }

    func end() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
