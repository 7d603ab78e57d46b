import Storage
import Synchronization
import TestStores
import Testing

@testable import Storage

/// Work that runs once in a cluster.
@Suite struct LeaseTests {
    /// Waits of a keeper under test: each ends when the test says so.
    private final class Steps: Sendable {
        private let stream: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        init() { (stream, continuation) = AsyncStream.makeStream() }

        func go() { continuation.yield() }

        func pause() async throws {
            for await _ in stream { return }
            throw CancellationError()
        }
    }

    private func keeper(_ store: TestStore, _ node: String, _ steps: Steps) throws -> LeaseKeeper {
        try LeaseKeeper(
            database: store.database,
            node: node,
            run: nil,
            pause: { _ in try await steps.pause() },
            failed: { work, error in Issue.record("\(work): \(error)") }
        )
    }

    private func expire(_ store: TestStore) throws {
        try store.database.readBlocking { _ = try $0.run("UPDATE leases SET expires = 1") }
    }

    @Test(arguments: Engine.allCases)
    func oneHoldsItAndTheNextHasAHigherNumber(engine: Engine) throws {
        let store = try TestStore(engine)
        let table = LeaseTable(duration: 60_000)
        try store.database.readBlocking { connection in
            try Schema.migrate(connection, component: "leases", migrations: LeaseTable.migrations)
            let first = try #require(try table.take("index", as: "a", connection))
            #expect(first.fence == 1)
            #expect(try table.take("index", as: "b", connection) == nil)
            #expect(try table.prolong(first, connection))
            try first.confirm(connection)
            let state = try #require(try LeaseTable.all(connection).first)
            #expect(state.lease == first)
            #expect((59_000...60_000).contains(state.remainingMilliseconds))
            try expire(store)
            // It ran out, so it cannot be prolonged, whatever the holder's own clock says.
            #expect(try !table.prolong(first, connection))
            // As long as nobody has taken it, its holder's work does no harm.
            try first.confirm(connection)
            let second = try #require(try table.take("index", as: "b", connection))
            #expect(second.fence == 2)
            #expect(try table.take("index", as: "a", connection) == nil)
            #expect(try !table.prolong(first, connection))
            let refusal = #expect(throws: StorageError.self) { try first.confirm(connection) }
            #expect(refusal?.code == .fenced)
            try table.release(first, connection)
            #expect(try table.prolong(second, connection))
            try table.release(second, connection)
            #expect(try table.take("index", as: "a", connection)?.fence == 3)
        }
    }

    /// A node that was asleep wakes up within a transaction: it cannot commit under a lease that another has taken.
    @Test(arguments: Engine.allCases)
    func aTransactionUnderALostLeaseIsRefused(engine: Engine) throws {
        let store = try TestStore(engine)
        let table = LeaseTable(duration: 60_000)
        try store.database.readBlocking { connection in
            try Schema.migrate(connection, component: "leases", migrations: LeaseTable.migrations)
            try connection.run("CREATE TABLE work (done BIGINT)")
            let slow = try #require(try table.take("work", as: "a", connection))
            try expire(store)
            let quick = try #require(try table.take("work", as: "b", connection))
            #expect(throws: StorageError.self) {
                try connection.transaction {
                    try connection.run("INSERT INTO work VALUES (1)")
                    try slow.confirm(connection)
                }
            }
            try connection.transaction {
                try connection.run("INSERT INTO work VALUES (2)")
                try quick.confirm(connection)
            }
            #expect(try connection.all("SELECT done FROM work", [], { $0.integer(0) }) == [2])
        }
    }

    @Test(arguments: Engine.allCases)
    func theWorkEndsWhenItsLeaseIsLostAndAnotherNodeGoesOn(engine: Engine) async throws {
        let store = try TestStore(engine)
        let (stepsA, stepsB) = (Steps(), Steps())
        let (a, b) = (try keeper(store, "a", stepsA), try keeper(store, "b", stepsB))
        let (begun, begin) = AsyncStream<String>.makeStream()
        @Sendable func work(_ lease: Lease) async throws {
            begin.yield("\(lease.holder) begins")
            defer { begin.yield("\(lease.holder) ends") }
            try await Task.sleep(for: .seconds(3600))
        }
        var log = begun.makeAsyncIterator()
        let taskA = Task { await a.run("job", work) }
        #expect(await log.next() == "a begins")
        let taskB = Task { await b.run("job", work) }
        // The first is stopped for long; the second finds the lease run out.
        try expire(store)
        stepsB.go()
        #expect(await log.next() == "b begins")
        // The first wakes up, and finds it lost.
        stepsA.go()
        #expect(await log.next() == "a ends")
        // A clean end gives the lease back, so that nobody waits for it to run out.
        taskB.cancel()
        #expect(await log.next() == "b ends")
        await taskB.value
        stepsA.go()
        #expect(await log.next() == "a begins")
        #expect(try await a.states().map(\.lease) == [Lease(name: "job", holder: "a", fence: 3)])
        taskA.cancel()
        await taskA.value
    }
}
