import ArgumentParser
import AuditTrail
import Foundation
import JSON
import Ledger
import MerkleLog
import Redaction
import Settings
import WallTime

/// `muniment ledger …`: the record itself.
struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Verify, prove, export and restore the ledger.",
        subcommands: [
            Head.self, Verify.self, Prove.self, Export.self, JoinCommand.self, AcceptRestore.self,
        ]
    )

    struct Head: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the newest checkpoint and the key to verify it with."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var format: FormatOption

        func run() async throws {
            let installation = try configurationOption.load()
            let checkpoint = try StoreSource(at: installation.configuration.ledger).checkpoint()
            let head = try SignedHead(checkpoint: checkpoint, verifier: installation.signer.verifier)
            if format.format == .json {
                return Output.json(
                    .object([
                        "treeSize": .integer(Int64(head.size)), "rootHash": .string(head.root.base64),
                        "checkpoint": .string(checkpoint), "vkey": .string(installation.signer.vkey),
                    ])
                )
            }
            Output.line(checkpoint)
            Output.note("verification key: \(installation.signer.vkey)")
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check every entry, tile and signature, and name the first that is wrong.",
            discussion: """
                Without PATH and --from-url the configured ledger is verified. PATH is an exported folder, a ledger.db file, a \
                .tlog-proof with its entry beside it, or a folder of those; with --key nothing else of the installation is needed.
                """
        )

        @Option(
            name: [.customShort("c"), .customLong("config")],
            help: "The configuration file, when no PATH is given."
        )
        var configurationPath = "muniment.yaml"

        @Argument(help: "An exported folder, a ledger.db file, a .tlog-proof, or a folder of those.")
        var path: String?

        @Option(help: "A server's control plane, such as http://127.0.0.1:8081.")
        var fromURL: String?

        @Option(help: "A bearer token with the scope 'ledger', for --from-url; or set MUNIMENT_TOKEN.")
        var token: String?

        @Option(help: "The ledger's verification key (vkey), or a file that holds it.")
        var key: String?

        @Option(help: "A file with an older checkpoint that must still hold.")
        var since: String?

        @OptionGroup var format: FormatOption

        func validate() throws {
            if path != nil, fromURL != nil { throw ValidationError("give a PATH or --from-url, not both") }
        }

        func run() async throws {
            if let path, ReceiptFolder.isOne(path) { return try verifyReceipts(path) }
            let (source, verifier) = try source()
            let old = try since.map { path in
                guard let text = FileManager.default.contents(atPath: path) else {
                    throw CommandFailure("the checkpoint file \(path) cannot be read")
                }
                return String(decoding: text, as: UTF8.self)
            }
            let bar = ProgressBar("verifying")
            let started = ContinuousClock.now
            let report: LedgerVerifier.Report
            do {
                report = try LedgerVerifier(
                    source: source,
                    verifier: verifier,
                    workers: ProcessInfo.processInfo.activeProcessorCount
                ).verify(since: old) { bar.update($0, $1) }
            } catch {
                bar.finish()
                return try fail(error)
            }
            bar.finish()
            let seconds = (ContinuousClock.now - started) / .seconds(1)
            if format.format == .json {
                return Output.json(
                    .object([
                        "verified": .bool(true), "treeSize": .integer(Int64(report.head.size)),
                        "rootHash": .string(report.head.root.base64), "entryBytes": .integer(Int64(report.entryBytes)),
                        "consistentWithSize": report.consistentWithSize.map { .integer(Int64($0)) } ?? .null,
                    ])
                )
            }
            Output.line("bytes match the tree       yes: \(report.head.size) entries, \(report.entryBytes) bytes")
            Output.line("tree signed by the log     yes: \(verifier.name)")
            Output.line(
                "holds an older checkpoint  "
                    + (report.consistentWithSize.map { "yes: the one over \($0) entries" }
                        ?? "not checked: give --since a checkpoint that you kept")
            )
            Output.line("seen by witnesses          not checked")
            Output.note(
                String(format: "%.1f s, %.0f entries/s", seconds, Double(report.head.size) / max(seconds, 0.000_001))
            )
            if report.consistentWithSize == nil {
                Output.note(
                    "Without a checkpoint kept elsewhere, whoever holds the ledger's key could have rewritten everything."
                )
            }
        }

        func fail(_ error: any Error) throws {
            let entry = (error as? LedgerVerifier.Failure)?.entry
            if format.format == .json {
                Output.json(
                    .object([
                        "verified": .bool(false), "firstBadEntry": entry.map { .integer(Int64($0)) } ?? .null,
                        "reason": .string("\(error)"),
                    ])
                )
            } else {
                Output.line("NOT VERIFIED: \(error)")
                if let entry { Output.line("first bad entry: \(entry)") }
            }
            throw ExitCode(2)
        }

        /// The key to verify with, and where the ledger is if it came from the configuration.
        func verifier() throws -> (NoteVerifier, LedgerLocation?) {
            guard let key else {
                let installation = try configuration()
                return (installation.signer.verifier, installation.configuration.ledger)
            }
            let text = FileManager.default.fileExists(atPath: key) ? try KeyFile.read(key) : key
            do { return (try NoteVerifier(vkey: text), nil) } catch {
                throw CommandFailure("the verification key cannot be used: \(error)")
            }
        }

        private func source() throws -> (any LedgerSource, NoteVerifier) {
            let (verifier, location) = try verifier()
            if let fromURL {
                let token = token ?? ProcessInfo.processInfo.environment["MUNIMENT_TOKEN"]
                return (try RemoteLedger.source(url: fromURL, token: token), verifier)
            }
            if let path {
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                    throw CommandFailure("there is nothing at \(path)")
                }
                return (isFolder.boolValue ? TiledSource(folder: path) : try StoreSource(path: path), verifier)
            }
            return (try StoreSource(at: try location ?? configuration().configuration.ledger), verifier)
        }

        private func configuration() throws -> Installation {
            var option = ConfigurationOption()
            option.path = configurationPath
            return try option.load()
        }
    }

    struct Prove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the proof of an entry, which any tlog verifier can check offline."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption

        @Argument(help: "The entry's index.")
        var index: UInt64

        @Option(
            help: "The file to write; entry-<index>.tlog-proof when left out. The entry's bytes go beside it as .json."
        )
        var output: String?

        func run() async throws {
            let installation = try configurationOption.load()
            let path = output ?? "entry-\(index)\(TLogProof.fileExtension)"
            let (proof, entry) = try await installation.withLedger { ledger in
                let reader = Reader(name: operatorOption.name, channel: .commandLine, reason: "proof")
                _ = try await installation.auditTrail(ledger, producer: "cli").event(
                    at: index,
                    proof: false,
                    by: reader
                )
                return (try await ledger.proof(of: index), try await ledger.entry(at: index))
            }
            try Data(proof.encoded.utf8).write(to: URL(fileURLWithPath: path))
            let name =
                path.hasSuffix(TLogProof.fileExtension) ? String(path.dropLast(TLogProof.fileExtension.count)) : path
            try Data(entry).write(to: URL(fileURLWithPath: name + ".json"))
            Output.line("Wrote \(path) and \(name).json")
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the whole ledger as static files in the layout of C2SP tlog-tiles."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption

        @Argument(help: "The folder to write; must be new or empty.")
        var folder: String

        func run() async throws {
            let installation = try configurationOption.load()
            let bar = ProgressBar("exporting")
            let head = try await installation.withLedger { ledger in
                try await ledger.append(
                    Event(
                        type: .auditTrailRead,
                        identity: .random(producer: "cli"),
                        timestamp: installation.clock.now(),
                        fields: [
                            "actor": .string(operatorOption.name), "channel": .string("cli"),
                            "question": .string("export"),
                        ]
                    )
                )
                return try LedgerFolder.export(
                    StoreSource(ledger),
                    verifier: ledger.verifier,
                    to: folder,
                    progress: { bar.update($0, $1) }
                )
            }
            bar.finish()
            Output.line("Wrote \(head.size) entries to \(folder). Verify them anywhere with:")
            Output.line("  muniment ledger verify \(folder) --key '\(installation.signer.vkey)'")
        }
    }

    struct AcceptRestore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "accept-restore",
            abstract: "Accept a store that is older than, or other than, what was last signed; recorded as an event."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption

        @Option(help: "Why the store was restored.")
        var reason: String

        func run() async throws {
            let installation = try configurationOption.load()
            let lock = try ServerLock(directory: installation.configuration.ledger.directory)
            defer { withExtendedLifetime(lock) {} }
            let ledger = try Ledger(at: installation.configuration.ledger, signer: installation.signer) {
                anchor,
                size in
                Event(
                    type: .ledgerRestoreAccepted,
                    identity: .random(producer: "cli"),
                    timestamp: installation.clock.now(),
                    fields: [
                        "actor": .string(operatorOption.name), "anchorCheckpoint": anchor.map { .string($0) } ?? .null,
                        "reason": .string(RecordedWords.masked(reason)),
                        "restoredTreeSize": .integer(Int64(size)),
                    ]
                )
            }
            let size = ledger.health.head.size
            ledger.close()
            Output.line(
                "Accepted. The ledger goes on from \(size) entries; entry \(size - 1) says what was accepted, by whom and why."
            )
            Output.line(
                "Checkpoints over more entries that were published before no longer hold, and verifiers will say so."
            )
        }
    }
}
