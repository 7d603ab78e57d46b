import ArgumentParser
import Delivery
import DeliveryWire
import Foundation
import JSON
import MerkleLog
import WallTime

/// `muniment sinks statement`: what was delivered of a range, signed.
struct SinksStatementCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statement",
        abstract: "Make a signed statement of what was delivered to a sink, for an auditor.",
        discussion: """
            It says where every entry of the range stands, what a success means, what happened to the sink, and proves each event \
            that it cites under a checkpoint. 'muniment sinks verify-statement' checks it with nothing but the public key. That it \
            was made is an event.
            """
    )

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var operatorOption: OperatorOption
    @Argument(help: "The sink.") var sink: String
    @Option(help: "The first index, or the moment from which entries count, such as 2026-10-01T00:00:00Z.")
    var from: String = "0"
    @Option(help: "The last index, or the moment before which entries count; the ledger's last when left out.")
    var to: String?
    @Option(help: "The file to write; must not exist.") var out: String

    func run() async throws {
        // Before the statement is made: that is an event.
        guard !FileManager.default.fileExists(atPath: out) else {
            throw CommandFailure("\(out) is there already; name another file")
        }
        let installation = try configurationOption.load()
        let statement = try await installation.withLedger { ledger in
            let control = try installation.deliveryControl(ledger, producer: "cli")
            let statements = DeliveryStatements(control: control, ledger: ledger, signer: installation.signer)
            let first = try await statements.index(from, isLast: false)
            let past = if let to { try await statements.index(to, isLast: true) } else { UInt64(Int64.max) }
            guard first < past else { throw ValidationError("--from does not lie before --to") }
            return try await SinkAssembly.withSink(sink, of: installation, ledger: ledger) {
                try await statements.statement(.init($0), first..<past, actor: operatorOption.name)
            }
        }
        do {
            try Data(statement.utf8).write(to: URL(fileURLWithPath: out), options: .withoutOverwriting)
        } catch { throw CommandFailure("cannot write \(out): \(error.localizedDescription)") }
        Output.line(out)
        Output.note("verify with: muniment sinks verify-statement \(out) --key '\(installation.signer.vkey)'")
    }
}

/// `muniment sinks verify-statement`: checks a statement with nothing but the public key.
struct SinksVerifyStatementCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-statement",
        abstract: "Verify a delivery statement offline, with nothing but the ledger's public key.",
        discussion: """
            Checks the signature, that the counts add up, that the checkpoint is the ledger's, and that each event it cites is in the \
            ledger. Exit code 2 when anything is not right.
            """
    )

    @Argument(help: "The statement.") var file: String
    @Option(help: "The ledger's verification key (vkey), or a file that holds it.") var key: String
    @OptionGroup var format: FormatOption

    func run() throws {
        let text = FileManager.default.fileExists(atPath: key) ? try KeyFile.read(key) : key
        let verifier: NoteVerifier
        do { verifier = try NoteVerifier(vkey: text) } catch {
            throw CommandFailure("the verification key cannot be used: \(error)")
        }
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw CommandFailure("\(file) cannot be read")
        }
        do throws(DeliveryStatementError) {
            let statement = try DeliveryStatement(verifying: Array(bytes), by: verifier)
            switch format.format {
            case .json: Output.json(statement.body)
            case .table: Self.tell(statement.body)
            }
        } catch {
            Output.line("NOT VERIFIED: \(error)")
            throw ExitCode(2)
        }
    }

    private static func tell(_ body: JSONValue) {
        func text(_ value: JSONValue?) -> String { value?.string ?? value?.integer.map(String.init) ?? "-" }
        func list(_ value: JSONValue?) -> String {
            let members = (value?.object ?? [:]).sorted { $0.key < $1.key }
            return members.isEmpty ? "none" : members.map { "\($0.key) \(text($0.value))" }.joined(separator: ", ")
        }
        let guarantee = body["guarantee"]
        Output.line("ledger      \(text(body["ledger"]))")
        Output.line("sink        \(text(body["sink"])), \(text(body["kind"])) at \(text(body["destination"]))")
        Output.line("guarantee   \(text(guarantee?["level"])): \(text(guarantee?["reason"]))")
        Output.line("entries     \(text(body["firstIndex"])) up to, not including, \(text(body["pastIndex"]))")
        Output.line("            \(list(body["range"]))")
        Output.line("all entries \(list(body["whole"]))")
        Output.line("dead        \(list(body["deadLetters"]))")
        Output.line("manifests   \(text(body["manifests"]?["count"])), under \(text(body["manifests"]?["listRoot"]))")
        Output.line("events      \(list(body["acts"]))")
        Output.line("issued      \(text(body["issued"])) by \(text(body["actor"]))")
        Output.line("verified")
    }
}

extension DeliveryStatements {
    /// An index, or the index at a moment; one further when it names the last one.
    func index(_ text: String, isLast: Bool) async throws -> UInt64 {
        if let index = UInt64(text) { return isLast && index < .max ? index + 1 : index }
        guard let moment = Timestamp(text) else {
            throw ValidationError("'\(text)' is neither an index nor a moment such as 2026-10-01T00:00:00Z")
        }
        return try await index(at: moment)
    }
}
