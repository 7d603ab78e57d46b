import EventFormats
import JSON
import Testing

@Suite struct SelectionTests {
    @Test func pointersReadAndWriteRFC6901() throws {
        #expect(FieldPointer("/a~1b/~0/") == FieldPointer("/a~1b/~0/"))
        #expect(FieldPointer("/a~1b/~0/")?.names == ["a/b", "~", ""])
        #expect(FieldPointer("/a~1b/~0/")?.description == "/a~1b/~0/")
        for text in ["", "a", "/~", "/~2", "/a~"] { #expect(FieldPointer(text) == nil, "\(text)") }
        #expect(FieldPointer("/dataFieldsMasked/$.ssn")?.value(in: Samples.accessed) == "last4")
        #expect(FieldPointer("/route/deeper")?.value(in: Samples.accessed) == nil)
    }

    @Test func conditionsMatchByTypeOutcomeAndField() throws {
        let record = try Samples.record("CUSTOMER_DATA_ACCESSED", Samples.accessed)
        let purpose = EventCondition.field(try #require(FieldPointer("/purpose")), equals: "service")
        let bytes = try #require(FieldPointer("/releasedBytes"))
        #expect(EventCondition.everything.matches(record))
        #expect(EventCondition.type(["CUSTOMER_DATA_ACCESSED", "X"]).matches(record))
        #expect(!EventCondition.type(["X"]).matches(record))
        #expect(EventCondition.outcome(["released"]).matches(record))
        #expect(!EventCondition.outcome(["released"]).matches(try Samples.record("SERVER_STOPPED")))
        #expect(purpose.matches(record))
        #expect(EventCondition.field(bytes, equals: .number(812.0)).matches(record))
        #expect(!EventCondition.field(bytes, equals: "812").matches(record), "a text is not a number")
        #expect(!EventCondition.not(purpose).matches(record))
        #expect(EventCondition.all([]).matches(record))
        #expect(!EventCondition.any([]).matches(record))
        #expect(EventCondition.any([.type(["X"]), purpose]).matches(record))
        #expect(!EventCondition.all([.type(["X"]), purpose]).matches(record))
    }

    @Test(arguments: 0..<200)
    func conditionsComeBackFromJSON(seed: UInt64) throws {
        var generator = Seeded(state: seed)
        func condition(_ depth: Int) -> EventCondition {
            switch Int.random(in: 0..<(depth > 4 ? 4 : 7), using: &generator) {
            case 0: .everything
            case 1: .type(["A", "B"])
            case 2: .outcome(["released"])
            case 3:
                .field(FieldPointer(member: "purpose"), equals: .integer(Int64.random(in: -9...9, using: &generator)))
            case 4: .not(condition(depth + 1))
            case 5: .all([condition(depth + 1), condition(depth + 1)])
            default: .any([condition(depth + 1)])
            }
        }
        let made = condition(0)
        let text = try made.json.canonicalBytes()
        #expect(try EventCondition(json: JSONValue(parsing: text)) == made)
    }

    @Test(arguments: [
        "{}", "[]", "1", "\"all\"", #"{"type":[]}"#, #"{"type":[1]}"#, #"{"type":["A"],"outcome":["b"]}"#,
        #"{"field":"purpose","equals":1}"#, #"{"field":"/purpose"}"#, #"{"all":{}}"#, #"{"typo":["A"]}"#,
    ])
    func anythingElseIsNoCondition(text: String) throws {
        let json = try JSONValue(parsing: text)
        #expect(throws: EventConditionError.self) { try EventCondition(json: json) }
    }

    @Test func nestingIsBounded() throws {
        var json: JSONValue = "everything"
        for _ in 0..<15 { json = ["not": json] }
        _ = try EventCondition(json: json)
        #expect(throws: EventConditionError.self) { try EventCondition(json: ["not": json]) }
    }

    @Test func projectionsKeepTheEnvelope() throws {
        let record = try Samples.record("CUSTOMER_DATA_ACCESSED", Samples.accessed)
        let masked = try #require(FieldPointer("/dataFieldsMasked/$.ssn"))
        let only = FieldProjection.only([FieldPointer(member: "agentId"), masked, FieldPointer(member: "absent")])
            .apply(to: record.members)
        #expect(Set(only.keys) == RecordedEvent.envelope.union(["agentId", "dataFieldsMasked"]))
        #expect(only["dataFieldsMasked"] == ["$.ssn": "last4"])
        let without = FieldProjection.without([
            FieldPointer(member: "agentId"), FieldPointer(member: "eventType"), masked, FieldPointer(member: "absent"),
        ]).apply(to: record.members)
        #expect(without["agentId"] == nil)
        #expect(without["eventType"] == "CUSTOMER_DATA_ACCESSED")
        #expect(without["dataFieldsMasked"] == [:])
        #expect(without.count == record.members.count - 1)
    }

    @Test func whatIsProjectedAwayIsInNoFormat() throws {
        let record = try Samples.record("CUSTOMER_DATA_ACCESSED", Samples.accessed)
        let projection = FieldProjection.without([
            FieldPointer(member: "customerId"), FieldPointer(member: "agentId"), FieldPointer(member: "purpose"),
        ])
        for format in EventFormat.all {
            let encoder = EventEncoder(format: format, projection: projection, product: Samples.product)
            let syslog = try SyslogEncoder(text: encoder, host: nil).encode(record)
            for bytes in [try encoder.encode(record), syslog] {
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(!text.contains("agent-42") && !text.contains("hmac-sha256") && !text.contains("purpose"))
            }
        }
    }
}
