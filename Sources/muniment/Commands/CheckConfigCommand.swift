import ArgumentParser
import Detection
import Gateway
import Redaction
import Settings

/// `muniment check-config`: every problem at once, or what the configuration comes to.
struct CheckConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "List every problem of the configuration at once, or show what it comes to."
    )

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var format: FormatOption

    func run() async throws {
        let configuration = try configurationOption.load().configuration
        for shortcoming in RuleTest.shortcomings(ofOwn: configuration.detection.rules) {
            Output.note("warning: \(shortcoming)")
        }
        if format.format == .json { return Output.json(configuration.summary) }
        Output.line("\(configuration.file) is in order (hash \(configuration.contentHash.prefix(12))…)")
        for route in configuration.gateway.routes {
            let upstream = configuration.gateway.upstreams.first { $0.name == route.upstream }
            Output.line("")
            Output.line(
                "route \(route.name): \(route.request.method.rawValue) from \(route.upstream) (region \(upstream?.region ?? "not stated")), "
                    + "mode \(route.mode.rawValue), fail mode \(route.failMode.rawValue), purposes \(route.purposes.joined(separator: ", "))"
            )
            Output.table(["field", "category"], route.fields.map { [$0.name, $0.category.rawValue] })
        }
    }
}
