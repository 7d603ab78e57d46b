public import Detection
public import JSON
import WallTime

extension ContainmentCase {
    /// The case for people and programs.
    public var json: JSONValue {
        .object([
            "caseId": .string(id), "step": .string(step.rawValue), "targetId": .string(target.id),
            "phase": .string(phase.rawValue), "requester": .string(requester), "reason": .string(reason),
            "alerts": .array(alerts.map { .string($0) }), "proposedAt": .string(proposedAt.description),
            "undoAt": undoAt.map { .string($0.description) } ?? .null,
            "endedBy": endedBy.map { .string($0) } ?? .null, "problem": problem.map { .string($0) } ?? .null,
        ])
    }
}
