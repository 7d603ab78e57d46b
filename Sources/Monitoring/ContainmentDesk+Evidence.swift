import Detection
import JSON
public import Ledger
import WallTime

/// What the record has of a case, for those who have to be shown it.
extension ContainmentDesk {
    /// The entries of a case, in the order of the ledger: the alerts that led to it, its proposal, approvals, the state before, what was
    /// done, what reading back showed and its undoing, and the notice that it gave.
    /// - Throws: ``ContainmentError/unknownCase(_:)``.
    public func evidence(of id: String) async throws -> [StoredEvent] {
        guard let found = try await book().cases[id] else { throw ContainmentError.unknownCase(id) }
        var entries: [StoredEvent] = []
        for event in try await history(of: id) { entries.append(try await entry(of: event)) }
        for identity in found.alerts.map(Self.raising) + [Self.notice(of: id)] {
            entries += try await ledger.events(EventQuery(keys: [.event(identity)], limit: 1)).events
        }
        return entries.sorted { $0.index < $1.index }
    }

    /// The entry of an event. Who wrote it is not kept beside it, so it is looked for by its kind and time.
    private func entry(of event: ContainmentEvent) async throws -> StoredEvent {
        var query = EventQuery(
            keys: [IndexKey(.eventType, event.kind.rawValue)],
            from: event.time,
            to: Timestamp(milliseconds: event.time.milliseconds + 1)
        )
        repeat {
            let page = try await ledger.events(query)
            for candidate in page.events {
                guard let told = (try? JSONValue(parsing: candidate.bytes)).flatMap({ ContainmentEvent($0) }) else {
                    continue
                }
                if told.caseID == event.caseID, told.number == event.number { return candidate }
            }
            query.before = page.next
        } while query.before != nil
        throw LedgerError.inconsistent("event \(event.number) of containment \(event.caseID) is not in the ledger")
    }
}
