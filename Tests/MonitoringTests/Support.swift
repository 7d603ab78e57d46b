import Detection
import JSON
import Ledger
import MerkleLog
import Storage
import TestStores
import Testing
import WallTime

@testable import Monitoring

/// A ledger that is watched.
final class Watched: Sendable {
    let ledger: Ledger
    let clock = ManualClock(Timestamp(milliseconds: 1_780_000_000_000))
    private let folder: TemporaryFolder
    private let schema: PostgresSchema?

    init(_ engine: Engine) throws {
        folder = try TemporaryFolder()
        schema = engine == .postgres ? try PostgresSchema() : nil
        let location = LedgerLocation(
            directory: folder.path("data"),
            anchor: folder.path("anchor/checkpoint"),
            engine: schema.map { .postgres($0.settings) } ?? .sqlite
        )
        let signer = try NoteSigner(origin: Origin("watched.example/test"), seed: [UInt8](repeating: 5, count: 32))
        try Ledger.create(
            at: location,
            signer: signer,
            first: Event(type: .ledgerCreated, identity: .random(producer: "test"), timestamp: clock.now())
        )
        ledger = try Ledger(at: location, signer: signer)
    }

    deinit { ledger.close() }

    func read(
        _ number: Int,
        agent: String,
        grade: String = "verified",
        customer: String? = nil,
        interaction: String? = nil
    ) async throws {
        clock.advance(seconds: 1)
        try await ledger.append(
            Event(
                type: grade == "contradicted" ? .customerDataAccessRefused : .customerDataAccessed,
                identity: EventIdentity(producer: "gateway@test", id: "read \(number)"),
                timestamp: clock.now(),
                fields: [
                    "agentId": .string(agent), "customerId": .string(customer ?? "c\(number)"),
                    "interactionId": .string(interaction ?? "i\(number)"), "binding": .string(grade),
                    "bindingReason": .string(grade == "contradicted" ? "agent_not_on_conversation" : "live"),
                    "dataFieldsViewed": .array(["name"]), "dataFieldsMasked": .object([:]), "route": "profile",
                    "outcome": .string(grade == "contradicted" ? "refused" : "released"),
                ]
            )
        )
    }

    func follower() throws -> DetectionFollower {
        try DetectionFollower(
            ledger: ledger,
            rules: BuiltInRules.pack(),
            configuration: DetectionConfiguration(),
            clock: clock,
            failed: { what, error in Issue.record("\(what): \(error)") }
        )
    }

    /// The bytes of every event of a kind, oldest first.
    func events(_ type: EventType) async throws -> [[UInt8]] {
        let query = EventQuery(keys: [IndexKey(.eventType, type.rawValue)], limit: 10_000)
        return try await ledger.events(query).events.reversed().map(\.bytes)
    }
}
