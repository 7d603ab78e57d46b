import FoundationEssentials
import Genesys
import Sandbox
import Testing
import WallTime

@Suite struct ConversationTests {
    private static let minute: Int64 = 60_000
    private static let now = Bench.start

    /// One agent's part in a conversation and what it means at `now`, in minutes relative to now.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var purpose = "agent"
        var joined: Int64? = -10
        var end: Int64?
        var wrapUpStart: Int64?
        var wrapUpEnd: Int64?
        var conversationEnd: Int64?
        let expected: AgentPresence
    }

    private static func at(_ minutes: Int64) -> Int64 { now + minutes * minute }

    static let rows: [Row] = [
        Row(testDescription: "on a live call", expected: .live(since: at(-10))),
        Row(testDescription: "called but not answered", joined: nil, expected: .never),
        Row(testDescription: "called and given up", joined: nil, end: -1, expected: .never),
        Row(testDescription: "joins an hour from now", joined: 60, expected: .never),
        Row(testDescription: "platform's clock is half a minute ahead", joined: 0, expected: .live(since: at(0))),
        Row(testDescription: "left just now, no after-call work", end: -1, expected: .wrapUp(since: at(-1))),
        Row(testDescription: "left at the end of the grace", end: -2, expected: .left(at: at(-2))),
        Row(testDescription: "in after-call work", end: -5, wrapUpStart: -5, expected: .wrapUp(since: at(-5))),
        Row(
            testDescription: "after-call work done",
            end: -5,
            wrapUpStart: -5,
            wrapUpEnd: -4,
            expected: .left(at: at(-4))
        ),
        Row(
            testDescription: "after-call work done within the grace",
            end: -1,
            wrapUpStart: -1,
            wrapUpEnd: 0,
            expected: .left(at: at(0))
        ),
        Row(
            testDescription: "conversation ended, part left open",
            conversationEnd: -7,
            expected: .left(at: at(-7))
        ),
        Row(testDescription: "user instead of agent", purpose: "user", expected: .live(since: at(-10))),
        Row(testDescription: "the customer's part is no agent's", purpose: "customer", expected: .never),
    ]

    @Test(arguments: rows)
    func presence(_ row: Row) {
        let part = ConversationFacts.Participant(
            purpose: row.purpose,
            userID: "AGENT-1",
            connected: row.joined.map(Self.at),
            end: row.end.map(Self.at),
            wrapUpStart: row.wrapUpStart.map(Self.at),
            wrapUpEnd: row.wrapUpEnd.map(Self.at)
        )
        let facts = ConversationFacts(
            id: "c",
            start: Self.at(-11),
            end: row.conversationEnd.map(Self.at),
            participants: [part]
        )
        #expect(facts.presence(ofAgent: "agent-1", at: Self.now, wrapUpGrace: 2 * Self.minute) == row.expected)
        #expect(facts.presence(ofAgent: "agent-2", at: Self.now, wrapUpGrace: 2 * Self.minute) == .never)
    }

    @Test func theBestOfSeveralPartsCounts() {
        func part(_ joined: Int64, _ end: Int64?) -> ConversationFacts.Participant {
            .init(purpose: "agent", userID: "a", connected: Self.at(joined), end: end.map(Self.at))
        }
        func presence(_ parts: [ConversationFacts.Participant]) -> AgentPresence {
            ConversationFacts(id: "c", start: nil, end: nil, participants: parts)
                .presence(ofAgent: "A", at: Self.now, wrapUpGrace: 0)
        }
        #expect(presence([part(-3, nil), part(-30, -20)]) == .live(since: Self.at(-3)))
        #expect(presence([part(-30, -20), part(-19, -9)]) == .left(at: Self.at(-9)))
    }

    @Test func readsTheSandboxesConversations() async throws {
        try await Bench.run { bench in
            let client = bench.client()
            let directory = bench.sandbox.directory
            func presence(_ conversation: String, _ agent: String) async throws -> AgentPresence {
                try await client.conversation(id: conversation)
                    .presence(ofAgent: agent, at: bench.sandbox.clock.now, wrapUpGrace: 0)
            }
            let now = Self.now
            let agent = directory.agentWithLiveCall
            #expect(try await presence(directory.liveConversation.uppercased(), agent) == .live(since: now - 180_000))
            #expect(try await presence(directory.liveConversation, directory.otherAgent) == .never)
            #expect(try await presence(directory.endedConversation, agent) == .left(at: now - 58 * 60_000))
            #expect(try await presence(directory.wrapUpConversation, agent) == .wrapUp(since: now - 60_000))
            #expect(try await presence(directory.ringingConversation, directory.otherAgent) == .never)
            #expect(
                try await presence(directory.transferredConversation, directory.transferredFrom)
                    == .left(at: now - 180_000)
            )
            #expect(
                try await presence(directory.transferredConversation, directory.transferredTo)
                    == .live(since: now - 240_000)
            )
            let live = try await client.conversation(id: directory.liveConversation)
            #expect(live.values(ofAttribute: "customerId") == [directory.customer])
            #expect(live.queueID(ofAgent: agent.uppercased()) == directory.queue)
            #expect(live.description == "Conversation \(directory.liveConversation)")
            let anonymous = try await client.conversation(id: directory.anonymousConversation)
            #expect(anonymous.values(ofAttribute: "customerId").isEmpty)
            for (id, channel) in [
                (directory.chatConversation, ConversationFacts.Channel.chat), (directory.emailConversation, .email),
                (directory.messageConversation, .message), (directory.callbackConversation, .callback),
                (directory.anonymousConversation, .voice),
            ] {
                #expect(try await client.conversation(id: id).channelType(ofAgent: directory.chatAgent) == channel)
            }
        }
    }

    @Test func followsTransferEndAndWrapUp() async throws {
        try await Bench.run { bench in
            let client = bench.client()
            let sandbox = bench.sandbox
            let directory = sandbox.directory
            let id = directory.liveConversation
            func presence(_ agent: String) async throws -> AgentPresence {
                try await client.conversation(id: id).presence(ofAgent: agent, at: sandbox.clock.now, wrapUpGrace: 0)
            }
            sandbox.clock.advance(seconds: 60)
            try sandbox.transfer(id, to: directory.otherAgent)
            #expect(try await presence(directory.agentWithLiveCall) == .wrapUp(since: Self.now + 60_000))
            #expect(try await presence(directory.otherAgent) == .live(since: Self.now + 60_000))
            sandbox.clock.advance(seconds: 60)
            try sandbox.end(id)
            #expect(try await presence(directory.otherAgent) == .wrapUp(since: Self.now + 120_000))
            sandbox.clock.advance(seconds: 60)
            try sandbox.finishWrapUp(id)
            #expect(try await presence(directory.otherAgent) == .left(at: Self.now + 180_000))
            #expect(throws: SandboxError.unknownConversation) { try sandbox.end(id) }
        }
    }

    @Test func survivesWhatItDoesNotKnow() throws {
        let text = """
            {"id":"ABC","startTime":12,"newThing":{"x":[1]},"participants":[
              "nonsense",
              {"purpose":"ghost","calls":"none"},
              {"purpose":"agent","userId":"U-1","attributes":{"a":"b","n":3,"o":{}},
               "calls":[{"state":"teleporting","connectedTime":"2026-01-02T03:00:00.000Z"},7]}]}
            """
        let facts = try JSONDecoder().decode(ConversationFacts.self, from: Data(text.utf8))
        #expect(facts.id == "abc")
        #expect(facts.start == nil)
        #expect(facts.participants.map(\.purpose) == ["ghost", "agent"])
        #expect(facts.participants.last?.attributes == ["a": "b"])
        #expect(facts.participants.last?.connected == Timestamp("2026-01-02T03:00:00.000Z")?.milliseconds)
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(ConversationFacts.self, from: Data(#"{"startTime":null}"#.utf8))
        }
    }
}
