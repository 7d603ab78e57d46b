public import JSON
import WallTime

/// What is answered about identities, as JSON: the same on the command line and over HTTP.
extension KnownIdentifier {
    /// As JSON.
    public var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "tokens": .array(tokens.map { .string($0) }),
            "sharing": .string(sharing.rawValue), "assurance": .string(assurance.rawValue), "source": .string(source),
            "decidedBy": .string(isHumanDecision ? "human" : "rule"), "metAs": .string(metAs),
            "since": .string(since.description), "until": until.map { .string($0.description) } ?? .null,
        ]
    }
}

extension KnownMerge {
    /// As JSON.
    public var json: JSONValue {
        [
            "mergeId": .integer(id), "first": .string(first), "second": .string(second), "rule": .string(rule),
            "decidedBy": .string(isHumanDecision ? "human" : "rule"), "since": .string(since.description),
            "until": until.map { .string($0.description) } ?? .null,
        ]
    }
}

extension CustomerExplanation {
    /// As a JSON object's members.
    public var json: [String: JSONValue] {
        [
            "customerId": .string(customer), "ids": .array(ids.map { .string($0) }),
            "identifiers": .array(identifiers.map(\.json)), "merges": .array(merges.map(\.json)),
            "keptApartFrom": .array(apart.map { .string($0) }),
        ]
    }
}

extension IdentityConflict {
    /// As JSON.
    public var json: JSONValue {
        [
            "id": .integer(id), "cause": .string(cause), "customers": .array(customers.map { .string($0) }),
            "found": .string(found.description),
        ]
    }
}
