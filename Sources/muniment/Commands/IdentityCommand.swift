import ArgumentParser
import AuditTrail
import Foundation
import Identity
import JSON
import Ledger
import WallTime

/// `muniment identity …`: who is whom.
struct IdentityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity",
        abstract: "Find out who is whom, decide it, load it, and forget people.",
        subcommands: [
            IdentityResolveCommand.self, IdentityLinkCommand.self, IdentityExplainCommand.self,
            IdentityMergeCommand.self, IdentityUnmergeCommand.self, IdentityApartCommand.self,
            IdentityShareCommand.self, IdentityConflictsCommand.self, IdentityProposalsCommand.self,
            IdentityApproveCommand.self, IdentityRejectCommand.self, IdentityPseudonymCommand.self,
            IdentityChangesCommand.self,
            IdentityLoadCommand.self, IdentityForgetCommand.self, IdentityScrubCommand.self, IdentityKeysCommand.self,
        ]
    )
}

/// What the commands about identities have in common.
struct IdentityOptions: ParsableArguments {
    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var operatorOption: OperatorOption
    @OptionGroup var format: FormatOption

    @Option(help: "Why; it stands in the record for ever, so leave personal data out.")
    var reason: String?

    var actor: IdentityActor { IdentityActor(name: operatorOption.name, reason: reason) }

    /// Who decides: a decision without a reason is no decision.
    func decider() throws -> IdentityActor {
        guard let reason, !reason.isEmpty else { throw ValidationError("a decision needs a --reason") }
        return IdentityActor(name: operatorOption.name, reason: reason)
    }

    func run<Value>(_ body: (Installation, IdentityRegistry) async throws -> Value) async throws -> Value {
        let installation = try configurationOption.load()
        return try await installation.withLedger { ledger in
            try await body(installation, try installation.identities(ledger, producer: "cli"))
        }
    }

    /// Shows an object: as JSON, or its members in lines.
    func show(_ value: JSONValue) {
        guard format.format == .table, let members = value.object else { return Output.json(value) }
        Output.table(["result", "value"], members.sorted { $0.key < $1.key }.map { [$0.key, Self.text($0.value)] })
    }

    private static func text(_ value: JSONValue) -> String {
        if let text = value.string { return text }
        return (try? value.canonicalBytes()).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

struct IdentityResolveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Who has these identifiers? The question and its answer are recorded."
    )

    @OptionGroup var options: IdentityOptions
    @OptionGroup var identifiers: IdentifierOptions

    @Option(name: .customLong("customer"), help: "A customer's number in the system of record. Repeatable.")
    var customers: [String] = []

    @Option(help: "What the answer is for: routing, service, disclosure or privacyRequest.")
    var purpose = IdentityPurpose.service

    func run() async throws {
        try await options.run { installation, identities in
            let request = ResolutionRequest(
                identifiers: try identifiers.identifiers(installation.normaliser, customers: customers),
                purpose: purpose,
                channel: "OPERATOR",
                source: "COMMAND_LINE"
            )
            let (found, receipt) = try await identities.resolve(request, by: options.actor)
            options.show([
                "outcome": .string(found.outcome.rawValue), "customerId": found.customer.map { .string($0) } ?? .null,
                "decidedBy": found.decidedBy.map { .string($0.rawValue) } ?? .null,
                "assurance": found.assurance.map { .string($0.rawValue) } ?? .null, "shared": .bool(found.isShared),
                "receipt": .integer(Int64(receipt.index)),
            ])
            if found.outcome != .resolved { throw ExitCode(2) }
        }
    }
}

struct IdentityLinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Say that identifiers are one person's, by your decision. --unlink takes one away instead."
    )

    @OptionGroup var options: IdentityOptions
    @OptionGroup var identifiers: IdentifierOptions

    @Option(name: .customLong("customer"), help: "A customer's number in the system of record. Repeatable.")
    var customers: [String] = []

    @Option(help: "How sure it is: claimed, observed, matched or verified.")
    var assurance = Assurance.matched

    @Option(help: "What to do with somebody who was forgotten: leave-out, recontact or record-only.")
    var forgotten = WhenForgotten.leaveOut

    @Option(help: "Take the identifiers from this customer instead: a global customer id, or kind:value.")
    var unlinkFrom: String?

    func run() async throws {
        try await options.run { installation, identities in
            let given = try identifiers.identifiers(installation.normaliser, customers: customers)
            guard !given.isEmpty else { throw ValidationError("name at least one identifier") }
            if let unlinkFrom {
                let customer = try CustomerWord.reference(unlinkFrom, installation.normaliser)
                for identifier in given { try await options.decide(.unlink(identifier, from: customer), identities) }
                return
            }
            let record = IdentityRecord(
                identifiers: given,
                source: "operator",
                assurance: assurance,
                decider: .human,
                forgotten: forgotten
            )
            try await options.decide(.link(record), identities)
        }
    }
}

struct IdentityExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show why a customer is who they are, now or earlier. The question is recorded."
    )

    @OptionGroup var options: IdentityOptions
    @OptionGroup var customer: CustomerOptions

    @Option(help: "What was believed at this moment, such as 2026-03-03.")
    var asOf: String?

    @Option(help: "By which merges is the customer one with this one? A global customer id, or kind:value.")
    var to: String?

    func run() async throws {
        try await options.run { installation, identities in
            let trail = installation.auditTrail(identities.recordedIn, identities, producer: "cli")
            let reference = try customer.reference(installation.normaliser)
            let moment = try asOf.map { try Moment.parse($0) }
            let reader = Reader(name: options.operatorOption.name, channel: .commandLine, reason: options.reason)
            let found = try await trail.explanation(of: reference, asOf: moment, by: reader)
            var answer = found.json
            if let to {
                let path = try await trail.path(
                    from: reference,
                    to: try CustomerWord.reference(to, installation.normaliser),
                    by: reader
                )
                answer["path"] = path.map { .array($0.map(\.json)) } ?? .null
            }
            if options.format.format == .json { return Output.json(.object(answer)) }
            Output.line(
                "customer \(found.customer)"
                    + (found.ids.count > 1 ? ", also \(found.ids.dropFirst().joined(separator: ", "))" : "")
            )
            Output.line()
            Output.table(
                ["kind", "sharing", "assurance", "source", "decided by", "met as", "since", "until"],
                found.identifiers.map {
                    [
                        $0.kind.rawValue, $0.sharing.rawValue, $0.assurance.rawValue, $0.source,
                        $0.isHumanDecision ? "human" : "rule", $0.metAs, $0.since.description,
                        $0.until?.description ?? "",
                    ]
                }
            )
            Output.line()
            Output.table(
                ["merge", "first", "second", "rule", "since", "until"],
                found.merges.map {
                    [String($0.id), $0.first, $0.second, $0.rule, $0.since.description, $0.until?.description ?? ""]
                }
            )
            if let path = answer["path"] { Output.line("\npath:\n\(Output.text(path))") }
        }
    }
}

struct IdentityChangesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "changes",
        abstract: "List what changed, oldest first."
    )

    @OptionGroup var options: IdentityOptions

    @Option(help: "The last change's number of the page before.")
    var after: Int64 = 0

    @Option(help: "Changes in a page.")
    var limit = 100

    func run() async throws {
        try await options.run { _, identities in
            let changes = try await identities.changes(after: after, limit: limit)
            Output.table(
                ["change", "time", "kind", "customer", "other"],
                changes.map { [String($0.cursor), $0.at.description, $0.kind, $0.customer, $0.other ?? ""] }
            )
        }
    }
}

struct IdentityConflictsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflicts",
        abstract: "List what rules could not decide, or settle one."
    )

    @OptionGroup var options: IdentityOptions

    @Option(help: "The conflict to mark as settled.")
    var settle: Int64?

    func run() async throws {
        try await options.run { _, identities in
            if let settle {
                try await options.decide(.settle(conflict: settle), identities)
                return
            }
            let conflicts = try await identities.openConflicts(limit: 1000)
            if options.format.format == .json { return Output.json(.array(conflicts.map(\.json))) }
            Output.table(
                ["conflict", "since", "customers", "cause"],
                conflicts.map { [String($0.id), $0.found.description, $0.customers.joined(separator: " "), $0.cause] }
            )
        }
    }
}
