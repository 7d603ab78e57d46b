import ArgumentParser
import Detection
import JSON
import Monitoring
import Settings

/// `muniment rules …`: what detection looks for.
struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "List the rules of detection, run their fixtures, and try rules on the past.",
        subcommands: [List.self, Test.self, BacktestCommand.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the rules that raise alerts.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var format: FormatOption

        func run() async throws {
            let pack = try configurationOption.load().configuration.detection.rules.pack
            let rules = pack.rules.filter(\.alerts)
            if format.format == .json {
                return Output.json(["rules": .array(rules.map(\.json))])
            }
            Output.table(
                ["code", "rule", "severity", "title"],
                rules.map { [$0.code, $0.name, $0.severity.rawValue, $0.title] }
            )
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run every fixture of the shipped rules; exit code 2 when one does not do as it says."
        )

        func run() async throws {
            let report = RuleTest.run(try BuiltInRules.pack(), try BuiltInRules.fixtures())
            for result in report.results where !result.passed {
                Output.line(
                    "\(result.file): \(result.name): '\(result.rule)' \(result.fired ? "fired" : "did not fire")"
                )
            }
            for shortcoming in report.shortcomings { Output.line(shortcoming) }
            Output.line("\(report.results.count { $0.passed }) of \(report.results.count) cases passed")
            if !report.passed { throw ExitCode(2) }
        }
    }
}
