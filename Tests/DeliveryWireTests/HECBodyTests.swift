import DeliveryWire
import EventFormats
import Gzip
import JSON
import Testing
import WallTime

@Suite struct HECBodyTests {
    static func event(_ json: String = #"{"a":1}"#, fields: [String: HECEvent.Field] = [:]) throws(HECError) -> HECEvent
    {
        try HECEvent(
            time: Samples.moment,
            host: "cp01",
            source: "muniment",
            sourcetype: "muniment:json",
            index: "audit",
            fields: fields,
            event: Array(json.utf8)
        )
    }

    @Test func theEnvelopeIsWhatSplunkKnows() throws {
        let event = try Self.event(fields: ["recordId": .text("x"), "n": .integer(.max), "l": .texts(["a", "b"])])
        let expected =
            #"{"event":{"a":1},"fields":{"l":["a","b"],"n":"9223372036854775807","recordId":"x"},"host":"cp01","#
            + #""index":"audit","source":"muniment","sourcetype":"muniment:json","time":1768469400.123}"#
        #expect(String(decoding: event.bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        (0, "0.000"), (1, "0.001"), (1_768_469_400_050, "1768469400.050"), (9_999_999_999_999, "9999999999.999"),
    ])
    func timeIsSecondsWithMilliseconds(milliseconds: Int64, text: String) throws {
        let event = try HECEvent(
            time: Timestamp(milliseconds: milliseconds),
            host: nil,
            source: nil,
            sourcetype: nil,
            index: nil,
            event: Array("{}".utf8)
        )
        #expect(String(decoding: event.bytes, as: UTF8.self) == #"{"event":{},"time":"# + text + "}")
        _ = try HECBody([event])
    }

    @Test(arguments: [-1, 10_000_000_000_000, Int64.max, Int64.min])
    func aTimeThatSplunkWouldMisreadIsRefused(milliseconds: Int64) {
        #expect(throws: HECError.time) {
            try HECEvent(
                time: Timestamp(milliseconds: milliseconds),
                host: nil,
                source: nil,
                sourcetype: nil,
                index: nil,
                event: Array("{}".utf8)
            )
        }
    }

    @Test(arguments: ["", "null", "\"\"", "\"  \\n\"", "[]", "1", "true", "{", "{}{}", "{\"a\":1,\"a\":2}"])
    func aBlankEventCannotBeMade(json: String) {
        #expect(throws: HECError.blankEvent) { try Self.event(json) }
    }

    @Test func bodiesAreOneAfterAnother() throws {
        let body = try HECBody([Self.event(), Self.event("\"CEF:0|x\"")])
        #expect(body.count == 2)
        #expect(try Gzip.decompress(body.compressed(), maximum: 10_000) == body.bytes)
        #expect(body.bytes.filter { $0 == UInt8(ascii: "\n") }.count == 2)
        #expect(throws: HECError.noEvents) { try HECBody([]) }
        #expect(throws: HECError.tooLarge(bytes: body.bytes.count, maximum: body.bytes.count - 1)) {
            try HECBody([Self.event(), Self.event("\"CEF:0|x\"")], maximumBytes: body.bytes.count - 1)
        }
    }

    /// What was recorded of Splunk Enterprise 10.4 and Splunk Cloud 10.5: each of these is refused, or answered "Success" and not
    /// stored whole. The lint, which sees only bytes, refuses every one and names the event.
    @Test(arguments: [
        (#"{"event":{},"recordId":"x"}"#, HECLintError.Rule.unknownKey),
        (#"{"event":{},"Time":1}"#, .unknownKey),
        (#"{"fields":{"a":"b"}}"#, .noEvent),
        (#"{"time":1}"#, .noEvent),
        (#"{}"#, .noEvent),
        (#"{"event":null}"#, .blankEvent),
        (#"{"event":""}"#, .blankEvent),
        (#"{"event":[1]}"#, .blankEvent),
        (#"{"event":{},"fields":{"a":{"b":1}}}"#, .nestedField),
        (#"{"event":{},"fields":{"a":[[1]]}}"#, .nestedField),
        (#"{"event":{},"fields":{"a":null}}"#, .nestedField),
        (#"{"event":{},"fields":[]}"#, .nestedField),
        (#"{"event":{},"time":1768469400123}"#, .time),
        (#"{"event":{},"time":"2026-01-15T09:30:00Z"}"#, .time),
        (#"{"event":{},"time":-1}"#, .time),
        (#"{"event":{},"index":""}"#, .name),
        (#"{"event":{},"host":7}"#, .name),
        (#"[{"event":{}}]"#, .notJSON),
        (#"{"event":{}}{"event":{}}"#, .notJSON),
        (#"{"event":{}"#, .notJSON),
        (#"{"event":{},"event":{}}"#, .notJSON),
        ("x", .notJSON),
    ])
    func theLintRefusesWhatSplunkWouldNotStoreWhole(line: String, rule: HECLintError.Rule) {
        let body = #"{"event":{"fine":1},"time":1768469400.123}"# + "\n" + line + "\n"
        #expect(throws: HECLintError(event: 1, rule: rule)) { try HECLint.check(Array(body.utf8), count: 2) }
        #expect(throws: HECLintError.self) { try HECLint.check(Array(line.utf8), count: 1) }
    }

    @Test func theLintCounts() {
        let body = Array("{\"event\":{}}\n{\"event\":{}}\n".utf8)
        #expect(throws: Never.self) { try HECLint.check(body, count: 2) }
        for count in [0, 1, 3] {
            #expect(throws: HECLintError(event: 2, rule: .count)) { try HECLint.check(body, count: count) }
        }
    }

    @Test(arguments: 0..<200)
    func whateverARecordHoldsItsBodyPassesTheLint(seed: UInt64) throws {
        var generator = Seeded(state: seed)
        let alphabet = Array("ab\"\\\n\r\t\u{0}\u{1F600}é{}[]:,").map(String.init)
        var events: [HECEvent] = []
        for index in 0..<UInt64.random(in: 1...8, using: &generator) {
            let note = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? ""
            }.joined()
            let format = EventFormat.all.randomElement(using: &generator) ?? .native
            let encoder = EventEncoder(format: format, product: ProductIdentity(version: "1"))
            events.append(try HECEvent(try Samples.record(index, note: note), encoder: encoder, origin: HECOrigin()))
        }
        let body = try HECBody(events)
        let lines = body.bytes.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == events.count)
        for (index, line) in lines.enumerated() {
            let json = try JSONValue(parsing: Array(line))
            #expect(json["fields"]?["ledgerIndex"]?.string == String(index))
            #expect(json["fields"]?["recordId"]?.string == "ledger.example/acme/\(index)")
        }
    }
}
