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

    init(
        _ engine: Engine = .sqlite,
        keyring: Keyring? = nil,
        rules: IdentityRules = IdentityRules(),
        approvals: DecisionApprovals = .usual
    ) throws {
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
            approvals: approvals,
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
        if decider == .rule { return try await registry.link(record, by: actor) }
        guard case .linked(let result) = try await registry.perform(.link(record), by: actor) else {
            throw Unexpected()
        }
        return result
    }

    /// The customer who has an identifier.
    func owner(_ identifier: Identifier, for purpose: IdentityPurpose = .routing) async throws -> String? {
        try await registry.find([identifier], for: purpose).customer
    }
}

/// An outcome of another kind than the decision's.
struct Unexpected: Error {}

/// Decisions that nobody else has to agree to.
extension IdentityRegistry {
    func merge(
        _ first: CustomerReference,
        _ second: CustomerReference,
        by actor: IdentityActor
    ) async throws -> DecisionResult {
        guard case .merged(let result) = try await perform(.merge(first, second), by: actor) else { throw Unexpected() }
        return result
    }

    func unmerge(
        _ customer: CustomerReference,
        mergeID: Int64?,
        keepApart: Bool = true,
        by actor: IdentityActor
    ) async throws -> DecisionResult {
        let decision = IdentityDecision.unmerge(customer, merge: mergeID, keepApart: keepApart)
        guard case .unmerged(let result) = try await perform(decision, by: actor) else { throw Unexpected() }
        return result
    }

    func keepApart(_ first: CustomerReference, _ second: CustomerReference, by actor: IdentityActor) async throws {
        _ = try await perform(.apart(first, second), by: actor)
    }

    func allowTogether(_ first: CustomerReference, _ second: CustomerReference, by actor: IdentityActor) async throws {
        _ = try await perform(.together(first, second), by: actor)
    }

    func unlink(_ identifier: Identifier, from customer: CustomerReference, by actor: IdentityActor) async throws {
        _ = try await perform(.unlink(identifier, from: customer), by: actor)
    }

    func share(_ identifier: Identifier, as sharing: Sharing, by actor: IdentityActor) async throws {
        _ = try await perform(.share(identifier, sharing), by: actor)
    }

    func settle(conflict: Int64, by actor: IdentityActor) async throws {
        _ = try await perform(.settle(conflict: conflict), by: actor)
    }

    func forget(_ customer: CustomerReference, requestID: String?, by actor: IdentityActor) async throws
        -> ForgetReceipt
    {
        guard case .forgotten(let receipt) = try await perform(.forget(customer, request: requestID), by: actor) else {
            throw Unexpected()
        }
        return receipt
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
