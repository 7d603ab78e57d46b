import ArgumentParser
import Delivery
import JSON
import WallTime

/// `muniment sinks test`: whether an entry written now arrives.
struct SinksTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Write an entry and see whether it arrives at a sink's destination.",
        discussion: """
            It goes the whole way that every entry goes, behind those that wait already, so a server must be running. Exit code 2 when \
            it has not arrived in time, and what is known of why.
            """
    )

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var operatorOption: OperatorOption
    @OptionGroup var format: FormatOption
    @Argument(help: "The sink.") var sink: String
    @Option(help: "How many seconds to wait.") var wait = 30

    func run() async throws {
        guard (1...86_400).contains(wait) else { throw ValidationError("--wait is from 1 to 86400 seconds") }
        let arrived = try await SinksCommand.withControl(configurationOption) { control, _ in
            let began = ContinuousClock.now
            let index = try await control.test(sink, actor: operatorOption.name)
            var standing = try await control.standing(of: index, for: sink)
            while !standing.isFinal, ContinuousClock.now - began < .seconds(wait) {
                try await Task.sleep(for: .milliseconds(100))
                standing = try await control.standing(of: index, for: sink)
            }
            show(index, standing, after: ContinuousClock.now - began, try await control.sink(sink))
            return standing == .confirmed
        }
        if !arrived { throw ExitCode(2) }
    }

    private func show(_ index: UInt64, _ standing: EntryStanding, after time: Duration, _ status: SinkStatus) {
        let milliseconds = time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
        if format.format == .json {
            var members: [String: JSONValue] = [
                "sink": .string(sink), "index": .integer(Int64(clamping: index)), "standing": .string(standing.word),
                "milliseconds": .integer(milliseconds), "guarantee": .string(status.guarantee.rawValue),
                "state": .string(status.state.description),
            ]
            members["reason"] = .string(explanation(standing, status))
            return Output.json(.object(members))
        }
        Output.line("entry \(index): \(standing.word) after \(milliseconds) ms")
        Output.line(explanation(standing, status))
    }

    private func explanation(_ standing: EntryStanding, _ status: SinkStatus) -> String {
        switch standing {
        case .confirmed: return "the destination has it: \(status.guarantee.rawValue)"
        case .filtered:
            return "the sink's filter leaves SINK_TESTED out: add it to the sink's events to try the whole way"
        case .dead(let reason): return "the destination refuses it for good: \(reason)"
        case .inFlight, .backlog: break
        }
        var words: [String] = []
        if case .backlog(let before) = standing, before > 0 {
            words.append("\(before) entries are to be sent before it")
        }
        if status.state.description != "running" {
            words.append("the sink is \(status.state)" + (status.state.reason.map { " (\($0))" } ?? ""))
        } else if let failure = status.lastFailure {
            words.append("last failure, at \(failure.at): \(failure.text)")
        } else {
            words.append("nothing failed so far: is a server running?")
        }
        return words.joined(separator: "; ")
    }
}
