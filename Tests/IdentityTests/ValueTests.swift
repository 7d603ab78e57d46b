import Foundation
import JSON
import Ledger
import Storage
import TestStores
import Testing
import WallTime

@testable import Identity

/// What tokens of redacted texts stand for: kept, taken back, forgotten.
@Suite struct ValueTests {
    private let until = Timestamp(milliseconds: 1_780_000_000_000 + 86_400_000)

    private func value(_ number: Int, scope: String = "call-1") -> TokenisedValue {
        TokenisedValue(token: "tok_PHONE_\(number)", scope: scope, value: Array("+1 415 555 \(1000 + number)".utf8))
    }

    private func reveal(_ scratch: Scratch, _ values: [TokenisedValue]) async throws -> [String: [UInt8]] {
        try await scratch.registry.reveal(values.map(\.token), scope: values[0].scope, by: scratch.actor) { _ in "PHONE"
        }
    }

    @Test(arguments: Engine.allCases) func aTokenComesBackOnlyInItsScopeAndIsRecorded(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let values = (0..<3).map { value($0) }
        try await scratch.registry.keep(values, of: nil, until: until)
        try await scratch.registry.keep([values[0]], of: nil, until: until)
        let found = try await reveal(scratch, values)
        #expect(found == Dictionary(uniqueKeysWithValues: values.map { ($0.token, $0.value) }))
        #expect(try await reveal(scratch, [value(0, scope: "call-2")]).isEmpty)
        let events = try await scratch.events(.redactionReversed)
        #expect(events.map { $0["token"]?.string } == values.map(\.token))
        #expect(events.allSatisfy { $0["actor"] == "tester" && $0["reason"] == "because" && $0["scope"] == "call-1" })
        #expect(events.allSatisfy { $0["dataType"] == "PHONE" && $0["customerId"] == nil })
    }

    @Test(arguments: Engine.allCases) func whatExpiredIsGone(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        try await scratch.registry.keep([value(1)], of: nil, until: until)
        try await scratch.registry.keep([value(2)], of: nil, until: until.adding(seconds: 60))
        scratch.clock.advance(seconds: 86_400)
        #expect(try await reveal(scratch, [value(1), value(2)]).keys.sorted() == [value(2).token])
        try await scratch.registry.destroyExpiredTokens()
        let left = try await scratch.ledger.database.read {
            try $0.first("SELECT COUNT(*) FROM identity_values") { $0.integer(0) }
        }
        #expect(left == 1)
        // Meeting the value again keeps it longer.
        try await scratch.registry.keep([value(2)], of: nil, until: until.adding(seconds: 600))
        scratch.clock.advance(seconds: 300)
        #expect(try await reveal(scratch, [value(2)]).count == 1)
    }

    @Test(arguments: Engine.allCases) func tokensAreForgottenWithTheirPerson(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let ann = try await scratch.link(phone(1), email("ann"))
        try await scratch.registry.keep([value(1), value(2)], of: nil, until: until)
        // The same value, now known to be Ann's: nobody else's copy of it stays.
        try await scratch.registry.keep([value(1)], of: .customer(ann.customer ?? ""), until: until)
        try await scratch.registry.keep([value(1)], of: nil, until: until)
        #expect(try await reveal(scratch, [value(1), value(2)]).count == 2)
        let names = try await scratch.registry.ledgerNames(of: .identifier(phone(1)))
        #expect(try await scratch.events(.redactionReversed).first?["customerId"]?.string == names[0])
        _ = try await scratch.registry.forget(.identifier(phone(1)), requestID: nil, by: scratch.actor)
        #expect(try await reveal(scratch, [value(1), value(2)]).keys.sorted() == [value(2).token])
        await #expect(throws: IdentityError.unknownCustomer) {
            try await scratch.registry.keep([value(3)], of: .customer(ann.customer ?? ""), until: until)
        }
    }

    @Test func nothingOfThemIsInTheFiles() async throws {
        let scratch = try Scratch()
        let ann = try await scratch.link(phone(1), email("ann"))
        try await scratch.registry.keep([value(1)], of: .customer(ann.customer ?? ""), until: until)
        try await scratch.registry.keep([value(2)], of: nil, until: until)
        let kept = try await scratch.ledger.database.read {
            try $0.all("SELECT sealed, name FROM identity_values") { [$0.blob(0), $0.blob(1)] }
        }
        let file = scratch.location.storeFile
        func has(_ needle: [UInt8]) -> Bool {
            [file, file + "-wal"].contains { path in
                FileManager.default.contents(atPath: path)?.firstRange(of: Data(needle)) != nil
            }
        }
        // Clear values never are; sealed ones are until they are destroyed.
        for value in [value(1), value(2)] { #expect(!has(value.value) && !has(Array(value.token.utf8))) }
        #expect(kept.count == 2 && kept.allSatisfy { $0.allSatisfy(has) })
        _ = try await scratch.registry.forget(.identifier(phone(1)), requestID: nil, by: scratch.actor)
        let (count, remains) = try await scratch.registry.destroyTokens(scope: "call-1", by: scratch.actor)
        #expect(count == 1 && remains.isEmpty)
        #expect(kept.allSatisfy { !$0.contains(where: has) })
        let event = try #require(try await scratch.events(.redactionTokensDestroyed).first)
        #expect(event["scope"] == "call-1" && event["tokens"] == 1)
    }

    @Test(arguments: Engine.allCases) func tokensOutliveTheKeyThatTheyWereMadeUnder(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let ann = try await scratch.link(phone(1), email("ann"))
        try await scratch.registry.keep([value(1)], of: .customer(ann.customer ?? ""), until: until)
        try await scratch.registry.keep([value(2)], of: nil, until: until)
        var generator = Seeded(seed: 5)
        let rotated = try scratch.registry.tokens.keyring.rotated(using: &generator)
        scratch.registry.replaceKeyring(with: rotated)
        #expect(try await reveal(scratch, [value(1), value(2)]).count == 2)
        #expect(try await scratch.registry.costOfDestroying(epoch: 1).lostTokens == 2)
        #expect(try await scratch.registry.moveToNewestKey(by: scratch.actor).values == 2)
        let cost = try await scratch.registry.destroyKey(epoch: 1, acceptingLoss: true, by: scratch.actor) { _ in }
        #expect(cost.lostTokens == 0)
        #expect(try await reveal(scratch, [value(1), value(2)]).count == 2)
    }

    @Test func anAlteredValueIsNotOpened() async throws {
        let scratch = try Scratch()
        try await scratch.registry.keep([value(1), value(2)], of: nil, until: until)
        try await scratch.ledger.record([]) { connection in
            // The values of two tokens changed places.
            let rows = try connection.all("SELECT name, sealed FROM identity_values") { ($0.blob(0), $0.blob(1)) }
            for (row, other) in zip(rows, rows.reversed()) {
                try connection.run(
                    "UPDATE identity_values SET sealed = $1 WHERE name = $2",
                    [.blob(other.1), .blob(row.0)]
                )
            }
        }
        #expect(try await reveal(scratch, [value(1), value(2)]).isEmpty)
        #expect(try await scratch.events(.redactionReversed).isEmpty)
    }
}
