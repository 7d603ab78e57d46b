import AuditTrail
import Credentials
import DeliveryWire
import Detection
import HTTPTypes
import Hummingbird
import JSON
import Monitoring
import NIOCore
import WallTime

/// Containment, from the proposal of a step to its undoing. Each change is an event.
struct ContainmentRoutes: Sendable {
    let desk: ContainmentDesk
    let trail: AuditTrail
    let clock: any WallClock

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.containment) { _, context, query in
            let all = try query.flag("all")
            let cases = try await desk.book().cases.values.filter { all || !$0.isOver }
                .sorted { ($0.proposedAt, $0.id) > ($1.proposedAt, $1.id) }
            try await trail.note("containment", [:], results: cases.count, by: try Reader(context, query))
            return try .json(["cases": .array(cases.map(\.json))])
        }
        group.serve(.containmentCase) { _, context, query in
            guard let id = context.parameters.get("id"), let found = try await desk.book().cases[id] else {
                throw Refusal(.unknownCase)
            }
            try await trail.note(
                "containment_case",
                ["containmentId": .string(id)],
                results: 1,
                by: try Reader(context, query)
            )
            return try .json(found.json(with: try await desk.history(of: id)))
        }
        group.serve(.contain) { request, context, _ in
            let proposal = try proposal(try await JSONBody(request, known: Self.proposalMembers))
            return try .json(try await desk.command(.propose(proposal), by: context.client.id).json)
        }
        group.serve(.previewContainment) { request, _, _ in
            let proposal = try proposal(try await JSONBody(request, known: Self.proposalMembers))
            return try .json(try await desk.preview(proposal).json)
        }
        group.serve(.approveContainment) { request, context, _ in
            let id = try Self.caseID(try await JSONBody(request, known: ["caseId"]))
            return try .json(try await desk.command(.approve(caseID: id), by: context.client.id).json)
        }
        for (endpoint, command) in [
            (Endpoint.refuseContainment, ContainmentCommand.refuse), (.undoContainment, ContainmentCommand.undo),
        ] {
            group.serve(endpoint) { request, context, _ in
                let body = try await JSONBody(request, known: ["caseId", "reason"])
                let (id, reason) = (try Self.caseID(body), try Self.reason(body))
                return try .json(try await desk.command(command(id, reason), by: context.client.id).json)
            }
        }
    }

    private static let proposalMembers = [
        "caseId", "step", "agentId", "clientId", "reason", "alerts", "minutes", "afterCall",
    ]

    static func caseID(_ body: JSONBody) throws(Refusal) -> String {
        try JSONBody.required("caseId", try body.text("caseId", .platformID))
    }

    static func reason(_ body: JSONBody) throws(Refusal) -> String {
        try JSONBody.required("reason", try body.text("reason", .reason))
    }

    private func proposal(_ body: JSONBody) throws(Refusal) -> ContainmentProposal {
        let step = try JSONBody.required("step", try body.choice("step", ContainmentStep.self))
        let now = clock.now()
        let name = step == .disableClient ? "clientId" : "agentId"
        if try body.text(step == .disableClient ? "agentId" : "clientId", .platformID) != nil {
            throw JSONBody.invalid(name == "agentId" ? "clientId" : "agentId", "does not belong to this step")
        }
        let minutes = try body.number("minutes", in: 1...525_600)
        let afterCall = try body.flag("afterCall") ?? false
        if afterCall, step != .deactivateUser {
            throw JSONBody.invalid("afterCall", "belongs to deactivate_user alone")
        }
        return ContainmentProposal(
            id: try body.text("caseId", .platformID) ?? ContainmentProposal.newID(now),
            step: step,
            target: ContainmentTarget(id: try JSONBody.required(name, try body.text(name, .platformID)).lowercased()),
            reason: try Self.reason(body),
            alerts: try body.texts("alerts", most: 20) ?? [],
            undoAt: minutes.map { now.adding(seconds: $0 * 60) },
            waitsForCallEnd: afterCall
        )
    }
}

/// Approvals and refusals that a SOAR signs: the signature is the credential.
struct SignedDecisionRoutes: Sendable {
    private enum Decision: String, CaseIterable { case approve, refuse }

    let decisions: SignedDecisions?

    func add(to router: Router<PlainContext>) {
        router.serve(.signedDecision) { request in
            let headers = try Self.headers(request.headers)
            guard let decisions else { throw Refusal(.notFound, "no secrets are configured for signed decisions") }
            let buffer = try await request.body.collect(upTo: ControlPlane.maximumBodyBytes)
            do throws(WebhookError) { try decisions.verify(headers, body: Array(buffer: buffer)) } catch {
                throw Self.refusal(error)
            }
            var request = request
            request.body = RequestBody(buffer: buffer)
            let body = try await JSONBody(request, known: ["caseId", "decision", "reason"])
            let id = try ContainmentRoutes.caseID(body)
            let reason: String? =
                switch try JSONBody.required("decision", try body.choice("decision", Decision.self)) {
                case .approve: nil
                case .refuse: try ContainmentRoutes.reason(body)
                }
            return try .json(try await decisions.decide(id, refusing: reason, messageID: headers.id).json)
        }
    }

    private static func headers(_ fields: HTTPFields) throws(Refusal) -> WebhookSigner.Headers {
        guard let id = fields[.webhookID], let timestamp = fields[.webhookTimestamp],
            let signature = fields[.webhookSignature]
        else { throw refusal(.headers) }
        return WebhookSigner.Headers(id: id, timestamp: timestamp, signature: signature)
    }

    private static func refusal(_ error: WebhookError) -> Refusal {
        Refusal(
            .unauthenticated,
            error.description,
            headers: [.wwwAuthenticate: "Webhook-Signature realm=\"muniment\""],
            authentication: error == .headers ? .missing : error == .timestamp ? .expired : .invalid
        )
    }
}

extension HTTPField.Name {
    /// The headers of Standard Webhooks; the names are valid tokens.
    fileprivate static let webhookID = parsed("webhook-id")
    fileprivate static let webhookTimestamp = parsed("webhook-timestamp")
    fileprivate static let webhookSignature = parsed("webhook-signature")

    private static func parsed(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no name of a header") }
        return name
    }
}
