import Foundation
import JSON
import MerkleLog
import Storage
import TestStores
import WallTime

@testable import Ledger

/// A ledger of its own that disappears with this value: a folder, and with PostgreSQL a schema.
final class Scratch: Sendable {
    let folder: String
    let signer: NoteSigner
    let clock = ManualClock(Timestamp(milliseconds: 1_780_000_000_000))
    let schema: PostgresSchema?

    var location: LedgerLocation {
        LedgerLocation(
            directory: folder + "/data",
            anchor: folder + "/anchor/checkpoint",
            engine: schema.map { .postgres($0.settings) } ?? .sqlite
        )
    }

    init(_ engine: Engine = .sqlite, origin: String = "muniment.example/test", seed: UInt8 = 7) throws {
        folder = NSTemporaryDirectory() + "muniment-ledger-" + UUID().uuidString
        signer = try NoteSigner(origin: Origin(origin), seed: [UInt8](repeating: seed, count: 32))
        schema = engine == .postgres ? try PostgresSchema() : nil
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func create() throws -> Ledger {
        try Ledger.create(at: location, signer: signer, first: event(.ledgerCreated, "first"))
        return try open()
    }

    func open() throws -> Ledger { try Ledger(at: location, signer: signer) }

    /// The store, failing when told to.
    func faultyStore() throws -> FaultyDatabase { FaultyDatabase(try location.openStore()) }

    func event(_ type: EventType, _ id: String, _ fields: [String: JSONValue] = [:]) -> Event {
        Event(type: type, identity: EventIdentity(producer: "test", id: id), timestamp: clock.now(), fields: fields)
    }

    func access(_ id: String, customer: String = "c1", agent: String = "a1", interaction: String = "i1") -> Event {
        event(
            .customerDataAccessed,
            id,
            ["customerId": .string(customer), "agentId": .string(agent), "interactionId": .string(interaction)]
        )
    }

    /// Runs SQL as somebody who owns the store and wants to change history.
    func tamper(_ statements: String...) throws {
        let connection = try location.openStore().makeConnection()
        guard connection.dialect == .sqlite else {
            for table in ["entries", "tiles", "head"] {
                try connection.run("ALTER TABLE \(table) DISABLE TRIGGER USER")
            }
            for statement in statements { try connection.run(statement) }
            return
        }
        for name in try connection.all("SELECT name FROM sqlite_master WHERE type = 'trigger'", [], { $0.text(0) }) {
            try connection.run("DROP TRIGGER \(name)")
        }
        for statement in statements { try connection.run(statement) }
        try connection.run("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    func copy(to other: String) throws {
        try FileManager.default.copyItem(atPath: location.directory, toPath: other)
    }

    func verify(since old: String? = nil) throws -> LedgerVerifier.Report {
        try LedgerVerifier(source: StoreSource(at: location), verifier: signer.verifier, workers: 2).verify(
            since: old
        )
    }
}

/// A generator with a seed, so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
