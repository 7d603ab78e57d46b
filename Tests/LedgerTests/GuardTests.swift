import Foundation
import MerkleLog
import Storage
import TestStores
import Testing

@testable import Ledger

@Suite struct GuardTests {
    /// What each engine must refuse, of the tables' owner too.
    private static let forgetting: [Engine: [String]] = [
        .sqlite: [
            "UPDATE entries SET body = x'00' WHERE idx = 0", "UPDATE tiles SET data = x'00'",
            "INSERT OR REPLACE INTO entries VALUES (0, x'00')", "REPLACE INTO tiles VALUES (0, x'00')",
        ],
        .postgres: [
            "UPDATE entries SET body = '' WHERE idx = 0", "UPDATE tiles SET data = ''", "TRUNCATE entries",
            "TRUNCATE tiles", "TRUNCATE head", "TRUNCATE entries_000000000000000000",
            "UPDATE entries_000000000000000000 SET body = ''", "DELETE FROM entries_000000000000000000",
            "INSERT INTO entries VALUES (0, '')",
            "INSERT INTO entries VALUES (0, '') ON CONFLICT (idx) DO UPDATE SET body = ''",
        ],
    ]

    @Test(arguments: Engine.allCases)
    func theStoreRefusesToForget(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let ledger = try scratch.create()
        defer { ledger.close() }
        for number in 0..<300 { try await ledger.append(scratch.access("e\(number)")) }
        let common = ["DELETE FROM entries", "DELETE FROM tiles", "UPDATE head SET size = 0", "DELETE FROM head"]
        for statement in common + Self.forgetting[engine, default: []] {
            let connection = try ledger.database.makeConnection()
            let refusal = #expect(throws: StorageError.self, "\(statement)") { try connection.run(statement) }
            #expect(refusal?.code == .refused, "\(statement): \(String(describing: refusal))")
        }
        #expect(try scratch.verify().head.size == 301)
    }

    @Test func anOlderCopyIsRefusedUntilAccepted() async throws {
        let scratch = try Scratch()
        let ledger = try scratch.create()
        for number in 0..<10 { try await ledger.append(scratch.access("e\(number)")) }
        ledger.close()
        let copy = scratch.folder + "/copy"
        try scratch.copy(to: copy)
        let again = try scratch.open()
        for number in 10..<20 { try await again.append(scratch.access("e\(number)")) }
        again.close()
        try FileManager.default.removeItem(atPath: scratch.location.directory)
        try FileManager.default.moveItem(atPath: copy, toPath: scratch.location.directory)
        let refusal = #expect(throws: LedgerError.self) { try scratch.open() }
        #expect(refusal?.description.contains("accept-restore") == true)
        let accepted = try Ledger(at: scratch.location, signer: scratch.signer) { anchor, size in
            #expect(anchor?.contains("\n21\n") == true)
            #expect(size == 11)
            return scratch.event(.ledgerRestoreAccepted, "accepted")
        }
        #expect(accepted.health.head.size == 12)
        accepted.close()
        try scratch.open().close()
    }

    @Test func aRewrittenStoreIsRefused() async throws {
        let scratch = try Scratch()
        let ledger = try scratch.create()
        for number in 0..<10 { try await ledger.append(scratch.access("e\(number)")) }
        ledger.close()
        // The same number of other entries, signed with the same key.
        let other = try Scratch()
        let rewritten = try other.create()
        for number in 0..<10 { try await rewritten.append(other.access("e\(number)", customer: "forged")) }
        rewritten.close()
        try FileManager.default.removeItem(atPath: scratch.location.directory)
        try FileManager.default.copyItem(atPath: other.location.directory, toPath: scratch.location.directory)
        let refusal = #expect(throws: LedgerError.self) { try scratch.open() }
        #expect(refusal?.description.contains("rewritten") == true)
    }

    @Test func aMissingAnchorAndAnotherKeyAreRefused() async throws {
        let scratch = try Scratch()
        try scratch.create().close()
        let stranger = try NoteSigner(origin: Origin("muniment.example/test"), seed: [UInt8](repeating: 9, count: 32))
        #expect(throws: LedgerError.self) { try Ledger(at: scratch.location, signer: stranger) }
        try FileManager.default.removeItem(atPath: scratch.location.anchor)
        #expect(throws: LedgerError.self) { try scratch.open() }
    }

    @Test func theAnchorFollowsTheStore() async throws {
        let scratch = try Scratch()
        let ledger = try scratch.create()
        for number in 0..<5 { try await ledger.append(scratch.access("e\(number)")) }
        ledger.close()
        let anchor = try String(contentsOfFile: scratch.location.anchor, encoding: .utf8)
        #expect(try SignedHead(checkpoint: anchor, verifier: scratch.signer.verifier).size == 6)
    }
}
