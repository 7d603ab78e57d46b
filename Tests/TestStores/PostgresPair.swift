import Foundation
import Storage

/// A PostgreSQL server of a test's own, which may be killed, paused and promoted. See `scripts/postgres`.
public final class PostgresServer: Sendable {
    /// Where its data is; the folder's name is its name as a standby.
    public let folder: String
    /// Its port on 127.0.0.1.
    public let port: Int

    /// Starts a server, as the standby of another if one is given.
    public init(folder: String, standbyOf primary: PostgresServer? = nil) throws {
        self.folder = folder
        let output = try Self.script(["start", folder] + (primary.map { [$0.folder] } ?? []))
        guard let port = Int(output.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw StorageError(.cannotOpen, "the server did not start: \(output)")
        }
        self.port = port
    }

    deinit {
        _ = try? Self.script(["resume", folder])
        _ = try? Self.script(["crash", folder])
    }

    /// `crash`, `pause`, `resume`, `promote`, `stop` or `start`.
    public func command(_ name: String) throws { _ = try Self.script([name, folder]) }

    /// Its own address.
    public var address: String { "postgresql://postgres@127.0.0.1:\(port)/postgres" }

    /// Runs a statement on it.
    public func run(_ statements: String...) throws {
        let connection = try PostgresDatabase(PostgresSettings(address: address)).makeConnection()
        for statement in statements { try connection.run(statement) }
    }

    private static func script(_ arguments: [String]) throws -> String { try ServerScript.run("postgres", arguments) }
}

/// A primary with a synchronous standby.
public final class PostgresPair: Sendable {
    /// The first primary.
    public let first: PostgresServer
    /// Its standby.
    public let second: PostgresServer
    private let folder: TemporaryFolder

    /// Starts both; commits wait for the standby when this returns.
    public init() throws {
        folder = try TemporaryFolder()
        // The servers run as another user, who must be able to enter.
        try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: folder.path)
        first = try PostgresServer(folder: folder.path("first"))
        second = try PostgresServer(folder: folder.path("second"), standbyOf: first)
        try first.run("ALTER SYSTEM SET synchronous_standby_names = 'second'", "SELECT pg_reload_conf()")
    }

    /// One address for both, the first named first.
    public var address: String {
        "postgresql://postgres@127.0.0.1:\(first.port),127.0.0.1:\(second.port)/postgres"
    }

    /// Makes the standby the primary. It has no standby of its own then, and is told not to wait for one.
    public func promote(waitingForNoStandby: Bool = true) throws {
        try second.command("promote")
        guard waitingForNoStandby else { return }
        try second.run("ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()")
    }
}
