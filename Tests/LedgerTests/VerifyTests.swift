import Foundation
import MerkleLog
import Storage
import TestStores
import Testing

@testable import Ledger

@Suite struct VerifyTests {
    private func filled(_ count: Int, _ engine: Engine = .sqlite) async throws -> Scratch {
        let scratch = try Scratch(engine)
        let ledger = try scratch.create()
        let done = AsyncStream<Int>.makeStream()
        let lane = ledger.makeLane { outcome in
            if case .committed(let results, _) = outcome { done.continuation.yield(results.count) }
        }
        for number in 1..<count {
            let bytes = try scratch.access("e\(number)", customer: "customer-\(number % 17)").encoded()
            try lane.submit { $0.append(contentsOf: bytes) }
        }
        var committed = 0
        for await batch in done.stream {
            committed += batch
            if committed == count - 1 { break }
        }
        ledger.close()
        return scratch
    }

    @Test(arguments: Engine.allCases, [0, 5, 255, 256, 699])
    func aChangedEntryIsNamed(engine: Engine, entry: Int) async throws {
        let scratch = try await filled(700, engine)
        let changed =
            engine == .sqlite
            ? "replace(CAST(body AS TEXT), 'test', 'tent')"
            : "convert_to(replace(convert_from(body, 'UTF8'), 'test', 'tent'), 'UTF8')"
        try scratch.tamper("UPDATE entries SET body = \(changed) WHERE idx = \(entry)")
        let failure = #expect(throws: (any Error).self) { try scratch.verify() }
        if entry < 512 {
            #expect((failure as? LedgerVerifier.Failure)?.entry == UInt64(entry))
        }
    }

    @Test(arguments: Engine.allCases)
    func aMissingEntryAMissingTailAndAChangedTileAreFound(engine: Engine) async throws {
        for statement in [
            "DELETE FROM entries WHERE idx = 300", "DELETE FROM entries WHERE idx >= 690",
            engine == .sqlite
                ? "UPDATE tiles SET data = zeroblob(length(data)) WHERE id = 1"
                : "UPDATE tiles SET data = set_byte(data, 5, get_byte(data, 5) # 1) WHERE id = 1",
        ] {
            let scratch = try await filled(700, engine)
            try scratch.tamper(statement)
            #expect(throws: (any Error).self) { try scratch.verify() }
        }
    }

    @Test(arguments: Engine.allCases)
    func anOlderCheckpointMustStillHold(engine: Engine) async throws {
        let scratch = try await filled(700, engine)
        let old = try StoreSource(at: scratch.location).checkpoint()
        let ledger = try scratch.open()
        for number in 0..<400 { try await ledger.append(scratch.access("later\(number)")) }
        ledger.close()
        #expect(try scratch.verify(since: old).consistentWithSize == 700)
        let stranger = try await filled(900, engine)
        let foreign = try StoreSource(at: stranger.location).checkpoint()
        #expect(throws: LedgerVerifier.Failure.self) { try scratch.verify(since: foreign) }
    }

    @Test(arguments: Engine.allCases)
    func anExportedFolderVerifiesAndEveryFlippedByteShows(engine: Engine) async throws {
        let scratch = try await filled(600, engine)
        let folder = scratch.folder + "/export"
        let head = try LedgerFolder.export(
            StoreSource(at: scratch.location),
            verifier: scratch.signer.verifier,
            to: folder
        )
        #expect(head.size == 600)
        func verify() throws {
            _ = try LedgerVerifier(
                source: TiledSource(folder: folder),
                verifier: scratch.signer.verifier,
                workers: 2
            ).verify()
        }
        try verify()
        var files: [String] = []
        let walker = try #require(FileManager.default.enumerator(atPath: folder))
        while let path = walker.nextObject() as? String {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: folder + "/" + path, isDirectory: &isFolder), !isFolder.boolValue
            {
                files.append(folder + "/" + path)
            }
        }
        #expect(files.count == 8)
        var generator = SplitMix64(seed: 11)
        for _ in 0..<120 {
            let path = try #require(files.randomElement(using: &generator))
            let original = try Data(contentsOf: URL(fileURLWithPath: path))
            var changed = original
            let place = Int.random(in: 0..<changed.count, using: &generator)
            changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            try changed.write(to: URL(fileURLWithPath: path))
            #expect(throws: (any Error).self, "\(path) byte \(place)") { try verify() }
            try original.write(to: URL(fileURLWithPath: path))
        }
        try verify()
    }

    @Test func noiseInTheFileIsAnErrorNotACrash() async throws {
        var generator = SplitMix64(seed: 5)
        var found = 0
        for _ in 0..<10 {
            let scratch = try await filled(700)
            let head = try scratch.verify().head
            try scratch.tamper()
            let handle = try #require(FileHandle(forWritingAtPath: scratch.location.storeFile))
            let pages = try handle.seekToEnd() / 4096
            let page = UInt64.random(in: 2..<pages, using: &generator)
            try handle.seek(toOffset: page * 4096)
            try handle.write(contentsOf: Data((0..<4096).map { _ in UInt8.random(in: 0...255, using: &generator) }))
            try handle.close()
            // A page of another table than the record's does not matter to it.
            do { #expect(try scratch.verify().head == head) } catch { found += 1 }
        }
        #expect(found > 7)
    }
}
