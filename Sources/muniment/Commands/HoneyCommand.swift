import ArgumentParser
import AuditTrail
import JSON
import WallTime

/// `muniment honey …`: customers who are planted for nobody to read.
struct HoneyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "honey",
        abstract: "Plant customers whom nobody has a reason to read: each read of one is an alert at once.",
        discussion: """
            Make up a customer in the system of record first, one that looks like any other. Who is planted stands nowhere: the \
            ledger has codes under a key of their own. Planting, removing and listing are recorded.
            """,
        subcommands: [List.self, Add.self, Remove.self],
        defaultSubcommand: List.self
    )

    /// What each of them needs.
    struct Options: ParsableArguments {
        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @OptionGroup var format: FormatOption

        func carryOut<Value>(
            _ reason: String?,
            _ body: (HoneyCustomers, Reader) async throws -> Value
        ) async throws -> Value {
            let installation = try configurationOption.load()
            let reader = Reader(name: operatorOption.name, channel: .commandLine, reason: reason)
            return try await installation.withLedger { ledger in
                let identities = try installation.identities(ledger, producer: "cli")
                return try await body(installation.honeyCustomers(ledger, identities, producer: "cli"), reader)
            }
        }

        func show(_ customer: HoneyCustomer, _ line: String) {
            if format.format == .json { return Output.json(customer.json) }
            Output.line(line)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the planted customers; that is recorded.")

        @OptionGroup var options: Options
        @Option(help: "What for.") var reason: String?

        func run() async throws {
            let found = try await options.carryOut(reason) { try await $0.list(by: $1) }
            if options.format.format == .json {
                return Output.json(["honeyCustomers": .array(found.map(\.json))])
            }
            Output.table(
                ["customer", "planted", "by", "watched", "why"],
                found.map {
                    [
                        $0.id, $0.plantedAt.description, $0.actor, $0.isWatched ? "yes" : "no: plant it anew",
                        $0.reason,
                    ]
                }
            )
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Plant a customer.")

        @OptionGroup var options: Options
        @Argument(
            help: "The number in the system of record, or a global customer id; '-' reads it from standard input."
        )
        var customer: String
        @Option(help: "What for, without the number: it is recorded.") var reason: String

        func run() async throws {
            let customer = customer == "-" ? readLine(strippingNewline: true) ?? "" : customer
            let planted = try await options.carryOut(reason) { try await $0.plant(customer, by: $1) }
            options.show(planted, "\(planted.id) is watched from now on")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Watch a planted customer no longer.")

        @OptionGroup var options: Options
        @Argument(help: "What it is called.") var id: String
        @Option(help: "Why, for the record.") var reason: String

        func run() async throws {
            let removed = try await options.carryOut(reason) { try await $0.remove(id, by: $1) }
            options.show(removed, "\(removed.id) is watched no longer")
        }
    }
}
