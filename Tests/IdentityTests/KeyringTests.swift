import Foundation
import TestStores
import Testing

@testable import Identity

private func hex(_ byte: UInt8) -> String {
    String(repeating: byte < 16 ? "0\(String(byte, radix: 16))" : String(byte, radix: 16), count: 32)
}

private func keyring(_ text: String, epoch: Int = 1) throws -> Keyring {
    try Keyring(text: text, tenant: "acme", singleEpoch: epoch, source: "keys")
}

@Suite struct KeyringTests {
    @Test func readsOneKeyOrMany() throws {
        #expect(try keyring(hex(1) + "\n", epoch: 4).keys.map(\.epoch) == [4])
        let many = try keyring("# ours\n3 \(hex(3))\n\n1 \(hex(1)) # old\r\n2\t\(hex(2))")
        #expect(many.keys.map(\.epoch) == [1, 2, 3])
        #expect(many.newest.epoch == 3)
        #expect(try keyring(many.text).keys.map(\.fingerprint) == many.keys.map(\.fingerprint))
    }

    @Test(arguments: [
        "", "# nothing", "x", "1 " + hex(1) + " more", "0 " + hex(1), "01 " + hex(1), "-1 " + hex(1),
        "1 " + String(hex(1).dropLast(2)), "1 \(hex(1))\n1 \(hex(2))", hex(1) + "\n" + hex(2),
        (1...9).map { "\($0) \(hex(UInt8($0)))" }.joined(separator: "\n"), "99999999999999999999 " + hex(1),
    ])
    func refusesBadOnesWithoutShowingThem(text: String) {
        do {
            _ = try keyring(text)
            Issue.record("taken")
        } catch {
            #expect(!"\(error)".contains("0101"))
        }
    }

    @Test func rotatesAndDestroys() throws {
        var generator = Seeded(seed: 1)
        let first = try keyring(hex(1))
        let second = try first.rotated(using: &generator)
        #expect(second.keys.map(\.epoch) == [1, 2])
        #expect(second.newest.fingerprint != first.newest.fingerprint)
        #expect(throws: IdentityError.self) { try second.without(epoch: 2) }
        #expect(throws: IdentityError.self) { try second.without(epoch: 3) }
        #expect(try second.without(epoch: 1).keys.map(\.epoch) == [2])
        var full = first
        for _ in 1..<Keyring.mostEpochs { full = try full.rotated(using: &generator) }
        #expect(throws: IdentityError.self) { try full.rotated(using: &generator) }
    }

    @Test func refusesAFileThatOthersCanRead() throws {
        let folder = try TemporaryFolder()
        let source = KeyringSource.file(folder.path("keys"))
        #expect(throws: IdentityError.self) { try source.read(tenant: "acme", singleEpoch: 1) }
        try source.replace(with: try keyring(hex(7)))
        #expect(try source.read(tenant: "acme", singleEpoch: 1).keys.count == 1)
        for mode in [0o640, 0o604, 0o620, 0o601, 0o660, 0o666] {
            #expect(chmod(folder.path("keys"), mode_t(mode)) == 0)
            #expect(throws: IdentityError.self) { try source.read(tenant: "acme", singleEpoch: 1) }
        }
        #expect(throws: IdentityError.self) { try KeyringSource.file(folder.path).read(tenant: "acme", singleEpoch: 1) }
    }

    @Test func asksACommand() throws {
        func read(_ words: [String]) throws -> Keyring {
            try KeyringSource.command(words).read(tenant: "acme", singleEpoch: 1)
        }
        #expect(try read(["/bin/echo", "5", hex(9)]).newest.epoch == 5)
        #expect(throws: IdentityError.self) { try read(["/bin/false"]) }
        #expect(throws: IdentityError.self) { try read(["echo", hex(9)]) }
        #expect(throws: IdentityError.self) { try read([]) }
        #expect(throws: IdentityError.self) { try read(["/nonexistent/program"]) }
        #expect(throws: IdentityError.self) {
            try KeyringSource.command(["/bin/echo"]).replace(with: try keyring(hex(1)))
        }
    }

    @Test func tokensOfEveryEpochAreThoseOfItsKey() throws {
        let ring = try keyring("1 \(hex(1))\n2 \(hex(2))")
        let identifier = try Normaliser().identifier(.email, "ann@example.com")
        let maker = TokenMaker(keyring: ring)
        #expect(
            maker.tokens(identifier) == ring.keys.reversed().map { Tokeniser(key: $0).token(.email, "ann@example.com") }
        )
        #expect(zip(maker.digests(identifier), [2, 1]).map { $0.text(.email, epoch: $1) } == maker.tokens(identifier))
        let tombstones = maker.epochs.map { $0.tombstone(of: maker.digests(identifier)[0]) }
        #expect(Set(tombstones + maker.digests(identifier)).count == 4)
    }
}
