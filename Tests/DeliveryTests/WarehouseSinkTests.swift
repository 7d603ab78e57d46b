import DeliveryWire
import EventFormats
import JSON
import MerkleLog
import Storage
import Synchronization
import TestStores
import Testing
import WallTime

@testable import Delivery

@Suite(
    "PostgreSQL warehouse",
    .enabled(if: PostgresSchema.server != nil, "set MUNIMENT_TEST_POSTGRES"),
    .timeLimit(.minutes(5))
) struct WarehouseSinkTests {
    private let schema: PostgresSchema
    private let warehouse: any Database

    init() throws {
        schema = try PostgresSchema()
        warehouse = try PostgresDatabase(schema.settings)
        let table = try #require(WarehouseTable("events"))
        let connection = try warehouse.makeConnection()
        for statement in table.definition(role: "postgres").split(separator: ";") {
            let text = statement.trimmingPrefix { $0.isWhitespace }
            if !text.isEmpty { try connection.run(String(text)) }
        }
    }

    private func sink(
        mutable: Bool = true,
        format: EventFormat = .native,
        open: (@Sendable () throws -> any Database)? = nil
    ) throws -> WarehouseSink {
        WarehouseSink(
            table: try #require(WarehouseTable("events")),
            mayBeMutable: mutable,
            shaping: EventShaping(
                ledger: testShaping.ledger,
                encoder: EventEncoder(format: format, product: ProductIdentity(version: "1"))
            ),
            open: open ?? { [settings = schema.settings] in try PostgresDatabase(settings) }
        )
    }

    private func indexes() async throws -> [UInt64] {
        try await warehouse.read {
            try $0.all("SELECT entry_index FROM events WHERE entry_index IS NOT NULL ORDER BY 1") { $0.position(0) }
        }
    }

    /// Killed at random; each row is there once, and the shipped query says that none is missing, until one is taken away.
    @Test(arguments: Engine.allCases) func eachRowOnce(engine: Engine) async throws {
        try await SinkBench.run(engine) { bench in
            try await bench.ledger.append(3000)
            let manifests = LaneDefinition.Manifests(entries: 500, interval: .seconds(3600))
            for round in 1...5 {
                let lane = RunningLane(try sink(), bench.ledger, bench.state, manifests: manifests)
                try await eventually { try await indexes().count >= min(round * 500, 2500) }
                await lane.kill()
                #expect(try await bench.control.conservation("siem").holds)
            }
            let lane = RunningLane(try sink(), bench.ledger, bench.state, manifests: manifests)
            try await bench.control.drained()
            try await eventually { try await bench.control.sink("siem").manifestFrom + 500 > bench.ledger.size }
            await lane.end()
            #expect(try await indexes() == Array(0..<bench.ledger.size))
            let status = try await bench.control.sink("siem")
            #expect(status.duplicates == 0 && status.guarantee == .exactlyOnce)

            let query = CompletenessQuery.postgreSQL.text(ledger: bench.ledger.origin, lane: "siem", source: "events")
            func missing() async throws -> [UInt64] {
                try await warehouse.read { try $0.all(query) { $0.position(0) } }
            }
            #expect(try await missing() == [])
            let connection = try warehouse.makeConnection()
            try connection.run("DELETE FROM events WHERE entry_index IN (0, 777, 2001)")
            #expect(try await missing() == [0, 777, 2001])
        }
    }

    /// Rows are deleted at random, as by somebody who may: all are named, none else; sent again, none is missing.
    @Test(arguments: 0..<4 as Range<UInt64>) func deletedRowsAreNamedAndSentAgain(seed: UInt64) async throws {
        var random = SeededGenerator(seed)
        try await SinkBench.run { bench in
            try await bench.ledger.append(2500)
            var lane = RunningLane(try sink(), bench.ledger, bench.state)
            try await bench.control.drained()
            await lane.end()
            let lost = Set((0..<UInt64(2500)).filter { _ in Int.random(in: 0..<10, using: &random) == 0 })
            let connection = try warehouse.makeConnection()
            for index in lost {
                try connection.run("DELETE FROM events WHERE entry_index = $1", [.position(index)])
            }
            let altered = try #require((0..<UInt64(2500)).first { !lost.contains($0) })
            try connection.run(
                "UPDATE events SET leaf_hash = $1 WHERE entry_index = $2",
                [.text(TreeHasher.leafHash([1]).base64), .position(altered)]
            )
            try connection.run(
                """
                INSERT INTO events (record_id, ledger, entry_index, event_type, occurred_at, payload)
                VALUES ('muniment.example/test/x', 'muniment.example/test', NULL, 'X', now(), '{}'),
                    ('other.example/log/1', 'other.example/log', 1, 'X', now(), '{}')
                """
            )
            var missing: Set<UInt64> = []
            func reconcile(resending: Bool) async throws -> Reconciliation {
                missing = []
                return try await bench.control.reconcile(
                    "siem",
                    0..<2500,
                    asking: try sink(),
                    resending: resending,
                    actor: "op"
                ) { finding, range in
                    switch finding {
                    case .missing: missing.formUnion(range)
                    case .altered: #expect(range == altered..<altered + 1)
                    default: Issue.record("\(finding) \(range)")
                    }
                }
            }
            let result = try await reconcile(resending: true)
            #expect(missing == lost)
            #expect(result.resent == UInt64(lost.count) && result[.altered] == 1 && result.unknown == 1)
            #expect(try await bench.control.conservation("siem").holds)
            lane = RunningLane(try sink(), bench.ledger, bench.state)
            try await bench.control.drained()
            await lane.end()
            #expect(Set(try await indexes()) == Set(0..<bench.ledger.size))
            #expect(try await reconcile(resending: false)[.missing] == 0)
            #expect(missing.isEmpty)
        }
    }

    /// The connection is lost between the INSERT and the answer to COMMIT: whether the rows are there is unknown, and sending them
    /// again changes nothing.
    @Test func aLostCommitIsSentAgainAndChangesNothing() async throws {
        try await SinkBench.run { bench in
            try await bench.ledger.append(8000)
            let lossy = LossyDatabase(try PostgresDatabase(schema.settings), losing: 6)
            let lane = RunningLane(try sink(open: { lossy }), bench.ledger, bench.state)
            try await bench.control.drained()
            await lane.end()
            #expect(lossy.faults <= 0)
            #expect(try await indexes() == Array(0..<bench.ledger.size))
        }
    }

    @Test func aRoleThatMayDeleteIsRefused() async throws {
        try await SinkBench.run { bench in
            try await bench.ledger.append(5)
            let lane = RunningLane(try sink(mutable: false), bench.ledger, bench.state)
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            #expect(try await bench.control.sink("siem").state.reason?.contains("REVOKE") == true)
            #expect(try await indexes() == [])
            await lane.end()
        }
    }

    /// jsonb takes no NUL: that one event is set aside, the others go on.
    @Test func aValueThatTheTableDoesNotTakeIsADeadLetter() async throws {
        try await SinkBench.run { bench in
            try await bench.ledger.append(50)
            try await bench.ledger.append(1, note: "a\u{0}b")
            try await bench.ledger.append(50)
            let lane = RunningLane(try sink(), bench.ledger, bench.state)
            try await bench.control.drained()
            await lane.end()
            #expect(try await bench.control.deadLetters("siem").count == 1)
            try await bench.check(try await indexes())
        }
    }

    @Test func anotherEventUnderTheSameIDStopsTheLane() async throws {
        try await SinkBench.run { bench in
            try await bench.ledger.append(5)
            try warehouse.makeConnection().run(
                """
                INSERT INTO events (record_id, ledger, entry_index, event_type, occurred_at, leaf_hash, payload)
                VALUES ('muniment.example/test/3', 'muniment.example/test', 3, 'X', now(), 'other', '{}')
                """
            )
            let lane = RunningLane(try sink(), bench.ledger, bench.state)
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            let terms = try await bench.control.conservation("siem")
            #expect(terms.holds && terms.dead == 0)
            await lane.end()
        }
    }

    @Test func aTableThatIsMissingStopsTheLane() async throws {
        try await SinkBench.run { bench in
            try warehouse.makeConnection().run("DROP TABLE events")
            try await bench.ledger.append(5)
            let lane = RunningLane(try sink(), bench.ledger, bench.state)
            try await eventually { (try? await bench.control.sink("siem").state.description) == "stopped" }
            await lane.end()
        }
    }
}

/// A database whose answer to some COMMITs is lost.
private final class LossyDatabase: Database {
    private let inner: any Database
    private let left: Mutex<Int>

    init(_ inner: any Database, losing count: Int) {
        self.inner = inner
        left = Mutex(count)
    }

    /// Answers that are still to be lost.
    var faults: Int { left.withLock { $0 } }

    func read<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        try await inner.read(body)
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        let value = try await inner.write(body)
        let isLost = left.withLock { left in
            left -= 1
            return left >= 0
        }
        if isLost { throw StorageError(.unavailable, "the answer is lost") }
        return value
    }

    func readBlocking<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value {
        try inner.readBlocking(body)
    }
    func makeConnection() throws(StorageError) -> any SQLConnection { try inner.makeConnection() }
    func close() { inner.close() }
}
