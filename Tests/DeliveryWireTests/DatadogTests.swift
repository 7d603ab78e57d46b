import DeliveryWire
import EventFormats
import JSON
import Testing
import WallTime

@Suite struct DatadogTests {
    static func entry(
        note: Int = 1,
        tags: [String] = [],
        time: Timestamp = Samples.moment
    ) throws(DatadogError) -> DatadogEntry {
        let attributes = #"{"note":""# + String(repeating: "x", count: note) + #"","status":"ours"}"#
        return try DatadogEntry(
            recordID: "r",
            timestamp: time,
            service: "muniment",
            source: "muniment",
            host: "cp01",
            tags: tags,
            status: "info",
            message: "m",
            facets: ["ledger": "l", "ddsource": "forged"],
            attributes: Array(attributes.utf8)
        )
    }

    @Test func reservedAttributesAreOursAlone() throws {
        let json = try JSONValue(parsing: Self.entry(tags: ["env:prod", "team:a:b"]).bytes)
        #expect(json["ddsource"] == "muniment" && json["status"] == "info" && json["ddtags"] == "env:prod,team:a:b")
        #expect(json["timestamp"]?.integer == 1_768_469_400_123, "milliseconds")
        #expect(json["originalTimestamp"] == "2026-01-15T09:30:00.123Z")
        #expect(json["muniment"]?["status"] == "ours")
        #expect(json["ledger"] == "l")
    }

    @Test(arguments: ["", "env", "env:", ":prod", "a:b,c:d"])
    func aTagThatDatadogWouldMisreadIsRefused(tag: String) {
        #expect(throws: DatadogError.tag(tag)) { try Self.entry(tags: [tag]) }
    }

    @Test func anEntryThatWouldBeCutCannotBeMade() throws {
        let base = try Self.entry(note: 0).bytes.count
        #expect(try Self.entry(note: DatadogEntry.maximumBytes - base).bytes.count == DatadogEntry.maximumBytes)
        #expect(throws: DatadogError.entryTooLarge(bytes: DatadogEntry.maximumBytes + 1)) {
            try Self.entry(note: DatadogEntry.maximumBytes - base + 1)
        }
    }

    @Test func batchesStayWithinCountAndBytes() throws {
        let small = try Self.entry()
        #expect(
            try DatadogBatch([small, small]).bytes == Array("[".utf8) + small.bytes + Array(",".utf8) + small.bytes
                + Array("]".utf8)
        )
        _ = try DatadogBatch(Array(repeating: small, count: 1000))
        #expect(throws: DatadogError.self) { try DatadogBatch(Array(repeating: small, count: 1001)) }
        #expect(throws: DatadogError.self) { try DatadogBatch([]) }
        let large = try Self.entry(note: 999_000)
        _ = try DatadogBatch(Array(repeating: large, count: 5))
        #expect(throws: DatadogError.self) { try DatadogBatch(Array(repeating: large, count: 6)) }
    }

    @Test func theWindowOfEighteenHours() throws {
        let entry = try Self.entry()
        let edge = Samples.moment.adding(seconds: 18 * 3600)
        #expect(!entry.isOutsideWindow(now: edge))
        #expect(entry.isOutsideWindow(now: edge.after(1)))
        #expect(!entry.isOutsideWindow(now: Timestamp(milliseconds: .min)))
        #expect(try Self.entry(time: Timestamp(milliseconds: 0)).isOutsideWindow(now: Timestamp(milliseconds: .max)))
    }

    @Test func aSiteSaysItsRegion() throws {
        #expect(DatadogSite(domain: "datadoghq.eu")?.region == "EU")
        #expect(
            DatadogSite(domain: "us5.datadoghq.com")?.intakeURL
                == "https://http-intake.logs.us5.datadoghq.com/api/v2/logs"
        )
        #expect(DatadogSite(domain: "datadog.example") == nil)
    }

    @Test func aRecordIsFoundByWhatTheQueryAsksFor() throws {
        let json = try JSONValue(parsing: DatadogEntry(try Samples.record(9), encoder: Samples.encoder).bytes)
        #expect(json["ledger"] == "ledger.example/acme" && json["ledgerIndex"] == 9)
        #expect(json["eventType"] == "SERVER_STOPPED" && json["recordId"] == "ledger.example/acme/9")
    }
}

@Suite struct OctetCountingTests {
    @Test(arguments: 0..<200)
    func framesComeBackHoweverTheyArePieced(seed: UInt64) throws {
        var generator = Seeded(state: seed)
        let messages = (0..<20).map { _ in
            (0..<Int.random(in: 1...300, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        let stream = messages.flatMap { OctetCounting.frame($0) }
        var decoder = OctetCountingDecoder()
        var received: [[UInt8]] = []
        var position = 0
        while position < stream.count {
            let end = min(position + Int.random(in: 1...50, using: &generator), stream.count)
            received += try decoder.receive(stream[position..<end])
            position = end
        }
        #expect(received == messages)
        #expect(decoder.pendingBytes == 0)
    }

    @Test(arguments: ["<109>1 x", "0 ", "05 hello", " 5 hello", "-1 x", "5\nhello", "65537 x", "99999999999999999999"])
    func whatIsNoLengthEndsTheStream(text: String) {
        var decoder = OctetCountingDecoder(maximumBytes: 65_536)
        #expect(throws: OctetCountingError.length) { try decoder.receive(text.utf8) }
    }
}
