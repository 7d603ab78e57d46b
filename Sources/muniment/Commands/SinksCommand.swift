import ArgumentParser
import Delivery
import JSON
import Settings
import WallTime

/// `muniment sinks …`: where the record is delivered to, and how far it has come.
struct SinksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sinks",
        abstract: "See and steer the delivery of the record.",
        discussion: "Each change is an event in the ledger. Running servers notice it within a second.",
        subcommands: [
            Status.self, Pause.self, Resume.self, DeadLetters.self, Redrive.self, Backfill.self, Forget.self, DDL.self,
            SinksQueryCommand.self,
            SinksTestCommand.self, SinksReconcileCommand.self, SinksStatementCommand.self,
            SinksVerifyStatementCommand.self,
        ],
        defaultSubcommand: Status.self
    )

    /// Opens the ledger and acts on its sinks.
    static func withControl<Value>(
        _ option: ConfigurationOption,
        _ body: (DeliveryControl, Installation) async throws -> Value
    ) async throws -> Value {
        let installation = try option.load()
        return try await installation.withLedger { ledger in
            try await body(try installation.deliveryControl(ledger, producer: "cli"), installation)
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every sink: how much a success means, and where every entry of the ledger stands.",
            discussion: """
                For each sink, at one instant: head - start = filtered + confirmed + in flight + dead + backlog. The exit code is the \
                sum of what is wrong with any of them: 2 when one stopped itself, 4 when one is delayed (entries wait, and \
                nothing was confirmed for as long as its 'delayedAfter' says), 8 when that sum does not hold; 0 when all is well.
                """
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var format: FormatOption

        @Argument(help: "One sink; all of them when left out.")
        var sink: String?

        func run() async throws {
            let (sinks, limits, now) = try await withControl(configurationOption) { control, installation in
                let found = if let sink { [try await control.sink(sink)] } else { try await control.sinks() }
                let limits = installation.configuration.sinks.map { ($0.definition.name, $0.delayedAfterSeconds) }
                return (found, Dictionary(limits) { $1 }, installation.clock.now())
            }
            let faults = sinks.map { $0.faults(delayedAfter: limits[$0.name], at: now) }
            let all = faults.reduce(into: SinkFaults()) { $0.formUnion($1) }
            switch format.format {
            case .json:
                let told = zip(sinks, faults).map { sink, faults in
                    var members = sink.json(now: now).object ?? [:]
                    members["delayedAfterSeconds"] = limits[sink.name].map { .integer($0) } ?? .null
                    members["faults"] = .array(faults.words.map { .string($0) })
                    return JSONValue.object(members)
                }
                Output.json(["sinks": .array(told), "exitCode": .integer(Int64(all.rawValue))])
            case .table: table(sinks, faults, limits, now)
            }
            if !all.isEmpty { throw ExitCode(all.rawValue) }
        }

        private func table(
            _ sinks: [SinkStatus],
            _ faults: [SinkFaults],
            _ limits: [String: Int64],
            _ now: Timestamp
        ) {
            Output.table(
                [
                    "sink", "kind", "guarantee", "state", "filtered", "confirmed", "in flight", "dead", "backlog",
                    "adds up",
                    "oldest", "at once",
                ],
                sinks.map { sink in
                    let terms = sink.conservation
                    let state = limits[sink.name] != nil ? sink.state.description : "not configured"
                    return [sink.name, sink.kind, sink.guarantee.rawValue, state]
                        + [terms.filtered, terms.confirmed, terms.inFlight, terms.dead, terms.backlog].map(String.init)
                        + [
                            terms.holds ? "yes" : "NO", sink.oldest.map { age(of: $0, now) } ?? "-",
                            "\(sink.concurrency)",
                        ]
                }
            )
            for (sink, faults) in zip(sinks, faults) {
                if !sink.guaranteeReason.isEmpty {
                    Output.line("\(sink.name): \(sink.guarantee.rawValue), since \(sink.guaranteeReason)")
                }
                if sink.state != .running {
                    let who = sink.stateActor.map { " by \($0)" } ?? ""
                    Output.line("\(sink.name): \(sink.state)\(who): \(sink.state.reason ?? "no reason given")")
                }
                if faults.contains(.delayed), let limit = limits[sink.name] {
                    Output.line(
                        "\(sink.name): delayed: entries wait, and nothing was confirmed for \(limit) s or longer"
                    )
                }
                if let failure = sink.lastFailure {
                    Output.line("\(sink.name): last failure \(failure.at): \(failure.text)")
                }
                if sink.duplicates > 0 { Output.line("\(sink.name): \(sink.duplicates) records may be there twice") }
            }
        }

        private func age(of moment: Timestamp, _ now: Timestamp) -> String {
            let seconds = max(now.milliseconds - moment.milliseconds, 0) / 1000
            switch seconds {
            case ..<120: return "\(seconds) s"
            case ..<7200: return "\(seconds / 60) min"
            default: return "\(seconds / 3600) h"
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop sending to a sink; everything stays in the ledger."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The sink.") var sink: String
        @Option(help: "Why, for the record.") var reason: String?

        func run() async throws {
            try await withControl(configurationOption) { control, _ in
                try await control.pause(sink, reason: reason, actor: operatorOption.name)
            }
            Output.line("\(sink) is paused")
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go on with a sink that was paused or stopped itself."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The sink.") var sink: String

        func run() async throws {
            try await withControl(configurationOption) { control, _ in
                try await control.resume(sink, actor: operatorOption.name)
            }
            Output.line("\(sink) goes on")
        }
    }

    struct DeadLetters: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dead-letters",
            abstract: "List the entries that a sink can never take, and why."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var format: FormatOption
        @Argument(help: "The sink.") var sink: String
        @Option(help: "Begin at this index.") var from: UInt64 = 0
        @Option(help: "At most so many.") var limit = 100

        func run() async throws {
            let letters = try await withControl(configurationOption) { control, _ in
                try await control.deadLetters(sink, from: from, limit: min(max(limit, 1), 10_000))
            }
            switch format.format {
            case .json: Output.json(["deadLetters": .array(letters.map(\.json))])
            case .table:
                Output.table(
                    ["index", "died", "attempts", "reason"],
                    letters.map { [String($0.index), $0.died.description, String($0.attempts), $0.reason] }
                )
            }
        }
    }

    struct Redrive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send dead letters again: one, several or all.",
            discussion: "They are read from the ledger anew and go before anything else."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The sink.") var sink: String
        @Option(help: "The index of one dead letter.") var index: UInt64?
        @Option(help: "The first index of several.") var from: UInt64?
        @Option(help: "The last index of several.") var to: UInt64?
        @Flag(help: "All of them.") var all = false
        @Flag(help: "Only say how many there are.") var dryRun = false

        func run() async throws {
            let selection = try selection()
            let count = try await withControl(configurationOption) { control, _ in
                if dryRun { return try await control.deadLetterCount(sink, selection) }
                return try await control.redrive(sink, selection, actor: operatorOption.name)
            }
            Output.line(dryRun ? "\(count) dead letters would be sent again" : "\(count) dead letters are sent again")
        }

        private func selection() throws -> DeliveryControl.Selection {
            switch (index, from, to, all) {
            case (nil, let from?, let to?, false) where from > to:
                throw ValidationError("--from \(from) lies behind --to \(to)")
            case (let index?, nil, nil, false) where index < .max: return .range(index..<index + 1)
            case (nil, let from?, let to?, false) where from <= to && to < .max: return .range(from..<to + 1)
            case (nil, nil, nil, true): return .all
            default: throw ValidationError("say which: --index I, --from A --to B, or --all")
            }
        }
    }

    struct Backfill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have a sink take entries from before its start as well.",
            discussion: """
                They are delivered in turns with new ones, no faster than the sink's rate. What lies between --to and the sink's start is \
                left out until it is asked for; what the sink has, or will get by itself, is not sent again.
                """
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The sink.") var sink: String
        @Option(help: "The first index, or the moment from which entries count, such as 2026-10-01T00:00:00Z.")
        var from: String = "0"
        @Option(
            help:
                "The last index, or the moment before which entries count; the one before the sink's start when left out."
        )
        var to: String?
        @Flag(help: "Only say how many entries that are.") var dryRun = false

        func run() async throws {
            let installation = try configurationOption.load()
            let (count, rate) = try await installation.withLedger { ledger in
                let control = try installation.deliveryControl(ledger, producer: "cli")
                let start = try await control.conservation(sink).start
                let statements = DeliveryStatements(control: control, ledger: ledger, signer: installation.signer)
                let first = try await statements.index(from, isLast: false)
                let past = if let to { try await statements.index(to, isLast: true) } else { start }
                guard first < past else {
                    throw ValidationError("--from does not lie before --to (the sink begins at \(start))")
                }
                let rate = installation.configuration.sinks.first { $0.definition.name == sink }?.definition.rate
                if dryRun { return (try await control.backfillCount(sink, first..<past), rate) }
                return (try await control.backfill(sink, first..<past, actor: operatorOption.name), rate)
            }
            let least = rate.map { ", which takes \(max(count / UInt64($0), 1)) s at the least (rate: \($0))" } ?? ""
            Output.line("\(sink) \(dryRun ? "would take" : "takes") \(count) entries as well\(least)")
        }
    }

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a sink that is no longer configured, with its account and its dead letters."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @Argument(help: "The sink.") var sink: String
        @Flag(help: "Give up what was not delivered.") var giveUpBacklog = false

        func run() async throws {
            try await withControl(configurationOption) { control, installation in
                guard !installation.configuration.sinks.contains(where: { $0.definition.name == sink }) else {
                    throw ValidationError("'\(sink)' is configured: take it out of the configuration first")
                }
                try await control.forget(sink, givingUp: giveUpBacklog, actor: operatorOption.name)
            }
            Output.line("\(sink) is forgotten")
        }
    }

    struct DDL: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ddl",
            abstract: "Print the statements that make a warehouse's table, for its administrator."
        )

        @Option(help: "The table: name or schema.name.") var table = "muniment_events"
        @Option(help: "The role that the sink connects as.") var role = "muniment"

        func run() async throws {
            guard let table = WarehouseTable(table) else {
                throw ValidationError("'\(table)' is no table's name: lower-case letters, digits and underscores")
            }
            Output.line(table.definition(role: role))
        }
    }
}
