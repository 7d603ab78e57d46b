import ArgumentParser
import Detection
import JSON
import Ledger
import Monitoring
import Settings
import WallTime

/// `muniment respond …`: containment, from its proposal to its undoing.
struct RespondCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "respond",
        abstract: "Contain an agent: mask or refuse what the agent reads, for a time.",
        discussion: """
            Each step is an event in the ledger before it is done, is read back afterwards, and can be taken back. A running \
            server carries it out within a second. Which steps may be taken stands in detection.containment.
            """,
        subcommands: [List.self, Propose.self, Undo.self],
        defaultSubcommand: List.self
    )

    fileprivate static func withDesk<Value>(
        _ option: ConfigurationOption,
        _ body: (ContainmentDesk, Installation) async throws -> Value
    ) async throws -> Value {
        let installation = try option.load()
        return try await installation.withLedger { ledger in
            try await body(try installation.containmentDesk(ledger, producer: "cli"), installation)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the cases.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var format: FormatOption
        @Flag(help: "Those that are over, too.") var all = false

        func run() async throws {
            let cases = try await withDesk(configurationOption) { desk, _ in try await desk.book().cases.values }
                .filter { all || !$0.isOver }.sorted { ($0.proposedAt, $0.id) > ($1.proposedAt, $1.id) }
            if format.format == .json { return Output.json(["cases": .array(cases.map(\.json))]) }
            Output.table(
                ["case", "step", "target", "phase", "requested by", "ends"],
                cases.map {
                    [
                        $0.id, $0.step.rawValue, $0.target.id, $0.phase.rawValue, $0.requester,
                        $0.undoAt?.description ?? "-",
                    ]
                }
            )
        }
    }

    struct Propose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask for a step; 'mask_only' and 'block' need nobody's approval and can be taken back."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @OptionGroup var format: FormatOption

        @Argument(help: "mask_only or block.") var step: String
        @Argument(help: "The agent's id on the platform.") var agent: String
        @Option(help: "Why, for the record.") var reason: String
        @Option(help: "The alert that led to it. Repeatable.") var alert: [String] = []
        @Option(help: "End it by itself after so many minutes.") var minutes: Int?
        @Flag(help: "Say what it would do, and do nothing.") var dryRun = false

        func run() async throws {
            guard let step = ContainmentStep(rawValue: step), step.isLocal else {
                throw ValidationError("the step is mask_only or block")
            }
            if let minutes, !(1...525_600).contains(minutes) { throw ValidationError("--minutes is from 1 to 525600") }
            let now = SystemClock().now()
            let proposal = ContainmentProposal(
                id: "c-\(now.milliseconds)-\(UInt16.random(in: .min ... .max))",
                step: step,
                target: ContainmentTarget(id: agent.lowercased()),
                reason: reason,
                alerts: alert,
                undoAt: minutes.map { now.adding(seconds: Int64($0) * 60) }
            )
            let found: ContainmentCase? = try await withDesk(configurationOption) { desk, _ in
                if dryRun {
                    let preview = try await desk.book().preview(proposal, hasLiveCall: false, dependants: [], at: now)
                    Output.line(preview.consequence)
                    Output.line("identities left within the hour: \(preview.identitiesLeft)")
                    if let obstacle = preview.obstacle { Output.line("it would be refused: \(obstacle)") }
                    return nil
                }
                return try await desk.command(.propose(proposal), by: operatorOption.name)
            }
            guard let found else { return }
            if format.format == .json { return Output.json(found.json) }
            Output.line("\(found.id): \(found.step.consequence)")
        }
    }

    struct Undo: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a step back now.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The case.") var id: String
        @Option(help: "Why, for the record.") var reason: String

        func run() async throws {
            let found = try await withDesk(configurationOption) { desk, _ in
                try await desk.command(.undo(caseID: id, reason: reason), by: operatorOption.name)
            }
            Output.line("\(found.id) is \(found.phase.rawValue)")
        }
    }
}
