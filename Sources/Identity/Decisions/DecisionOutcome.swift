public import JSON
import Ledger

/// An event that a decision about customers touches: it was recorded of one of them while something else was believed.
public struct TouchedEvent: Sendable {
    /// Its place in the ledger.
    public let index: UInt64
    /// The event.
    public let event: JSONValue
    /// The customer of whom it was recorded, by the id that this one has now.
    public let customer: String
}

/// What was recorded of the customers whom a decision is about, newest first, so that somebody can look whether it was right:
/// accesses, identifications, alerts, cases.
public struct TouchedEvents: Sendable {
    /// The newest, at most ``most`` of them.
    public internal(set) var list: [TouchedEvent] = []
    /// How many there are.
    public internal(set) var count = 0

    /// Events that are listed with a decision, at most.
    public static let most = 1000
}

/// What came of a merge, or of taking one back.
public struct DecisionResult: Sendable {
    /// The assertion by which a merge is taken back.
    public let mergeID: Int64
    /// The id that stays.
    public let customer: String
    /// The id that redirects since, or is a customer of its own again.
    public let other: String
    /// What was recorded of either.
    public let touched: TouchedEvents

    init(_ outcome: MergeOutcome, _ touched: TouchedEvents) {
        mergeID = outcome.id
        customer = outcome.customer
        other = outcome.absorbed
        self.touched = touched
    }
}

/// What came of a decision that was carried out.
public enum DecisionOutcome: Sendable {
    /// Two customers are one.
    case merged(DecisionResult)
    /// A merge was taken back.
    case unmerged(DecisionResult)
    /// Two customers are kept apart, or no longer.
    case apart(Bool)
    /// Identifiers were linked.
    case linked(LinkResult)
    /// An identifier was taken from a customer.
    case unlinked
    /// How many people use an identifier was decided.
    case shared(Sharing)
    /// A conflict is settled.
    case settled(Int64)
    /// A customer was forgotten.
    case forgotten(ForgetReceipt)
}

/// What came of asking for a decision.
public enum DecisionAnswer: Sendable {
    /// It was carried out.
    case done(DecisionOutcome)
    /// Somebody else has to agree first.
    case proposed(IdentityProposal)
}

extension DecisionOutcome {
    /// As JSON.
    public var json: JSONValue {
        switch self {
        case .merged(let result), .unmerged(let result):
            [
                "mergeId": .integer(result.mergeID), "customerId": .string(result.customer),
                "other": .string(result.other), "touchedCount": .integer(Int64(result.touched.count)),
                "touched": result.touched.json,
            ]
        case .apart(let isApart): ["apart": .bool(isApart)]
        case .linked(let result): .object(result.json)
        case .unlinked: ["unlinked": true]
        case .shared(let sharing): ["sharing": .string(sharing.rawValue)]
        case .settled(let conflict): ["settled": .integer(conflict)]
        case .forgotten(let receipt): .object(receipt.json)
        }
    }

    /// What would come of it, as it is shown before anybody agrees: what is only known afterwards is left out.
    var consequence: [String: JSONValue] {
        var members = json.object ?? [:]
        for name in ["mergeId", "touched", "touchedCount", "receipt", "remains"] { members[name] = nil }
        // The id of somebody new is given out when it is done.
        if case .linked(let result) = self, result.isNew { members["customerId"] = .null }
        return members
    }
}

extension TouchedEvents {
    /// As a JSON array.
    public var json: JSONValue {
        .array(
            list.map {
                [
                    "index": .integer(Int64($0.index)), "recordedOf": .string($0.customer),
                    "eventType": $0.event["eventType"] ?? .null, "timestamp": $0.event["timestamp"] ?? .null,
                    "agentId": $0.event["agentId"] ?? .null, "interactionId": $0.event["interactionId"] ?? .null,
                ]
            }
        )
    }
}

extension LinkResult {
    /// As a JSON object's members.
    var json: [String: JSONValue] {
        [
            "customerId": customer.map { .string($0) } ?? .null, "created": .bool(isNew),
            "linked": .array(linked.map { .string($0.rawValue) }),
            "absorbed": .array(absorbed.map { .string($0) }), "conflicts": .array(conflicts.map { .string($0) }),
            "suppressed": .array(suppressed.map { .string($0.rawValue) }),
        ]
    }
}

extension ForgetReceipt {
    /// As a JSON object's members.
    var json: [String: JSONValue] {
        [
            "receipt": .integer(Int64(entry)), "customers": .array(customers.map { .string($0) }),
            "keysDestroyed": .integer(Int64(keys)), "identifiersErased": .integer(Int64(identifiers)),
            "sharedIdentifiersKept": .integer(Int64(kept)), "tombstones": .integer(Int64(tombstones)),
            "remains": remains.isEmpty ? .null : .string(remains),
        ]
    }
}
