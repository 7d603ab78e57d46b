internal import JSON
public import WallTime

/// What the passing of time calls for.
extension ContainmentBook {
    /// The events about cases that wait for the end of a call: one whenever the reason changes, and the failure of those of whose
    /// call nobody could tell for too long.
    public func awaiting(_ calls: [String: Bool], at now: Timestamp) -> [ContainmentEvent] {
        cases.keys.sorted().compactMap { id in
            guard let found = cases[id], found.waitsForCallEnd, found.phase == .executing else { return nil }
            switch calls[found.target.id] {
            case false?: return nil
            case true? where found.awaitsLiveCall: return nil
            case true?:
                return event(
                    .callAwaited,
                    id,
                    now,
                    DetectionEvent.producer,
                    ["call": "live", "problem": "the agent is in a conversation: it waits for the end"]
                )
            case nil:
                let longest = ContainmentCase.longestUnknownCallSeconds
                guard let since = found.callUnknownSince else {
                    let until = now.adding(seconds: longest)
                    let problem =
                        "whether the agent is in a conversation cannot be told: held back until \(until) at the most"
                    return event(
                        .callAwaited,
                        id,
                        now,
                        DetectionEvent.producer,
                        ["call": "unknown", "problem": .string(problem), "until": .string(until.description)]
                    )
                }
                guard now >= since.adding(seconds: longest) else { return nil }
                var fields: [String: JSONValue] = [
                    "problem": .string(
                        "for \(longest / 60) minutes nobody could tell whether the agent is in a conversation, so it was not done: "
                            + "look at the agent, and propose it anew without waiting for a call"
                    )
                ]
                if found.attempts == 0 { fields["begun"] = false }
                return event(.failed, id, now, DetectionEvent.producer, fields)
            }
        }
    }

    /// The events that timers call for.
    public func expired(at now: Timestamp) -> [ContainmentEvent] {
        cases.keys.sorted().compactMap { id in
            guard let found = cases[id] else { return nil }
            if found.isExpired(at: now) { return event(.expired, id, now, DetectionEvent.producer, [:]) }
            guard found.isUndoDue(at: now), !isWantedByAnother(found, at: now) else { return nil }
            return event(.undoRequested, id, now, DetectionEvent.producer, ["reason": "its time was over"])
        }
    }

    /// Whether a later case wants the state that one which came to no good end may have left: its own end is the one that counts.
    private func isWantedByAnother(_ found: ContainmentCase, at now: Timestamp) -> Bool {
        guard found.isOver else { return false }
        return cases.values.contains { other in
            guard other.step == found.step, other.target.id == found.target.id, other.proposedAt > found.proposedAt,
                other.undoAt.map({ now < $0 }) ?? true
            else { return false }
            switch other.phase {
            case .executing, .verifying, .effective, .alreadyDone: return true
            default: return false
            }
        }
    }
}
