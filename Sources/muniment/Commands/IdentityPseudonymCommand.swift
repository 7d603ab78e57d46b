import ArgumentParser
import AuditTrail
import Identity
import JSON

struct IdentityPseudonymCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pseudonym",
        abstract: "Find out who stands behind the pseudonym that a sink or another recipient got.",
        discussion: """
            A pseudonym cannot be turned back, so everybody known is tried: about a second for each hundred thousand customers. The \
            question is recorded. Nobody who was forgotten is found.
            """
    )

    @OptionGroup var options: IdentityOptions

    @Option(name: [.long, .customLong("recipient")], help: "The sink, or the name that the export was made for.")
    var sink: String

    @Argument(help: "As the recipient has it: pseudonym:<epoch>:<kind>:<64 hex digits>.")
    var pseudonym: String

    func run() async throws {
        guard let pseudonym = Pseudonym(pseudonym) else {
            throw ValidationError("a pseudonym reads pseudonym:<epoch>:<kind>:<64 hex digits>")
        }
        let actor = try options.decider()
        try await options.run { installation, identities in
            if installation.sink(named: sink) == nil {
                Output.note("No sink is named '\(sink)': it is taken for the name of an export's recipient.")
            }
            let trail = installation.auditTrail(identities.recordedIn, identities, producer: "cli")
            let reader = Reader(name: actor.name, channel: .commandLine, reason: actor.reason)
            guard let match = try await trail.person(behind: pseudonym, of: sink, by: reader) else {
                Output.note("Nobody known has this pseudonym there.")
                throw ExitCode(2)
            }
            options.show(["customerId": .string(match.customer)])
        }
    }
}
