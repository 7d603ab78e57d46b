import FoundationEssentials
public import Storage

/// An engine under test. Suites are parameterised over all of them.
public enum Engine: String, CaseIterable, Sendable, CustomStringConvertible {
    /// Embedded SQLite.
    case sqlite
    /// A real PostgreSQL server; `scripts/postgres` starts it, and `MUNIMENT_TEST_POSTGRES` holds its address.
    case postgres

    /// The engines that there are. Without an address the tests of PostgreSQL do not run; `make test` always gives one.
    public static let allCases: [Engine] = PostgresSchema.server == nil ? [.sqlite] : [.sqlite, .postgres]

    public var description: String { rawValue }
}

/// A store of its own for one test; it goes with this value.
public final class TestStore: Sendable {
    /// The store.
    public let database: any Database
    private let folder: TemporaryFolder?
    private let schema: PostgresSchema?

    /// Makes an empty store.
    public init(_ engine: Engine) throws {
        switch engine {
        case .sqlite:
            let folder = try TemporaryFolder()
            database = try SQLiteDatabase(path: folder.path("store.db"))
            self.folder = folder
            schema = nil
        case .postgres:
            let schema = try PostgresSchema()
            database = try PostgresDatabase(schema.settings)
            self.schema = schema
            folder = nil
        }
    }
}

/// A schema of its own on the server under test, dropped with this value.
public final class PostgresSchema: Sendable {
    /// The address of the server, from the environment.
    public static let server = ProcessInfo.processInfo.environment["MUNIMENT_TEST_POSTGRES"]

    /// The schema's name.
    public let name: String
    private let server: String

    /// Makes the schema.
    /// - Throws: ``StorageError`` when there is no server.
    public init(on server: String? = nil) throws {
        guard let server = server ?? Self.server else {
            throw StorageError(.cannotOpen, "set MUNIMENT_TEST_POSTGRES to the address of a server")
        }
        self.server = server
        name = "test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
        let connection = try PostgresDatabase(PostgresSettings(address: server)).makeConnection()
        try connection.run("CREATE SCHEMA \(name)")
    }

    deinit {
        guard let database = try? PostgresDatabase(PostgresSettings(address: server)) else { return }
        _ = try? database.readBlocking { try $0.run("DROP SCHEMA \(name) CASCADE") }
    }

    /// The address of a server with this schema as its first.
    public func address(on server: String? = nil) -> String {
        let server = server ?? self.server
        return server + (server.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(name)"
    }

    /// How the schema is reached.
    public var settings: PostgresSettings { PostgresSettings(address: address()) }
}

/// A folder that goes when the test ends.
public final class TemporaryFolder: Sendable {
    /// Where it is.
    public let path: String

    /// Makes it.
    public init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "muniment-tests-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A path within it.
    public func path(_ name: String) -> String { path + "/" + name }
}
