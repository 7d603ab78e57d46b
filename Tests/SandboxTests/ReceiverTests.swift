import AsyncHTTPClient
import DeliveryWire
import EventFormats
import Gzip
import JSON
import NIOCore
import NIOHTTP1
import Sandbox
import Testing
import WallTime

/// The pretend receivers against what was recorded of the real ones, asked over a socket.
@Suite(.serialized) struct HECReceiverTests {
    static let channel = "0A1B2C3D-0000-4000-8000-000000000001"
    static let token = "Splunk 00000000-0000-4000-8000-000000000001"

    struct Reply: Sendable {
        let status: Int
        let text: String
        var code: Int? { (try? JSONValue(parsing: text))?["code"]?.int }
        var json: JSONValue { (try? JSONValue(parsing: text)) ?? .null }
    }

    static func with(
        _ change: (inout HECReceiver.Configuration) -> Void = { _ in },
        _ work: (HECReceiver, HTTPClient) async throws -> Void
    ) async throws {
        var configuration = HECReceiver.Configuration()
        change(&configuration)
        let receiver = HECReceiver(configuration)
        let http = HTTPClient()
        try await receiver.start()
        do {
            try await work(receiver, http)
        } catch {
            await receiver.stop()
            try await http.shutdown()
            throw error
        }
        await receiver.stop()
        try await http.shutdown()
    }

    static func post(
        _ url: String?,
        _ path: String,
        _ body: [UInt8],
        _ http: HTTPClient,
        method: HTTPMethod = .POST,
        headers: [String: String] = ["authorization": token, "x-splunk-request-channel": channel]
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: (url ?? "") + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if method == .POST { request.body = .bytes(body, length: .known(Int64(body.count))) }
        let response = try await http.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        return Reply(status: Int(response.status.code), text: String(buffer: bytes))
    }

    static func send(_ receiver: HECReceiver, _ http: HTTPClient, _ text: String) async throws -> Reply {
        try await post(receiver.url, "/services/collector/event", Array(text.utf8), http)
    }

    static func good(_ id: Int) -> String { #"{"event":{"n":\#(id)},"fields":{"recordId":"\#(id)"}}"# }

    /// Bodies, the reply that was recorded for them, and what is stored: the good events have the ids 0, 1, 2 ….
    @Test(arguments: [
        ("", 400, 5, 0, nil as Int?), (" \n ", 400, 5, 0, nil),
        (good(0) + good(1), 200, 0, 2, nil), (good(0) + "\n" + good(1) + "\n", 200, 0, 2, nil),
        // An unknown key: alone it is no data; in a batch "Success", and it and all after it are dropped.
        (#"{"event":{},"recordId":"x"}"#, 400, 5, 0, nil),
        (good(0) + #"{"event":{},"recordId":"x"}"# + good(1), 200, 0, 1, nil),
        // Fields without an event are skipped under a success.
        (good(0) + #"{"fields":{"a":"b"}}"# + good(1), 200, 0, 2, nil),
        (#"{"time":1}"#, 400, 12, 0, 0), (good(0) + #"{"time":1}"# + good(1), 400, 12, 1, 1),
        (good(0) + good(1) + #"{"event":""}"#, 400, 13, 2, 2), (#"{"event":null}"#, 400, 13, 0, 0),
        (good(0) + #"{"event":{},"fields":{"a":{"b":1}}}"#, 400, 15, 1, 1),
        (good(0) + "x" + good(1), 400, 6, 1, 1), ("[]", 400, 6, 0, 0),
        (good(0) + #"{"event":{},"index":"forbidden"}"#, 400, 7, 1, 2),
    ])
    func bodies(body: String, status: Int, code: Int, stored: Int, invalidEvent: Int?) async throws {
        try await Self.with({ $0.indexes = ["audit"] }) { receiver, http in
            let reply = try await Self.send(receiver, http, body)
            #expect(reply.status == status && reply.code == code)
            #expect(receiver.events.map(\.recordID) == (0..<stored).map { String($0) })
            #expect(reply.json["invalid-event-number"]?.int == invalidEvent)
        }
    }

    @Test(arguments: [
        ([:], 401, 2), (["authorization": "splunk x"], 401, 3), (["authorization": "Bearer x"], 401, 3),
        (["authorization": "Splunk  x"], 401, 3), (["authorization": "Splunk wrong"], 403, 4),
        (["authorization": token], 400, 10), (["authorization": token, "x-splunk-request-channel": "x"], 400, 11),
    ])
    func headers(headers: [String: String], status: Int, code: Int) async throws {
        try await Self.with { receiver, http in
            for path in ["/services/collector/event", "/services/collector/ack"] {
                let reply = try await Self.post(receiver.url, path, Array(Self.good(0).utf8), http, headers: headers)
                #expect(reply.status == status && reply.code == code)
            }
            #expect(receiver.events.isEmpty)
        }
    }

    @Test func pathsMethodsAndEncodings() async throws {
        try await Self.with { receiver, http in
            let missing = try await Self.post(receiver.url, "/services/nothing", [], http)
            #expect(missing.status == 404 && missing.code == 404)
            let method = try await Self.post(receiver.url, "/services/collector/event", [], http, method: .GET)
            #expect(method.status == 405 && method.code == 405)
            let health = try await Self.post(
                receiver.url,
                "/services/collector/health",
                [],
                http,
                method: .GET,
                headers: [:]
            )
            #expect(health.status == 200 && health.code == 17)
            var headers = ["authorization": Self.token, "x-splunk-request-channel": Self.channel]
            headers["content-encoding"] = "deflate"
            let deflate = try await Self.post(receiver.url, "/services/collector", [1], http, headers: headers)
            #expect(deflate.status == 415 && deflate.text.contains("<h1>"))
            headers["content-encoding"] = "gzip"
            let gzip = try Gzip.compress(Array(Self.good(0).utf8))
            #expect(try await Self.post(receiver.url, "/services/collector", gzip, http, headers: headers).code == 0)
            #expect(receiver.events.count == 1)
        }
    }

    @Test func theLimitIsAnotherOnTheCloud() async throws {
        for (flavour, status, code) in [(HECReceiver.Flavour.enterprise, 413, nil as Int?), (.cloud, 400, 6)] {
            try await Self.with({
                $0.flavour = flavour
                $0.maximumBytes = 100
            }) { receiver, http in
                let reply = try await Self.send(receiver, http, (0..<10).map { Self.good($0) }.joined())
                #expect(reply.status == status && reply.code == code && receiver.events.isEmpty)
                let verdict = HECReply(status: reply.status, body: Array(reply.text.utf8)).verdict(count: 10)
                #expect(verdict.replyClass == .split && verdict.hint == .none)
                let missing = try await Self.post(
                    receiver.url,
                    "/services/collector",
                    [1],
                    http,
                    headers: ["authorization": Self.token]
                )
                #expect(missing.code == (flavour == .cloud ? 28 : 10))
            }
        }
    }

    static func acks(_ receiver: HECReceiver, _ http: HTTPClient, _ ids: [UInt64]) async throws -> Reply {
        try await post(receiver.url, "/services/collector/ack", HECAcknowledgementRequest.body(ids), http)
    }

    @Test func trueIsSaidOnceAndForgotten() async throws {
        try await Self.with({ $0.settlesAtOnce = false }) { receiver, http in
            #expect(try await Self.send(receiver, http, Self.good(0)).json["ackId"] == 0)
            #expect(try await Self.send(receiver, http, Self.good(1)).json["ackId"] == 1)
            let before = try await Self.acks(receiver, http, [0, 1])
            #expect(before.json == ["acks": ["0": false, "1": false]] && receiver.events.isEmpty)
            receiver.settle()
            receiver.answerFalse(true)
            #expect(try await Self.acks(receiver, http, [0]).json == ["acks": ["0": false]], "the wrong node")
            receiver.answerFalse(false)
            #expect(try await Self.acks(receiver, http, [0, 9]).json == ["acks": ["0": true, "9": false]])
            #expect(try await Self.acks(receiver, http, [0, 1]).json == ["acks": ["0": false, "1": true]])
            // A refusal can store the front and carry an id for it.
            let partly = try await Self.send(receiver, http, Self.good(2) + #"{"event":""}"#)
            #expect(partly.code == 13 && partly.json["ackId"] == 2)
            receiver.change { $0.acknowledges = false }
            let off = try await Self.acks(receiver, http, [2])
            #expect(off.status == 400 && off.code == 14)
            #expect(try await Self.send(receiver, http, Self.good(3)).json["ackId"] == nil)
        }
    }

    @Test func faultsStrikeInOrder() async throws {
        try await Self.with { receiver, http in
            receiver.inject(.refuse(status: 503, retryAfter: 7))
            receiver.inject(.refuse(status: 429))
            receiver.inject(.html)
            receiver.inject(.cutBefore)
            receiver.inject(.cutAfter)
            #expect(try await Self.send(receiver, http, Self.good(0)).code == 9)
            #expect(try await Self.send(receiver, http, Self.good(0)).code == 26)
            let page = try await Self.send(receiver, http, Self.good(0))
            #expect(page.status == 200)
            #expect(HECReply(status: 200, body: Array(page.text.utf8)).verdict(count: 1).replyClass == .config)
            #expect(receiver.events.isEmpty)
            await #expect(throws: (any Error).self) { try await Self.send(receiver, http, Self.good(0)) }
            #expect(receiver.events.isEmpty)
            await #expect(throws: (any Error).self) { try await Self.send(receiver, http, Self.good(0)) }
            #expect(receiver.events.count == 1, "stored, though nobody was told")
            receiver.inject(.hold)
            async let held = Self.send(receiver, http, Self.good(1))
            await receiver.gate.arrivals(1)
            #expect(receiver.events.count == 2, "taken before it answers")
            receiver.gate.open()
            #expect(try await held.code == 0)
        }
    }

    /// What the whole of the wire pieces is for: bad records, lost replies and a receiver that dies with what it had not stored.
    @Test func everythingArrivesThroughADeathAndTheBadOneIsFound() async throws {
        try await Self.with({ $0.settlesAtOnce = false }) { receiver, http in
            let url = receiver.url
            var generator = SystemRandomNumberGenerator()
            var acks = HECAcknowledgements<Range<Int>>(channel: .random(using: &generator))
            let now = Timestamp(milliseconds: 1_768_469_400_000)
            func post(_ range: Range<Int>) async throws -> HECReply {
                let headers = ["authorization": Self.token, "x-splunk-request-channel": acks.channel.description]
                let text = range.map { $0 == 11 ? #"{"event":""}"# : Self.good($0) }.joined(separator: "\n")
                let reply = try await Self.post(
                    url,
                    "/services/collector/event",
                    Array(text.utf8),
                    http,
                    headers: headers
                )
                return HECReply(status: reply.status, body: Array(reply.text.utf8))
            }
            let refused = try await post(0..<32)
            var poison: [Int] = []
            let hint = refused.verdict(count: 32).hint
            #expect(hint == .stored(prefix: 11))
            #expect(acks.accepted(0..<11, acknowledgement: refused.acknowledgement, now: now) == .awaiting)
            var bisection = Bisection(count: 32, hint: hint)
            while let next = bisection.next {
                let reply = try await post(next)
                for fate in bisection.record(reply.verdict(count: next.count)) ?? [] {
                    switch fate {
                    case .poison(let position): poison.append(position)
                    case .taken(let range):
                        #expect(acks.accepted(range, acknowledgement: reply.acknowledgement, now: now) == .awaiting)
                    }
                }
            }
            #expect(poison == [11] && bisection.requests == 2)

            // It dies with all of that unstored, comes back, and the sender begins a new channel.
            await receiver.stop()
            try await receiver.start()
            #expect(receiver.url == url && receiver.events.isEmpty)
            let unconfirmed = acks.waiting
            acks = HECAcknowledgements(channel: .random(using: &generator))
            for range in unconfirmed {
                let reply = try await post(range)
                #expect(acks.accepted(range, acknowledgement: reply.acknowledgement, now: now) == .awaiting)
            }
            receiver.settle()
            let later = now.adding(seconds: 1)
            let question = try #require(acks.question(now: later))
            let answer = try await Self.post(
                url,
                "/services/collector/ack",
                HECAcknowledgementRequest.body(question),
                http,
                headers: ["authorization": Self.token, "x-splunk-request-channel": acks.channel.description]
            )
            guard
                case .states(let states) = HECAcknowledgementReply(status: answer.status, body: Array(answer.text.utf8))
            else {
                Issue.record("no answer")
                return
            }
            #expect(acks.answered(states, now: later) == [0..<11, 12..<32])
            #expect(receiver.events.map(\.recordID) == (0..<32).filter { $0 != 11 }.map { String($0) })
        }
    }
}

@Suite(.serialized) struct DatadogReceiverTests {
    static let now: Int64 = 1_768_469_400_000

    static func with(_ work: (DatadogReceiver, HTTPClient) async throws -> Void) async throws {
        let receiver = DatadogReceiver(.init(now: { now }))
        let http = HTTPClient()
        try await receiver.start()
        do {
            try await work(receiver, http)
        } catch {
            await receiver.stop()
            try await http.shutdown()
            throw error
        }
        await receiver.stop()
        try await http.shutdown()
    }

    static func send(
        _ receiver: DatadogReceiver,
        _ http: HTTPClient,
        _ body: [UInt8],
        headers: [String: String] = ["dd-api-key": "sandbox-datadog-key"]
    ) async throws -> Int {
        try await HECReceiverTests.post(receiver.url, "/api/v2/logs", body, http, headers: headers).status
    }

    @Test(arguments: [
        ("[{\"recordId\":\"0\"}]", 202, 1), ("{\"recordId\":\"0\"}", 202, 1), ("[]", 400, 0), ("[1]", 400, 0),
        ("x", 400, 0),
        ("", 400, 0), ("[" + Array(repeating: "{}", count: 1001).joined(separator: ",") + "]", 413, 0),
        ("[\"" + String(repeating: "x", count: 5_000_000) + "\"]", 413, 0),
    ])
    func bodies(body: String, status: Int, count: Int) async throws {
        try await Self.with { receiver, http in
            let answer = try await Self.send(receiver, http, Array(body.utf8))
            #expect(answer == status && receiver.entries.count == count)
        }
    }

    @Test func keysEncodingsAndDuplicates() async throws {
        try await Self.with { receiver, http in
            let body = Array("[{\"recordId\":\"0\"}]".utf8)
            #expect(try await Self.send(receiver, http, body, headers: [:]) == 401)
            #expect(try await Self.send(receiver, http, body, headers: ["dd-api-key": "x"]) == 403)
            let headers = ["dd-api-key": "sandbox-datadog-key", "content-encoding": "gzip"]
            let packed = try Gzip.compress(body)
            #expect(try await Self.send(receiver, http, packed, headers: headers) == 202)
            #expect(try await Self.send(receiver, http, body) == 202)
            #expect(receiver.entries.count == 2, "what is sent twice is kept twice")
        }
    }

    /// What the receiver would cut or date anew is what our own types refuse or count.
    @Test func whatWouldBeCutOrDatedAnew() async throws {
        try await Self.with { receiver, http in
            let old = Self.now - 18 * 3_600_000 - 1
            let long = String(repeating: "x", count: 1_000_000)
            let body = Array("[{\"timestamp\":\(old)},{\"timestamp\":\(old + 1)},{\"message\":\"\(long)\"}]".utf8)
            #expect(try await Self.send(receiver, http, body) == 202)
            #expect(receiver.entries.map(\.lostItsTime) == [true, false, false])
            #expect(receiver.entries.map(\.isTruncated) == [false, false, true])
            let entry = try DatadogEntry(
                recordID: "r",
                timestamp: Timestamp(milliseconds: old),
                service: "s",
                source: "s",
                host: nil,
                status: "info",
                message: "m",
                attributes: Array("{}".utf8)
            )
            #expect(entry.isOutsideWindow(now: Timestamp(milliseconds: Self.now)))
            #expect(try await Self.send(receiver, http, DatadogBatch([entry]).bytes) == 202)
            #expect(receiver.entries.last?.recordID == "r" && receiver.entries.last?.lostItsTime == true)
        }
    }
}
