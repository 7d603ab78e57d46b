import Identity
import JSON
import Ledger
import Redaction
import WallTime

/// What ties an agent, or the agents of a queue, to a customer by another system's word: it explains reads for detection.
struct ReportedRelationship {
    /// What other systems may say, and for how long at most, in seconds. Who is in a conversation only the platform says.
    static let longest: [String: Int64] = [
        "open_case": 90 * 86_400, "quality_review": 30 * 86_400, "callback": 7 * 86_400, "outbound": 7 * 86_400,
        "break_glass": 12 * 3600,
    ]
    /// How long ago it may have begun, in seconds.
    private static let oldest: Int64 = 400 * 86_400

    /// Who the customer is, as it was reported.
    enum Customer {
        case number(String)
        case identifier(kind: String, value: String)
    }

    let fields: [String: JSONValue]
    let customer: Customer?

    /// Reads and checks it.
    /// - Parameters:
    ///   - reporter: the API client; nobody replaces what another reported.
    ///   - timestamp: when the reporter looked.
    init(_ members: ReportedMembers, reporter: String, timestamp: Timestamp) throws(IntakeError) {
        let provider = try members.required("provider", 40) ?? ""
        guard let longest = Self.longest[provider] else {
            throw IntakeError("provider", "must be one of \(Self.longest.keys.sorted().joined(separator: ", "))")
        }
        let id = try members.required("relationshipId", 128) ?? ""
        let agent = try members.optional("agentId", 64, lowercased: true)
        let queue = try members.optional("queueId", 128)
        guard !agent.isNull || !queue.isNull else { throw IntakeError("agentId", "or queueId must be there") }
        let isGlass = provider == "break_glass"
        if isGlass, agent.isNull { throw IntakeError("agentId", "must say whose access it is") }
        let reason = isGlass ? JSONValue.string(RecordedWords.masked(try members.required("reason", 100) ?? "")) : .null
        let interaction = try members.optional("interactionId", 64, lowercased: true)
        let names = ["relationshipId": .string(id), "agentId": agent, "queueId": queue, "interactionId": interaction]
        try Self.requireIdentifiers(names)
        customer = try Self.customer(members)
        if customer == nil, interaction.isNull, !isGlass {
            throw IntakeError("customerId", "identifier or interactionId must say whom it is about")
        }
        let from = try members.moment("from")
        let to = try members.moment("to")
        guard from >= timestamp.adding(seconds: -Self.oldest) else { throw IntakeError("from", "is too long ago") }
        guard to >= from else { throw IntakeError("to", "lies before 'from'") }
        // Counted from now on, so that what lasts longer is said again, and what nobody says any more ends.
        guard to <= max(from, timestamp).adding(seconds: longest) else {
            throw IntakeError(
                "to",
                "is too far ahead: \(provider) lasts \(longest / 3600) hours at most, then it is reported again"
            )
        }
        fields = [
            "relationshipId": .string("reported/\(reporter)/\(id)"), "provider": .string(provider), "agentId": agent,
            "queueId": queue, "interactionId": interaction, "from": .string(from.description),
            "to": .string(to.description), "objectId": .string(id), "fetchedAt": .string(timestamp.description),
            "reason": reason,
        ]
        .filter { !$0.value.isNull }
    }

    /// What stays in the record under a system's own names may be no name, number or address of a person.
    private static func requireIdentifiers(_ names: [String: JSONValue]) throws(IntakeError) {
        for (member, value) in names.sorted(by: { $0.key < $1.key }) {
            guard let text = value.string else { continue }
            guard !text.contains(where: \.isWhitespace), RecordedWords.masked(text) == text else {
                throw IntakeError(member, "must be an id without spaces and without what looks like personal data")
            }
        }
    }

    private static func customer(_ members: ReportedMembers) throws(IntakeError) -> Customer? {
        let number = try members.optional("customerId", 128).string
        let identifier = try members.texts("identifier", ["kind", "value"], 256)
        switch (number, identifier) {
        case (let number?, nil): return .number(number)
        case (nil, let identifier?):
            return .identifier(kind: identifier["kind"] ?? "", value: identifier["value"] ?? "")
        case (nil, nil): return nil
        default: throw IntakeError("customerId", "and identifier must not both be there")
        }
    }
}

extension EventIntake {
    /// The relationship with its customer under the name that the gateway writes. A customer's number that nobody knows yet becomes a
    /// customer, as it does when the gateway reads; any other identifier must belong to somebody.
    func relationship(_ members: ReportedMembers, from reporter: String, at timestamp: Timestamp) async throws
        -> [String: JSONValue]
    {
        let reported = try ReportedRelationship(members, reporter: reporter, timestamp: timestamp)
        try members.end()
        var fields = reported.fields
        switch reported.customer {
        case nil: break
        case .number(let number) where CustomerID.isOne(number):
            guard let known = try await identities.codes(ofReported: number, hashes: [:]) else {
                throw IntakeError("customerId", "is nobody who is known")
            }
            fields["customerId"] = .string(known.subject)
        case .number(let number):
            let identifier = try identifier(.customer, number, "customerId")
            fields["customerId"] = .string(
                try await identities.subject(ofCustomerNumber: identifier, source: "reported")
            )
        case .identifier(let kind, let value):
            guard let kind = IdentifierKind(rawValue: kind) else {
                let known = IdentifierKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw IntakeError("identifier.kind", "must be one of \(known)")
            }
            guard let subject = try await identities.knownSubject(of: try identifier(kind, value, "identifier.value"))
            else { throw IntakeError("identifier", "belongs to nobody who is known") }
            fields["customerId"] = .string(subject)
        }
        return fields
    }

    private func identifier(_ kind: IdentifierKind, _ value: String, _ member: String) throws(IntakeError) -> Identifier
    {
        do { return try identities.normaliser.identifier(kind, value) } catch {
            throw IntakeError(member, "is no \(kind.rawValue) that can be read")
        }
    }
}
