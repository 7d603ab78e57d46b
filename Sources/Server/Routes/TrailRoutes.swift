import AuditTrail
import Credentials
import Hummingbird
import Identity
import JSON
import Ledger
import MerkleLog
import WallTime

/// Questions to the audit trail. Each is recorded before it is answered.
struct TrailRoutes: Sendable {
    /// Events in a page, at most.
    private static let limits = 1...1000
    private static let defaultLimit = 100

    let ledger: Ledger
    let trail: AuditTrail
    let normaliser: Normaliser

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.accesses) { _, context, query in
            let question = try Self.question(query)
            let answer = try await trail.accesses(question, by: try Reader(context, query))
            return try .json(Self.json(answer, as: "accesses"))
        }
        group.serve(.searchAccesses) { request, context, _ in
            let (question, reader) = try await search(request, context)
            return try .json(Self.json(try await trail.accesses(question, by: reader), as: "accesses"))
        }
        group.serve(.events) { _, context, query in
            guard let type = query["eventType"] else { throw Refusal(.missingParameter, "eventType") }
            guard EventType.all.contains(EventType(rawValue: type)) else {
                throw QueryParameters.invalid("eventType", "is not a kind of event that this version writes")
            }
            let (from, to) = try Self.period(query)
            let answer = try await trail.events(
                ofType: type,
                from: from,
                to: to,
                cursor: query["cursor"],
                limit: try query.number("limit", in: Self.limits) ?? Self.defaultLimit,
                proofs: try query.flag("proofs"),
                by: try Reader(context, query)
            )
            return try .json(Self.json(answer, as: "events"))
        }
        group.serve(.event) { _, context, query in
            let found = try await trail.event(
                at: try Self.index(context),
                proof: try query.flag("proofs"),
                by: try Reader(context, query)
            )
            return try .json(Self.json(found))
        }
        group.serve(.proof) { _, context, _ in
            .text(try await ledger.proof(of: try Self.index(context)).encoded)
        }
        group.serve(.tokens) { request, context, _ in
            let body = try await JSONBody(request, known: ["customerId", "reason"])
            let customer = try JSONBody.required("customerId", try body.text("customerId", .customerID))
            let reader = Reader(name: context.client.id, channel: .api, reason: try body.text("reason", .reason))
            return try .json(["token": .string(try await trail.token(ofCustomer: customer, by: reader))])
        }
    }

    /// The same question with the customer in the body, where no proxy logs it, and by any identifier.
    private func search(_ request: Request, _ context: ClientContext) async throws -> (AccessQuestion, Reader) {
        let known = [
            "customerId", "identifier", "agentId", "interactionId", "from", "to", "includeRefused", "proofs", "limit",
            "cursor", "reason",
        ]
        let body = try await JSONBody(request, known: known)
        var question = AccessQuestion()
        question.customer = try body.text("customerId", .customerID)
        question.identifier = try body.object("identifier", known: JSONBody.identifierMembers)?.identifier(normaliser)
        guard (question.customer == nil) != (question.identifier == nil) else {
            throw Refusal(.missingField, "either customerId or identifier")
        }
        question.agent = try body.text("agentId", .platformID)
        question.interaction = try body.text("interactionId", .platformID)
        question.from = try body.moment("from")
        question.to = try body.moment("to")
        question.includeRefused = try body.flag("includeRefused") ?? false
        question.proofs = try body.flag("proofs") ?? false
        question.limit = try body.number("limit", in: 1...1000).map { Int($0) } ?? Self.defaultLimit
        question.cursor = try body.text("cursor", .word)
        return (question, Reader(name: context.client.id, channel: .api, reason: try body.text("reason", .reason)))
    }

    private static func question(_ query: QueryParameters) throws(Refusal) -> AccessQuestion {
        var question = AccessQuestion()
        question.customer = try query.text("customerId", .customerID)
        question.agent = try query.text("agentId", .platformID)
        question.interaction = try query.text("interactionId", .platformID)
        guard question.customer != nil || question.agent != nil || question.interaction != nil else {
            throw Refusal(.missingParameter, "one of customerId, agentId and interactionId")
        }
        (question.from, question.to) = try period(query)
        question.includeRefused = try query.flag("includeRefused")
        question.proofs = try query.flag("proofs")
        question.limit = try query.number("limit", in: limits) ?? defaultLimit
        question.cursor = query["cursor"]
        return question
    }

    /// `on` is a whole day in UTC; `from` is inclusive, `to` is not.
    private static func period(_ query: QueryParameters) throws(Refusal) -> (from: Timestamp?, to: Timestamp?) {
        let from = try query.moment("from")
        let to = try query.moment("to")
        if let day = query["on"] {
            guard from == nil, to == nil else { throw QueryParameters.invalid("on", "goes without from and to") }
            guard day.utf8.count == "2026-01-02".utf8.count, let start = Timestamp(day) else {
                throw QueryParameters.invalid("on", "is a date such as 2026-01-02")
            }
            return (start, start.adding(seconds: 86_400))
        }
        if let from, let to, from >= to { throw QueryParameters.invalid("to", "is not after from") }
        return (from, to)
    }

    private static func index(_ context: ClientContext) throws(Refusal) -> UInt64 {
        let text = context.parameters.get("index") ?? ""
        guard let index = UInt64(text), String(index) == text else { throw Refusal(.unknownEntry) }
        return index
    }

    private static func json(_ found: FoundEvent) -> JSONValue {
        var members: [String: JSONValue] = ["index": .count(found.index), "event": found.event]
        if let proof = found.proof { members["proof"] = .string(proof) }
        return .object(members)
    }

    private static func json(_ answer: EventAnswer, as name: String) -> JSONValue {
        .object([
            name: .array(answer.events.map(json)),
            "nextCursor": .optional(answer.next),
            "completeToTreeSize": .count(answer.completeToTreeSize),
            "receipt": .count(answer.receipt),
        ])
    }
}
