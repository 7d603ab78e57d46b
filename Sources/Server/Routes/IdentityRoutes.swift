import AuditTrail
import Credentials
import HTTPTypes
import Hummingbird
import Identity
import JSON
import Ledger
import WallTime

/// Who is it, and why is that believed?
struct IdentityRoutes: Sendable {
    let identities: IdentityRegistry
    let trail: AuditTrail

    private var normaliser: Normaliser { identities.normaliser }

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.resolve) { request, context, _ in try await resolve(request, context) }
        group.serve(.linkIdentifiers) { request, context, _ in try await link(request, context) }
        group.serve(.explain) { request, context, _ in try await explain(request, context) }
        group.serve(.resolvePseudonym) { request, context, _ in
            let body = try await JSONBody(request, known: ["recipient", "pseudonym", "reason"])
            let recipient = try JSONBody.required("recipient", try body.text("recipient", .recipient))
            let text = try JSONBody.required("pseudonym", try body.text("pseudonym", .word))
            guard let pseudonym = Pseudonym(text) else {
                throw JSONBody.invalid("pseudonym", "reads pseudonym:<epoch>:<kind>:<64 hex digits>")
            }
            let reason = try JSONBody.required("reason", try body.text("reason", .reason))
            let reader = Reader(name: context.client.id, channel: .api, reason: reason)
            guard let match = try await trail.person(behind: pseudonym, of: recipient, by: reader) else {
                throw Refusal(.unknownCustomer)
            }
            return try .json(["customerId": .string(match.customer)])
        }
        group.serve(.identityChanges) { _, _, query in
            let after = try query.number("after", in: 0...Int.max) ?? 0
            let limit = try query.number("limit", in: 1...1000) ?? 100
            let changes = try await identities.changes(after: Int64(after), limit: limit)
            return try .json([
                "changes": .array(changes.map(Self.json)),
                "next": .integer(changes.last?.cursor ?? Int64(after)),
            ])
        }
    }

    private func resolve(_ request: Request, _ context: ClientContext) async throws -> Response {
        let known = [
            "identifiers", "purpose", "interactionId", "channelType", "resolutionSource", "agentId", "queueId",
            "complianceFlags",
        ]
        let body = try await JSONBody(request, known: known)
        let (identifiers, refused) = try body.identifiers(normaliser)
        let flags = try body.object("complianceFlags", known: ["gdprConsentRecorded", "dataSubjectRequestPending"])
        var asked = ResolutionRequest(
            identifiers: identifiers,
            purpose: try body.choice("purpose", IdentityPurpose.self) ?? .routing,
            channel: try JSONBody.required("channelType", try body.text("channelType", .word)),
            source: try JSONBody.required("resolutionSource", try body.text("resolutionSource", .word))
        )
        asked.interaction = try JSONBody.required("interactionId", try body.text("interactionId", .platformID))
        asked.agent = try body.text("agentId", .platformID)
        asked.queue = try body.text("queueId", .word)
        asked.consentRecorded = try flags?.flag("gdprConsentRecorded")
        asked.requestPending = try flags?.flag("dataSubjectRequestPending")
        let (found, receipt) = try await identities.resolve(asked, by: IdentityActor(name: context.client.id))
        return try .json([
            "outcome": .string(found.outcome.rawValue), "customerId": .optional(found.customer),
            "decidedBy": .optional(found.decidedBy?.rawValue), "assurance": .optional(found.assurance?.rawValue),
            "shared": .bool(found.isShared), "refused": .array(refused.map(\.json)), "receipt": .count(receipt.index),
        ])
    }

    private func link(_ request: Request, _ context: ClientContext) async throws -> Response {
        let known = ["identifiers", "source", "assurance", "sharing", "decidedBy", "forgotten", "reason"]
        let body = try await JSONBody(request, known: known)
        let (identifiers, refused) = try body.identifiers(normaliser)
        let isHuman = try body.choice("decidedBy", DecidedBy.self) == .human
        let record = IdentityRecord(
            identifiers: identifiers,
            source: try JSONBody.required("source", try body.text("source", .word)),
            assurance: try JSONBody.required("assurance", try body.choice("assurance", Assurance.self)),
            decider: isHuman ? .human : .rule,
            sharing: try body.choice("sharing", Sharing.self) ?? .personal,
            forgotten: try body.choice("forgotten", WhenForgotten.self) ?? .leaveOut
        )
        let notTaken: [String: JSONValue] = ["refused": .array(refused.map(\.json))]
        if isHuman {
            let actor = try body.decision(by: context.client.id)
            return try .json(try await identities.decide(.link(record), by: actor), more: notTaken)
        }
        let actor = IdentityActor(name: context.client.id, reason: try body.text("reason", .reason))
        return try .json(.done(.linked(try await identities.link(record, by: actor))), more: notTaken)
    }

    private enum DecidedBy: String, CaseIterable { case rule, human }

    private func explain(_ request: Request, _ context: ClientContext) async throws -> Response {
        let body = try await JSONBody(request, known: ["customerId", "identifier", "to", "asOf", "reason"])
        let reader = Reader(name: context.client.id, channel: .api, reason: try body.text("reason", .reason))
        let reference = try body.reference(normaliser)
        let found = try await trail.explanation(of: reference, asOf: try body.moment("asOf"), by: reader)
        var answer = found.json
        if try body.object("to", known: ["customerId", "identifier"]) != nil {
            let path = try await trail.path(from: reference, to: try body.reference("to", normaliser), by: reader)
            answer["path"] = path.map { .array($0.map(\.json)) } ?? .null
        }
        return try .json(.object(answer))
    }

    private static func json(_ change: IdentityChange) -> JSONValue {
        [
            "cursor": .integer(change.cursor), "kind": .string(change.kind), "customerId": .string(change.customer),
            "other": .optional(change.other), "at": .string(change.at.description),
        ]
    }
}
