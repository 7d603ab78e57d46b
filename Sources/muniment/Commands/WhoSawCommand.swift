import ArgumentParser
import AuditTrail
import EventFormats
import JSON
import WallTime

/// What the questions to the audit trail have in common.
struct QuestionOptions: ParsableArguments {
    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var operatorOption: OperatorOption
    @OptionGroup var format: FormatOption

    @Option(help: "What the answer is for; it is recorded with the question.")
    var reason: String?

    @Option(help: "Answers in a page, 1 to 1000.")
    var limit = 100

    @Option(help: "Where the page before ended.")
    var cursor: String?

    @Flag(help: "Add the proof of each event.")
    var proofs = false

    @Option(help: "Give people the codes of this recipient: a sink's name, or one that is used for nothing else.")
    var recipient: String?

    func validate() throws {
        guard let recipient else { return }
        if proofs {
            throw ValidationError(
                "--proofs prove the record's own bytes: they go without --recipient, which replaces codes in them"
            )
        }
        guard (1...63).contains(recipient.utf8.count),
            recipient.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d })
        else { throw ValidationError("--recipient is 1 to 63 lower-case letters, digits and hyphens") }
    }

    var reader: Reader {
        Reader(name: operatorOption.name, channel: .commandLine, reason: reason, recipient: recipient)
    }

    /// Runs a question against the ledger.
    func ask<Value>(_ body: (AuditTrail) async throws -> Value) async throws -> Value {
        let installation = try configurationOption.load()
        return try await installation.withLedger { ledger in
            try await body(installation.auditTrail(ledger, producer: "cli"))
        }
    }

    /// The codes of the recipient, if there is one: a sink's own where it has its own, so that it can join both.
    func pseudonymisation() throws -> Pseudonymisation? {
        guard let recipient else { return nil }
        let installation = try configurationOption.load()
        return try installation.sink(named: recipient).flatMap { try installation.pseudonymisation(for: $0) }
            ?? installation.pseudonymisation(recipient: recipient)
    }

    func show(_ answer: EventAnswer, _ headings: [String], _ row: (FoundEvent) -> [String]) throws {
        let pseudonyms = try pseudonymisation()
        let answer = pseudonyms.map { codes in answer.mapEvents { codes.apply(to: $0) } } ?? answer
        if format.format == .json {
            return Output.json(
                .object([
                    "events": .array(
                        answer.events.map { found in
                            var members: [String: JSONValue] = [
                                "index": .integer(Int64(found.index)), "event": found.event,
                            ]
                            if let proof = found.proof { members["proof"] = .string(proof) }
                            if pseudonyms != nil { members["pseudonymised"] = true }
                            return .object(members)
                        }
                    ),
                    "nextCursor": answer.next.map { .string($0) } ?? .null,
                    "completeToTreeSize": .integer(Int64(answer.completeToTreeSize)),
                    "receipt": .integer(Int64(answer.receipt)),
                ])
            )
        }
        Output.table(headings, answer.events.map(row))
        Output.line("")
        Output.line("Complete up to tree size \(answer.completeToTreeSize); this question is entry \(answer.receipt).")
        if let next = answer.next { Output.line("There is more: --cursor \(next)") }
        for found in answer.events {
            if let proof = found.proof { Output.line("\nproof of entry \(found.index):\n\(proof)") }
        }
    }
}

/// `muniment who-saw`: the question the whole product exists for.
struct WhoSawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "who-saw",
        abstract: "Who saw this customer's data? What did this agent see? What was seen on this call?"
    )

    @OptionGroup var options: QuestionOptions

    @Option(help: "The customer's number in the system of record, in clear, or a global customer id.")
    var customer: String?

    @OptionGroup var identifierOptions: IdentifierOptions

    @Option(help: "The agent's id.")
    var agent: String?

    @Option(help: "The interaction's (conversation's) id.")
    var interaction: String?

    @Option(help: "A day in UTC, such as 2026-05-14.")
    var on: String?

    @Option(help: "The first moment, such as 2026-05-14 or 2026-05-14T09:30:00Z.")
    var from: String?

    @Option(help: "The moment at which to stop, exclusive.")
    var to: String?

    @Flag(help: "Reads that released nothing, too.")
    var includeRefused = false

    func validate() throws {
        if customer == nil, identifierOptions.count == 0, agent == nil, interaction == nil {
            throw ValidationError("name at least one of --customer, another identifier, --agent and --interaction")
        }
        if identifierOptions.count + (customer == nil ? 0 : 1) > 1 {
            throw ValidationError("name the customer once: by --customer or by one other identifier")
        }
        if on != nil, from != nil || to != nil { throw ValidationError("--on goes without --from and --to") }
    }

    func run() async throws {
        var question = AccessQuestion()
        question.customer = customer
        question.agent = agent
        question.interaction = interaction
        question.includeRefused = includeRefused
        question.limit = options.limit
        question.cursor = options.cursor
        question.proofs = options.proofs
        if let on {
            let start = try Moment.parse(on)
            guard on.count == 10 else { throw ValidationError("--on takes a day such as 2026-05-14") }
            question.from = start
            question.to = start.adding(seconds: 86_400)
        } else {
            question.from = try from.map { try Moment.parse($0) }
            question.to = try to.map { try Moment.parse($0) }
        }
        let installation = try options.configurationOption.load()
        question.identifier = try identifierOptions.identifiers(installation.normaliser).first
        let asked = question
        let answer = try await options.ask { try await $0.accesses(asked, by: options.reader) }
        try options.show(
            answer,
            ["entry", "time", "agent", "interaction", "binding", "purpose", "outcome", "fields seen"]
        ) { found in
            let event = found.event
            let masked = event["dataFieldsMasked"]?.object ?? [:]
            let seen = (event["dataFieldsViewed"]?.array ?? []).compactMap(\.string).map { name in
                masked[name]?.string.map { "\(name) (\($0))" } ?? name
            }
            return [
                String(found.index), event["timestamp"]?.string ?? "", event["agentId"]?.string ?? "",
                event["interactionId"]?.string ?? "", event["binding"]?.string ?? "", event["purpose"]?.string ?? "",
                event["outcome"]?.string ?? "",
                seen.isEmpty ? event["reason"]?.string ?? "" : seen.joined(separator: ", "),
            ]
        }
    }
}

/// `muniment events`: the ledger's events of one kind.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "List events of one kind, newest first."
    )

    @OptionGroup var options: QuestionOptions

    @Argument(help: "The kind of event, such as API_CLIENT_CREATED.")
    var eventType: String

    @Option(help: "The first moment.")
    var from: String?

    @Option(help: "The moment at which to stop, exclusive.")
    var to: String?

    func run() async throws {
        let (start, end) = (try from.map { try Moment.parse($0) }, try to.map { try Moment.parse($0) })
        let answer = try await options.ask {
            try await $0.events(
                ofType: eventType,
                from: start,
                to: end,
                cursor: options.cursor,
                limit: options.limit,
                proofs: options.proofs,
                by: options.reader
            )
        }
        try options.show(answer, ["entry", "time", "event"]) { found in
            var members = found.event.object ?? [:]
            for common in ["eventType", "schemaVersion", "timestamp", "eventId"] { members[common] = nil }
            let text =
                (try? JSONValue.object(members).canonicalBytes()).map { String(decoding: $0, as: UTF8.self) } ?? ""
            return [String(found.index), found.event["timestamp"]?.string ?? "", text]
        }
    }
}

/// `muniment token`: under which token a customer stands in the ledger.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Show the token under which a customer stands in ledger, SIEM and warehouse."
    )

    @OptionGroup var options: QuestionOptions

    @Argument(help: "The customer's id, in clear.")
    var customer: String

    func run() async throws {
        let recorded = try await options.ask { try await $0.token(ofCustomer: customer, by: options.reader) }
        let token = try options.pseudonymisation()?.apply(to: recorded) ?? recorded
        if options.format.format == .json {
            Output.json(.object(["token": .string(token)]))
        } else {
            Output.line(token)
        }
    }
}

/// `muniment disclosed`: was this value shown?
struct DisclosedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disclosed",
        abstract: "Tell whether a value is the one that was shown, from the commitment in the record."
    )

    @OptionGroup var options: QuestionOptions

    @Argument(help: "The entry that records the access.")
    var index: UInt64

    @Option(help: "The field, as in dataFieldsViewed.")
    var path: String

    @Option(
        name: .customLong("value"),
        help: "The value as released, as JSON: '\"1987\"' or 12.5. Repeat it for each value of a list, in order."
    )
    var values: [String]

    func run() async throws {
        let installation = try options.configurationOption.load()
        let found = try await options.ask { try await $0.event(at: index, proof: false, by: options.reader) }
        let verdicts = installation.allCommitments.compactMap {
            Disclosure.matches(event: found.event, path: path, values: values, commitments: $0)
        }
        guard !verdicts.isEmpty else { throw CommandFailure("entry \(index) commits to nothing under '\(path)'") }
        let matches = verdicts.contains(true)
        if options.format.format == .json {
            Output.json(.object(["disclosed": .bool(matches)]))
        } else {
            Output.line(matches ? "yes: this is what was shown" : "no: something else was shown")
        }
        if !matches { throw ExitCode(2) }
    }
}
