import DeliveryWire
import Testing
import WallTime

@Suite struct HECReplyTests {
    static func verdict(_ status: Int, _ body: String, count: Int = 10) -> Verdict {
        HECReply(status: status, body: Array(body.utf8)).verdict(count: count)
    }

    /// Every code of the table of recorded and documented replies.
    @Test(arguments: [
        (200, 0, ReplyClass.ok, false), (200, 24, .ok, false), (200, 25, .ok, false), (403, 1, .auth, false),
        (401, 2, .auth, false), (401, 3, .auth, false), (403, 4, .auth, false), (400, 7, .config, false),
        (400, 10, .config, false), (400, 28, .config, false), (400, 11, .config, false), (400, 14, .config, false),
        (400, 16, .config, false), (400, 5, .config, false), (400, 6, .split, false), (400, 12, .split, false),
        (400, 13, .split, false), (400, 15, .split, false), (500, 8, .retry, true), (503, 9, .throttle, false),
        (503, 18, .throttle, false), (503, 19, .throttle, false), (503, 20, .throttle, false),
        (503, 23, .throttle, false), (429, 26, .throttle, false), (429, 27, .throttle, false),
        (404, 404, .config, false), (405, 405, .config, false),
    ])
    func codes(status: Int, code: Int, replyClass: ReplyClass, mayBeStored: Bool) {
        let verdict = Self.verdict(status, #"{"text":"t","code":\#(code)}"#)
        #expect(verdict.replyClass == replyClass)
        #expect(verdict.mayBeStored == mayBeStored)
        #expect(verdict.asksToSlowDown == [24, 25].contains(code))
    }

    /// Replies that are not Splunk's JSON: proxies, load balancers, login pages.
    @Test(arguments: [
        (200, ReplyClass.config), (204, .config), (301, .config), (302, .config), (400, .retry), (401, .auth),
        (403, .auth),
        (404, .config), (408, .retry), (413, .split), (415, .config), (429, .throttle), (500, .retry), (502, .retry),
        (503, .throttle), (504, .retry), (599, .retry), (100, .retry), (0, .retry), (999, .retry),
    ])
    func html(status: Int, replyClass: ReplyClass) {
        for body in ["<html><body>no</body></html>", "", "{", "[]", "null", #"{"code":"0"}"#] {
            let verdict = Self.verdict(status, body)
            #expect(verdict.replyClass == replyClass)
            #expect(verdict.replyClass != .ok, "a success is only what says code 0")
        }
    }

    @Test func aRefusalTellsWhatIsStored() {
        for code in [6, 12, 13, 15] {
            let body = #"{"text":"x","code":\#(code),"invalid-event-number":3}"#
            #expect(Self.verdict(400, body).hint == .stored(prefix: 3))
            #expect(Self.verdict(400, body, count: 3).hint == .none, "beyond the request")
        }
        // Over the limit of Splunk Cloud: code 6 that names the first event of many. It proves nothing of that event.
        let large = Self.verdict(400, #"{"text":"Invalid data format","code":6,"invalid-event-number":0}"#)
        #expect(large.replyClass == .split && large.hint == .none)
        #expect(Self.verdict(400, #"{"code":6,"invalid-event-number":-1}"#).hint == .none)
        #expect(Self.verdict(503, #"{"code":9,"invalid-event-number":3}"#).hint == .none)
    }

    @Test func aRefusalMayCarryAnAcknowledgementToo() {
        let reply = HECReply(status: 400, body: Array(#"{"code":6,"invalid-event-number":2,"ackId":17}"#.utf8))
        #expect(reply.acknowledgement == 17)
        #expect(reply.invalidEvent == 2)
    }

    @Test func withoutAnIdNothingOfARefusedRequestIsKnownToBeStored() {
        let body = #"{"code":6,"invalid-event-number":2}"#
        let verdict = HECReply(status: 400, body: Array(body.utf8)).verdict(count: 5, acknowledges: true)
        #expect(verdict.replyClass == .split && verdict.hint == .near(2) && verdict.mayBeStored)
        let taken = HECReply(status: 400, body: Array(body.utf8)).verdict(count: 5)
        #expect(taken.hint == .stored(prefix: 2) && !taken.mayBeStored)
    }

    @Test(arguments: [400, 402, 406, 418, 451]) func aPageOfAProxyRefusesNoEvent(status: Int) {
        #expect(Self.verdict(status, "<html><body>Bad Request</body></html>").replyClass == .retry)
        #expect(Self.verdict(413, "<html>").replyClass == .split)
        #expect(ReplyTable.datadog(status: 400, body: Array("<html>".utf8)).replyClass == .retry)
        #expect(ReplyTable.datadog(status: 400, body: Array(#"{"errors":[]}"#.utf8)).replyClass == .split)
    }

    @Test func everyTransportFailureHasAVerdictThatKeepsTheRecords() {
        for failure in TransportFailure.allCases {
            #expect([.retry, .config].contains(failure.verdict.replyClass))
        }
        #expect(TransportFailure.noReply.verdict.mayBeStored)
        #expect(!TransportFailure.notConnected.verdict.mayBeStored)
    }

    @Test func noStatusIsWithoutAClassInAnyTable() {
        for table in [ReplyTable.splunkHEC, .datadogLogs, .webhook] {
            for status in 0...1000 {
                for code in [nil, 0, 5, 6, 9, 14, 99] {
                    let verdict = table.judge(status: status, code: code)
                    #expect(!verdict.reason.isEmpty)
                    if status == 401 || status == 403 { #expect(verdict.replyClass.stopsLane) }
                    if verdict.replyClass == .ok { #expect((200..<300).contains(status)) }
                }
            }
        }
    }

    @Test(arguments: [
        (202, ReplyClass.ok), (200, .config), (400, .split), (401, .auth), (403, .auth), (408, .retry), (413, .split),
        (429, .throttle), (500, .retry), (503, .throttle),
    ])
    func datadog(status: Int, replyClass: ReplyClass) {
        #expect(ReplyTable.datadogLogs.judge(status: status).replyClass == replyClass)
    }

    @Test(arguments: [
        (200, ReplyClass.ok), (204, .ok), (301, .config), (400, .poison), (401, .auth), (410, .config),
        (429, .throttle),
        (500, .retry), (502, .throttle), (503, .throttle), (504, .throttle),
    ])
    func webhook(status: Int, replyClass: ReplyClass) {
        #expect(ReplyTable.webhook.judge(status: status).replyClass == replyClass)
    }

    @Test func answersAboutAcknowledgements() {
        typealias Reply = HECAcknowledgementReply
        #expect(
            Reply(status: 200, body: Array(#"{"acks":{"0":true,"1":false,"x":true,"2":"yes"}}"#.utf8))
                == .states([0: true, 1: false])
        )
        guard case .refused(let off) = Reply(status: 400, body: Array(#"{"text":"ACK is disabled","code":14}"#.utf8))
        else {
            Issue.record("a refusal is not an answer")
            return
        }
        #expect(off.replyClass == .config)
        // A success that is not an answer confirms nothing.
        guard case .refused(let other) = Reply(status: 200, body: Array(#"{"text":"Success","code":0}"#.utf8)) else {
            Issue.record("a success without acknowledgements is not an answer")
            return
        }
        #expect(other.replyClass == .retry)
        #expect(HECAcknowledgementRequest.body([0, 2, 11]) == Array(#"{"acks":[0,2,11]}"#.utf8))
    }
}
