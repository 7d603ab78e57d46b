import ArgumentParser
import Foundation
import JSON
import Ledger
import MerkleLog
import Sandbox
import Settings
import Storage
import WallTime

/// `muniment init`: a configuration that works, keys, and an empty ledger.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a commented muniment.yaml, keys with tight modes, and an empty ledger."
    )

    @Argument(help: "The folder to set up; made if it is missing.")
    var folder = "."

    @Option(
        help: "The ledger's name in every checkpoint, for ever: a host name of yours and a path, without scheme."
    )
    var origin = "muniment.local/ledger"

    @Option(help: "The name of this node in events and metrics.")
    var node = "node-1"

    @Option(
        help: """
            Keep the ledger in this PostgreSQL database, such as postgresql://muniment@db.example.com/muniment, and not in a \
            file. Without a password: see --postgres-password-file.
            """
    )
    var postgres: String?

    @Option(help: "A file of mode 0600 with the database's password.")
    var postgresPasswordFile: String?

    @OptionGroup var operatorOption: OperatorOption

    func run() async throws {
        var template = ConfigurationTemplate(origin: origin)
        template.node = node
        if let postgres {
            template.postgres = ConfigurationTemplate.Postgres(address: postgres)
            template.postgres?.passwordFile = postgresPasswordFile.map {
                URL(fileURLWithPath: $0).standardizedFileURL.path
            }
        }
        try Self.setUp(
            folder: folder,
            template: template,
            sandbox: SandboxConfiguration(),
            operatorName: operatorOption.name
        )
        Output.line(
            """
            Set up \(folder)/muniment.yaml with keys and an empty ledger. Next:
              muniment sandbox &                                  a pretend contact centre to try it against
              muniment serve --config \(folder)/muniment.yaml
              muniment clients create --config \(folder)/muniment.yaml --name desktop --scope read:customer-profile
            Back up \(folder)/keys apart from the ledger.
            """
        )
    }

    /// Writes everything; refuses to touch what is there.
    static func setUp(
        folder: String,
        template: ConfigurationTemplate,
        sandbox: SandboxConfiguration,
        operatorName: String
    ) throws {
        let path = folder + "/muniment.yaml"
        guard !FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure("\(path) exists already: init never overwrites")
        }
        let location = LedgerLocation(
            directory: folder + "/data",
            anchor: folder + "/anchor/checkpoint",
            engine: try template.postgres.map { try engine($0) } ?? .sqlite
        )
        // Before any key is written: one that a ledger may have been made with is never taken away again.
        try Ledger.checkAbsent(at: location)
        var generator = SystemRandomNumberGenerator()
        let signer: NoteSigner
        do {
            signer = try NoteSigner(origin: Origin(template.origin), using: &generator)
        } catch {
            throw CommandFailure("the origin cannot be used: \(error)")
        }
        try FileManager.default.createDirectory(
            atPath: folder + "/keys",
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        try KeyFile.write(signer.exportSecretKey(), to: folder + "/keys/ledger.key")
        try Data((signer.vkey + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/keys/ledger.vkey"))
        try KeyFile.write(KeyFile.randomHex(bytes: 32), to: folder + "/keys/tokens.key")
        try KeyFile.write(sandbox.clients[0].secret, to: folder + "/keys/genesys-client-secret")
        try KeyFile.write(sandbox.crmToken, to: folder + "/keys/crm-token")
        try Ledger.create(
            at: location,
            signer: signer,
            first: Event(
                type: .ledgerCreated,
                identity: .random(producer: "cli"),
                timestamp: SystemClock().now(),
                fields: [
                    "actor": .string(operatorName), "origin": .string(template.origin),
                    "vkey": .string(signer.vkey),
                    "version": .string(Build.version),
                ]
            )
        )
        try Data(template.text.utf8).write(to: URL(fileURLWithPath: path))
    }

    private static func engine(_ postgres: ConfigurationTemplate.Postgres) throws -> LedgerLocation.Engine {
        var settings = PostgresSettings(address: postgres.address)
        if let fault = settings.addressFault { throw CommandFailure("the database's address: \(fault)") }
        settings.passwordFile = postgres.passwordFile
        settings.requireStandby = postgres.requireStandby
        return .postgres(settings)
    }
}
