import ArgumentParser
import Foundation
import Redaction
import Settings
import WallTime

/// `muniment redact`: a filter.
struct RedactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redact",
        abstract:
            "Replace personal data in text, JSON or transcripts; from files or standard input to standard output.",
        discussion: """
            Needs no configuration, except for tokens. Text is a stream: what comes in goes out as soon as nothing that may follow can make it part \
            of a finding. Names, postal addresses and free text about a person are not found.

            --findings reads one JSON object a line, {"id": …, "text": "…"}, and writes one a line, \
            {"id": …, "spans": [{"type": …, "start": …, "end": …}]}: half-open ranges of bytes of the text's UTF-8 form.

            Exit codes: 0 done; 1 could not be done (a file that cannot be read, a document that is not JSON); 2 done, but \
            lines were not what they should be or the policy is wrong: each is named on standard error, and all others were \
            answered; 64 the command line was wrong.
            """
    )

    @Argument(help: "Files to read, in order; standard input without one, or for '-'.")
    var files: [String] = []

    @Flag(help: "What the input is.")
    var kind = Kind.text

    @Flag(help: "Write what was found, one JSON object a line, and why, instead of the redacted text.")
    var explain = false

    @Option(
        help:
            "A redaction policy (YAML), or with --config the name of one there; without one everything is found and masked."
    )
    var policy: String?

    @Option(help: "An older redaction policy: print what the newer one does otherwise, and how often on this text.")
    var compare: String?

    @Option(
        name: [.customShort("c"), .customLong("config")],
        help: "The configuration whose policies are meant; keys come from its keyring, tokens are kept in its store."
    )
    var config: String?

    @Option(
        help:
            "Whose text it is, for tokens: a global customer id, or kind:value. They go when the customer is forgotten."
    )
    var customer: String?

    @Option(help: "The file of a secret of 64 hex digits, for policies that hash, encrypt or shift.")
    var key: String?

    @Option(help: "Where equal values get equal hashes: a tenant, a conversation.")
    var scope = ""

    /// The kinds of input.
    enum Kind: String, EnumerableFlag {
        case text, json, jsonLines, transcript, findings

        static func help(for kind: Kind) -> ArgumentHelp? {
            switch kind {
            case .text: "Text, as a stream."
            case .json: "One JSON document a file; it stays valid, bytes outside of findings stay as they are."
            case .jsonLines: "One JSON document a line, such as logs; a line that is not JSON is redacted as text."
            case .transcript: "A transcript as JSON: turns together, and their word lists."
            case .findings: "Records with a text; answered with what is in it."
            }
        }
    }

    func validate() throws {
        if compare != nil, policy == nil { throw ValidationError("--compare needs --policy, the newer one") }
        if compare != nil, kind != .text || explain {
            throw ValidationError("--compare reads text and explains nothing")
        }
        if config != nil, policy == nil {
            throw ValidationError("--config needs --policy, the name of one of its policies")
        }
        if config != nil, key != nil {
            throw ValidationError("--key goes without --config, whose keyring has the keys")
        }
        if customer != nil, config == nil { throw ValidationError("--customer needs --config, which knows customers") }
        if explain, kind != .text, kind != .findings { throw ValidationError("--explain reads text or --findings") }
    }

    func run() async throws {
        guard let config else { return try work(try redactor(try readPolicy(policy)), compare: readOther) }
        let installation = try ConfigurationOption.load(config)
        let policy = try installation.policy(named: policy ?? "")
        guard EntityType.allCases.contains(where: { policy.action(for: $0) == .token }), compare == nil else {
            let redactor = try installation.redactor(policy, vault: TokenCollector())
            return try work(redactor) {
                try installation.redactor(try installation.policy(named: $0), vault: TokenCollector())
            }
        }
        try await installation.withLedger { ledger in
            let identities = try installation.identities(ledger, producer: "cli")
            let keeper = TokenKeeper(
                identities: identities,
                customer: try customer.map { try CustomerWord.reference($0, installation.normaliser) },
                scope: scope,
                until: installation.clock.now().adding(
                    seconds: Int64(installation.configuration.redaction.tokensKeptDays) * 86_400
                )
            )
            let redactor = try installation.redactor(policy, vault: keeper.tokens)
            try await keeper.whileKeeping { try work(redactor, OutputSink(beforeWriting: keeper.keep), compare: nil) }
        }
    }

    private func readOther(_ path: String) throws -> Redactor { try redactor(try readPolicy(path)) }

    private func work(
        _ redactor: Redactor,
        _ sink: OutputSink = OutputSink(),
        compare other: ((String) throws -> Redactor)?
    ) throws {
        let inputs = try (files.isEmpty ? ["-"] : files).map(InputFile.init)
        let progress = RedactionProgress(of: inputs)
        let job = RedactionJob(redactor: redactor, scope: scope, sink: sink, progress: progress)
        var problems = 0
        if let compare, let other {
            try PolicyComparison(from: other(compare), to: redactor).run(inputs, progress)
        } else {
            for input in inputs { problems += try job.run(input, kind, explains: explain) }
        }
        progress.finish()
        if problems > 0 {
            Output.note(
                "\(problems) \(problems == 1 ? "line was" : "lines were") not as expected; all others were answered"
            )
            throw ExitCode(2)
        }
    }

    private func readPolicy(_ path: String?) throws -> RedactionPolicy {
        guard let path else { return RedactionPolicy(name: "mask everything") }
        do throws(ConfigurationProblems) {
            return try RedactionPolicy.load(path: path)
        } catch {
            Output.note("\(error)")
            throw ExitCode(2)
        }
    }

    private func redactor(_ policy: RedactionPolicy) throws -> Redactor {
        if let type = EntityType.allCases.first(where: { policy.action(for: $0) == .token }) {
            throw CommandFailure(
                "the policy makes tokens of \(type), which need a store to be taken back from: name the policy of a configuration (--config), or use hash or label"
            )
        }
        var keys: RedactionKeys?
        if let key {
            keys = KeyFile.bytes(hex: try KeyFile.read(key)).flatMap(RedactionKeys.init)
            if keys == nil { throw CommandFailure("the key \(key) must be at least 64 hex digits") }
        }
        do throws(Redactor.Failure) {
            return try Redactor(policy: policy, keys: keys)
        } catch {
            throw CommandFailure("\(error) (--key FILE)")
        }
    }
}
