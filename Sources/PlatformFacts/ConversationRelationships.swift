internal import Genesys
internal import JSON
internal import WallTime

/// How a conversation ties an agent, or the agents of a queue, to its customer for some time.
struct ConversationRelationship: Hashable {
    /// In the words of detection's explanations.
    enum Provider: String {
        case liveParticipant = "live_participant"
        case afterCallWork = "after_call_work"
        case callback, outbound, consult, supervisor
    }

    let id: String
    let provider: Provider
    var agent: String?
    var queue: String?
    let from: Timestamp
    /// Nil while it lasts.
    let to: Timestamp?
    var mode: String?
}

extension ConversationDetails {
    /// Activities in which an agent sees or hears the customer.
    private static let contact: Set<String> = [
        "interact", "hold", "dialing", "contacting", "transmitting", "voicemail",
    ]
    private static let supervision: Set<String> = ["monitoring", "coaching", "barging"]

    /// What ties agents to the customer.
    var relationships: [ConversationRelationship] {
        let agents = participants.filter { $0.userID != nil && ($0.purpose == "agent" || $0.purpose == "user") }
        var found: [ConversationRelationship] = []
        for participant in agents { found += relationships(of: participant, among: agents) }
        for participant in participants where participant.userID == nil { found += callbacks(waitingWith: participant) }
        return found
    }

    private func relationships(of participant: Participant, among agents: [Participant]) -> [ConversationRelationship] {
        var found: [ConversationRelationship] = []
        func add(
            _ provider: ConversationRelationship.Provider,
            _ span: (from: Timestamp, to: Timestamp?)?,
            mode: String? = nil
        ) {
            guard let span else { return }
            found.append(
                ConversationRelationship(
                    id: "\(id)/\(participant.id)/\(provider.rawValue)",
                    provider: provider,
                    agent: participant.userID,
                    from: span.from,
                    to: span.to,
                    mode: mode
                )
            )
        }
        let supervising = participant.sessions.filter { session in
            session.supervises != nil || session.segments.contains { Self.supervision.contains($0.type.lowercased()) }
        }
        let kind = supervising.lazy.flatMap(\.segments).first { Self.supervision.contains($0.type.lowercased()) }
        add(.supervisor, Self.span(supervising) { _ in true }, mode: kind?.type.lowercased() ?? "monitoring")
        let own = participant.sessions.filter { !supervising.contains($0) }
        if let contact = Self.span(own, where: { Self.contact.contains($0.type.lowercased()) }) {
            let mode = joining(participant, at: contact.from, among: agents)
            add(mode == nil ? .liveParticipant : .consult, contact, mode: mode)
        }
        add(.afterCallWork, Self.span(own) { $0.type.lowercased() == "wrapup" })
        if own.contains(where: { $0.campaignID != nil }) { add(.outbound, Self.span(own) { _ in true }) }
        if let due = own.compactMap(\.callbackScheduled).min() {
            let whole = Self.span(own) { _ in true }
            add(.callback, (due, whole.map { $0.to.map { max($0, due) } } ?? nil))
        }
        return found
    }

    /// Callbacks that wait in a queue belong to its agents.
    private func callbacks(waitingWith participant: Participant) -> [ConversationRelationship] {
        participant.sessions.compactMap { session in
            guard session.mediaType.lowercased() == "callback", let due = session.callbackScheduled,
                let queue = session.segments.lazy.compactMap(\.queueID).first
            else { return nil }
            let end = Self.span([session]) { _ in true }?.to ?? end
            return ConversationRelationship(
                id: "\(id)/\(participant.id)/callback",
                provider: .callback,
                queue: queue,
                from: due,
                to: end.map { max($0, due) }
            )
        }
    }

    /// How an agent came to a conversation that had one already; nil for the first.
    private func joining(_ participant: Participant, at moment: Timestamp, among agents: [Participant]) -> String? {
        let before = agents.filter { other in
            other.id != participant.id && other.userID != participant.userID
                && Self.span(other.sessions, where: { Self.contact.contains($0.type.lowercased()) }).map {
                    $0.from < moment
                } ?? false
        }
        guard !before.isEmpty else { return nil }
        let segments = participant.sessions.flatMap(\.segments)
        if segments.contains(where: \.isConference) { return "conference" }
        let handedOver = before.lazy.flatMap(\.sessions).flatMap(\.segments).contains {
            $0.disconnectType?.lowercased().contains("transfer") ?? false
        }
        return handedOver ? "transfer" : "consult"
    }

    /// From the first to the last of the segments that fit; without an end when one of them lasts.
    private static func span(
        _ sessions: [Session],
        where fits: (Segment) -> Bool
    ) -> (from: Timestamp, to: Timestamp?)? {
        let segments = sessions.lazy.flatMap(\.segments).filter(fits)
        guard let from = segments.map(\.start).min() else { return nil }
        return (from, segments.contains { $0.end == nil } ? nil : segments.compactMap(\.end).max())
    }
}
