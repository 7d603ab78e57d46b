import Identity
import JSON
import Ledger
import Synchronization
import Testing
import WallTime

@testable import AuditTrail

/// Planted customers in the record of a real store.
@Suite struct HoneyTests {
    private static func key(_ epoch: Int) throws -> TenantKey {
        try TenantKey(secret: Array(repeating: UInt8(epoch), count: 32), tenant: "acme", epoch: epoch)
    }

    private static let ann = Reader(name: "ann", channel: .commandLine, reason: "a drill, call +49 170 1234567")

    private func customers(_ archive: Archive, _ keyring: @escaping @Sendable () -> Keyring) throws -> HoneyCustomers {
        HoneyCustomers(
            ledger: archive.ledger,
            tokeniser: archive.tokeniser,
            identities: try IdentityRegistry(
                ledger: archive.ledger,
                keyring: keyring(),
                normaliser: Normaliser(),
                clock: ManualClock(Archive.start),
                producer: "test"
            ),
            codes: HoneyCodes(keyring: keyring),
            clock: ManualClock(Archive.start),
            producer: "test"
        )
    }

    private func events(_ archive: Archive, _ type: EventType) async throws -> [JSONValue] {
        try await archive.ledger.events(EventQuery(keys: [IndexKey(.eventType, type.rawValue)])).events
            .map { try JSONValue(parsing: $0.bytes) }
    }

    @Test func whoIsPlantedStandsNowhere() async throws {
        try await Archive.run { archive in
            let ring = Keyring(try Self.key(1))
            let honey = try customers(archive) { ring }
            let made = try await honey.plant("C-900001", by: Self.ann)
            #expect(try await honey.plant("C-900001", by: Self.ann) == made)
            let second = try await honey.plant("C-900002", by: Self.ann)
            #expect(try await honey.list(by: Self.ann).map(\.id) == [made.id, second.id])

            let planted = try await events(archive, .honeyCustomerPlanted)
            #expect(planted.count == 2 && planted.allSatisfy { $0["actor"] == "ann" && $0["customerId"] == nil })
            // The code is under a key of its own: it is no token, and no name in the ledger.
            let codes = planted.flatMap { $0["codes"]?.array ?? [] }.compactMap(\.string)
            let identifier = try Normaliser().identifier(.customer, "C-900001")
            let names = try #require(
                try await IdentityRegistry(
                    ledger: archive.ledger,
                    keyring: ring,
                    normaliser: Normaliser(),
                    clock: ManualClock(Archive.start),
                    producer: "test"
                ).knownSubject(of: identifier)
            )
            #expect(
                codes.allSatisfy { !names.contains($0) && !archive.tokeniser.token(.customer, "C-900001").contains($0) }
            )
            // A read under the customer's name is known by its code, and another's is not.
            let known = HoneyCodes { ring }
            #expect(codes.contains(try #require(known.code(names, epoch: 1))))
            #expect(!codes.contains(try #require(known.code("subject:0", epoch: 1))))

            let size = archive.ledger.health.head.size
            for index in 0..<size {
                let text = String(decoding: try await archive.ledger.entry(at: index), as: UTF8.self)
                #expect(!text.contains("90000") && !text.contains("1234567"), "\(text)")
            }
        }
    }

    @Test func listingAndRemovingAreRecorded() async throws {
        try await Archive.run { archive in
            let ring = Keyring(try Self.key(1))
            let honey = try customers(archive) { ring }
            let made = try await honey.plant("C-900001", by: Self.ann)
            _ = try await honey.list(by: Reader(name: "bob", channel: .api, reason: nil))
            let listed = try #require(try await events(archive, .honeyCustomersListed).first)
            #expect(listed["actor"] == "bob" && listed["channel"] == "api" && listed["results"] == 1)
            _ = try await honey.remove(made.id, by: Self.ann)
            #expect(try await events(archive, .honeyCustomerRemoved).first?["honeyId"]?.string == made.id)
            #expect(try await honey.list(by: Self.ann).isEmpty)
            await #expect(throws: HoneyError.unknown(made.id)) { try await honey.remove(made.id, by: Self.ann) }
            // Planted anew it is another.
            #expect(try await honey.plant("C-900001", by: Self.ann).id != made.id)
        }
    }

    @Test func whatCannotBePlantedIsRefusedAndNothingIsRecorded() async throws {
        try await Archive.run { archive in
            let ring = Keyring(try Self.key(1))
            let honey = try customers(archive) { ring }
            let size = archive.ledger.health.head.size
            let silent = Reader(name: "ann", channel: .api, reason: " ")
            await #expect(throws: HoneyError.reasonMissing) { try await honey.plant("C-900001", by: silent) }
            await #expect(throws: HoneyError.noCustomer) {
                try await honey.plant("cust_\(String(repeating: "0", count: 32))", by: Self.ann)
            }
            await #expect(throws: HoneyError.noCustomer) { try await honey.plant("", by: Self.ann) }
            #expect(archive.ledger.health.head.size == size)
        }
    }

    /// What was planted under a key that is gone would not be noticed any more, and says so.
    @Test func aKeyThatIsGoneIsSaid() async throws {
        try await Archive.run { archive in
            let ring = Mutex(Keyring(try Self.key(1)))
            let honey = try customers(archive) { ring.withLock { $0 } }
            let made = try await honey.plant("C-900001", by: Self.ann)
            let other = Keyring(try Self.key(2))
            ring.withLock { $0 = other }
            #expect(try await honey.list(by: Self.ann).map(\.isWatched) == [false])
            #expect(HoneyCodes { other }.code("subject:1", epoch: 1) == nil)
            ring.withLock { [ring = Keyring(try! Self.key(1))] in $0 = ring }
            #expect(try await honey.list(by: Self.ann) == [made])
        }
    }
}
