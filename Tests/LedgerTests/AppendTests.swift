import JSON
import MerkleLog
import Storage
import TestStores
import Testing

@testable import Ledger

@Suite struct AppendTests {
    @Test(arguments: Engine.allCases)
    func aReceiptNamesThePlaceAndItsProofVerifies(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let ledger = try scratch.create()
        defer { ledger.close() }
        for number in 1...20 {
            let event = scratch.access("e\(number)")
            let receipt = try await ledger.append(event)
            #expect(receipt.index == UInt64(number))
            #expect(receipt.head.size == UInt64(number) + 1)
            let proof = try await ledger.proof(of: receipt.index)
            let verified = try proof.verify(
                entry: event.encoded(),
                verifiers: [scratch.signer.verifier],
                origin: "muniment.example/test"
            )
            #expect(verified.index == receipt.index)
        }
        #expect(try scratch.verify().head.size == 21)
    }

    @Test(arguments: Engine.allCases)
    func manyCallersShareCommits(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let ledger = try scratch.create()
        defer { ledger.close() }
        let indices = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for number in 0..<1024 {
                group.addTask { try await ledger.append(scratch.access("e\(number)")).index }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(indices) == Set(1...1024))
        #expect(ledger.health.commits < 512)
        #expect(try scratch.verify().head.size == 1025)
    }

    @Test(arguments: Engine.allCases)
    func theSameEventAgainHasTheSamePlace(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let first: Receipt
        do {
            let ledger = try scratch.create()
            first = try await ledger.append(scratch.access("again"))
            let second = try await ledger.append(scratch.access("again"))
            #expect(second.index == first.index)
            #expect(second.isRepetition)
            ledger.close()
        }
        let reopened = try scratch.open()
        defer { reopened.close() }
        #expect(try await reopened.append(scratch.access("again")).index == first.index)
        try reopened.catchUpIndex()
        #expect(try await reopened.append(scratch.access("again")).index == first.index)
        await #expect(throws: LedgerError.self) {
            try await reopened.append(scratch.access("again", customer: "another"))
        }
        #expect(try scratch.verify().head.size == 2)
    }

    @Test(arguments: Engine.allCases)
    func tooLargeAnEntryIsRefused(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let ledger = try scratch.create()
        defer { ledger.close() }
        let event = scratch.event(.auditTrailRead, "big", ["text": .string(String(repeating: "x", count: 40_000))])
        await #expect(throws: LedgerError.self) { try await ledger.append(event) }
        #expect(try scratch.verify().head.size == 1)
    }

    @Test(arguments: Engine.allCases)
    func eventsAndTablesChangeTogetherOrNotAtAll(engine: Engine) async throws {
        struct Refused: Error {}
        let scratch = try Scratch(engine)
        let ledger = try scratch.create()
        defer { ledger.close() }
        try await ledger.record([scratch.access("with-table")]) { connection in
            try connection.run("CREATE TABLE notes (text TEXT)")
            try connection.run("INSERT INTO notes VALUES ($1)", [.text("kept")])
        }
        await #expect(throws: Refused.self) {
            try await ledger.record([scratch.access("refused")]) { connection in
                try connection.run("INSERT INTO notes VALUES ($1)", [.text("undone")])
                throw Refused()
            }
        }
        let notes = try ledger.database.readBlocking { try $0.all("SELECT text FROM notes") { $0.text(0) } }
        #expect(notes == ["kept"])
        #expect(try scratch.verify().head.size == 2)
    }

    @Test(arguments: Engine.allCases)
    func twoProcessesAppendToOneStore(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let one = try scratch.create()
        let two = try scratch.open()
        defer {
            one.close()
            two.close()
        }
        for number in 0..<40 {
            let ledger = number % 3 == 0 ? one : two
            #expect(try await ledger.append(scratch.access("e\(number)")).index == UInt64(number) + 1)
        }
        // An event that the other process recorded is found as well.
        #expect(try await one.append(scratch.access("e1")).isRepetition)
        #expect(try scratch.verify().head.size == 41)
    }

    @Test(arguments: Engine.allCases, [255, 256, 257, 512, 65_535, 65_536, 65_537])
    func treesAcrossTileBorders(engine: Engine, size: Int) async throws {
        let scratch = try Scratch(engine)
        let ledger = try scratch.create()
        let done = AsyncStream<Int>.makeStream()
        let lane = ledger.makeLane { outcome in
            if case .committed(let results, _) = outcome { done.continuation.yield(results.count) }
        }
        for number in 1..<size {
            try lane.submit { $0.append(contentsOf: "{\"n\":\(number)}".utf8) }
        }
        var committed = 0
        for await count in done.stream {
            committed += count
            if committed == size - 1 { break }
        }
        ledger.close()
        #expect(try scratch.verify().head.size == UInt64(size))
        let reopened = try scratch.open()
        let receipt = try await reopened.append(scratch.access("after"))
        #expect(receipt.index == UInt64(size))
        let proof = try await reopened.proof(of: UInt64(size / 2))
        _ = try proof.verify(
            entry: await reopened.entry(at: UInt64(size / 2)),
            verifiers: [scratch.signer.verifier],
            origin: "muniment.example/test"
        )
        reopened.close()
        #expect(try scratch.verify().head.size == UInt64(size) + 1)
    }
}

/// What a node knows of the tree, when others append.
@Suite struct TreeStateTests {
    @Test(arguments: Engine.allCases)
    func followingOthersEqualsHavingAppended(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let ledger = try scratch.create()
        defer { ledger.close() }
        let connection = try ledger.database.makeConnection()
        var behind: [TreeState] = [TreeState()]
        var generator = SplitMix64(seed: 12)
        for step in 0..<6 {
            for number in 0..<Int.random(in: 1...400, using: &generator) {
                async let _ = ledger.append(scratch.access("\(step) \(number)"))
            }
            let size = try #require(try LedgerStore.head(connection)?.size)
            let direct = try TreeState(connection, size: size)
            #expect(direct.root == ledger.health.head.root)
            // From wherever it stood, and on to what it hands to the store next.
            for known in behind {
                var following = known
                try following.follow(connection, to: size)
                #expect(following.frontier == direct.frontier)
                var (one, two) = (following, direct)
                for number in 0..<300 {
                    let leaf = TreeHasher.leafHash([UInt8(number & 255)])
                    #expect(one.append(leaf).map(\.data) == two.append(leaf).map(\.data))
                }
                #expect(one.root == two.root)
            }
            behind.append(direct)
        }
    }
}
