import AuditTrail
import Credentials
import HTTPTypes
import Hummingbird
import Identity
import JSON
import Ledger

/// Decisions of people about who is whom. Each needs a reason, and outranks what rules find.
struct DecisionRoutes: Sendable {
    let identities: IdentityRegistry

    private var normaliser: Normaliser { identities.normaliser }

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.merge) { request, context, _ in
            let body = try await JSONBody(request, known: ["first", "second", "reason"])
            let result = try await identities.merge(
                try body.reference("first", normaliser),
                try body.reference("second", normaliser),
                by: try body.decision(by: context.client.id)
            )
            return try .json(result.json)
        }
        group.serve(.unmerge) { request, context, _ in
            let body = try await JSONBody(
                request,
                known: ["customerId", "identifier", "mergeId", "keepApart", "reason"]
            )
            let result = try await identities.unmerge(
                try body.reference(normaliser),
                mergeID: try body.number("mergeId", in: 1...Int64.max),
                keepApart: try body.flag("keepApart") ?? true,
                by: try body.decision(by: context.client.id)
            )
            return try .json(result.json)
        }
        group.serve(.keepApart) { request, context, _ in
            let body = try await JSONBody(request, known: ["first", "second", "apart", "reason"])
            let (first, second) = (try body.reference("first", normaliser), try body.reference("second", normaliser))
            let actor = try body.decision(by: context.client.id)
            let apart = try body.flag("apart") ?? true
            if apart {
                try await identities.keepApart(first, second, by: actor)
            } else {
                try await identities.allowTogether(first, second, by: actor)
            }
            return try .json(["apart": .bool(apart)])
        }
        group.serve(.unlinkIdentifier) { request, context, _ in
            let body = try await JSONBody(request, known: ["identifier", "from", "reason"])
            let identifier = try JSONBody.required(
                "identifier",
                try body.object("identifier", known: JSONBody.identifierMembers)
            )
            try await identities.unlink(
                try identifier.identifier(normaliser),
                from: try body.reference("from", normaliser),
                by: try body.decision(by: context.client.id)
            )
            return try .json(["unlinked": true])
        }
        group.serve(.shareIdentifier) { request, context, _ in
            let body = try await JSONBody(request, known: ["identifier", "sharing", "reason"])
            let identifier = try JSONBody.required(
                "identifier",
                try body.object("identifier", known: JSONBody.identifierMembers)
            )
            let sharing = try JSONBody.required("sharing", try body.choice("sharing", Sharing.self))
            try await identities.share(
                try identifier.identifier(normaliser),
                as: sharing,
                by: try body.decision(by: context.client.id)
            )
            return try .json(["sharing": .string(sharing.rawValue)])
        }
        group.serve(.identityConflicts) { _, _, query in
            let conflicts = try await identities.openConflicts(limit: try query.number("limit", in: 1...1000) ?? 100)
            return try .json(["conflicts": .array(conflicts.map(\.json))])
        }
        group.serve(.settleConflict) { request, context, _ in
            let body = try await JSONBody(request, known: ["reason"])
            guard let id = context.parameters.get("id").flatMap({ Int64($0) }) else { throw Refusal(.notFound) }
            try await identities.settle(conflict: id, by: try body.decision(by: context.client.id))
            return try .json(["settled": .integer(id)])
        }
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
