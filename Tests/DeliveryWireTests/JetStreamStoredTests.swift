import Testing
import TextEncoding

@testable import DeliveryWire

@Suite struct JetStreamStoredTests {
    private func answer(_ headers: String) -> JetStreamStored {
        let encoded = Base64.encode(Array(headers.utf8))
        return JetStreamStored(body: Array(#"{"message":{"subject":"a.b","seq":7,"hdrs":"\#(encoded)"}}"#.utf8))
    }

    @Test func messagesWithTheirHeaders() {
        let all = answer("NATS/1.0\r\nNats-Msg-Id: x/1\r\nA:b: c\r\nA: d\r\n\r\n")
        #expect(all == .message(subject: "a.b", headers: ["Nats-Msg-Id": "x/1", "A": "b: c"]))
        let bare = JetStreamStored(body: Array(#"{"message":{"subject":"a.b","seq":7}}"#.utf8))
        #expect(bare == .message(subject: "a.b", headers: [:]))
        let question = String(decoding: JetStreamStored.question(9), as: UTF8.self)
        #expect(question == #"{"seq":9}"# && JetStreamStored.place("S") == "$JS.API.STREAM.MSG.GET.S")
    }

    @Test func whatIsNotThereAndWhatIsNoAnswer() {
        func read(_ text: String) -> JetStreamStored { JetStreamStored(body: Array(text.utf8)) }
        #expect(read(#"{"error":{"code":404,"err_code":10037,"description":"no message found"}}"#) == .nothing)
        for text in [
            "", "{}", "x", #"{"message":{}}"#, #"{"message":{"subject":"a","hdrs":"%"}}"#,
            #"{"error":{"code":404,"err_code":10059}}"#, #"{"error":{"code":503}}"#,
        ] {
            guard case .refused = read(text) else {
                Issue.record("\(text) was taken for an answer")
                continue
            }
        }
        for headers in ["", "HTTP/1.1\r\nA: b\r\n", "NATS/1.0\r\nno colon\r\n"] {
            guard case .refused = answer(headers) else {
                Issue.record("\(headers) was taken for headers")
                continue
            }
        }
    }

    @Test func whatAStreamHas() {
        func sequences(_ state: String) -> Range<UInt64>? {
            JetStreamStored.sequences(Array(#"{"state":\#(state)}"#.utf8))
        }
        #expect(sequences(#"{"first_seq":1,"last_seq":9}"#) == 1..<10)
        #expect(sequences(#"{"first_seq":0,"last_seq":0}"#)?.isEmpty == true)
        #expect(sequences(#"{"first_seq":10,"last_seq":9}"#)?.isEmpty == true)
        for wrong in ["{}", #"{"first_seq":1}"#, #"{"first_seq":-1,"last_seq":9}"#] { #expect(sequences(wrong) == nil) }
    }
}
