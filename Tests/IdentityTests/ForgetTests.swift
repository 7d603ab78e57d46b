import Foundation
import JSON
import Ledger
import MerkleLog
import Storage
import TestStores
import Testing
import TextEncoding
import WallTime

@testable import Identity

@Suite struct ForgetTests {
    /// Everything that stands for a person in the store and could lead back to them.
    private struct Traces {
        var needles: [[UInt8]] = []

        mutating func add(text: String) { needles.append(Array(text.utf8)) }

        func found(in path: String) -> Int {
            guard let data = FileManager.default.contents(atPath: path) else { return 0 }
            return needles.reduce(0) { $0 + (data.firstRange(of: Data($1)) == nil ? 0 : 1) }
        }
    }

    private func traces(_ scratch: Scratch, _ identifiers: [Identifier], _ customer: String) async throws -> Traces {
        var traces = Traces()
        traces.add(text: customer)
        for identifier in identifiers {
            traces.add(text: identifier.value)
            for digest in scratch.registry.tokens.digests(identifier) {
                traces.needles.append(digest.bytes)
                traces.add(text: Hex.encode(digest.bytes))
            }
        }
        let kept = try await scratch.ledger.database.read { connection in
            try connection.all("SELECT sealed FROM identity_links WHERE sealed IS NOT NULL") { $0.blob(0) }
                + connection.all("SELECT key_sealed FROM identity_people") { $0.blob(0) }
        }
        traces.needles += kept
        return traces
    }

    @Test func nothingIsLeftInTheFiles() async throws {
        let scratch = try Scratch(keyring: try .test(epochs: 2))
        let ann = [phone(1), email("ann"), customer(1), account(1)]
        try await scratch.link(ann[0], ann[1])
        try await scratch.link(ann[2], ann[3])
        let merged = try await scratch.registry.merge(.identifier(ann[0]), .identifier(ann[2]), by: scratch.actor)
        let request = ResolutionRequest(identifiers: ann, purpose: .routing, channel: "VOICE", source: "IVR")
        let (_, receipt) = try await scratch.registry.resolve(request, by: scratch.actor)
        let checkpoint = receipt.head.checkpoint
        let proof = try await scratch.ledger.proof(of: receipt.index)
        let traces = try await traces(scratch, ann, merged.other)
        #expect(traces.needles.count == 27)
        let file = scratch.location.storeFile
        // Before, they are there; else the search would prove nothing.
        #expect(traces.found(in: file) + traces.found(in: file + "-wal") >= 11)
        try await scratch.link(phone(50), email("bob"))

        let forgotten = try await scratch.registry.forget(.identifier(ann[3]), requestID: "dsar-1", by: scratch.actor)
        #expect(forgotten.keys == 2 && forgotten.identifiers == 4 && forgotten.tombstones == 8 && forgotten.kept == 0)
        #expect(forgotten.remains == "" && Set(forgotten.customers) == [merged.customer, merged.other])
        // The feed tells followers which ids are dead; nothing else does.
        var gone = traces
        gone.needles.removeFirst()
        #expect(gone.found(in: file) == 0)
        #expect(gone.found(in: file + "-wal") == 0)
        #expect(gone.found(in: scratch.location.indexFile) == 0)
        let backup = scratch.folder.path("backup.db")
        let connection = try scratch.ledger.database.makeConnection()
        try connection.run("VACUUM INTO '\(backup)'")
        #expect(FileManager.default.fileExists(atPath: backup))
        #expect(gone.found(in: backup) == 0)

        // The tree is untouched: it continues the old one, and the old proof still verifies.
        let verifier = LedgerVerifier(
            source: StoreSource(scratch.ledger),
            verifier: scratch.ledger.verifier,
            workers: 1
        )
        #expect(try verifier.verify(since: checkpoint).consistentWithSize == receipt.head.size)
        let entry = try await scratch.ledger.entry(at: receipt.index)
        let verified = try proof.verify(
            entry: entry,
            verifiers: [scratch.ledger.verifier],
            origin: scratch.ledger.verifier.name
        )
        #expect(verified.checkpoint.size == receipt.head.size)
    }

    @Test(arguments: Engine.allCases)
    func nothingFindsThePerson(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let ann = try await scratch.link(phone(1), email("ann"))
        let names = try await scratch.registry.ledgerNames(of: .identifier(phone(1)))
        let receipt = try await scratch.registry.forget(
            .customer(ann.customer ?? ""),
            requestID: nil,
            by: scratch.actor
        )
        #expect(try await scratch.owner(phone(1)) == nil)
        #expect(try await scratch.registry.ledgerNames(of: .identifier(phone(1))).isEmpty)
        #expect(try await scratch.registry.ledgerNames(of: .customer(ann.customer ?? "")).isEmpty)
        await #expect(throws: IdentityError.unknownCustomer) {
            try await scratch.registry.explain(.customer(ann.customer ?? ""))
        }
        await #expect(throws: IdentityError.unknownIdentifier(.phone)) {
            try await scratch.registry.forget(.identifier(phone(1)), requestID: nil, by: scratch.actor)
        }
        let event = try #require(try await scratch.events(.identityForgotten).first)
        #expect(
            event["customerId"]?.string == names[0] && event["keysDestroyed"] == 1 && event["identifiersErased"] == 2
        )
        let entry = try JSONValue(parsing: try await scratch.ledger.entry(at: receipt.entry))
        #expect(entry["eventType"] == "IDENTITY_FORGOTTEN")
        #expect(try await scratch.registry.changes(after: 0, limit: 100).map(\.kind) == ["erased"])
        #expect(engine == .sqlite ? receipt.remains.isEmpty : receipt.remains.contains("write-ahead log"))
    }

    /// Yesterday's copy of the CRM does not bring a person back; the person does, as somebody new.
    @Test(arguments: Engine.allCases)
    func isNotSilentlyLinkedAgain(engine: Engine) async throws {
        let scratch = try Scratch(engine, keyring: try .test(epochs: 2))
        let ann = try await scratch.link(phone(1), email("ann"))
        _ = try await scratch.registry.forget(.identifier(phone(1)), requestID: nil, by: scratch.actor)
        let record = IdentityRecord(identifiers: [phone(1), email("ann")], source: "crm", assurance: .matched)
        let counts = try await scratch.registry.load([record], source: "crm", by: scratch.actor)
        #expect(counts.suppressed == 2 && counts.created == 0)
        let mixed = try await scratch.link(phone(1), phone(2))
        #expect(mixed.suppressed == [.phone] && mixed.linked == [.phone] && mixed.isNew)
        #expect(try await scratch.owner(phone(1)) == nil)
        // An act on their data is recorded under somebody new, and the forgetting stands.
        let name = try await scratch.registry.subject(ofCustomerNumber: email("ann"), source: "gateway")
        #expect(name.hasPrefix("subject:"))
        let linked = try #require(try await scratch.events(.identityLinked).last)
        #expect(linked["returnedKinds"] == ["email"] && linked["customerId"]?.string == name)
        let back = try await scratch.link(phone(1), forgotten: .recontact)
        #expect(back.isNew && back.customer != ann.customer)
        #expect(try await scratch.link(phone(1)).customer == back.customer)
        // A new key changes nothing: the tombstone is of a key still in use.
        var generator = Seeded(seed: 5)
        _ = try await scratch.registry.forget(.identifier(phone(1)), requestID: nil, by: scratch.actor)
        scratch.registry.replaceKeyring(with: try scratch.registry.tokens.keyring.rotated(using: &generator))
        #expect(try await scratch.link(phone(1)).suppressed == [.phone])
    }

    @Test func sharedIdentifiersStayWithTheOthers() async throws {
        let scratch = try Scratch()
        let ann = try await scratch.link(customer(1), phone(1))
        try await scratch.registry.share(phone(1), as: .household, by: scratch.actor)
        let bob = try await scratch.link(customer(2), phone(1))
        let receipt = try await scratch.registry.forget(
            .customer(ann.customer ?? ""),
            requestID: nil,
            by: scratch.actor
        )
        #expect(receipt.kept == 1 && receipt.identifiers == 1)
        #expect(try await scratch.registry.find([phone(1)], for: .routing).customer == bob.customer)
    }

    /// Whoever holds the tenant's keys and knows the identifier cannot tell which entries were the person's.
    @Test func theLedgerNoLongerNamesThePerson() async throws {
        let scratch = try Scratch()
        try await scratch.link(phone(1))
        let request = ResolutionRequest(identifiers: [phone(1)], purpose: .routing, channel: "VOICE", source: "IVR")
        let (_, receipt) = try await scratch.registry.resolve(request, by: scratch.actor)
        let before = try await scratch.registry.ledgerNames(of: .identifier(phone(1)))
        _ = try await scratch.registry.forget(.identifier(phone(1)), requestID: nil, by: scratch.actor)
        try await scratch.link(phone(1), forgotten: .recontact)
        let after = try await scratch.registry.ledgerNames(of: .identifier(phone(1)))
        #expect(Set(before).isDisjoint(with: after))
        let (_, second) = try await scratch.registry.resolve(request, by: scratch.actor)
        let events = try await [receipt.index, second.index].asyncMap {
            try JSONValue(parsing: try await scratch.ledger.entry(at: $0))
        }
        #expect(events[0]["resolvedCustomerId"] != events[1]["resolvedCustomerId"])
        #expect(events[0]["piiContext"] != events[1]["piiContext"])
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}

@Suite struct RotationTests {
    private func rotate(_ scratch: Scratch) throws {
        var generator = SystemRandomNumberGenerator()
        scratch.registry.replaceKeyring(with: try scratch.registry.tokens.keyring.rotated(using: &generator))
    }

    @Test(arguments: Engine.allCases)
    func aNewKeyChangesNobody(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        var owners: [String?] = []
        for number in 0..<30 { owners.append(try await scratch.link(phone(number), email("n\(number)")).customer) }
        let names = try await scratch.registry.ledgerNames(of: .identifier(phone(3)))
        try rotate(scratch)
        // Before anything is moved, the old key still finds everybody.
        for number in 0..<30 { #expect(try await scratch.owner(phone(number)) == owners[number]) }
        // Met again, an identifier gets its token of the new key at once.
        try await scratch.link(phone(0), account(5))
        let move = try await scratch.registry.moveToNewestKey(by: scratch.actor)
        #expect(move.people == 30 && move.identifiers == 59 && move.waiting == 0)
        #expect(try await scratch.registry.moveToNewestKey(by: scratch.actor) == KeyMove())
        let cost = try await scratch.registry.destroyKey(epoch: 1, acceptingLoss: false, by: scratch.actor) { _ in }
        #expect(cost.lostIdentifiers == 0 && scratch.registry.tokens.keyring.keys.map(\.epoch) == [2])
        for number in 0..<30 { #expect(try await scratch.owner(email("n\(number)")) == owners[number]) }
        #expect(try await scratch.registry.ledgerNames(of: .identifier(phone(3))) == names)
        let event = try #require(try await scratch.events(.identityKeyDestroyed).first)
        #expect(event["epoch"] == 1 && event["fingerprint"]?.string == cost.fingerprint)
    }

    @Test func destroyingAKeyThatIsNeededIsRefused() async throws {
        var rules = IdentityRules()
        rules.keepsSealedIdentifiers = false
        let scratch = try Scratch(rules: rules)
        try await scratch.link(phone(1), customer(1))
        try rotate(scratch)
        func destroy(_ epoch: Int, _ acceptingLoss: Bool) async throws {
            _ = try await scratch.registry.destroyKey(epoch: epoch, acceptingLoss: acceptingLoss, by: scratch.actor) {
                _ in
            }
        }
        await #expect(throws: IdentityError.self) { try await destroy(1, true) }
        let move = try await scratch.registry.moveToNewestKey(by: scratch.actor)
        #expect(move == KeyMove(people: 1, identifiers: 0, waiting: 2))
        await #expect(throws: IdentityError.self) { try await destroy(1, false) }
        await #expect(throws: IdentityError.self) { try await destroy(2, true) }
        await #expect(throws: IdentityError.self) { try await destroy(7, true) }
        // Touched, the customer number is found under the new key; the phone number is lost, and it was said so.
        try await scratch.link(customer(1), email("ann"))
        #expect(try await scratch.registry.costOfDestroying(epoch: 1).lostIdentifiers == 1)
        let names = try await scratch.registry.ledgerNames(of: .identifier(customer(1)))
        try await destroy(1, true)
        #expect(try await scratch.owner(phone(1)) == nil)
        #expect(try await scratch.owner(customer(1)) == scratch.owner(email("ann")))
        // Older entries that name the customer number's old token are still found.
        #expect(try await scratch.registry.ledgerNames(of: .identifier(customer(1))) == names)
    }

    @Test func aStoreOfOtherKeysIsRefused() async throws {
        let scratch = try Scratch()
        try await scratch.link(phone(1))
        let other = Keyring(try TenantKey(secret: Array(repeating: 3, count: 32), tenant: "acme", epoch: 1))
        let stranger = try IdentityRegistry(
            ledger: scratch.ledger,
            keyring: other,
            normaliser: try Normaliser(),
            clock: scratch.clock,
            producer: "x"
        )
        await #expect(throws: IdentityError.self) { try await stranger.moveToNewestKey(by: scratch.actor) }
        #expect(try await stranger.find([phone(1)], for: .routing).outcome == .anonymous)
    }
}
