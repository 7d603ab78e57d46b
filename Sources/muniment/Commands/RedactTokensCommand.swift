import ArgumentParser
import Identity
import JSON
import Redaction

/// `muniment redact-tokens …`: what tokens of redacted texts stand for.
struct RedactTokensCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redact-tokens",
        abstract: "Take tokens of redacted texts back, or destroy those of a scope.",
        subcommands: [Reverse.self, Destroy.self]
    )

    struct Reverse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Show what tokens stand for. Each that is found is recorded before it is shown, with your reason.",
            discussion:
                "Exit codes: 0 all were found; 2 some were not: another scope, expired, or forgotten with their person."
        )

        @OptionGroup var options: IdentityOptions

        @Option(help: "Where the tokens hold, as it was given when the text was redacted.")
        var scope = ""

        @Argument(help: "Tokens such as tok_PHONE_….")
        var tokens: [String]

        func run() async throws {
            let actor = try options.decider()
            let read = tokens.compactMap { RedactionToken($0) }
            guard read.count == tokens.count else { throw ValidationError("a token reads tok_<type>_<32 hex digits>") }
            let found = try await options.run { _, identities in
                try await identities.reveal(tokens, scope: scope, by: actor) {
                    RedactionToken($0)?.type.name ?? EntityType.custom.name
                }
            }
            let rows = read.compactMap { token in
                found[token.text].map { [token.text, token.type.name, String(decoding: $0, as: UTF8.self)] }
            }
            if options.format.format == .json {
                Output.json(
                    .array(rows.map { ["token": .string($0[0]), "type": .string($0[1]), "value": .string($0[2])] })
                )
            } else if !rows.isEmpty {
                Output.table(["token", "type", "value"], rows)
            }
            let missing = read.count { found[$0.text] == nil }
            guard missing > 0 else { return }
            Output.note("\(missing) \(missing == 1 ? "token is" : "tokens are") not known in this scope")
            throw ExitCode(2)
        }
    }

    struct Destroy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Destroy every token of a scope: what they stand for cannot be found again."
        )

        @OptionGroup var options: IdentityOptions

        @Argument(help: "The scope.")
        var scope: String

        func run() async throws {
            let actor = try options.decider()
            try await options.run { _, identities in
                let (count, remains) = try await identities.destroyTokens(scope: scope, by: actor)
                options.show([
                    "scope": .string(scope), "tokens": .integer(Int64(count)),
                    "remains": remains.isEmpty ? .null : .string(remains),
                ])
            }
        }
    }
}
