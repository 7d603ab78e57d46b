import TestStores
import Testing

@testable import Storage

@Suite(.serialized)
struct DatabaseTests {
    /// Keeps the stores until the test ends.
    final class Kept {
        var stores: [TestStore] = []
    }

    let kept = Kept()

    private func make(_ engine: Engine) throws -> (any Database, any SQLConnection) {
        let store = try TestStore(engine)
        kept.stores.append(store)
        let database = store.database
        let connection = try database.makeConnection()
        let blob = connection.dialect.blobType
        try connection.run("CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT, data \(blob))")
        return (database, connection)
    }

    private func count(_ connection: any SQLConnection) throws -> Int64 {
        try #require(try connection.first("SELECT COUNT(*) FROM things") { $0.integer(0) })
    }

    @Test(arguments: Engine.allCases)
    func everyKindOfValueComesBack(engine: Engine) throws {
        let (_, connection) = try make(engine)
        let bytes: [UInt8] = [0, 1, 255, 0]
        // PostgreSQL takes no NUL in a text.
        let text = "naïve \u{1F512} quote' \(engine == .sqlite ? "\u{0}" : "") after"
        #expect(
            try connection.run("INSERT INTO things VALUES ($1, $2, $3)", [.integer(.min), .text(text), .blob(bytes)])
                == 1
        )
        try connection.run("INSERT INTO things VALUES ($1, $2, $3)", [.integer(2), .null, .null])
        try connection.run("INSERT INTO things VALUES ($1, $2, $3)", [.integer(3), .text(""), .blob([])])
        try bytes.withUnsafeBytes { borrowed in
            _ = try connection.run(
                "INSERT INTO things VALUES ($1, $2, $3)",
                [.position(UInt64(Int64.max)), .optional("x"), .bytes(borrowed)]
            )
        }
        struct Thing: Equatable {
            let id: Int64
            let name: String?
            let data: [UInt8]?
        }
        let things = try connection.all("SELECT id, name, data FROM things ORDER BY id") { row in
            Thing(id: row.integer(0), name: row.optionalText(1), data: row.isNull(2) ? nil : row.blob(2))
        }
        #expect(
            things == [
                Thing(id: .min, name: text, data: bytes), Thing(id: 2, name: nil, data: nil),
                Thing(id: 3, name: "", data: []),
                Thing(id: .max, name: "x", data: bytes),
            ]
        )
        #expect(try connection.first("SELECT id FROM things WHERE name = $1", [.text(text)]) { $0.integer(0) } == .min)
        #expect(try connection.first("SELECT id FROM things WHERE id = 99") { $0.integer(0) } == nil)
        #expect(try connection.first("SELECT name FROM things WHERE id = 2") { $0.optionalInteger(0) } == .some(nil))
    }

    @Test(arguments: Engine.allCases)
    func aParameterUsedTwiceIsBoundOnce(engine: Engine) throws {
        let (_, connection) = try make(engine)
        try connection.run("INSERT INTO things VALUES ($1, 'a', NULL)", [.integer(5)])
        let found = try connection.first(
            "SELECT id FROM things WHERE id = $1 OR id = $1 + $2",
            [.integer(4), .integer(1)]
        ) {
            $0.integer(0)
        }
        #expect(found == 5)
    }

    @Test(arguments: Engine.allCases)
    func rowsStopWhenToldAndTheStatementCanRunAgain(engine: Engine) throws {
        let (_, connection) = try make(engine)
        for id in 0..<10 { try connection.run("INSERT INTO things VALUES ($1, 'a', NULL)", [.integer(Int64(id))]) }
        for _ in 0..<3 {
            var seen: [Int64] = []
            try connection.rows("SELECT id FROM things ORDER BY id", []) { row in
                seen.append(row.integer(0))
                return seen.count < 4
            }
            #expect(seen == [0, 1, 2, 3])
        }
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try connection.rows("SELECT id FROM things ORDER BY id", []) { _ in throw Stop() }
        }
        #expect(try connection.all("SELECT id FROM things ORDER BY id") { $0.integer(0) } == Array(0..<10))
    }

    @Test(arguments: Engine.allCases)
    func theSameTextCanBeNested(engine: Engine) throws {
        let (_, connection) = try make(engine)
        for id in 0..<4 { try connection.run("INSERT INTO things VALUES ($1, 'a', NULL)", [.integer(Int64(id))]) }
        var pairs = 0
        let sql = "SELECT id FROM things WHERE id < $1"
        try connection.rows(sql, [.integer(4)]) { outer in
            let limit = outer.integer(0)
            try connection.rows(sql, [.integer(limit)]) { _ in
                pairs += 1
                return true
            }
            // The outer row is still the same one.
            #expect(outer.integer(0) == limit)
            return true
        }
        #expect(pairs == 6)
    }

    @Test(arguments: Engine.allCases)
    func insertTakesRowsInOrderAndTellsOfARefusedOne(engine: Engine) throws {
        let (_, connection) = try make(engine)
        try connection.run("CREATE TABLE pairs (id BIGINT PRIMARY KEY, data \(connection.dialect.blobType) NOT NULL)")
        let rows: [[UInt8]] = [[1], [], [3, 3, 3]]
        func insert(from start: UInt64) throws {
            try connection.insert(into: "pairs", count: rows.count) { index in
                (
                    start + UInt64(index),
                    rows[index].withUnsafeBytes { UnsafeRawBufferPointer(start: $0.baseAddress, count: $0.count) }
                )
            }
        }
        try connection.transaction { try insert(from: 7) }
        #expect(try connection.all("SELECT data FROM pairs ORDER BY id") { $0.blob(0) } == rows)
        #expect(storageError { try connection.transaction { try insert(from: 5) } }?.code == .refused)
        #expect(try connection.all("SELECT id FROM pairs ORDER BY id") { $0.integer(0) } == [7, 8, 9])
    }

    @Test(arguments: Engine.allCases)
    func aTransactionIsAllOrNothing(engine: Engine) throws {
        let (database, connection) = try make(engine)
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try connection.transaction {
                try connection.run("INSERT INTO things VALUES (1, 'a', NULL)")
                throw Stop()
            }
        }
        #expect(try count(connection) == 0)
        #expect(
            storageError {
                try connection.transaction {
                    try connection.run("INSERT INTO things VALUES (1, 'a', NULL)")
                    try connection.run("INSERT INTO things VALUES (1, 'again', NULL)")
                }
            }?.code == .refused
        )
        #expect(try count(connection) == 0)
        try connection.transaction { _ = try connection.run("INSERT INTO things VALUES (1, 'a', NULL)") }
        #expect(try database.readBlocking { try count($0) } == 1)
    }

    @Test(arguments: Engine.allCases)
    func aSnapshotDoesNotSeeLaterCommits(engine: Engine) throws {
        let (database, connection) = try make(engine)
        try database.readBlocking { reader in
            try reader.snapshot {
                #expect(try count(reader) == 0)
                try connection.run("INSERT INTO things VALUES (1, 'a', NULL)")
                #expect(try count(reader) == 0)
            }
            #expect(try count(reader) == 1)
        }
    }

    @Test(arguments: Engine.allCases)
    func readAndWriteRunElsewhere(engine: Engine) async throws {
        let (database, _) = try make(engine)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in 0..<40 {
                group.addTask {
                    _ = try await database.write { connection in
                        try connection.run("INSERT INTO things VALUES ($1, 'a', NULL)", [.integer(Int64(id))])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await database.read { try $0.first("SELECT COUNT(*) FROM things") { $0.integer(0) } } == 40)
        struct Stop: Error {}
        await #expect(throws: Stop.self) {
            try await database.write { connection in
                try connection.run("DELETE FROM things")
                throw Stop()
            }
        }
        #expect(try database.readBlocking { try count($0) } == 40)
    }

    @Test(arguments: Engine.allCases)
    func aConnectionThatLeftATransactionOpenIsNotLentAgain(engine: Engine) throws {
        let (database, connection) = try make(engine)
        try database.readBlocking {
            _ = try $0.run(engine == .sqlite ? "BEGIN IMMEDIATE" : "BEGIN")
            if engine == .postgres { try $0.run("LOCK TABLE things IN EXCLUSIVE MODE") }
        }
        // The write lock went with the connection.
        try connection.transaction { _ = try connection.run("INSERT INTO things VALUES (1, 'a', NULL)") }
        #expect(try database.readBlocking { try count($0) } == 1)
    }

    @Test(arguments: Engine.allCases)
    func errorsShowNoValues(engine: Engine) throws {
        let (_, connection) = try make(engine)
        let secret = "+49 170 1234567"
        try connection.run("INSERT INTO things VALUES (1, $1, NULL)", [.text(secret)])
        let errors = [
            storageError { _ = try connection.run("INSERT INTO things VALUES (1, $1, NULL)", [.text(secret)]) },
            storageError { _ = try connection.run("SELECT nothing FROM nowhere WHERE name = $1", [.text(secret)]) },
        ]
        for error in errors {
            let error = try #require(error)
            #expect(!error.description.contains("1234567"))
            #expect(!error.message.isEmpty)
        }
    }
}
