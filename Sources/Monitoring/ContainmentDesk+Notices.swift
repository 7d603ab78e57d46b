import Approvals
import Detection
import JSON
import Ledger
import WallTime

/// Where a notice stands on its way to a sink's destination.
public enum NoticeStanding: Sendable, Hashable {
    /// The destination has it, as far as the sink's guarantee goes.
    case arrived
    /// It is on its way.
    case underWay
    /// It will not arrive, for this reason.
    case never(String)

    /// Asks for the entry with an index and a sink by its name.
    public typealias Question = @Sendable (_ index: UInt64, _ sink: String) async throws -> NoticeStanding
}

/// Telling people, the mildest step: an event that sinks bring to whoever is to know, and whose arrival they confirm.
extension ContainmentDesk {
    func notify(_ effect: ContainmentEffect, of id: String) async throws -> ContainmentReport {
        switch effect.action {
        case .readState: return .state(.null, isDone: false)
        case .perform:
            guard let found = try await book().cases[id] else {
                return .failed("the case is not in the record", canRetry: false)
            }
            return .performed(evidence: ["entryIndex": .integer(Int64(clamping: try await giveNotice(of: found)))])
        case .readBack(let evidence): return try await arrival(evidence)
        case .undo: return .failed("nobody can be untold", canRetry: false)
        }
    }

    /// Writes the notice; once, however often it is asked for.
    /// - Returns: its index in the ledger.
    private func giveNotice(of found: ContainmentCase) async throws -> UInt64 {
        let identity = Self.notice(of: found.id)
        if let earlier = try await ledger.events(EventQuery(keys: [.event(identity)], limit: 1)).events.first {
            return earlier.index
        }
        var findings: [JSONValue] = []
        for alert in found.alerts {
            let raised = EventQuery(keys: [.event(Self.raising(alert))], limit: 1)
            let event = try await ledger.events(raised).events.first.flatMap { try? JSONValue(parsing: $0.bytes) }
            findings.append([
                "alertId": .string(alert), "severity": event?["severity"] ?? .null,
                "sentence": event?["sentence"] ?? .null,
            ])
        }
        let event = Event(
            type: .containmentNoticeGiven,
            identity: identity,
            // Another node that does the same writes the same.
            timestamp: found.approvedAt ?? found.proposedAt,
            fields: [
                "containmentId": .string(found.id), "actor": .string(found.approval.requester),
                "step": .string(found.step.rawValue), "targetId": .string(found.target.id),
                "reason": .string(found.reason), "findings": .array(findings),
            ]
        )
        return try await ledger.append(event).index
    }

    private func arrival(_ evidence: JSONValue) async throws -> ContainmentReport {
        guard let index = evidence["entryIndex"]?.integer.flatMap({ UInt64(exactly: $0) }) else {
            return .failed("the record does not say which entry the notice is", canRetry: false)
        }
        guard !policy.noticeSinks.isEmpty else {
            return .failed("detection.containment.noticeSinks names nobody who is to be told", canRetry: false)
        }
        var waiting: [String] = []
        for sink in policy.noticeSinks {
            switch try await notices(index, sink) {
            case .arrived: continue
            case .underWay: waiting.append(sink)
            case .never(let reason):
                return .failed("the notice does not arrive at '\(sink)': \(reason)", canRetry: false)
            }
        }
        return waiting.isEmpty
            ? .readBack(holds: true) : .unknown("the notice has not arrived yet: \(waiting.joined(separator: ", "))")
    }

    /// The notice that a case gives.
    static func notice(of id: String) -> EventIdentity { EventIdentity(producer: "containment", id: "\(id)/notice") }

    /// What raises an alert is the first event of it.
    static func raising(_ alert: String) -> EventIdentity {
        EventIdentity(producer: DetectionEvent.producer, id: "\(alert)/1")
    }
}
