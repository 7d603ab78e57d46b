import HTTPTypes
import Hummingbird
import Identity
import JSON

extension TextRule {
    /// An identifier as people write it; what it must look like is for the normaliser to say.
    static let identifier = TextRule(length: 1...512, others: nil)
    /// A global customer id.
    static let globalID = TextRule(length: 1...64, others: "_")
    /// A word of another system, such as a channel, a source or a queue.
    static let word = TextRule(length: 1...128, others: nil)
    /// A sink's name, or another that an export was made for.
    static let recipient = TextRule(length: 1...63, others: "-")
    /// An ISO 3166-1 code.
    static let region = TextRule(length: 2...2, others: "")
}

/// An identifier that was not taken, and why.
struct RefusedIdentifier: Sendable {
    let kind: IdentifierKind
    let reason: IdentifierRefusal.Reason

    var json: JSONValue { ["kind": .string(kind.rawValue), "reason": .string(reason.rawValue)] }
}

extension JSONBody {
    static let identifierMembers = ["kind", "value", "region"]
    private static let mostIdentifiers = 50

    /// This object as an identifier: `{"kind": "phone", "value": "…", "region": "DE"}`.
    func identifier(_ normaliser: Normaliser) throws -> Identifier {
        let kind = try Self.required("kind", try choice("kind", IdentifierKind.self))
        let value = try Self.required("value", try text("value", .identifier))
        return try normaliser.identifier(kind, value, region: try text("region", .region))
    }

    /// A list of identifiers; those that cannot be read are named with their reason.
    func identifiers(_ normaliser: Normaliser) throws -> (taken: [Identifier], refused: [RefusedIdentifier]) {
        let bodies = try objects("identifiers", known: Self.identifierMembers, most: Self.mostIdentifiers)
        var taken: [Identifier] = []
        var refused: [RefusedIdentifier] = []
        for body in try Self.required("identifiers", bodies) {
            do {
                taken.append(try body.identifier(normaliser))
            } catch let refusal as IdentifierRefusal {
                refused.append(RefusedIdentifier(kind: refusal.kind, reason: refusal.reason))
            }
        }
        return (taken, refused)
    }

    /// A customer: `{"customerId": "cust_…"}` or `{"identifier": {…}}`.
    func reference(_ normaliser: Normaliser) throws -> CustomerReference {
        switch (try text("customerId", .globalID), try object("identifier", known: Self.identifierMembers)) {
        case (let id?, nil): return .customer(id)
        case (nil, let identifier?): return .identifier(try identifier.identifier(normaliser))
        default: throw Refusal(.missingField, "either customerId or identifier")
        }
    }

    /// A customer under a name.
    func reference(_ name: String, _ normaliser: Normaliser) throws -> CustomerReference {
        try Self.required(name, try object(name, known: ["customerId", "identifier"])).reference(normaliser)
    }

    /// Who decides, and why: a decision without a reason is no decision.
    func decision(by client: String) throws(Refusal) -> IdentityActor {
        IdentityActor(name: client, reason: try Self.required("reason", try text("reason", .reason)))
    }
}
