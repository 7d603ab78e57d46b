import ArgumentParser
import Detection
import Foundation
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
            abstract: "Run the fixtures of the shipped rules and of your own.",
            discussion: """
                The exit code is 2 when a case does not do as it says, when fixtures cannot be read, or when a rule has fewer than \
                three cases that fire and three that do not; with --mutants, when the fixtures of a file notice less than nine in \
                ten changes of its rules. Fixtures lie beside their rules: own.fixtures.json beside own.yml. \
                Without a configuration in this folder, the shipped rules and those of --rules are tested.
                """
        )

        @Option(name: [.customShort("c"), .customLong("config")], help: "The configuration file, for your own rules.")
        var path: String?
        @OptionGroup var tried: TriedRules
        @OptionGroup var format: FormatOption

        @Flag(help: "Change each rule in one thing at a time instead, and tell which changes no fixture notices.")
        var mutants = false

        func run() async throws {
            let rules = try tried.beside(try inForce())
            if mutants { return try showMutants(of: rules) }
            let report = RuleTest.run(rules)
            if format.format == .json {
                Output.json(report.json)
            } else {
                for result in report.results where !result.passed { Output.line("\(result)") }
                for shortcoming in report.shortcomings { Output.line(shortcoming) }
                Output.line("\(report.results.count { $0.passed }) of \(report.results.count) cases passed")
                Output.note("tested: the shipped rules" + rules.ownFiles.map { ", \($0.name)" }.joined())
            }
            if !report.passed { throw ExitCode(2) }
        }

        private func showMutants(of rules: RuleSet) throws {
            let report = MutantTest.run(rules)
            if format.format == .json {
                Output.json(report.json)
            } else {
                Output.table(
                    ["file", "rule", "noticed", "of", "equivalent"],
                    report.tallies.map { [$0.file, $0.rule, "\($0.killed)", "\($0.total)", "\($0.equivalent)"] }
                )
                for tally in report.tallies where !tally.survivors.isEmpty {
                    Output.line()
                    Output.line("No fixture of \(tally.rule) notices that")
                    for survivor in tally.survivors { Output.line("  \(survivor)") }
                }
                Output.line()
                for shortcoming in report.shortcomings { Output.line(shortcoming) }
                Output.line("\(report.killed) of \(report.total) changes are noticed")
            }
            if !report.passed { throw ExitCode(2) }
        }

        private func inForce() throws -> RuleSet {
            let usual = ConfigurationOption.usual
            guard let path = path ?? (FileManager.default.fileExists(atPath: usual) ? usual : nil) else {
                return try RuleSet(files: BuiltInRules.files)
            }
            return try ConfigurationOption.load(path).configuration.detection.rules
        }
    }
}

/// Rule files to try beside those in force.
struct TriedRules: ParsableArguments {
    @Option(
        name: .customLong("rules"),
        help:
            "A rule file to try, besides those in force; one with the name of a shipped file takes its place. Repeatable."
    )
    var paths: [String] = []

    /// The rules in force with these beside them.
    func beside(_ rules: RuleSet) throws -> RuleSet {
        let files = try paths.map { path in
            guard let file = RuleFile(path: path) else { throw CommandFailure("the rule file \(path) cannot be read") }
            return file
        }
        do { return try rules.trying(files) } catch { throw CommandFailure("\(error)") }
    }
}
