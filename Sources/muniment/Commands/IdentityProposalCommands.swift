import Approvals
import ArgumentParser
import AuditTrail
import Identity
import JSON
import WallTime

struct IdentityProposalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proposals",
        abstract: "List decisions that wait for somebody else to agree, or show one with what it touches.",
        discussion: "To show one is a question about its customers, and recorded."
    )

    @OptionGroup var options: IdentityOptions

    @Argument(help: "The proposal to show.")
    var id: Int64?

    @Flag(help: "Those that have ended, too.")
    var all = false

    func run() async throws {
        try await options.run { installation, identities in
            if let id {
                return try await show(id, installation.auditTrail(identities.recordedIn, identities, producer: "cli"))
            }
            let proposals = try await identities.proposals(all: all)
            if options.format.format == .json { return Output.json(["proposals": .array(proposals.map(\.json))]) }
            Output.table(
                ["proposal", "decision", "status", "approved by", "requested by", "expires", "customers", "reason"],
                proposals.map {
                    [
                        String($0.id), $0.kind.rawValue, $0.status.rawValue,
                        "\($0.approval.approvers.count) of \($0.approval.needed)", $0.approval.requester,
                        $0.approval.expiresAt.description, $0.customers.joined(separator: " "), $0.reason,
                    ]
                }
            )
        }
    }

    private func show(_ id: Int64, _ trail: AuditTrail) async throws {
        let reader = Reader(name: options.operatorOption.name, channel: .commandLine, reason: options.reason)
        let (proposal, touched) = try await trail.proposal(id, by: reader)
        if options.format.format == .json {
            return Output.json([
                "proposal": proposal.json, "touched": touched.json, "touchedCount": .integer(Int64(touched.count)),
            ])
        }
        options.show(proposal.json)
        touched.show()
    }
}

struct IdentityApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Agree to a decision that somebody else asked for. The last agreement carries it out."
    )

    @OptionGroup var options: IdentityOptions

    @Argument(help: "The proposal.")
    var id: Int64

    func run() async throws {
        try await options.run { _, identities in
            let (proposal, outcome) = try await identities.approve(id, by: try options.decider())
            if options.format.format == .json {
                return Output.json(["proposal": proposal.json, "outcome": outcome?.json ?? .null])
            }
            if let outcome { return options.show(outcome) }
            Output.line("\(proposal.approval.missing) more must agree to proposal \(id)")
        }
    }
}

struct IdentityRejectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject",
        abstract: "Refuse a decision that somebody asked for, or withdraw your own."
    )

    @OptionGroup var options: IdentityOptions

    @Argument(help: "The proposal.")
    var id: Int64

    func run() async throws {
        try await options.run { _, identities in
            let proposal = try await identities.reject(id, by: try options.decider())
            if options.format.format == .json { return Output.json(["proposal": proposal.json]) }
            Output.line("proposal \(id) is \(proposal.status.rawValue)")
        }
    }
}

extension IdentityOptions {
    /// Asks for a decision, and says what came of it.
    /// - Returns: whether it was carried out; else somebody else has to agree first.
    @discardableResult
    func decide(_ decision: IdentityDecision, _ identities: IdentityRegistry) async throws -> Bool {
        switch try await identities.decide(decision, by: try decider()) {
        case .done(let outcome):
            format.format == .json ? Output.json(outcome.json) : show(outcome)
            return true
        case .proposed(let proposal):
            format.format == .json ? Output.json(["proposal": proposal.json]) : show(proposal.json)
            Output.note(
                "Nothing is done yet. Until \(proposal.approval.expiresAt) \(proposal.approval.missing) other must agree: "
                    + "muniment identity approve \(proposal.id) --reason …"
            )
            return false
        }
    }

    /// Shows what came of a decision, for people.
    func show(_ outcome: DecisionOutcome) {
        switch outcome {
        case .merged(let result):
            Output.line(
                "\(result.customer) stands for both; \(result.other) redirects to it (merge \(result.mergeID))."
            )
            result.touched.show()
        case .unmerged(let result):
            Output.line(
                "\(result.other) is a customer of its own again, apart from \(result.customer) (merge \(result.mergeID))."
            )
            result.touched.show()
        default: show(outcome.json)
        }
    }
}

extension TouchedEvents {
    /// Lists them, for people.
    fileprivate func show() {
        Output.line("\(count) events were recorded of them; look whether they were right:")
        Output.table(
            ["entry", "time", "event", "recorded of", "agent", "interaction"],
            list.map { found in
                let event = found.event
                return [
                    String(found.index), event["timestamp"]?.string ?? "", event["eventType"]?.string ?? "",
                    found.customer, event["agentId"]?.string ?? "", event["interactionId"]?.string ?? "",
                ]
            }
        )
    }
}
