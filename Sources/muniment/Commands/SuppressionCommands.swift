import ArgumentParser
import Detection
import JSON
import Monitoring
import WallTime

/// Suppressions: for a time, matches are counted and raise nothing.
extension AlertsCommand {
    struct Suppressions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List suppressions with what they held back, newest first."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var format: FormatOption
        @Flag(help: "Those that have ended, too.") var all = false

        func run() async throws {
            let now = SystemClock().now()
            let found = try await withDesk(configurationOption) { desk in
                var found: [SuppressionView] = []
                var before: UInt64?
                repeat {
                    let page = try await desk.suppressions(lasting: all ? nil : now, before: before, limit: 1000)
                    found += page.suppressions
                    before = page.next
                } while before != nil
                return found
            }
            if format.format == .json { return Output.json(["suppressions": .array(found.map { $0.json(at: now) })]) }
            Output.table(
                ["suppression", "rule", "about", "until", "held back", "by", "why"],
                found.map { each in
                    let json = each.json(at: now)
                    return [
                        each.id, json["rule"]?.string ?? "", json["entity"]?.string ?? "everybody",
                        each.lifted.map { "lifted \($0.at)" } ?? each.until.description, "\(each.matches)",
                        json["actor"]?.string ?? "", json["reason"]?.string ?? "",
                    ]
                }
            )
        }
    }

    struct Suppress: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "For a time, count what a rule matches and raise no alert of it.",
            discussion: "The next alert after it says how many matches were held back."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @OptionGroup var format: FormatOption
        @Option(help: "The rule's name or code; every rule when left out, which needs --entity.") var rule = "*"
        @Option(help: "About whom or what, as alerts name it, such as an agent's id; everybody when left out.")
        var entity: String?
        @Option(help: "Why.") var reason: String
        @Option(help: "Until when: a date or a time within a year, like 2027-01-31 or 2027-01-31T06:00:00Z.")
        var until: String

        func run() async throws {
            let end = try Moment.parse(until)
            let made = try await withDesk(configurationOption) {
                try await $0.suppress(rule: rule, entity: entity, reason: reason, until: end, by: operatorOption.name)
            }
            if format.format == .json { return Output.json(made.json(at: made.since)) }
            Output.line("\(made.id) lasts until \(made.until)")
        }
    }

    struct Lift: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a suppression before its time.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The suppression.") var id: String
        @Option(help: "Why.") var reason: String

        func run() async throws {
            _ = try await withDesk(configurationOption) {
                try await $0.lift(id, reason: reason, by: operatorOption.name)
            }
            Output.line("\(id) is lifted")
        }
    }
}
