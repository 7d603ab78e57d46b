import ArgumentParser
import Detection
import JSON
import Ledger
import Monitoring
import WallTime

/// `muniment alerts …`: what detection found, and what people decided about it.
struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts",
        abstract: "See what detection found, and decide about it.",
        discussion: "Each decision is an event in the ledger.",
        subcommands: [
            List.self, Show.self, Acknowledge.self, Assign.self, Note.self, Resolve.self, Dismiss.self, Reopen.self,
            Suppressions.self, Suppress.self, Lift.self,
        ],
        defaultSubcommand: List.self
    )

    static func withDesk<Value>(
        _ option: ConfigurationOption,
        _ body: (AlertDesk) async throws -> Value
    ) async throws -> Value {
        let installation = try option.load()
        return try await installation.withLedger { ledger in
            try await body(try installation.alertDesk(ledger, producer: "cli"))
        }
    }

    fileprivate static func decide(
        _ option: ConfigurationOption,
        _ command: AlertCommand,
        _ id: String,
        _ actor: OperatorOption
    ) async throws {
        let alert = try await withDesk(option) { try await $0.decide(command, on: id, by: actor.name) }
        Output.line("\(alert.id) is \(alert.status.rawValue)")
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List alerts, newest first.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var format: FormatOption

        @Option(help: "Only alerts that stand so: open, acknowledged, resolved, dismissed. Repeatable.")
        var status: [String] = []

        @Option(help: "At most so many, from 1 to 1000.")
        var limit = 100

        @Option(help: "Where to go on: what the page before ended with.")
        var cursor: UInt64?

        func run() async throws {
            let statuses = try status.map { name in
                guard let status = AlertStatus(rawValue: name) else {
                    throw ValidationError("--status is open, acknowledged, resolved or dismissed")
                }
                return status
            }
            guard (1...1000).contains(limit) else { throw ValidationError("--limit is from 1 to 1000") }
            let (shown, next) = try await withDesk(configurationOption) {
                try await $0.alerts(Set(statuses), before: cursor, limit: limit)
            }
            if format.format == .json {
                let cursor = next.map { JSONValue.string(String($0)) } ?? .null
                return Output.json(["alerts": .array(shown.map(\.json)), "nextCursor": cursor])
            }
            Output.table(
                ["alert", "status", "severity", "with", "what"],
                shown.map { alert in
                    [
                        alert.id, alert.status.rawValue, alert.fields["severity"]?.string ?? "", alert.assignee ?? "",
                        alert.fields["sentence"]?.string ?? "",
                    ]
                }
            )
            if let next { Output.line("There is more: --cursor \(next)") }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one alert with its evidence, what speaks against it, and its history."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var format: FormatOption
        @Argument(help: "The alert.") var id: String

        func run() async throws {
            let alert = try await withDesk(configurationOption) { try await $0.alert(id) }
            if format.format == .json { return Output.json(alert.json) }
            Output.line("\(alert.fields["severity"]?.string ?? ""): \(alert.fields["sentence"]?.string ?? "")")
            let evidence = alert.fields["evidence"]?.array?.compactMap(\.int).map(String.init) ?? []
            Output.line("evidence: entries \(evidence.joined(separator: ", "))")
            for text in alert.fields["counterEvidence"]?.array?.compactMap(\.string) ?? [] {
                Output.line("against it: \(text)")
            }
            if let nearest = alert.fields["nearestExplanation"]?.string {
                Output.line("nearest explanation: \(nearest)")
            }
            if let assignee = alert.assignee { Output.line("with: \(assignee)") }
            if let step = alert.fields["suggestedStep"]?.string { Output.line("suggested step: \(step)") }
            Output.table(
                ["entry", "event", "when", "who", "why"],
                alert.history.map { ["\($0.index)", $0.type, $0.timestamp, $0.actor, $0.reason ?? ""] }
            )
        }
    }

    struct Acknowledge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take an alert up.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The alert.") var id: String
        @Option(help: "What for, if there is anything to say.") var reason: String?

        func run() async throws {
            try await decide(configurationOption, .acknowledge(reason: reason), id, operatorOption)
        }
    }

    struct Assign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give an alert to somebody.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The alert.") var id: String
        @Option(help: "To whom; to nobody when left out.") var to: String?

        func run() async throws {
            let alert = try await withDesk(configurationOption) {
                try await $0.assign(id, to: to, by: operatorOption.name)
            }
            Output.line("\(alert.id) is with \(alert.assignee ?? "nobody")")
        }
    }

    struct Note: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write something down about an alert.",
            discussion: "It stays in the ledger, so what looks like personal data is masked first."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The alert.") var id: String
        @Argument(help: "What is to be remembered.") var text: String

        func run() async throws {
            let alert = try await withDesk(configurationOption) {
                try await $0.note(id, text, by: operatorOption.name)
            }
            Output.line("noted: \(alert.history.last?.reason ?? "")")
        }
    }

    struct Resolve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say that an alert was dealt with, and how.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The alert.") var id: String
        @Option(help: "How it was dealt with.") var reason: String

        func run() async throws {
            try await decide(configurationOption, .resolve(reason: reason), id, operatorOption)
        }
    }

    struct Dismiss: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that an alert and its like are not worth pursuing, for a time of at most a year."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The alert.") var id: String
        @Option(help: "Why.") var reason: String
        @Option(help: "For how many days.") var days: Int

        func run() async throws {
            guard (1...366).contains(days) else { throw ValidationError("--days is from 1 to 366") }
            let until = SystemClock().now().adding(seconds: Int64(days) * 86_400)
            try await decide(configurationOption, .dismiss(reason: reason, until: until), id, operatorOption)
        }
    }

    struct Reopen: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a decision about an alert back.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The alert.") var id: String
        @Option(help: "Why.") var reason: String

        func run() async throws {
            try await decide(configurationOption, .reopen(reason: reason), id, operatorOption)
        }
    }
}
