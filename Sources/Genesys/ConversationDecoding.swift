import WallTime

extension ConversationFacts: Decodable {
    /// Reads `Conversation` of the API. Only the id must be there; what cannot be read is left out.
    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        self.init(
            id: wire.id,
            start: wire.startTime.instant,
            end: wire.endTime.instant,
            participants: wire.participants.elements().map(\.participant)
        )
    }

    private struct Wire: Decodable {
        let id: String
        let startTime, endTime: Lenient<String>?
        let participants: Lenient<[Lenient<WireParticipant>]>?
    }

    private struct WireParticipant: Decodable {
        let purpose, userId, queueId, externalContactId: Lenient<String>?
        let connectedTime, endTime, startAcwTime, endAcwTime: Lenient<String>?
        let attributes: Lenient<[String: Lenient<String>]>?
        let calls, chats, emails, messages, callbacks: Lenient<[Lenient<WireLeg>]>?

        var participant: Participant {
            let media: [(Channel, Lenient<[Lenient<WireLeg>]>?)] = [
                (.voice, calls), (.chat, chats), (.email, emails), (.message, messages), (.callback, callbacks),
            ]
            let legs = media.flatMap { channel, wire in
                wire.elements().map {
                    Leg(
                        channel: channel,
                        connected: $0.connectedTime.instant,
                        disconnected: $0.disconnectedTime.instant
                    )
                }
            }
            return Participant(
                purpose: purpose.plain() ?? "",
                userID: userId.plain(),
                queueID: queueId.plain(),
                externalContactID: externalContactId.plain(),
                // The media know better than nothing when the participant itself carries no times.
                connected: connectedTime.instant ?? legs.compactMap(\.connected).min(),
                end: endTime.instant ?? Self.end(of: legs),
                wrapUpStart: startAcwTime.instant,
                wrapUpEnd: endAcwTime.instant,
                attributes: (attributes.plain() ?? [:]).compactMapValues(\.value),
                legs: legs
            )
        }

        /// The last disconnection, if all media are disconnected.
        private static func end(of legs: [Leg]) -> Int64? {
            let ends = legs.compactMap(\.disconnected)
            return ends.count == legs.count ? ends.max() : nil
        }
    }

    private struct WireLeg: Decodable {
        let connectedTime, disconnectedTime: Lenient<String>?
    }
}

extension Optional where Wrapped == Lenient<String> {
    /// The instant in the text, in milliseconds since 1970.
    fileprivate var instant: Int64? {
        plain().flatMap { Timestamp($0)?.milliseconds }
    }
}
