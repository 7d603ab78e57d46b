import DeliveryWire
import Foundation
import JSON
import Ledger
import MerkleLog
import TestStores
import Testing
import WallTime

@testable import Delivery

@Suite("Delivery statements", .timeLimit(.minutes(5))) struct StatementTests {
    /// A real ledger with a sink that takes some of it.
    struct Bench {
        let ledger: Ledger
        let state: DeliveryState
        let control: DeliveryControl
        let signer: NoteSigner
        let subject = DeliveryStatements.Subject(
            name: "siem",
            destination: "siem.example",
            guarantee: DeliveryGuarantee(.accepted, because: "of the test")
        )

        var statements: DeliveryStatements {
            DeliveryStatements(control: control, ledger: ledger, signer: signer)
        }

        static func run(_ engine: Engine, _ body: (Bench) async throws -> Void) async throws {
            let folder = try TemporaryFolder()
            let schema = engine == .postgres ? try PostgresSchema() : nil
            let location = LedgerLocation(
                directory: folder.path("data"),
                anchor: folder.path("anchor/checkpoint"),
                engine: schema.map { .postgres($0.settings) } ?? .sqlite
            )
            let signer = try NoteSigner(origin: Origin("muniment.example/s"), seed: [UInt8](repeating: 9, count: 32))
            try Ledger.create(at: location, signer: signer, first: event(.ledgerCreated))
            let ledger = try Ledger(at: location, signer: signer)
            defer { ledger.close() }
            let state = try DeliveryState(ledger: ledger, producer: "test")
            try await body(
                Bench(
                    ledger: ledger,
                    state: state,
                    control: DeliveryControl(state: state, ledger: ledger),
                    signer: signer
                )
            )
        }

        static func event(_ type: EventType, _ time: Timestamp = testTime) -> Event {
            Event(type: type, identity: .random(producer: "test"), timestamp: time, fields: [:])
        }

        func append(_ count: Int) async throws {
            for _ in 0..<count { try await ledger.append(Self.event(.customerDataAccessed)) }
        }

        /// Runs a lane until nothing is left, and from the beginning until a manifest was delivered.
        func deliver(_ sink: ScriptedSink, start: LaneStart = .beginning) async throws {
            var parts = LaneParts(
                definition: LaneDefinition(
                    name: "siem",
                    kind: "test",
                    hash: "h",
                    start: start,
                    manifests: LaneDefinition.Manifests(entries: 20, interval: .seconds(3600))
                ),
                sink: sink,
                ledger: ledger,
                state: state,
                lease: TestLease()
            )
            parts.sleep = { try await Task.sleep(for: min($0, .milliseconds(3))) }
            let lane = Lane(parts)
            async let running: Void = lane.run()
            try await control.drained()
            if start == .beginning { try await eventually("no manifest") { !sink.delivered.isEmpty } }
            lane.end()
            await running
        }

        func verified(_ note: String) throws -> JSONValue {
            try DeliveryStatement(verifying: Array(note.utf8), by: signer.verifier).body
        }
    }

    @Test(arguments: Engine.allCases) func saysWhatWasDelivered(engine: Engine) async throws {
        try await Bench.run(engine) { bench in
            try await bench.append(99)
            let sink = ScriptedSink(refused: { $0 % 10 == 3 ? .dead("too large") : $0 % 4 == 0 ? .leaveOut : nil })
            try await bench.deliver(sink)
            try await bench.control.redrive("siem", .range(13..<14), actor: "op")
            try await bench.control.pause("siem", reason: "maintenance", actor: "op")
            let body = try bench.verified(try await bench.statements.statement(bench.subject, 10..<90, actor: "op"))
            let range = try #require(body["range"])
            #expect(range["dead"]?.integer == 7 && range["backlog"]?.integer == 1)
            #expect(range["filtered"]?.integer == Int64((10..<90).count { $0 % 4 == 0 && $0 % 10 != 3 }))
            #expect(body["deadLetters"] == ["too large": 7])
            #expect(body["acts"]?["SINK_REDRIVEN"]?.integer == 1 && body["acts"]?["SINK_PAUSED"]?.integer == 1)
            #expect(body["acts"]?["SINK_CONFIGURED"]?.integer == 1 && body["eventsNotCited"]?.integer == 0)
            #expect(body["guarantee"]?["level"]?.string == "accepted" && body["destination"]?.string == "siem.example")
            let manifests = try #require(body["manifests"])
            #expect(try #require(manifests["count"]?.integer) >= 1)
            let whole = try await bench.control.conservation("siem")
            #expect(whole.holds)
            // That it was made is an event, with its hash.
            let made = try await bench.ledger.events(
                EventQuery(keys: [IndexKey(.eventType, EventType.deliveryStatementMade.rawValue)])
            )
            #expect(made.events.count == 1)
            // The next one cites it.
            let next = try bench.verified(try await bench.statements.statement(bench.subject, 0..<1000, actor: "op"))
            #expect(next["acts"]?["DELIVERY_STATEMENT_MADE"]?.integer == 1)
        }
    }

    @Test func nothingIsSignedAboutNothing() async throws {
        try await Bench.run(.sqlite) { bench in
            try await bench.append(30)
            try await bench.deliver(ScriptedSink())
            let size = bench.ledger.health.head.size
            for range in [5..<5, 1000..<2000] as [Range<UInt64>] {
                await #expect(throws: DeliveryError.noEntries("siem", head: size)) {
                    _ = try await bench.statements.statement(bench.subject, range, actor: "op")
                }
            }
            #expect(bench.ledger.health.head.size == size)
        }
    }

    /// No byte can be changed, no line left out, and no other key and no other note passes.
    @Test func nothingOfItCanBeChanged() async throws {
        try await Bench.run(.sqlite) { bench in
            try await bench.append(30)
            try await bench.deliver(ScriptedSink())
            let note = try await bench.statements.statement(bench.subject, 0..<30, actor: "op")
            let bytes = Array(note.utf8)
            _ = try bench.verified(note)
            var random = SeededGenerator(1)
            let places = Set((0..<400).map { _ in Int.random(in: 0..<bytes.count, using: &random) })
            for place in places.union(bytes.count - 130..<bytes.count) {
                var changed = bytes
                changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                #expect(throws: DeliveryStatementError.self, "byte \(place)") {
                    try DeliveryStatement(verifying: changed, by: bench.signer.verifier)
                }
            }
            let other = try NoteSigner(origin: Origin("muniment.example/s"), seed: [UInt8](repeating: 8, count: 32))
            #expect(throws: DeliveryStatementError.note(.unverified)) {
                try DeliveryStatement(verifying: bytes, by: other.verifier)
            }
            let (_, checkpoint) = try await bench.ledger.head()
            #expect(throws: DeliveryStatementError.format) {
                try DeliveryStatement(verifying: Array(checkpoint.utf8), by: bench.signer.verifier)
            }
        }
    }

    /// A statement that says what is not so is refused although the key signed it.
    @Test(arguments: [
        "range", "whole", "deadLetters", "pastIndex", "checkpoint", "events", "acts", "ledger", "manifests", "sink",
    ]) func whatContradictsItselfIsRefused(member: String) async throws {
        try await Bench.run(.sqlite) { bench in
            try await bench.append(50)
            try await bench.deliver(ScriptedSink(refused: { $0 == 7 ? .dead("never") : nil }))
            let body = try bench.verified(try await bench.statements.statement(bench.subject, 0..<40, actor: "op"))
            var members = try #require(body.object)
            let other = try NoteSigner(origin: Origin("other.example/s"), seed: [UInt8](repeating: 8, count: 32))
            switch member {
            case "range", "whole":
                var places = try #require(members[member]?.object)
                places["confirmed"] = .integer(try #require(places["confirmed"]?.integer) + 1)
                members[member] = .object(places)
            case "deadLetters": members[member] = [:]
            case "pastIndex": members[member] = 1_000_000
            case "checkpoint":
                let checkpoint = Checkpoint(
                    origin: try Origin("other.example/s"),
                    size: 99,
                    root: TreeHasher.leafHash([1])
                )
                members[member] = .string(try SignedNote(text: checkpoint.text, signers: [other]).encoded)
            case "events": members[member] = .array(Array(try #require(members[member]?.array).dropLast()))
            case "acts": members[member] = ["SINK_PAUSED": 3]
            case "ledger": members[member] = "other.example/s"
            case "manifests":
                var manifests = try #require(members[member]?.object)
                manifests["listRoot"] = .string(TreeHasher.leafHash([1]).base64)
                members[member] = .object(manifests)
            default: members[member] = "another"
            }
            let forged = try DeliveryStatement(body: .object(members)).signed(by: bench.signer).encoded
            #expect(throws: DeliveryStatementError.self) { try bench.verified(forged) }
        }
    }

    /// Moments are looked up as the first entry that is not older.
    @Test func momentsAreIndexes() async throws {
        try await Bench.run(.sqlite) { bench in
            for second in 1...40 {
                let time = testTime.adding(.seconds(second / 2 * 2))
                try await bench.ledger.append(Bench.event(.customerDataAccessed, time))
            }
            #expect(try await bench.statements.index(at: testTime) == 0)
            #expect(try await bench.statements.index(at: testTime.adding(.seconds(10))) == 10)
            #expect(try await bench.statements.index(at: testTime.adding(.seconds(11))) == 12)
            #expect(try await bench.statements.index(at: testTime.adding(.seconds(999))) == 41)
        }
    }
}
