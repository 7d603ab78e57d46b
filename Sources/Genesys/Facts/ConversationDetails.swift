public import WallTime

/// What analytics says of a conversation: who took part, in which way, and when.
///
/// Participants' attributes are not part of it: the platform leaves them out of this reply. Numbers, addresses and names that are
/// part of it are not read.
public struct ConversationDetails: Sendable, Hashable, Decodable {
    /// A stretch of one activity.
    public struct Segment: Sendable, Hashable, Decodable {
        /// Such as `interact`, `hold`, `alert`, `wrapup`, `monitoring`, `coaching`, `barging`, `callback`, `scheduled`.
        public let type: String
        /// When it began.
        public let start: Timestamp
        /// When it ended; nil while it lasts.
        public let end: Timestamp?
        /// The queue, lower case.
        public let queueID: String?
        /// Whether it was a conference.
        public let isConference: Bool
        /// How the session ended with it, such as `client`, `transfer`, `consultTransfer`.
        public let disconnectType: String?

        /// Reads `AnalyticsConversationSegment` of the API.
        public init(from decoder: any Decoder) throws {
            let wire = try Wire(from: decoder)
            guard let start = wire.segmentStart.moment else { throw Unreadable() }
            self.start = start
            type = wire.segmentType.plain() ?? ""
            end = wire.segmentEnd.moment
            queueID = wire.queueId.plain()?.lowercased()
            isConference = wire.conference.plain() ?? false
            disconnectType = wire.disconnectType.plain()
        }

        private struct Wire: Decodable {
            let segmentType, segmentStart, segmentEnd, queueId, disconnectType: Lenient<String>?
            let conference: Lenient<Bool>?
        }
    }

    /// One medium of a participant.
    public struct Session: Sendable, Hashable, Decodable {
        /// Such as `voice`, `chat`, `email`, `message`, `callback`.
        public let mediaType: String
        /// When a callback was to be made.
        public let callbackScheduled: Timestamp?
        /// The campaign that began it.
        public let campaignID: String?
        /// The participant who is listened to, coached or joined, if it is such a session.
        public let supervises: String?
        /// The activities, in the platform's order.
        public let segments: [Segment]

        /// Reads `AnalyticsSession` of the API.
        public init(from decoder: any Decoder) throws {
            let wire = try Wire(from: decoder)
            mediaType = wire.mediaType.plain() ?? ""
            callbackScheduled = wire.callbackScheduledTime.moment
            campaignID = wire.outboundCampaignId.plain()
            supervises =
                wire.monitoredParticipantId.plain() ?? wire.coachedParticipantId.plain()
                ?? wire.bargedParticipantId.plain()
            segments = wire.segments.elements()
        }

        private struct Wire: Decodable {
            let mediaType, callbackScheduledTime, outboundCampaignId: Lenient<String>?
            let monitoredParticipantId, coachedParticipantId, bargedParticipantId: Lenient<String>?
            let segments: Lenient<[Lenient<Segment>]>?
        }
    }

    /// Somebody or something that took part.
    public struct Participant: Sendable, Hashable, Decodable {
        /// Its id within the conversation.
        public let id: String
        /// Role, such as `customer`, `agent`, `user`, `acd`.
        public let purpose: String
        /// Id of the user, lower case, if it is one.
        public let userID: String?
        /// Its media.
        public let sessions: [Session]

        /// Reads `AnalyticsParticipant` of the API.
        public init(from decoder: any Decoder) throws {
            let wire = try Wire(from: decoder)
            id = wire.participantId
            purpose = wire.purpose.plain() ?? ""
            userID = wire.userId.plain()?.lowercased()
            sessions = wire.sessions.elements()
        }

        private struct Wire: Decodable {
            let participantId: String
            let purpose, userId: Lenient<String>?
            let sessions: Lenient<[Lenient<Session>]>?
        }
    }

    private struct Unreadable: Error {}

    /// Id of the conversation, lower case.
    public let id: String
    /// When it began.
    public let start: Timestamp?
    /// When it ended; nil while it lasts.
    public let end: Timestamp?
    /// All participants, in the platform's order.
    public let participants: [Participant]

    /// Reads `AnalyticsConversation` of the API. Only the id must be there; what cannot be read is left out.
    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        id = wire.conversationId.lowercased()
        start = wire.conversationStart.moment
        end = wire.conversationEnd.moment
        participants = wire.participants.elements()
    }

    private struct Wire: Decodable {
        let conversationId: String
        let conversationStart, conversationEnd: Lenient<String>?
        let participants: Lenient<[Lenient<Participant>]>?
    }
}

/// One page of conversations.
public struct ConversationPage: Sendable, Decodable {
    /// The conversations that could be read.
    public let conversations: [ConversationDetails]
    /// Rows on the page, those that could not be read included.
    public let rows: Int
    /// How many fit the query.
    public let total: Int

    /// Reads `AnalyticsConversationQueryResponse` of the API, which has no `conversations` where there are none.
    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        let rows = wire.conversations?.value ?? []
        conversations = rows.compactMap(\.value)
        self.rows = rows.count
        total = wire.totalHits.plain() ?? rows.count
    }

    private struct Wire: Decodable {
        let conversations: Lenient<[Lenient<ConversationDetails>]>?
        let totalHits: Lenient<Int>?
    }
}

extension Optional where Wrapped == Lenient<String> {
    /// The moment in the text.
    var moment: Timestamp? { plain().flatMap { Timestamp($0) } }
}
