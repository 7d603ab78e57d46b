import TestStores
import Testing

@testable import Storage

struct MigrationTests {
    private static let first = Migration(
        version: 1,
        statements: ["CREATE TABLE a (id BIGINT PRIMARY KEY, data {blob})"]
    )
    private static let second = Migration(
        version: 2,
        statements: ["ALTER TABLE a ADD COLUMN note TEXT", "INSERT INTO a (id, note) VALUES (1, 'moved')"]
    )
    private static let broken = Migration(version: 2, statements: ["INSERT INTO a (id) VALUES (9)", "CREATE NONSENSE"])

    @Test(arguments: Engine.allCases)
    func stepsAreAppliedOnceAndInOrder(engine: Engine) throws {
        let store = try TestStore(engine)
        let connection = try store.database.makeConnection()
        try Schema.migrate(connection, component: "a", migrations: [Self.first])
        try Schema.migrate(connection, component: "a", migrations: [Self.first, Self.second])
        try Schema.migrate(connection, component: "a", migrations: [Self.first, Self.second])
        #expect(try connection.all("SELECT note FROM a") { $0.text(0) } == ["moved"])
        // Another component counts on its own.
        try Schema.migrate(
            connection,
            component: "b",
            migrations: [Migration(version: 1, statements: ["CREATE TABLE b (id BIGINT)"])]
        )
        let versions = try connection.all(
            "SELECT component, version FROM schema_migrations ORDER BY component, version"
        ) {
            "\($0.text(0))\($0.integer(1))"
        }
        #expect(versions == ["a1", "a2", "b1"])
    }

    @Test(arguments: Engine.allCases)
    func aStepThatFailsLeavesNothing(engine: Engine) throws {
        let store = try TestStore(engine)
        let connection = try store.database.makeConnection()
        try Schema.migrate(connection, component: "a", migrations: [Self.first])
        #expect(
            storageError { try Schema.migrate(connection, component: "a", migrations: [Self.first, Self.broken]) }
                != nil
        )
        #expect(try connection.first("SELECT COUNT(*) FROM a") { $0.integer(0) } == 0)
        try Schema.migrate(connection, component: "a", migrations: [Self.first, Self.second])
        #expect(try connection.first("SELECT COUNT(*) FROM a") { $0.integer(0) } == 1)
    }

    @Test(arguments: Engine.allCases)
    func aNewerStoreIsRefused(engine: Engine) throws {
        let store = try TestStore(engine)
        let connection = try store.database.makeConnection()
        try Schema.migrate(connection, component: "a", migrations: [Self.first, Self.second])
        let error = storageError { try Schema.migrate(connection, component: "a", migrations: [Self.first]) }
        #expect(error?.code == .schema)
        #expect(error?.message.contains("version 2") == true)
    }

    @Test(arguments: Engine.allCases)
    func aCurrentSchemaNeedsNoWriteLock(engine: Engine) throws {
        let store = try TestStore(engine)
        let database = store.database
        let connection = try database.makeConnection()
        try Schema.migrate(connection, component: "a", migrations: [Self.first])
        let other = try database.makeConnection()
        try connection.transaction { try Schema.migrate(other, component: "a", migrations: [Self.first]) }
    }
}
