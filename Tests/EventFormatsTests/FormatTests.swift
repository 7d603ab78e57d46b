import EventFormats
import JSON
import MerkleLog
import Testing

@Suite struct FormatTests {
    @Test func nativeHoldsTheEntryByteForByte() throws {
        let record = try Samples.record("CUSTOMER_DATA_ACCESSED", Samples.accessed)
        let bytes = try EventEncoder(format: .native, product: Samples.product).encode(record)
        let text = String(decoding: bytes, as: UTF8.self)
        let entry = String(decoding: record.entry, as: UTF8.self)
        #expect(text.contains("{\"event\":\(entry),\"index\":184467,\"leafHash\":"))
        let json = try JSONValue(parsing: bytes)
        // What a receiver does: hash the event and compare.
        let received = try #require(json["event"]).canonicalBytes()
        #expect(TreeHasher.leafHash(received).base64 == json["leafHash"]?.string)
        #expect(json["recordId"]?.string == "ledger.example/acme/184467")
        #expect(json["projected"] == nil)
    }

    @Test func aProjectedEventSaysSo() throws {
        let record = try Samples.record("CUSTOMER_DATA_ACCESSED", Samples.accessed)
        let encoder = EventEncoder(
            format: .native,
            projection: .without([FieldPointer(member: "agentId")]),
            product: Samples.product
        )
        #expect(try JSONValue(parsing: encoder.encode(record))["projected"] == true)
    }

    @Test func freeTextIsRedactedInEveryFormatAndSaysSo() throws {
        let members: [String: JSONValue] = [
            "actor": "auditor", "channel": "cli", "question": "customer", "results": 3,
            "reason": "call back 415-555-2671 today",
        ]
        let record = try Samples.record("AUDIT_TRAIL_READ", members)
        let redaction = FreeTextRedaction(name: "test 1") { $0.replacing("415-555-2671", with: "****") }
        for format in EventFormat.all {
            let encoder = EventEncoder(format: format, redaction: redaction, product: Samples.product)
            let text = String(decoding: try encoder.encode(record), as: UTF8.self)
            #expect(!text.contains("2671"), "\(format)")
            if format == .native {
                let json = try JSONValue(parsing: text)
                #expect(json["redacted"] == true && json["event"]?["reason"] == "call back **** today")
            }
            // Where nothing is found, nothing is different.
            let plain = try Samples.record("AUDIT_TRAIL_READ", members.merging(["reason": "audit"]) { _, new in new })
            #expect(
                try encoder.encode(plain) == EventEncoder(format: format, product: Samples.product).encode(plain)
            )
        }
    }

    @Test func ecsUsesItsClosedLists() throws {
        // The values that ECS 8.11 allows, from its field reference.
        let categories: Set<String> = [
            "api", "authentication", "configuration", "database", "driver", "email", "file", "host", "iam",
            "intrusion_detection", "library", "malware", "network", "package", "process", "registry", "session",
            "threat", "vulnerability", "web",
        ]
        let types: Set<String> = [
            "access", "admin", "allowed", "change", "connection", "creation", "deletion", "denied", "end", "error",
            "group", "indicator", "info", "installation", "protocol", "start", "user",
        ]
        for record in try Samples.all() {
            let json = try JSONValue(parsing: EventEncoder(format: .ecs, product: Samples.product).encode(record))
            let event = try #require(json["event"])
            #expect(json["@timestamp"]?.string == "2026-01-15T09:30:00.123Z")
            #expect(json["ecs"]?["version"]?.string == "8.11.0")
            #expect(["event", "alert"].contains(event["kind"]?.string))
            let named = Set((event["category"]?.array ?? []).compactMap(\.string))
            #expect(named.isSubset(of: categories))
            let typed = Set((event["type"]?.array ?? []).compactMap(\.string))
            #expect(!typed.isEmpty && typed.isSubset(of: types))
            #expect(["success", "failure", "unknown"].contains(event["outcome"]?.string))
            #expect(event["id"]?.string == record.recordID)
            #expect(event["sequence"]?.integer == Int64(record.index))
        }
    }

    @Test func everyFormatIsOneLineAndTheSameEachTime() throws {
        for format in EventFormat.all {
            #expect(EventFormat(name: format.description) == format)
            let encoder = EventEncoder(format: format, product: Samples.product)
            for record in try Samples.all() {
                let bytes = try encoder.encode(record)
                #expect(try encoder.encode(record) == bytes)
                #expect(!bytes.contains { $0 < 0x20 })
                if format.isJSON { _ = try JSONValue(parsing: bytes) }
            }
        }
        #expect(EventFormat(name: "leef") == nil)
    }

    @Test(arguments: [
        "", "[]", "null", "{", #"{"eventType":"A"}"#, #"{"eventType":1,"eventId":"a","producer":"p","timestamp":"x"}"#,
        #"{"eventType":"A","eventId":"a","producer":"p","timestamp":"yesterday"}"#,
        #"{"eventType":"","eventId":"a","producer":"p","timestamp":"2026-01-15T09:30:00Z"}"#,
    ])
    func anEntryThatIsNoEventIsNamedByItsIndex(text: String) {
        #expect {
            try RecordedEvent(ledger: "l", index: 77, entry: Array(text.utf8))
        } throws: { error in
            (error as? RecordedEventError)?.index == 77 && "\(error)".contains("77")
        }
    }

    @Test func whiteSpaceOfAForeignEntryDoesNotBreakTheLine() throws {
        let entry = Array(
            "{\n\"eventType\":\"A\",\r\n\"eventId\":\"a\",\"producer\":\"p\",\"timestamp\":\"2026-01-15T09:30:00Z\"}"
                .utf8
        )
        let record = try RecordedEvent(ledger: "l", index: 1, entry: entry)
        let bytes = try EventEncoder(format: .native, product: Samples.product).encode(record)
        #expect(!bytes.contains { $0 < 0x20 })
    }
}
