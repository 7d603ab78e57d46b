import Foundation
import JSON
import Ledger
import MerkleLog
import Storage
import TestStores
import WallTime

@testable import Identity

/// A ledger with a registry of identities, which disappear with this value.
final class Scratch: Sendable {
    let folder: TemporaryFolder
    let schema: PostgresSchema?
    let ledger: Ledger
    let registry: IdentityRegistry
    let clock = ManualClock(Timestamp(milliseconds: 1_780_000_000_000))
    let actor = IdentityActor(name: "tester", reason: "because")

    var location: LedgerLocation {
        LedgerLocation(
            directory: folder.path("data"),
            anchor: folder.path("anchor/checkpoint"),
            engine: schema.map { .postgres($0.settings) } ?? .sqlite
        )
    }

    init(_ engine: Engine = .sqlite, keyring: Keyring? = nil, rules: IdentityRules = IdentityRules()) throws {
        folder = try TemporaryFolder()
        schema = engine == .postgres ? try PostgresSchema() : nil
        let location = LedgerLocation(
            directory: folder.path("data"),
            anchor: folder.path("anchor/checkpoint"),
            engine: schema.map { .postgres($0.settings) } ?? .sqlite
        )
        let signer = try NoteSigner(origin: Origin("muniment.example/test"), seed: [UInt8](repeating: 7, count: 32))
        let first = Event(
            type: .ledgerCreated,
            identity: EventIdentity(producer: "test", id: "first"),
            timestamp: clock.now()
        )
        try Ledger.create(at: location, signer: signer, first: first)
        ledger = try Ledger(at: location, signer: signer)
        registry = try IdentityRegistry(
            ledger: ledger,
            keyring: try keyring ?? .test(epochs: 1),
            rules: rules,
            normaliser: try Normaliser(),
            clock: clock,
            producer: "test"
        )
    }

    deinit { ledger.close() }

    /// Every event of a kind, oldest first.
    func events(_ type: EventType) async throws -> [JSONValue] {
        try await ledger.events(EventQuery(keys: [IndexKey(.eventType, type.rawValue)], limit: 1000)).events.reversed()
            .map { try JSONValue(parsing: $0.bytes) }
    }

    /// Says that identifiers are one person's.
    @discardableResult
    func link(
        _ identifiers: Identifier...,
        assurance: Assurance = .matched,
        decider: Decider = .rule,
        forgotten: WhenForgotten = .leaveOut
    ) async throws -> LinkResult {
        var record = IdentityRecord(identifiers: identifiers, source: "test", assurance: assurance, decider: decider)
        record.forgotten = forgotten
        return try await registry.link(record, by: actor)
    }

    /// The customer who has an identifier.
    func owner(_ identifier: Identifier, for purpose: IdentityPurpose = .routing) async throws -> String? {
        try await registry.find([identifier], for: purpose).customer
    }
}

extension Keyring {
    static func test(epochs: Int) throws -> Keyring {
        var generator = Seeded(seed: 99)
        var keyring = Keyring(try TenantKey(secret: Array(0..<32), tenant: "acme", epoch: 1))
        for _ in 1..<max(epochs, 1) { keyring = try keyring.rotated(using: &generator) }
        return keyring
    }
}

func phone(_ number: Int) -> Identifier {
    let digits = String(number)
    let value = "+1415555" + String(repeating: "0", count: 4 - digits.count) + digits
    return Identifier(kind: .phone, value: value)
}

func email(_ name: String) -> Identifier { Identifier(kind: .email, value: name + "@example.com") }
func customer(_ number: Int) -> Identifier { Identifier(kind: .customer, value: "C-\(number)") }
func account(_ number: Int) -> Identifier { Identifier(kind: .account, value: "ACC\(number)") }
