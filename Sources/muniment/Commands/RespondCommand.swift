import Approvals
import ArgumentParser
import AuditTrail
import Detection
import JSON
import Ledger
import MerkleLog
import Monitoring
import Settings
import WallTime

/// `muniment respond …`: containment, from its proposal to its undoing.
struct RespondCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "respond",
        abstract: "Contain an agent: at the gateway, and on the platform with approvals.",
        discussion: """
            Each step is an event in the ledger before it is done, and is read back afterwards. A running server carries it out. \
            Which steps may be taken, and how many people must agree, stands in detection.containment. Who you are is what \
            --operator says, or the user you are logged in as: nothing proves it beyond the access that you have to this machine.
            """,
        subcommands: [List.self, Show.self, Propose.self, Approve.self, Refuse.self, Undo.self, Export.self],
        defaultSubcommand: List.self
    )

    fileprivate static func withDesk<Value>(
        _ option: ConfigurationOption,
        _ body: (ContainmentDesk) async throws -> Value
    ) async throws -> Value {
        let installation = try option.load()
        return try await installation.withPlatform { client in
            try await installation.withLedger { ledger in
                try await body(try installation.containmentDesk(ledger, platform: client, producer: "cli"))
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the cases.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var format: FormatOption
        @Flag(help: "Those that are over, too.") var all = false

        func run() async throws {
            let cases = try await withDesk(configurationOption) { try await $0.book().cases.values }
                .filter { all || !$0.isOver }.sorted { ($0.proposedAt, $0.id) > ($1.proposedAt, $1.id) }
            if format.format == .json { return Output.json(["cases": .array(cases.map(\.json))]) }
            Output.table(
                ["case", "step", "target", "phase", "effect", "approved by", "requested by", "ends"],
                cases.map {
                    [
                        $0.id, $0.step.rawValue, $0.target.id, $0.phase.rawValue, $0.effect,
                        "\($0.approval.approvers.count) of \($0.approval.needed)", $0.approval.requester,
                        $0.undoAt?.description ?? "-",
                    ]
                }
            )
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a case and everything that happened to it.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var format: FormatOption
        @Argument(help: "The case.") var id: String

        func run() async throws {
            let (found, history) = try await withDesk(configurationOption) { desk in
                (try await desk.book().cases[id], try await desk.history(of: id))
            }
            guard let found else { throw CommandFailure("\(ContainmentError.unknownCase(id))") }
            if format.format == .json { return Output.json(found.json(with: history)) }
            Output.line("\(found.id): \(found.step.rawValue) of \(found.target.id), \(found.phase.rawValue)")
            Output.line("  \(found.step.consequence)")
            Output.line("  reason: \(found.reason)")
            for warning in found.warnings { Output.line("  warning: \(warning)") }
            Output.line("  effect: \(found.effect)" + (found.problem.map { "; \($0)" } ?? ""))
            Output.table(
                ["time", "what", "who", "note"],
                history.map { event in
                    let note = event.fields["reason"]?.string ?? event.fields["problem"]?.string ?? "-"
                    return [event.time.description, event.kind.rawValue, event.actor, note]
                }
            )
        }
    }

    struct Propose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask for a step; 'mask_only' and 'block' need nobody's approval unless the configuration says so."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @OptionGroup var format: FormatOption

        @Argument(help: "One of: \(ContainmentStep.allCases.map(\.rawValue).joined(separator: ", ")).")
        var step: String
        @Argument(help: "The platform's id of the agent's user, or of the OAuth client for disable_client.")
        var target: String
        @Option(help: "Why, for the record.") var reason: String
        @Option(help: "The alert that led to it. Repeatable.") var alert: [String] = []
        @Option(help: "End it by itself after so many minutes.") var minutes: Int?
        @Flag(help: "deactivate_user waits while the agent is seen in a conversation.") var afterCall = false
        @Flag(help: "Say what it would do and how the target stands, and do nothing.") var dryRun = false

        func run() async throws {
            guard let step = ContainmentStep(rawValue: step) else {
                throw ValidationError(
                    "the step is one of: \(ContainmentStep.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            if let minutes, !(1...525_600).contains(minutes) { throw ValidationError("--minutes is from 1 to 525600") }
            if afterCall, step != .deactivateUser { throw ValidationError("--after-call belongs to deactivate_user") }
            let now = SystemClock().now()
            let proposal = ContainmentProposal(
                id: ContainmentProposal.newID(now),
                step: step,
                target: ContainmentTarget(id: target.lowercased()),
                reason: reason,
                alerts: alert,
                undoAt: minutes.map { now.adding(seconds: Int64($0) * 60) },
                waitsForCallEnd: afterCall
            )
            if dryRun {
                let preview = try await withDesk(configurationOption) { try await $0.preview(proposal) }
                if format.format == .json { return Output.json(preview.json) }
                for line in preview.lines { Output.line(line) }
                return
            }
            let found = try await withDesk(configurationOption) { desk in
                try await desk.command(.propose(proposal), by: operatorOption.name)
            }
            if format.format == .json { return Output.json(found.json) }
            Output.line("\(found.id): \(found.step.consequence)")
            for warning in found.warnings { Output.note("warning: \(warning)") }
            if found.phase == .proposed {
                Output.line(
                    "waits until \(found.approval.expiresAt) for the approval of \(found.approval.needed): muniment respond approve "
                        + found.id
                )
            }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Agree to a step that somebody else asked for.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The case.") var id: String

        func run() async throws {
            let found = try await withDesk(configurationOption) { desk in
                try await desk.command(.approve(caseID: id), by: operatorOption.name)
            }
            let left = found.approval.missing
            Output.line("\(found.id) is \(found.phase.rawValue)" + (left > 0 ? "; \(left) more must agree" : ""))
        }
    }

    struct Refuse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuse a step, or withdraw it, before it has begun."
        )

        @OptionGroup var decision: DecisionOptions

        func run() async throws { try await decision.carryOut { .refuse(caseID: $0, reason: $1) } }
    }

    struct Undo: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a step back now.")

        @OptionGroup var decision: DecisionOptions

        func run() async throws { try await decision.carryOut { .undo(caseID: $0, reason: $1) } }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a case with proofs: what led to it, who agreed, what was done, shown and undone.",
            discussion: """
                A folder of ledger entries, each with the proof that it is in the ledger. 'muniment ledger verify' checks it anywhere \
                with nothing but the ledger's public key. That it was written is an event.
                """
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The case.") var id: String
        @Option(help: "The folder to write, which must be new or empty; containment-<case> when left out.") var out:
            String?
        @Option(help: "What for; it is recorded.") var reason: String?

        func run() async throws {
            let folder = out ?? "containment-\(id)"
            let installation = try configurationOption.load()
            let (entries, found) = try await installation.withLedger { ledger in
                let desk = try installation.containmentDesk(ledger, platform: nil, producer: "cli")
                guard let found = try await desk.book().cases[id] else {
                    throw CommandFailure("\(ContainmentError.unknownCase(id))")
                }
                let reader = Reader(name: operatorOption.name, channel: .commandLine, reason: reason)
                try await installation.auditTrail(ledger, producer: "cli").note(
                    "containment_case",
                    ["containmentId": .string(id)],
                    by: reader
                )
                let entries = try await desk.evidence(of: id)
                try await ReceiptFolder.write(entries, of: ledger, to: folder)
                return (entries, found)
            }
            Output.line("Wrote \(entries.count) entries to \(folder). Verify them anywhere with:")
            Output.line("  muniment ledger verify \(folder) --key '\(installation.signer.vkey)'")
            if !found.isOver { Output.note("the case is \(found.phase.rawValue): more may come") }
        }
    }

    /// A decision about a case, with its reason.
    struct DecisionOptions: ParsableArguments {
        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The case.") var id: String
        @Option(help: "Why, for the record.") var reason: String

        func carryOut(_ command: (_ id: String, _ reason: String) -> ContainmentCommand) async throws {
            let found = try await withDesk(configurationOption) { desk in
                try await desk.command(command(id, reason), by: operatorOption.name)
            }
            Output.line("\(found.id) is \(found.phase.rawValue)")
        }
    }
}
