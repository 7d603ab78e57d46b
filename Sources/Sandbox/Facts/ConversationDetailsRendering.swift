import Genesys
import WallTime

extension ConversationFacts {
    /// `AnalyticsConversation` of the API, without attributes.
    func details(_ facts: SandboxFacts) -> JSON {
        var list = participants.enumerated().map { number, participant in
            participant.details(number: number, of: self, due: facts.callbacksDue[id])
        }
        for (number, supervision) in (facts.supervisions[id] ?? []).enumerated() {
            list.append(details(of: supervision, number: number))
        }
        var members: [JSON.Member] = [
            .init(name: "conversationId", value: .string(id)), .init(name: "participants", value: .array(list)),
        ]
        if let start { members.append(.init(name: "conversationStart", value: .moment(start))) }
        if let end { members.append(.init(name: "conversationEnd", value: .moment(end))) }
        return .object(members)
    }

    /// Somebody who listens to the conversation, until it ends.
    private func details(of supervision: SandboxFacts.Supervision, number: Int) -> JSON {
        var segment: [JSON.Member] = [
            .init(name: "segmentType", value: .string(supervision.kind)),
            .init(name: "segmentStart", value: .moment(supervision.from)), .init(name: "conference", value: false),
        ]
        if let end { segment.append(.init(name: "segmentEnd", value: .moment(end))) }
        let agent = participants.lastIndex { $0.purpose == "agent" } ?? 0
        return [
            "participantId": .string("supervisor-\(number + 1)"), "purpose": "user",
            "userId": .string(supervision.user),
            "sessions": [
                [
                    "mediaType": "voice", "sessionId": .string("\(id)-s\(number)"),
                    "monitoredParticipantId": .string("participant-\(agent + 1)"), "segments": [.object(segment)],
                ]
            ],
        ]
    }
}

extension ConversationFacts.Participant {
    fileprivate func details(number: Int, of conversation: ConversationFacts, due: Int64?) -> JSON {
        var members: [JSON.Member] = [
            .init(name: "participantId", value: .string("participant-\(number + 1)")),
            .init(name: "purpose", value: .string(purpose)),
        ]
        if let userID { members.append(.init(name: "userId", value: .string(userID))) }
        let sessions = legs.enumerated().map { place, leg -> JSON in
            let isLast = place == legs.count - 1
            var session: [JSON.Member] = [
                .init(name: "mediaType", value: .string(leg.channel.rawValue)),
                .init(name: "direction", value: "inbound"),
                .init(name: "segments", value: .array(segments(leg, isLast, conversation))),
            ]
            // It waits with the queue's distributor until an agent has it.
            let isWaiting = purpose == "acd" && !conversation.participants.contains { $0.purpose == "agent" }
            if leg.channel == .callback, let due, purpose == "agent" || isWaiting {
                session.append(.init(name: "callbackScheduledTime", value: .moment(due)))
            }
            return .object(session)
        }
        members.append(.init(name: "sessions", value: .array(sessions)))
        return .object(members)
    }

    private func segments(
        _ leg: ConversationFacts.Leg,
        _ isLast: Bool,
        _ conversation: ConversationFacts
    ) -> [JSON] {
        func segment(_ type: String, _ from: Int64, _ to: Int64?, _ more: [JSON.Member] = []) -> JSON {
            var members: [JSON.Member] = [
                .init(name: "segmentType", value: .string(type)), .init(name: "segmentStart", value: .moment(from)),
                .init(name: "conference", value: false),
            ]
            if let to { members.append(.init(name: "segmentEnd", value: .moment(to))) }
            if let queueID { members.append(.init(name: "queueId", value: .string(queueID))) }
            return .object(members + more)
        }
        guard let connected = leg.connected else {
            return [segment(leg.channel == .callback ? "scheduled" : "alert", conversation.start ?? 0, end)]
        }
        var ending: [JSON.Member] = []
        if let left = leg.disconnected {
            let isHandedOver = conversation.participants.contains {
                $0.purpose == "agent" && $0.userID != userID && $0.connected == left
            }
            ending = [.init(name: "disconnectType", value: isHandedOver ? "transfer" : "client")]
        }
        var segments = [segment("interact", connected, leg.disconnected, ending)]
        if isLast, let wrapUpStart { segments.append(segment("wrapup", wrapUpStart, wrapUpEnd)) }
        return segments
    }
}

extension JSON {
    fileprivate static func moment(_ milliseconds: Int64) -> JSON {
        .string(Timestamp(milliseconds: milliseconds).description)
    }
}
