import Approvals
import AuditTrail
import Credentials
import HTTPTypes
import Hummingbird
import Identity
import JSON
import Ledger

/// Decisions of people about who is whom. Each needs a reason, and outranks what rules find; some need that somebody else agrees.
struct DecisionRoutes: Sendable {
    let identities: IdentityRegistry

    private var normaliser: Normaliser { identities.normaliser }

    func add(to group: RouterGroup<ClientContext>) {
        serve(.merge, ["first", "second"], group) { body in
            .merge(try body.reference("first", normaliser), try body.reference("second", normaliser))
        }
        serve(.unmerge, ["customerId", "identifier", "mergeId", "keepApart"], group) { body in
            .unmerge(
                try body.reference(normaliser),
                merge: try body.number("mergeId", in: 1...Int64.max),
                keepApart: try body.flag("keepApart") ?? true
            )
        }
        serve(.keepApart, ["first", "second", "apart"], group) { body in
            let (first, second) = (try body.reference("first", normaliser), try body.reference("second", normaliser))
            return try body.flag("apart") ?? true ? .apart(first, second) : .together(first, second)
        }
        serve(.unlinkIdentifier, ["identifier", "from"], group) { body in
            .unlink(try identifier(body), from: try body.reference("from", normaliser))
        }
        serve(.shareIdentifier, ["identifier", "sharing"], group) { body in
            .share(
                try identifier(body),
                try JSONBody.required("sharing", try body.choice("sharing", Sharing.self))
            )
        }
        serve(.forget, ["customerId", "identifier", "requestId"], group) { body in
            .forget(try body.reference(normaliser), request: try body.text("requestId", .word))
        }
        group.serve(.identityConflicts) { _, _, query in
            let conflicts = try await identities.openConflicts(limit: try query.number("limit", in: 1...1000) ?? 100)
            return try .json(["conflicts": .array(conflicts.map(\.json))])
        }
        group.serve(.settleConflict) { request, context, _ in
            let body = try await JSONBody(request, known: ["reason"])
            guard let id = context.parameters.get("id").flatMap({ Int64($0) }) else { throw Refusal(.notFound) }
            return try await answer(.settle(conflict: id), by: try body.decision(by: context.client.id))
        }
    }

    private func serve(
        _ endpoint: Endpoint,
        _ members: [String],
        _ group: RouterGroup<ClientContext>,
        _ decision: @escaping @Sendable (JSONBody) throws -> IdentityDecision
    ) {
        group.serve(endpoint) { request, context, _ in
            let body = try await JSONBody(request, known: members + ["reason"])
            return try await answer(try decision(body), by: try body.decision(by: context.client.id))
        }
    }

    private func identifier(_ body: JSONBody) throws -> Identifier {
        try JSONBody.required("identifier", try body.object("identifier", known: JSONBody.identifierMembers))
            .identifier(normaliser)
    }

    private func answer(_ decision: IdentityDecision, by actor: IdentityActor) async throws -> Response {
        try .json(try await identities.decide(decision, by: actor))
    }
}

extension Response {
    /// What came of asking for a decision: 200 when it was carried out, 202 when somebody else has to agree first.
    /// - Parameter more: members that belong to the answer besides.
    static func json(_ answer: DecisionAnswer, more: [String: JSONValue] = [:]) throws -> Response {
        switch answer {
        case .done(let outcome):
            return try .json(.object((outcome.json.object ?? [:]).merging(more) { mine, _ in mine }))
        case .proposed(let proposal):
            return try .json(.object(["proposal": proposal.json].merging(more) { mine, _ in mine }), status: .accepted)
        }
    }
}

/// Decisions that wait for somebody else to agree.
struct ProposalRoutes: Sendable {
    let identities: IdentityRegistry
    let trail: AuditTrail

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.identityProposals) { _, _, query in
            let limit = try query.number("limit", in: 1...IdentityRegistry.mostProposals) ?? 100
            let proposals = try await identities.proposals(all: try query.flag("all"), limit: limit)
            return try .json(["proposals": .array(proposals.map(\.json))])
        }
        group.serve(.identityProposal) { _, context, query in
            let reader = Reader(name: context.client.id, channel: .api, reason: try query.text("reason", .reason))
            let (proposal, touched) = try await trail.proposal(try Self.id(context), by: reader)
            return try .json([
                "proposal": proposal.json, "touched": touched.json, "touchedCount": .integer(Int64(touched.count)),
            ])
        }
        group.serve(.approveProposal) { request, context, _ in
            let body = try await JSONBody(request, known: ["reason"])
            let (proposal, outcome) = try await identities.approve(
                try Self.id(context),
                by: try body.decision(by: context.client.id)
            )
            return try .json(["proposal": proposal.json, "outcome": outcome?.json ?? .null])
        }
        group.serve(.rejectProposal) { request, context, _ in
            let body = try await JSONBody(request, known: ["reason"])
            let (id, actor) = (try Self.id(context), try body.decision(by: context.client.id))
            // Without the scope to decide about others' proposals one can withdraw one's own.
            if !context.client.allows(.identityApprove) {
                let requester = try await identities.proposal(id).proposal.approval.requester
                guard requester == context.client.id else {
                    throw Refusal(.forbidden, "to refuse what others ask for needs the scope identity.approve")
                }
            }
            return try .json(["proposal": try await identities.reject(id, by: actor).json])
        }
    }

    private static func id(_ context: ClientContext) throws(Refusal) -> Int64 {
        guard let id = context.parameters.get("id").flatMap({ Int64($0) }) else { throw Refusal(.unknownProposal) }
        return id
    }
}

/// Events that other systems report.
struct IntakeRoutes: Sendable {
    let intake: EventIntake

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.reportEvent) { request, context, _ in
            let body = try await JSONBody(request, known: ["auditEvent"])
            let keys = request.headers.filter { $0.name.canonicalName == "idempotency-key" }.map(\.value)
            guard keys.count <= 1, keys.allSatisfy({ (1...128).contains($0.utf8.count) }) else {
                throw JSONBody.invalid("Idempotency-Key", "is one header of 1 to 128 bytes")
            }
            let receipt = try await intake.record(
                try body.value("auditEvent"),
                key: keys.first,
                from: context.client.id
            )
            return try .json(
                ["receipt": .count(receipt.index), "repeated": .bool(receipt.isRepetition)],
                status: receipt.isRepetition ? .ok : .created
            )
        }
    }
}
