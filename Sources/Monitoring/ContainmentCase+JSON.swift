import Approvals
public import Detection
public import JSON
public import WallTime

extension ContainmentCase {
    /// The case for people and programs.
    public var json: JSONValue { .object(members) }

    /// The case with everything that happened to it, oldest first.
    public func json(with history: [ContainmentEvent]) -> JSONValue {
        var members = members
        members["priorState"] = priorState ?? .null
        members["history"] = .array(
            history.map { event in
                var fields = event.fields
                fields["eventType"] = .string(event.kind.rawValue)
                fields["timestamp"] = .string(event.time.description)
                fields["actor"] = .string(event.actor)
                return .object(fields)
            }
        )
        return .object(members)
    }

    private var members: [String: JSONValue] {
        [
            "caseId": .string(id), "step": .string(step.rawValue), "targetId": .string(target.id),
            "phase": .string(phase.rawValue), "effect": .string(effect), "requester": .string(approval.requester),
            "reason": .string(reason), "alerts": .array(alerts.map { .string($0) }),
            "warnings": .array(warnings.map { .string($0) }),
            "approvalsNeeded": .integer(Int64(approval.needed)),
            "approvers": .array(approval.approvers.map { .string($0) }), "proposedAt": .string(proposedAt.description),
            "expiresAt": approval.needed > 0 ? .string(approval.expiresAt.description) : .null,
            "undoAt": undoAt.map { .string($0.description) } ?? .null,
            "retryAt": retryAt.map { .string($0.description) } ?? .null,
            "endedBy": endedBy.map { .string($0) } ?? .null, "problem": problem.map { .string($0) } ?? .null,
        ]
    }
}

extension ContainmentPreview {
    /// The dry run for programs.
    public var json: JSONValue {
        .object([
            "consequence": .string(consequence), "approvalsNeeded": .integer(Int64(approvalsNeeded)),
            "reversible": .bool(isReversible), "liveCall": hasLiveCall.map { .bool($0) } ?? .null,
            "facts": .array(facts.map { .string($0) }), "warnings": .array(warnings.map { .string($0) }),
            "identitiesLeft": .integer(Int64(identitiesLeft)),
            "obstacle": obstacle.map { .string($0.description) } ?? .null,
        ])
    }

    /// The dry run for people, a line each.
    public var lines: [String] {
        let call =
            switch hasLiveCall {
            case true?: "the agent is in a conversation now"
            case false?: "the agent is in none of the conversations seen lately"
            case nil: "whether the agent is in a conversation cannot be told"
            }
        return [
            consequence, isReversible ? "it can be taken back" : "it cannot be taken back",
            "people who have to agree, besides whoever asks: \(approvalsNeeded)", call,
        ] + facts + warnings.map { "warning: \($0)" } + ["identities left within the hour: \(identitiesLeft)"]
            + (obstacle.map { ["it would be refused: \($0)"] } ?? [])
    }
}

extension ContainmentProposal {
    /// An id for a case whose caller chose none.
    public static func newID(_ now: Timestamp) -> String {
        "c-\(now.milliseconds)-\(UInt16.random(in: .min ... .max))"
    }
}
