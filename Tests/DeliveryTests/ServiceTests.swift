import DeliveryWire
import Foundation
import Ledger
import Logging
import MerkleLog
import Storage
import TestStores
import Testing
import WallTime

@testable import Delivery

/// The service as a server runs it: a real ledger, leases, and more than one node where the store can be shared.
@Suite("Delivery service", .timeLimit(.minutes(3))) struct ServiceTests {
    /// One node's view of a ledger.
    private struct Node: Sendable {
        let ledger: Ledger
        let service: DeliveryService
        let control: DeliveryControl
        let task: Task<Void, Never>

        init(_ name: String, _ location: LedgerLocation, _ signer: NoteSigner, file: String) throws {
            let ledger = try Ledger(at: location, signer: signer)
            let state = try DeliveryState(ledger: ledger, producer: "server@\(name)")
            let shaping = EventShaping(ledger: ledger.origin, encoder: testShaping.encoder)
            let limits = BatchLimits(bytes: 100_000, count: 20, age: .milliseconds(1))
            let service = DeliveryService(
                sinks: [
                    ConfiguredSink(
                        LaneDefinition(name: "file", kind: "file", hash: "h", start: .beginning, manifests: nil),
                        NDJSONFileSink(path: file, shaping: shaping, limits: limits)
                    )
                ],
                ledger: ledger,
                state: state,
                leases: try LeaseKeeper(
                    database: ledger.database,
                    node: name,
                    run: ledger.isShared ? UUID().uuidString : nil
                ) { _, _ in },
                logger: Logger(label: "test")
            )
            self.ledger = ledger
            self.service = service
            control = DeliveryControl(state: state, ledger: ledger)
            task = Task { await service.run() }
        }

        func append(_ count: Int) async throws {
            for _ in 0..<count {
                try await ledger.append(
                    Event(
                        type: .customerDataAccessed,
                        identity: .random(producer: "test"),
                        timestamp: testTime,
                        fields: [:]
                    )
                )
            }
        }

        /// Ends without order; leases are given back, the account is as it was in mid flight.
        func kill() async {
            task.cancel()
            await task.value
            ledger.close()
        }

        func stop() async {
            await service.end(within: .seconds(5))
            await kill()
        }
    }

    private func run(
        _ engine: Engine,
        _ body: (LedgerLocation, NoteSigner, _ file: String) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let schema = engine == .postgres ? try PostgresSchema() : nil
        let location = LedgerLocation(
            directory: folder.path("data"),
            anchor: folder.path("anchor/checkpoint"),
            engine: schema.map { .postgres($0.settings) } ?? .sqlite
        )
        let signer = try NoteSigner(origin: Origin("muniment.example/service"), seed: [UInt8](repeating: 5, count: 32))
        let first = Event(type: .ledgerCreated, identity: .random(producer: "test"), timestamp: testTime, fields: [:])
        try Ledger.create(at: location, signer: signer, first: first)
        try await body(location, signer, folder.path("events.ndjson"))
    }

    private func indexes(_ file: String) throws -> [UInt64] {
        try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            line.firstRange(of: "\"index\":").flatMap { UInt64(line[$0.upperBound...].prefix { $0.isNumber }) }
        }
    }

    @Test(arguments: Engine.allCases) func deliversWhatARealLedgerHolds(engine: Engine) async throws {
        try await run(engine) { location, signer, file in
            for _ in 0..<3 {
                let node = try Node("n1", location, signer, file: file)
                try await node.append(40)
                try await node.control.drained("file")
                await node.stop()
            }
            let ledger = try Ledger(at: location, signer: signer)
            #expect(try indexes(file) == Array(0..<ledger.health.head.size))
            ledger.close()
        }
    }

    /// Nodes take over from one another, also in mid flight; each record stands in the file once, in order.
    @Test(.enabled(if: PostgresSchema.server != nil, "set MUNIMENT_TEST_POSTGRES"))
    func anotherNodeTakesOver() async throws {
        try await run(.postgres) { location, signer, file in
            var nodes = try (1...3).map { try Node("n\($0)", location, signer, file: file) }
            let writer = try Ledger(at: location, signer: signer)
            for round in 0..<3 {
                for _ in 0..<60 {
                    try await writer.append(
                        Event(
                            type: .customerDataAccessed,
                            identity: .random(producer: "test"),
                            timestamp: testTime,
                            fields: [:]
                        )
                    )
                }
                #expect((try? await nodes[0].control.conservation("file").holds) ?? true)
                if round < 2 { await nodes.removeLast().kill() }
            }
            try await nodes[0].control.drained("file")
            let size = try await writer.head().checkpoint.size
            #expect(try indexes(file) == Array(0..<size))
            #expect(try await nodes[0].control.sink("file").duplicates == 0)
            await nodes[0].stop()
            writer.close()
        }
    }
}
