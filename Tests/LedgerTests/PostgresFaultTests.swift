import MerkleLog
import Storage
import TestStores
import Testing

@testable import Ledger

/// What befalls a PostgreSQL primary with a synchronous standby, and what the ledger makes of it: an acknowledged event is never
/// lost and never contradicted.
@Suite(.enabled(if: PostgresSchema.server != nil), .serialized) struct PostgresFaultTests {
    /// Several nodes of one ledger, each with its own folder and anchor, on a primary and its standby.
    private final class Cluster {
        let pair: PostgresPair
        let folder: TemporaryFolder
        let scratch: Scratch
        var address: String

        init() throws {
            folder = try TemporaryFolder()
            pair = try PostgresPair()
            address = pair.address
            scratch = try Scratch()
            try Ledger.create(at: location("a"), signer: scratch.signer, first: scratch.event(.ledgerCreated, "first"))
        }

        func settings(_ address: String? = nil) -> PostgresSettings {
            var settings = PostgresSettings(address: address ?? self.address)
            settings.timeoutMilliseconds = 1000
            return settings
        }

        func location(_ node: String, _ settings: PostgresSettings? = nil) -> LedgerLocation {
            LedgerLocation(
                directory: folder.path(node),
                anchor: folder.path(node + "-anchor/checkpoint"),
                engine: .postgres(settings ?? self.settings())
            )
        }

        func open(_ node: String, _ settings: PostgresSettings? = nil) throws -> Ledger {
            try Ledger(at: location(node, settings), signer: scratch.signer)
        }

        func verify(_ address: String? = nil) throws -> LedgerVerifier.Report {
            try LedgerVerifier(
                source: StoreSource(at: location("a", settings(address))),
                verifier: scratch.signer.verifier,
                workers: 2
            ).verify()
        }
    }

    private func append(_ cluster: Cluster, _ ledger: Ledger, _ ids: Range<Int>) async throws -> [UInt64] {
        var places: [UInt64] = []
        for id in ids { places.append(try await ledger.append(cluster.scratch.access("e\(id)")).index) }
        return places
    }

    /// Repeats an append until it is acknowledged, as a producer does.
    private func insist(_ cluster: Cluster, _ ledger: Ledger, _ id: Int) async throws -> Receipt {
        var attempts = 0
        while true {
            do { return try await ledger.append(cluster.scratch.access("e\(id)")) } catch {
                attempts += 1
                if attempts > 50 { throw error }
            }
        }
    }

    @Test func aKilledPrimaryIsReplacedAndNothingAcknowledgedIsLost() async throws {
        let cluster = try Cluster()
        let ledger = try cluster.open("a")
        #expect(try await append(cluster, ledger, 0..<20).last == 20)
        try cluster.pair.first.command("crash")
        await #expect(throws: LedgerError.self) { try await ledger.append(cluster.scratch.access("refused")) }
        try cluster.pair.promote()
        #expect(try await insist(cluster, ledger, 20).index == 21)
        // The event that failed was not recorded, so it is new now.
        #expect(try await ledger.append(cluster.scratch.access("refused")).index == 22)
        ledger.close()
        #expect(try cluster.verify(cluster.pair.second.address).head.size == 23)
    }

    /// The standby is frozen: commits wait, are not acknowledged, and are found by their repetition when it wakes up.
    @Test func whatWaitsForAFrozenStandbyIsNotAcknowledged() async throws {
        let cluster = try Cluster()
        let ledger = try cluster.open("a")
        #expect(try await append(cluster, ledger, 0..<3).last == 3)
        try cluster.pair.second.command("pause")
        await #expect(throws: LedgerError.self) { try await ledger.append(cluster.scratch.access("e3")) }
        try cluster.pair.second.command("resume")
        // Saved on the primary, reported as failed: the retry finds its own work, or does it.
        let receipt = try await insist(cluster, ledger, 3)
        #expect(receipt.index == 4)
        #expect(try await append(cluster, ledger, 4..<6) == [5, 6])
        ledger.close()
        #expect(try cluster.verify().head.size == 7)
        #expect(try cluster.verify(cluster.pair.first.address).head.size == 7)
    }

    /// The wait for the standby is cancelled at the server: the commit "succeeds" with a warning, and must not count.
    @Test func aCommitWhoseWaitWasCancelledIsNotAcknowledged() async throws {
        let cluster = try Cluster()
        // Its time-out is long: only the cancellation can end the wait.
        var patient = cluster.settings()
        patient.timeoutMilliseconds = 20_000
        let ledger = try cluster.open("a", patient)
        #expect(try await append(cluster, ledger, 0..<3).last == 3)
        try cluster.pair.second.command("pause")
        let event = cluster.scratch.access("e3")
        let waiting = Task { try await ledger.append(event) }
        let observer = try PostgresDatabase(PostgresSettings(address: cluster.pair.first.address)).makeConnection()
        // Every wait is cancelled until the append gives up; each cancels one, and the ledger asks the store once more.
        let ended = Task { _ = try? await waiting.value }
        let cancelling = Task.detached {
            while !Task.isCancelled {
                _ = try observer.all(
                    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                ) { $0.integer(0) }
                await Task.yield()
            }
        }
        await ended.value
        cancelling.cancel()
        _ = try? await cancelling.value
        await #expect(throws: LedgerError.self) { try await waiting.value }
        try cluster.pair.second.command("resume")
        #expect(try await insist(cluster, ledger, 3).index == 4)
        ledger.close()
    }

    /// The primary is frozen, its standby promoted; then it wakes up and still believes to be the primary.
    @Test func aDeposedPrimaryThatComesBackIsRefused() async throws {
        let cluster = try Cluster()
        let (a, b) = (try cluster.open("a"), try cluster.open("a"))
        #expect(try await append(cluster, a, 0..<5).last == 5)
        await b.lookAtHead()
        try cluster.pair.first.command("pause")
        try cluster.pair.promote()
        #expect(try await insist(cluster, a, 5).index == 6)
        #expect(try await append(cluster, a, 6..<9).last == 9)
        try cluster.pair.first.command("resume")
        // As a failover manager does that took the lock back wrongly: it waits for no standby any longer.
        try cluster.pair.first.run("ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()")
        // A node that knows the new timeline stays with it, although the old server is named first.
        #expect(try await insist(cluster, a, 9).index == 10)
        a.close()
        // A node whose connection was open all the while; it has looked at the head since.
        await b.lookAtHead()
        #expect(b.health.head.size >= 10)
        #expect(try await insist(cluster, b, 10).index == 11)
        b.close()
        // A node that can reach nothing but the old one, and has an anchor, refuses to open it.
        let refusal = #expect(throws: LedgerError.self) {
            try cluster.open("a", cluster.settings(cluster.pair.first.address))
        }
        #expect(refusal?.description.contains("older") == true)
        #expect(try cluster.verify(cluster.pair.second.address).head.size == 12)
    }

    /// The same, with a node that had seen the newer entries when its server was taken away from under it.
    @Test func fewerEntriesThanWereSeenAreRefusedWhileRunning() async throws {
        let cluster = try Cluster()
        let ledger = try cluster.open("a")
        #expect(try await append(cluster, ledger, 0..<5).last == 5)
        try cluster.pair.promote()
        cluster.address = cluster.pair.first.address
        let old = try cluster.open("a", cluster.settings(cluster.pair.first.address))
        // It knows from elsewhere, as by its look at the head before the change, that there are more entries.
        old.observe(try SignedHead(size: 40, root: TreeHasher.emptyRoot, signer: cluster.scratch.signer))
        let refusal = await #expect(throws: LedgerError.self) { try await old.append(cluster.scratch.access("x")) }
        #expect(refusal?.description.contains("older copy") == true)
        await old.lookAtHead()
        #expect(old.health.storeFailure?.contains("older copy") == true)
        ledger.close()
    }

    @Test func nothingIsCommittedWhereAStandbyIsRequiredAndThereIsNone() async throws {
        let cluster = try Cluster()
        var careful = cluster.settings()
        careful.requireStandby = true
        let ledger = try cluster.open("a", careful)
        #expect(try await append(cluster, ledger, 0..<2).last == 2)
        try cluster.pair.first.run("ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()")
        var refusal: LedgerError?
        // The setting reaches the sessions a moment after it was made.
        for number in 0..<1000 {
            do { try await ledger.append(cluster.scratch.access("x\(number)")) } catch {
                refusal = error as? LedgerError
                break
            }
        }
        #expect(refusal?.description.contains("requireStandby") == true)
        let size = ledger.health.head.size
        #expect(try cluster.verify(cluster.pair.first.address).head.size == size)
        try cluster.pair.first.run(
            "ALTER SYSTEM SET synchronous_standby_names = 'second'",
            "SELECT pg_reload_conf()"
        )
        #expect(try await insist(cluster, ledger, 7).index == size)
        ledger.close()
    }

    /// A node is stopped within its turn, as by SIGSTOP: the server ends its transaction, others go on, and it finds out.
    @Test func aNodeStoppedWithinItsTurnLosesIt() async throws {
        let scratch = try Scratch(.postgres)
        let one = try scratch.create()
        defer { one.close() }
        try await one.append(scratch.access("before"))
        let asleep = try scratch.location.openStore().makeConnection()
        try asleep.run("BEGIN")
        _ = try asleep.first("SELECT pg_advisory_xact_lock(hashtextextended('muniment/ledger', 0))") { _ in }
        try asleep.run("INSERT INTO entries VALUES (2, 'stale')")
        let clock = ContinuousClock()
        var receipt: Receipt?
        let waited = await clock.measure { receipt = try? await one.append(scratch.access("after")) }
        #expect(receipt?.index == 2)
        // A lost sequencer is replaced within 2 s; a slow machine is given more, but not the session's own end.
        #expect(waited < .seconds(30))
        let refusal = #expect(throws: StorageError.self) { try asleep.run("COMMIT") }
        #expect(refusal?.code == .unavailable)
        #expect(try scratch.verify().head.size == 3)
    }

    /// The server's disk is full, as it says by SQLSTATE 53100: the group is refused whole, and the next goes through when there is
    /// room again.
    @Test func aFullDiskOnTheServerLosesNothing() async throws {
        let scratch = try Scratch(.postgres)
        let ledger = try scratch.create()
        defer { ledger.close() }
        try await ledger.append(scratch.access("before"))
        let owner = try scratch.location.openStore().makeConnection()
        try owner.run(
            """
            CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$
            """
        )
        try owner.run("CREATE TRIGGER full_disk BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION full_disk()")
        let refusal = await #expect(throws: LedgerError.self) { try await ledger.append(scratch.access("refused")) }
        guard case .store(let error) = refusal else {
            Issue.record("another error than the store's: \(String(describing: refusal))")
            return
        }
        #expect(error.code == .full)
        #expect(ledger.health.commitFailure != nil)
        try owner.run("DROP TRIGGER full_disk ON entries")
        #expect(try await ledger.append(scratch.access("refused")).index == 2)
        #expect(ledger.health.commitFailure == nil)
        #expect(try scratch.verify().head.size == 3)
    }

    /// Entries at the end of their retention go with their partition; what is left keeps its proofs.
    @Test func aPartitionCanBeDroppedWithTheTreeIntact() async throws {
        let scratch = try Scratch(.postgres)
        try scratch.create().close()
        let owner = try scratch.location.openStore().makeConnection()
        // Small ones, from the next on: the first was made at the usual size, so it is replaced while it is all but empty.
        for statement in [
            "ALTER TABLE entries DISABLE TRIGGER USER",
            "CREATE TEMP TABLE kept AS SELECT * FROM entries",
            "ALTER TABLE entries DETACH PARTITION entries_000000000000000000",
            "DROP TABLE entries_000000000000000000", "DELETE FROM entry_partitions",
            LedgerGuards.makeRoom(partitionEntries: 256), "ALTER TABLE entries ENABLE TRIGGER USER",
        ] { try owner.run(statement) }
        _ = try LedgerStore.makeRoom(owner, for: 1)
        try owner.run("INSERT INTO entries SELECT * FROM kept")
        let ledger = try scratch.open()
        defer { ledger.close() }
        for number in 0..<700 { try await ledger.append(scratch.access("e\(number)")) }
        #expect(try owner.first("SELECT COUNT(*) FROM entry_partitions") { $0.integer(0) } == 4)
        try ledger.catchUpIndex()
        try owner.run("ALTER TABLE entries DETACH PARTITION entries_000000000000000000")
        try owner.run("DROP TABLE entries_000000000000000000")
        try owner.run("UPDATE entry_partitions SET dropped = TRUE WHERE first = 0")
        let proof = try await ledger.proof(of: 600)
        let verified = try proof.verify(
            entry: try await ledger.entry(at: 600),
            verifiers: [scratch.signer.verifier],
            origin: "muniment.example/test"
        )
        #expect(verified.index == 600)
        await #expect(throws: LedgerError.self) { try await ledger.entry(at: 5) }
        #expect(try await ledger.append(scratch.access("later")).index == 701)
    }
}
