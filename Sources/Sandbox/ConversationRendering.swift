import Genesys
import WallTime

extension ConversationFacts {
    /// `Conversation` of the API. User ids are written in upper case, because the platform does not keep to one letter
    /// case.
    var json: JSON {
        [
            "id": .string(id), "startTime": .instant(start), "endTime": .instant(end),
            "participants": .array(participants.enumerated().map { $1.json(number: $0) }), "divisions": [],
            "recordingState": "NONE", "securePause": false, "selfUri": .string("/api/v2/conversations/\(id)"),
        ]
    }
}

extension ConversationFacts.Participant {
    fileprivate func json(number: Int) -> JSON {
        var members: [JSON.Member] = [
            .init(name: "id", value: .string("participant-\(number + 1)")),
            .init(name: "purpose", value: .string(purpose)),
        ]
        func add(_ name: String, _ value: JSON) {
            if value != .null { members.append(.init(name: name, value: value)) }
        }
        add("userId", userID.map { .string($0.uppercased()) } ?? .null)
        add("queueId", queueID.map { .string($0) } ?? .null)
        add("externalContactId", externalContactID.map { .string($0) } ?? .null)
        add("connectedTime", .instant(connected))
        add("endTime", .instant(end))
        add("startAcwTime", .instant(wrapUpStart))
        add("endAcwTime", .instant(wrapUpEnd))
        add(
            "attributes",
            .object(attributes.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: .string($0.value)) })
        )
        for channel in ConversationFacts.Channel.allCases {
            add(channel.property, .array(legs.filter { $0.channel == channel }.map(\.json)))
        }
        return .object(members)
    }
}

extension ConversationFacts.Leg {
    fileprivate var json: JSON {
        let state =
            if disconnected != nil { "disconnected" } else if connected != nil { "connected" } else { "alerting" }
        return [
            "state": .string(state), "held": false, "connectedTime": .instant(connected),
            "disconnectedTime": .instant(disconnected),
        ]
    }
}

extension ConversationFacts.Channel {
    /// The list of a participant that holds legs of this channel.
    fileprivate var property: String {
        switch self {
        case .voice: "calls"
        case .chat: "chats"
        case .email: "emails"
        case .message: "messages"
        case .callback: "callbacks"
        }
    }
}

extension JSON {
    /// An instant of milliseconds since 1970 as the platform writes it.
    fileprivate static func instant(_ value: Int64?) -> JSON {
        value.map { .string(Timestamp(milliseconds: $0).description) } ?? .null
    }
}
