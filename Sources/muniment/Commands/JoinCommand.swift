import ArgumentParser
import Foundation
import JSON
import Ledger
import MerkleLog
import Settings
import WallTime

/// `muniment ledger join`: a further node of a ledger that several share.
struct JoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Make this machine a further node of the ledger in the configured database.",
        discussion: """
            Copy the configuration and the keys from a node that works, give this one a name of its own (installation.node), \
            and run this once: it checks the ledger's signature and tree, and keeps its checkpoint as this node's anchor.
            """
    )

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var operatorOption: OperatorOption

    @Option(help: "A checkpoint from another node ('muniment ledger head'); what the database holds must continue it.")
    var since: String?

    func run() async throws {
        let installation = try configurationOption.load()
        let known = try since.map { path in
            guard let text = FileManager.default.contents(atPath: path) else {
                throw CommandFailure("the checkpoint file \(path) cannot be read")
            }
            return String(decoding: text, as: UTF8.self)
        }
        let head = try Ledger.join(at: installation.configuration.ledger, signer: installation.signer, since: known)
        try await installation.withLedger { ledger in
            _ = try await ledger.append(
                Event(
                    type: .nodeJoined,
                    identity: .random(producer: "cli@\(installation.configuration.node)"),
                    timestamp: installation.clock.now(),
                    fields: [
                        "actor": .string(operatorOption.name), "node": .string(installation.configuration.node),
                        "treeSize": .integer(Int64(head.size)),
                    ]
                )
            )
        }
        Output.line("This is now a node of the ledger '\(installation.signer.origin.text)' of \(head.size) entries.")
        if known == nil {
            Output.note(
                "Its signature and tree are in order. That it is the newest was taken on trust: give --since to check it."
            )
        }
    }
}
