import FoundationEssentials
import TestStores
import Testing

@testable import Storage

struct SQLiteTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func pragma(_ name: String, _ connection: any SQLConnection) throws -> String? {
        try connection.first("PRAGMA \(name)") { $0.text(0) }
    }

    @Test func durabilityIsAsPromised() throws {
        let durable = try SQLiteDatabase(path: folder.path("a.db")).makeConnection()
        #expect(try pragma("synchronous", durable) == "2")
        #expect(try pragma("journal_mode", durable) == "wal")
        let index = try SQLiteDatabase(path: folder.path("b.db"), settings: .rebuildable).makeConnection()
        #expect(try pragma("synchronous", index) == "1")
        #expect(try pragma("page_size", index) == "8192")
    }

    @Test func aReaderCannotWrite() throws {
        let path = folder.path("a.db")
        let writer = try SQLiteDatabase(path: path).makeConnection()
        try writer.run("CREATE TABLE a (id BIGINT)")
        let reader = try SQLiteDatabase(path: path, settings: .readOnly).makeConnection()
        #expect(storageError { _ = try reader.run("INSERT INTO a VALUES (1)") }?.code == .readOnly)
        #expect(try reader.first("SELECT COUNT(*) FROM a") { $0.integer(0) } == 0)
        #expect(
            storageError { _ = try SQLiteDatabase(path: folder.path("none.db"), settings: .readOnly) }?.code
                == .cannotOpen
        )
        #expect(!FileManager.default.fileExists(atPath: folder.path("none.db")))
    }

    @Test func deletedSecretsAreOverwrittenInTheFile() throws {
        let secret = Array("correct horse battery staple".utf8)
        let connection = try SQLiteDatabase(path: folder.path("a.db")).makeConnection()
        try connection.run("CREATE TABLE keys (id BIGINT, key BLOB)")
        try connection.run("INSERT INTO keys VALUES (1, $1)", [.blob(secret)])
        func isInFile() throws -> Bool {
            try connection.run("PRAGMA wal_checkpoint(TRUNCATE)")
            let file = try #require(FileManager.default.contents(atPath: folder.path("a.db")))
            return file.indices.contains { file[$0...].starts(with: secret) }
        }
        #expect(try isInFile())
        try connection.run("DELETE FROM keys")
        #expect(try !isInFile())
    }

    @Test func aFullStoreKeepsNothingOfTheTransaction() throws {
        let connection = try SQLiteDatabase(path: folder.path("a.db")).makeConnection()
        try connection.run("CREATE TABLE a (id BIGINT, data BLOB)")
        try connection.run("INSERT INTO a VALUES (0, NULL)")
        try connection.run("PRAGMA max_page_count = 16")
        let error = storageError {
            try connection.transaction {
                for id in 1...100 {
                    try connection.run(
                        "INSERT INTO a VALUES ($1, $2)",
                        [.integer(Int64(id)), .blob(Array(repeating: 7, count: 4000))]
                    )
                }
            }
        }
        #expect(error?.code == .full)
        #expect(try connection.first("SELECT COUNT(*) FROM a") { $0.integer(0) } == 1)
        try connection.run("PRAGMA max_page_count = 1000")
        try connection.transaction { _ = try connection.run("INSERT INTO a VALUES (1, NULL)") }
        #expect(try connection.first("SELECT COUNT(*) FROM a") { $0.integer(0) } == 2)
    }

    @Test func aWriterThatWaitsTooLongIsToldSo() throws {
        var settings = SQLiteSettings.durable
        settings.busyTimeoutMilliseconds = 20
        let database = try SQLiteDatabase(path: folder.path("a.db"), settings: settings)
        let first = try database.makeConnection()
        let second = try database.makeConnection()
        try first.run("CREATE TABLE a (id BIGINT)")
        try first.transaction {
            #expect(storageError { try second.transaction {} }?.code == .busy)
        }
        try second.transaction {}
    }

    @Test(arguments: [0, 1, 4096])
    func whatIsNoDatabaseIsCalledCorrupt(bytes: Int) throws {
        let path = folder.path("a.db")
        try Data("not a database ".utf8.prefix(15) + Array(repeating: 0xa5, count: bytes)).write(
            to: URL(filePath: path)
        )
        let error = storageError {
            _ = try SQLiteDatabase(path: path).readBlocking { try $0.run("CREATE TABLE a (id BIGINT)") }
        }
        #expect(error?.code == .corrupt)
        #expect(storageError { _ = try SQLiteDatabase(path: folder.path("no/such/folder.db")) }?.code == .cannotOpen)
    }
}

struct DurableFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func contentIsReplacedWhole() throws {
        let path = folder.path("file")
        for content in [[1, 2, 3], [], Array(repeating: 9, count: 300_000)] as [[UInt8]] {
            try DurableFile.replace(path, with: content, mode: 0o600)
            #expect(FileManager.default.contents(atPath: path) == Data(content))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? UInt
        #expect(mode == 0o600)
    }

    @Test func aFailureLeavesTheOldContentAndNoLitter() throws {
        try FileManager.default.createDirectory(atPath: folder.path("taken/inside"), withIntermediateDirectories: true)
        // A folder that is not empty cannot be replaced by a file.
        #expect(storageError { try DurableFile.replace(folder.path("taken"), with: [1], mode: 0o600) } != nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["taken"])
        #expect(storageError { try DurableFile.replace(folder.path("no/file"), with: [1], mode: 0o600) } != nil)
        #expect(storageError { try DurableFile.syncFolder(folder.path("no")) } != nil)
    }

    @Test func aFullDeviceIsCalledFull() throws {
        // Every write to this device fails for want of space.
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        try FileManager.default.createSymbolicLink(atPath: folder.path("file.new"), withDestinationPath: "/dev/full")
        #expect(
            storageError { try DurableFile.write([1, 2, 3], to: folder.path("file.new"), mode: 0o600) }?.code == .full
        )
    }
}
