import ArgumentParser
import Foundation
import JSON
import Ledger
import MerkleLog
import Settings
import Storage
import WallTime

/// `muniment store …`: the database under the ledger.
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Prepare the PostgreSQL database that several nodes share.",
        subcommands: [Prepare.self]
    )

    struct Prepare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make or update the tables as their owner, and give the servers' role no more than it needs.",
            discussion: """
                The servers' role may then read and append, and can neither change nor remove an entry, nor alter a table. Run it \
                before 'muniment init --postgres', and again before a new version starts. It changes nothing that is there.
                """
        )

        @Option(help: "The database as the tables' owner, such as postgresql://owner@db.example.com/muniment.")
        var owner: String

        @Option(help: "A file of mode 0600 with the owner's password.")
        var ownerPasswordFile: String?

        @Option(help: "The role that the servers log in as. It exists already.")
        var role: String

        func run() async throws {
            var settings = PostgresSettings(address: owner)
            if let fault = settings.addressFault { throw CommandFailure("the owner's address: \(fault)") }
            settings.passwordFile = ownerPasswordFile
            let database = try PostgresDatabase(settings)
            defer { database.close() }
            try Schema.prepare(database.makeConnection(), Installation.schema, role: role)
            Output.line("The tables in \(settings.location) are those of version \(Build.version).")
            Output.line("The role '\(role)' may read and append, and change only what is no record.")
        }
    }
}

/// `muniment migrate`: from one machine's file to a database for several.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Move the ledger from its file into a PostgreSQL database, and prove that it is the same.",
        discussion: """
            Stop the server first. Everything is copied and verified; only then the copy becomes the ledger, and the file is kept \
            under another name. What is published of it - name, key, checkpoints, receipts - holds as before. A move that was \
            interrupted goes on where it stopped.
            """
    )

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var operatorOption: OperatorOption

    @Option(help: "The database, such as postgresql://muniment@db.example.com/muniment.")
    var to: String

    @Option(help: "A file of mode 0600 with the database's password.")
    var passwordFile: String?

    func run() async throws {
        let installation = try configurationOption.load()
        let source = installation.configuration.ledger
        guard case .sqlite = source.engine else { throw CommandFailure("the ledger is in \(source.name) already") }
        var settings = PostgresSettings(address: to)
        if let fault = settings.addressFault { throw CommandFailure("the database's address: \(fault)") }
        settings.passwordFile = passwordFile
        settings.timeoutMilliseconds = 60_000
        let lock = try ServerLock(directory: source.directory)
        defer { withExtendedLifetime(lock) {} }
        // Opens it as a server does: head, tree and anchor must agree before anything is copied.
        try installation.openLedger().close()
        let target = LedgerLocation(directory: source.directory, anchor: source.anchor, engine: .postgres(settings))
        let bar = ProgressBar("copying")
        let moved = try await LedgerMove(
            source: source,
            target: target,
            signer: installation.signer,
            components: Installation.schema
        ).run { head in
            Event(
                type: .ledgerMoved,
                identity: .random(producer: "cli"),
                timestamp: installation.clock.now(),
                fields: [
                    "actor": .string(operatorOption.name), "engine": .string("postgresql"),
                    "rootHash": .string(head.root.base64), "treeSize": .integer(Int64(head.size)),
                ]
            )
        } progress: {
            bar.update($0, $1)
        }
        bar.finish()
        // Two stores that go on from the same entries would be a fork.
        let kept = source.storeFile + ".moved-\(installation.clock.now().milliseconds)"
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: source.storeFile + suffix) {
            try FileManager.default.moveItem(atPath: source.storeFile + suffix, toPath: kept + suffix)
        }
        try DurableFile.syncFolder(source.directory)
        Output.line(
            "Moved \(moved.head.size) entries to \(settings.location): the same root, \(moved.head.root.base64)"
        )
        Output.line("The file is now \(kept). Entry \(moved.receipt.index) of the ledger says that it was moved.")
        Output.line(
            "Write this into the section 'ledger' of \(installation.configuration.file) before you start the server:"
        )
        Output.line("  postgres:\n    address: \(to)" + (passwordFile.map { "\n    passwordFile: \($0)" } ?? ""))
    }
}
