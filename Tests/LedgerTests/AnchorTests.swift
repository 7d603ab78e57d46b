import Dispatch
import Foundation
import MerkleLog
import Storage
import Synchronization
import TestStores
import Testing

@testable import Ledger

@Suite struct AnchorTests {
    /// The pause between two writes lasts as long as the test wants; no write may happen in it.
    @Test func theAnchorIsWrittenOnceAPauseAndHoldsTheNewestHead() throws {
        let scratch = try Scratch()
        let path = scratch.folder + "/checkpoint"
        try FileManager.default.createDirectory(atPath: scratch.folder, withIntermediateDirectories: true)
        let heads = try (1...6).map { size in
            try SignedHead(size: UInt64(size), root: TreeHasher.emptyRoot, signer: scratch.signer)
        }
        let pauses = DispatchSemaphore(value: 0)
        let goOn = DispatchSemaphore(value: 0)
        let writes = Mutex(0)
        let anchor = Anchor(
            path: path,
            pause: { _ in
                pauses.signal()
                goOn.wait()
            },
            wrote: { failure in
                if failure == nil { writes.withLock { $0 += 1 } }
            }
        )
        anchor.offer(heads[0])
        pauses.wait()
        #expect(try Anchor.read(path) == heads[0].checkpoint)
        for head in heads[1...3] { anchor.offer(head) }
        #expect(try Anchor.read(path) == heads[0].checkpoint)
        #expect(writes.withLock { $0 } == 1)
        goOn.signal()
        pauses.wait()
        #expect(try Anchor.read(path) == heads[3].checkpoint)
        #expect(writes.withLock { $0 } == 2)
        // What is outstanding at the end is written.
        anchor.offer(heads[5])
        goOn.signal()
        goOn.signal()
        anchor.close()
        #expect(try Anchor.read(path) == heads[5].checkpoint)
        // Another process of the same ledger was quicker.
        try Anchor.write(heads[4], to: path)
        #expect(try Anchor.read(path) == heads[5].checkpoint)
    }

    @Test func anAnchorThatCannotBeWrittenShowsAndStopsNothing() async throws {
        let scratch = try Scratch()
        let ledger = try scratch.create()
        try FileManager.default.removeItem(atPath: scratch.location.anchor)
        // A folder cannot be replaced by a file.
        try FileManager.default.createDirectory(
            atPath: scratch.location.anchor + "/in the way",
            withIntermediateDirectories: true
        )
        #expect(try await ledger.append(scratch.access("e")).index == 1)
        ledger.close()
        #expect(ledger.health.anchorFailure != nil)
        #expect(ledger.health.commitFailure == nil)
    }

    @Test(arguments: Engine.allCases, FaultEffect.allCases)
    func theAnchorIsNeverAheadOfTheStore(engine: Engine, effect: FaultEffect) async throws {
        let scratch = try Scratch(engine)
        try scratch.create().close()
        for statement in 0..<8 {
            let store = try scratch.faultyStore()
            let ledger = try Ledger(at: scratch.location, database: store, signer: scratch.signer, accepting: nil)
            store.faults.arm(effect, after: statement, count: .max)
            _ = try? await ledger.append(scratch.access("e\(statement)"))
            ledger.close()
            let anchor = try SignedHead(
                checkpoint: #require(try Anchor.read(scratch.location.anchor)),
                verifier: scratch.signer.verifier
            )
            #expect(try anchor.size <= scratch.verify(since: anchor.checkpoint).head.size)
        }
    }

    @Test(arguments: ["REPLACE INTO", "INSERT OR REPLACE INTO", "INSERT INTO"])
    func theHeadCannotBeReplaced(verb: String) async throws {
        let scratch = try Scratch()
        let ledger = try scratch.create()
        defer { ledger.close() }
        try await ledger.append(scratch.access("e"))
        let connection = try ledger.database.makeConnection()
        #expect(throws: StorageError.self) { try connection.run("\(verb) head VALUES (1, 1, 'forged')") }
        #expect(try scratch.verify().head.size == 2)
    }

    /// Somebody with the store and the anchor puts an older head, truly signed, back into both, to hide the newest entries.
    @Test(arguments: Engine.allCases)
    func anOlderHeadPutBackIsRefused(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let ledger = try scratch.create()
        for number in 0..<5 { try await ledger.append(scratch.access("e\(number)")) }
        let older = try await ledger.checkpoint()
        for number in 5..<9 { try await ledger.append(scratch.access("e\(number)")) }
        ledger.close()
        try scratch.tamper("UPDATE head SET size = 6, checkpoint = '\(older)'")
        try Anchor.replace(scratch.location.anchor, with: older)
        let refusal = #expect(throws: LedgerError.self) { try scratch.open() }
        #expect(refusal?.description.contains("replaced by an older one") == true)
        #expect(throws: LedgerError.self) { try scratch.verify() }
    }
}
