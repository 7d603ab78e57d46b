import Foundation
import JSON
import MerkleLog
import Storage
import TestStores
import Testing

@testable import Ledger

/// From a file into a database, and under a role that can only append.
@Suite(.enabled(if: PostgresSchema.server != nil)) struct MoveTests {
    private static let notes = SchemaComponent(
        "notes",
        [
            Migration(
                version: 1,
                statements: [
                    "CREATE TABLE notes (id TEXT PRIMARY KEY, number BIGINT, body {blob} NOT NULL, \"order\" TEXT)"
                ]
            )
        ]
    )

    private func filled(_ count: Int) async throws -> Scratch {
        let scratch = try Scratch()
        let ledger = try scratch.create()
        defer { ledger.close() }
        try Schema.migrate(ledger.database.makeConnection(), Self.notes)
        for number in 0..<count { try await ledger.append(scratch.access("e\(number)")) }
        _ = try await ledger.record([scratch.access("with notes")]) { connection in
            try connection.run(
                "INSERT INTO notes VALUES ($1, $2, $3, $4)",
                [.text("ä\u{1F600}"), .integer(.min), .blob([0, 255, 10]), .null]
            )
            try connection.run(
                "INSERT INTO notes VALUES ($1, $2, $3, $4)",
                [.text(""), .null, .blob([]), .text("last")]
            )
        }
        return scratch
    }

    private func move(_ scratch: Scratch, _ target: LedgerLocation) -> LedgerMove {
        LedgerMove(
            source: scratch.location,
            target: target,
            signer: scratch.signer,
            components: Ledger.schema + [Self.notes]
        )
    }

    @Test func aMovedLedgerIsTheSameAndGoesOn() async throws {
        let scratch = try await filled(600)
        let schema = try PostgresSchema()
        let target = LedgerLocation(
            directory: scratch.location.directory,
            anchor: scratch.location.anchor,
            engine: .postgres(schema.settings)
        )
        let old = try scratch.verify().head
        // An earlier attempt got so far.
        let half = try target.openStore().makeConnection()
        for component in Ledger.schema { try Schema.migrate(half, component) }
        _ = try LedgerStore.makeRoom(half, for: 300)
        let rows = try scratch.location.openStore().makeConnection()
        try LedgerStore.entries(rows, 0..<300) { index, bytes in
            try half.run("INSERT INTO entries VALUES ($1, $2)", [.position(index), .bytes(bytes)])
            return true
        }
        let moved = try await move(scratch, target).run { head in
            scratch.event(.ledgerMoved, "moved", ["treeSize": .integer(Int64(head.size))])
        } progress: { _, _ in
        }
        #expect(moved.head == old)
        #expect(moved.receipt.index == old.size)
        let report = try LedgerVerifier(
            source: StoreSource(at: target),
            verifier: scratch.signer.verifier,
            workers: 2
        ).verify(since: old.checkpoint)
        #expect(report.head.size == old.size + 1)
        let notes = try target.openStore().readBlocking { connection in
            try connection.all("SELECT id, number, body, \"order\" FROM notes ORDER BY id") { row in
                "\(row.text(0)) \(row.optionalInteger(1) as Any) \(row.blob(2)) \(row.optionalText(3) as Any)"
            }
        }
        #expect(notes == [" nil [] Optional(\"last\")", "ä\u{1F600} Optional(\(Int64.min)) [0, 255, 10] nil"])
        // A second move finds a ledger there, and the source still is what it was.
        await #expect(throws: LedgerError.self) {
            try await move(scratch, target).run { _ in
                scratch.event(.ledgerMoved, "again")
            } progress: { _, _ in
            }
        }
        #expect(try scratch.verify().head == old)
    }

    @Test func aDamagedLedgerIsNotMoved() async throws {
        let scratch = try await filled(600)
        try scratch.tamper("UPDATE entries SET body = replace(CAST(body AS TEXT), 'test', 'tent') WHERE idx = 5")
        let schema = try PostgresSchema()
        let target = LedgerLocation(
            directory: scratch.location.directory,
            anchor: scratch.location.anchor,
            engine: .postgres(schema.settings)
        )
        await #expect(throws: (any Error).self) {
            try await move(scratch, target).run { _ in
                scratch.event(.ledgerMoved, "moved")
            } progress: { _, _ in
            }
        }
        // The copy never became a ledger.
        #expect(throws: LedgerError.self) { try Ledger(at: target, signer: scratch.signer) }
    }

    /// The servers' role reads and appends; it can neither change nor remove an entry, nor make or alter a table.
    @Test func theServersRoleCanOnlyAppend() async throws {
        let schema = try PostgresSchema()
        let role = schema.name + "_role"
        let owner = try PostgresDatabase(schema.settings).makeConnection()
        try owner.run("CREATE ROLE \(role) LOGIN")
        defer {
            _ = try? owner.run("DROP OWNED BY \(role)")
            _ = try? owner.run("DROP ROLE \(role)")
        }
        try Schema.prepare(owner, Ledger.schema + [LeaseKeeper.schema], role: role)
        // Once more, as before a new version starts.
        try Schema.prepare(owner, Ledger.schema + [LeaseKeeper.schema], role: role)
        let scratch = try Scratch()
        let address = schema.address().replacing("postgres@", with: role + "@")
        try #require(address != schema.address())
        let location = LedgerLocation(
            directory: scratch.folder + "/data",
            anchor: scratch.folder + "/anchor",
            engine: .postgres(PostgresSettings(address: address))
        )
        try Ledger.create(at: location, signer: scratch.signer, first: scratch.event(.ledgerCreated, "first"))
        let ledger = try Ledger(at: location, signer: scratch.signer)
        defer { ledger.close() }
        for number in 0..<300 { try await ledger.append(scratch.access("e\(number)")) }
        try ledger.catchUpIndex()
        guard case .byPrivilege = try ledger.provesAppendOnly() else {
            Issue.record("the role can change entries, or only triggers stop it")
            return
        }
        for statement in [
            "UPDATE entries SET body = ''", "DELETE FROM entries_000000000000000000", "TRUNCATE entries",
            "UPDATE tiles SET data = ''", "DELETE FROM tiles", "DELETE FROM head", "DROP TABLE entries",
            "ALTER TABLE entries DISABLE TRIGGER ALL", "DROP TRIGGER entries_append_only ON entries",
            "DELETE FROM entry_partitions", "UPDATE schema_migrations SET version = 0", "CREATE TABLE mine (id BIGINT)",
        ] {
            let connection = try ledger.database.makeConnection()
            let refusal = #expect(throws: StorageError.self, "\(statement)") { try connection.run(statement) }
            #expect(refusal?.code == .refused, "\(statement): \(String(describing: refusal))")
        }
        // Temporary tables of its own do not mislead the function that runs as the owner.
        let sly = try ledger.database.makeConnection()
        let room = try LedgerStore.makeRoom(sly, for: 1)
        try sly.run("CREATE TEMP TABLE entry_partitions (first BIGINT, past BIGINT, name TEXT, dropped BOOLEAN)")
        #expect(try LedgerStore.makeRoom(sly, for: 1) == room)
        // A newer version's tables are not there yet: it says who makes them.
        let newer = Migration(version: 1, statements: ["CREATE TABLE later (id BIGINT)"])
        let refusal = #expect(throws: StorageError.self) {
            try Schema.migrate(ledger.database.makeConnection(), component: "later", migrations: [newer])
        }
        #expect(refusal?.code == .schema)
        #expect(refusal?.message.contains("store prepare") == true)
    }

    @Test func aDatabaseThatIsDownAtTheStartIsSaidToBeDown() throws {
        let scratch = try Scratch()
        let location = LedgerLocation(
            directory: scratch.folder,
            anchor: scratch.folder + "/anchor",
            engine: .postgres(PostgresSettings(address: "postgresql://postgres@127.0.0.1:1/none"))
        )
        let refusal = #expect(throws: StorageError.self) { try Ledger(at: location, signer: scratch.signer) }
        #expect(refusal?.code == .unavailable)
        #expect(refusal?.message.contains("127.0.0.1:1/none") == true)
    }

    @Test func aFurtherNodeJoinsOnlyWhatContinuesWhatItWasGiven() async throws {
        let scratch = try Scratch(.postgres)
        let ledger = try scratch.create()
        for number in 0..<20 { try await ledger.append(scratch.access("e\(number)")) }
        let checkpoint = try await ledger.checkpoint()
        try await ledger.append(scratch.access("more"))
        func place(_ node: String) -> LedgerLocation {
            LedgerLocation(
                directory: scratch.folder + "/\(node)/data",
                anchor: scratch.folder + "/\(node)/anchor",
                engine: scratch.location.engine
            )
        }
        #expect(throws: LedgerError.self) { try Ledger(at: place("two"), signer: scratch.signer) }
        #expect(try Ledger.join(at: place("two"), signer: scratch.signer, since: checkpoint).size == 22)
        #expect(throws: LedgerError.self) { try Ledger.join(at: place("two"), signer: scratch.signer) }
        let two = try Ledger(at: place("two"), signer: scratch.signer)
        #expect(try await two.append(scratch.access("from two")).index == 22)
        two.close()
        let foreign = try SignedHead(size: 5, root: TreeHasher.emptyRoot, signer: scratch.signer).checkpoint
        #expect(throws: LedgerError.self) {
            try Ledger.join(at: place("three"), signer: scratch.signer, since: foreign)
        }
        #expect(!FileManager.default.fileExists(atPath: place("three").anchor))
        ledger.close()
    }
}
