import DeliveryWire
import JSON
import Testing

@Suite("JetStream") struct JetStreamTests {
    /// As a nats-server 2.9.10 answered.
    @Test(
        arguments: [
            (#"{"stream":"M","seq":7}"#, .stored(stream: "M", sequence: 7, isDuplicate: false)),
            (
                #"{"stream":"M","domain":"d","seq":7,"duplicate":true}"#,
                .stored(stream: "M", sequence: 7, isDuplicate: true)
            ),
        ] as [(String, JetStreamReply)]
    ) func whatIsStoredIsSaidToBe(body: String, reply: JetStreamReply) {
        #expect(JetStreamReply(body: Array(body.utf8)) == reply)
    }

    @Test(
        arguments: [
            (400, 10_054, .split), (400, 10_109, .config), (503, 10_077, .throttle), (503, 10_023, .throttle),
            (503, 10_039, .config), (503, 10_008, .retry), (500, 1, .retry), (404, 10_059, .config), (400, 1, .config),
            (400, 10_002, .throttle),
            (400, 10_060, .config), (500, 10_047, .throttle), (400, 10_097, .split), (500, 10_118, .retry),
        ] as [(Int, Int, ReplyClass)]
    ) func everyErrorHasItsClass(code: Int, error: Int, expected: ReplyClass) {
        let body = #"{"error":{"code":\#(code),"err_code":\#(error),"description":"x"},"stream":"M","seq":0}"#
        guard case .refused(let verdict) = JetStreamReply(body: Array(body.utf8)) else {
            Issue.record("it is taken for stored")
            return
        }
        #expect(verdict.replyClass == expected)
    }

    /// Nothing but an acknowledgement of a stream counts as one.
    @Test(arguments: [
        "", "+OK", "{}", "null", "[]", #"{"stream":"M"}"#, #"{"seq":1}"#, #"{"stream":1,"seq":-1}"#, "<html>",
    ])
    func whatIsNoAcknowledgementConfirmsNothing(body: String) {
        guard case .refused(let verdict) = JetStreamReply(body: Array(body.utf8)) else {
            Issue.record("it is taken for stored")
            return
        }
        #expect(verdict.mayBeStored)
    }

    @Test(
        arguments: [
            (">", true), ("muniment.>", true), ("muniment.events.>", true), ("muniment.*.*", true), ("*.*.*", true),
            ("muniment.events.*", true), ("muniment.events", false), ("muniment.*", false),
            ("muniment.events.*.>", false),
            ("other.>", false), ("muniment.events.A", false), ("", false), ("muniment.>.x", false),
        ]
    ) func patternsCover(pattern: String, covers: Bool) {
        #expect(NATSSubject.pattern(pattern, covers: "muniment.events.*") == covers)
    }

    @Test func wordsAndSubjects() {
        #expect(NATSSubject.word("A B.c*>é") == "A_B_c____" && NATSSubject.word("") == "_")
        #expect(NATSSubject.isPublishable("a.b") && NATSSubject.isPublishable(NATSSubject.word("")))
        for text in ["", ".", "a.", ".a", "a..b", "a b", "a.*", "a.>", "é"] {
            #expect(!NATSSubject.isPublishable(text))
        }
    }
}
