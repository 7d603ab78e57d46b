import ArgumentParser
import Crypto
import Foundation
import JSON
import Ledger
import MerkleLog
import Settings
import Storage
import WallTime

/// `muniment backup`: a copy that is consistent while servers run, and proved before it is called one.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the ledger's store, consistent while servers run, and verify the copy.",
        discussion: "Keys and configuration are not in it: back them up apart from the ledger."
    )

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var operatorOption: OperatorOption

    @Argument(help: "The folder to write; must be new or empty.")
    var folder: String

    func run() async throws {
        let installation = try configurationOption.load()
        try BackupFile.refuseDatabase(installation.configuration.ledger)
        let files = FileManager.default
        if let found = try? files.contentsOfDirectory(atPath: folder), !found.isEmpty {
            throw CommandFailure("the folder \(folder) is not empty: back up into a new one")
        }
        try files.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let copy = folder + "/ledger.db"
        let head = try await installation.withLedger { ledger in
            try ledger.database.readBlocking { connection in
                _ = try connection.run("VACUUM INTO $1", [.text(copy)])
            }
            let bar = ProgressBar("verifying the copy")
            let report = try LedgerVerifier(
                source: StoreSource(path: copy),
                verifier: ledger.verifier,
                workers: ProcessInfo.processInfo.activeProcessorCount
            ).verify { bar.update($0, $1) }
            bar.finish()
            try DurableFile.replace(folder + "/checkpoint", with: Array(report.head.checkpoint.utf8), mode: 0o600)
            // The ledger proves its entries; the hash covers the other tables in the file, such as the API clients.
            let sum = try BackupFile.hash(copy) + "  ledger.db\n"
            try DurableFile.replace(folder + "/SHA256SUMS", with: Array(sum.utf8), mode: 0o600)
            try await ledger.append(
                Event(
                    type: .backupCreated,
                    identity: .random(producer: "cli"),
                    timestamp: installation.clock.now(),
                    fields: [
                        "actor": .string(operatorOption.name), "rootHash": .string(report.head.root.base64),
                        "treeSize": .integer(Int64(report.head.size)),
                    ]
                )
            )
            return report.head
        }
        Output.line("Backed up and verified \(head.size) entries in \(folder)")
    }
}

/// The file of a backup.
private enum BackupFile {
    /// A database is backed up by its own means, which copy it while it runs and can restore any moment.
    static func refuseDatabase(_ location: LedgerLocation) throws {
        guard case .postgres = location.engine else { return }
        throw CommandFailure(
            "the ledger is in \(location.name): back up and restore it as your databases are, for instance with pg_basebackup and an "
                + "archive of the log (docs/operations.md). 'muniment ledger export' makes a copy that verifies by itself"
        )
    }

    /// SHA-256 in hex, as `sha256sum` prints it.
    static func hash(_ path: String) throws -> String {
        guard let file = FileHandle(forReadingAtPath: path) else { throw CommandFailure("cannot read \(path)") }
        defer { try? file.close() }
        var hash = SHA256()
        while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { hash.update(data: part) }
        return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// `muniment restore`: puts a backup in place, after it has proved itself.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Verify a backup and put it in the ledger's place.",
        discussion: """
            The store that is there is kept beside it under another name. If the backup is older than what was last signed, the \
            server refuses to start until 'muniment ledger accept-restore' records that this was intended.
            """
    )

    @OptionGroup var configurationOption: ConfigurationOption

    @Argument(help: "The backup's folder.")
    var folder: String

    func run() async throws {
        let installation = try configurationOption.load()
        let location = installation.configuration.ledger
        try BackupFile.refuseDatabase(location)
        let files = FileManager.default
        try files.createDirectory(
            atPath: location.directory,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let lock = try ServerLock(directory: location.directory)
        defer { withExtendedLifetime(lock) {} }
        let source = folder + "/ledger.db"
        guard files.fileExists(atPath: source) else { throw CommandFailure("there is no backup in \(folder)") }
        let kept = files.contents(atPath: folder + "/checkpoint").map { String(decoding: $0, as: UTF8.self) }
        let incoming = location.storeFile + ".restoring"
        try? files.removeItem(atPath: incoming)
        try files.copyItem(atPath: source, toPath: incoming)
        guard let sums = files.contents(atPath: folder + "/SHA256SUMS"),
            String(decoding: sums, as: UTF8.self) == (try BackupFile.hash(incoming)) + "  ledger.db\n"
        else {
            try? files.removeItem(atPath: incoming)
            Output.line("NOT RESTORED: ledger.db is not the file whose hash stands in SHA256SUMS")
            throw ExitCode(2)
        }
        let bar = ProgressBar("verifying the backup")
        let report: LedgerVerifier.Report
        do {
            report = try LedgerVerifier(
                source: StoreSource(path: incoming),
                verifier: installation.signer.verifier,
                workers: ProcessInfo.processInfo.activeProcessorCount
            ).verify(since: kept) { bar.update($0, $1) }
        } catch {
            bar.finish()
            try? files.removeItem(atPath: incoming)
            Output.line("NOT RESTORED: the backup does not verify: \(error)")
            throw ExitCode(2)
        }
        bar.finish()
        var aside: String?
        if files.fileExists(atPath: location.storeFile) {
            // Its own log of recent commits goes with it, or it would be replayed into the restored file.
            let name = location.storeFile + ".replaced-\(installation.clock.now().milliseconds)"
            for suffix in ["", "-wal", "-shm"] where files.fileExists(atPath: location.storeFile + suffix) {
                try files.moveItem(atPath: location.storeFile + suffix, toPath: name + suffix)
            }
            aside = name
        }
        for suffix in ["-wal", "-shm"] where files.fileExists(atPath: incoming + suffix) {
            try files.removeItem(atPath: incoming + suffix)
        }
        for suffix in ["", "-wal", "-shm"] where files.fileExists(atPath: location.indexFile + suffix) {
            try files.removeItem(atPath: location.indexFile + suffix)
        }
        try files.moveItem(atPath: incoming, toPath: location.storeFile)
        try DurableFile.syncFolder(location.directory)
        Output.line("Restored and verified \(report.head.size) entries.")
        if let aside { Output.line("The store that was there is now \(aside).") }
        do {
            try installation.openLedger().close()
        } catch let error as LedgerError {
            Output.line("\(error)")
        }
    }
}
