import FoundationEssentials
import TestStores
import Testing

@testable import Storage

/// What only a server can do, or fail at.
@Suite(.enabled(if: PostgresSchema.server != nil)) struct PostgresTests {
    private func connection(_ schema: PostgresSchema) throws -> PostgresConnection {
        try PostgresServers(schema.settings).connect()
    }

    @Test func rowsMayBeReadWhileOthersAreAskedFor() throws {
        let schema = try PostgresSchema()
        let connection = try connection(schema)
        var sum: Int64 = 0
        try connection.rows("SELECT g FROM generate_series(1, 2000) g", []) { row in
            let value = row.integer(0)
            if value % 500 == 0 {
                sum += try connection.first("SELECT $1 * 2", [.integer(value)]) { $0.integer(0) } ?? 0
            }
            #expect(row.integer(0) == value)
            return true
        }
        #expect(sum == 2 * (500 + 1000 + 1500 + 2000))
    }

    @Test func manyRowsNeedNotBeReadToTheEnd() throws {
        let schema = try PostgresSchema()
        let connection = try connection(schema)
        for _ in 0..<3 {
            var seen = 0
            try connection.rows("SELECT generate_series(1, 100000000)", []) { _ in
                seen += 1
                return seen < 10
            }
            #expect(seen == 10)
        }
        #expect(try connection.first("SELECT 7") { $0.integer(0) } == 7)
    }

    @Test func aTransactionTravelsInTwoTrips() throws {
        let schema = try PostgresSchema()
        let connection = try connection(schema)
        try connection.run("CREATE TABLE t (id BIGINT PRIMARY KEY, data BYTEA)")
        try connection.transaction(named: "t") {
            #expect(try connection.first("SELECT COUNT(*) FROM t") { $0.integer(0) } == 0)
            let bytes: [UInt8] = [1, 2, 3]
            try bytes.withUnsafeBytes { bytes in try connection.insert(into: "t", count: 3) { (UInt64($0), bytes) } }
            try connection.enqueue("UPDATE t SET data = $1 WHERE id = $2", [.blob([9]), .integer(1)])
        }
        #expect(try connection.all("SELECT data FROM t ORDER BY id") { $0.blob(0) } == [[1, 2, 3], [9], [1, 2, 3]])
    }

    @Test func aQueuedFailureUndoesTheTransaction() throws {
        let schema = try PostgresSchema()
        let connection = try connection(schema)
        try connection.run("CREATE TABLE t (id BIGINT PRIMARY KEY, data BYTEA)")
        let error = storageError {
            try connection.transaction {
                try connection.run("INSERT INTO t VALUES (5, NULL)")
                try connection.enqueue("INSERT INTO t VALUES ($1, NULL)", [.integer(5)])
                try connection.enqueue("INSERT INTO t VALUES ($1, NULL)", [.integer(6)])
            }
        }
        #expect(error?.code == .refused)
        #expect(try connection.first("SELECT COUNT(*) FROM t") { $0.integer(0) } == 0)
        // A statement that was never prepared because of the failure can be used now.
        try connection.run("INSERT INTO t VALUES ($1, NULL)", [.integer(6)])
    }

    @Test func twoTransactionsOfOneNameGoOneAfterAnother() throws {
        let schema = try PostgresSchema()
        let (one, two) = (try connection(schema), try connection(schema))
        try one.run("CREATE TABLE t (id BIGINT)")
        try two.run("SET lock_timeout = 50")
        try one.transaction(named: "x") {
            #expect(try one.first("SELECT COUNT(*) FROM t") { $0.integer(0) } == 0)
            let busy = storageError { try two.transaction(named: "x") { _ = try two.run("INSERT INTO t VALUES (1)") } }
            #expect(busy?.code == .busy)
            try two.transaction(named: "y") { _ = try two.run("INSERT INTO t VALUES (2)") }
        }
        try two.transaction(named: "x") { _ = try two.run("INSERT INTO t VALUES (3)") }
        #expect(try one.all("SELECT id FROM t ORDER BY id") { $0.integer(0) } == [2, 3])
    }

    @Test func aLostConnectionIsSaidToBeLostAndNotLentAgain() throws {
        let schema = try PostgresSchema()
        let database = try PostgresDatabase(schema.settings)
        let killer = try connection(schema)
        func kill(_ process: Int64) throws {
            try killer.run("SELECT pg_terminate_backend($1::int)", [.text("\(process)")])
        }
        func process(_ connection: any SQLConnection) throws -> Int64 {
            try #require(try connection.first("SELECT pg_backend_pid()") { $0.integer(0) })
        }
        let error = storageError {
            try database.readBlocking { connection in
                try connection.transaction {
                    try kill(try process(connection))
                    try connection.run("CREATE TABLE t (id BIGINT)")
                }
            }
        }
        #expect(error?.code == .unavailable)
        // One that died while nobody used it is replaced without a word.
        let idle = try database.readBlocking { try process($0) }
        try kill(idle)
        #expect(try database.readBlocking { try process($0) } != idle)
    }

    @Test func nobodyWaitsForEverForAConnection() throws {
        let schema = try PostgresSchema()
        var settings = schema.settings
        settings.maximumConnections = 1
        settings.poolTimeoutMilliseconds = 20
        let database = try PostgresDatabase(settings)
        let error = try database.readBlocking { _ in storageError { try database.readBlocking { _ in } } }
        #expect(error?.code == .busy)
        #expect(try database.readBlocking { try $0.first("SELECT 1") { $0.integer(0) } } == 1)
    }

    @Test func aStatementThatTakesTooLongIsEnded() throws {
        let schema = try PostgresSchema()
        var settings = schema.settings
        settings.timeoutMilliseconds = 50
        let connection = try PostgresServers(settings).connect()
        #expect(storageError { try connection.run("SELECT pg_sleep(60)") }?.code == .busy)
        #expect(try connection.first("SELECT 1") { $0.integer(0) } == 1)
    }

    @Test func whatIsAnnouncedIsHeard() throws {
        let schema = try PostgresSchema()
        let database = try PostgresDatabase(schema.settings)
        let listener = try database.listen("muniment_test")
        #expect(try !listener.wait(milliseconds: 0))
        try database.makeConnection().run("NOTIFY muniment_test")
        #expect(try listener.wait(milliseconds: 5000))
        #expect(try !listener.wait(milliseconds: 0))
    }

    @Test func anAddressThatIsNoneIsRefusedWithoutRepeatingIt() {
        let error = storageError {
            _ = try PostgresDatabase(PostgresSettings(address: "postgresql://u:hunter2@h:port:x/ %"))
        }
        #expect(error?.code == .cannotOpen && error?.description.contains("hunter2") == false)
    }

    @Test func aServerThatIsNotThereIsUnavailable() {
        let error = storageError {
            _ = try PostgresDatabase(PostgresSettings(address: "postgresql://muniment:hunter2@127.0.0.1:1/none"))
        }
        #expect(error?.code == .unavailable && error?.description.contains("hunter2") == false)
        #expect(error?.description.contains("127.0.0.1:1/none") == true)
    }

    @Test func aSessionThatWouldNotWaitForTheDiskIsRefused() throws {
        let schema = try PostgresSchema()
        let lax = schema.address() + "%20-csynchronous_commit%3Doff"
        let error = storageError { _ = try PostgresServers(PostgresSettings(address: lax)).connect() }
        #expect(error?.code == .cannotOpen && error?.message.contains("synchronous_commit") == true)
        var settings = schema.settings
        settings.durability = .rebuildable
        _ = try PostgresServers(settings).connect()
    }

    @Test func thePasswordIsReadFromItsFileEachTime() throws {
        let schema = try PostgresSchema()
        let folder = try TemporaryFolder()
        var settings = schema.settings
        settings.passwordFile = folder.path("password")
        #expect(storageError { _ = try PostgresServers(settings).connect() }?.code == .cannotOpen)
        try "secret\n".write(toFile: folder.path("password"), atomically: true, encoding: .utf8)
        _ = try PostgresServers(settings).connect()
    }
}
