import EventFormats
import JSON
import Testing
import WallTime

@Suite struct SyslogTests {
    static func message(
        application: String? = "muniment",
        elements: [StructuredDataElement] = [],
        text: String = "hello"
    ) throws(SyslogError) -> SyslogMessage {
        try SyslogMessage(
            severity: .informational,
            timestamp: Samples.moment,
            host: "cp01",
            application: application,
            process: "4242",
            messageID: "RECORD_ACCESSED",
            elements: elements,
            text: Array(text.utf8)
        )
    }

    /// The example of the format notes, byte for byte: escapes of the parameter value and the byte order mark included.
    @Test func theExampleComesOutByteForByte() throws {
        let element = try StructuredDataElement(id: "evt@32473", parameters: [("id", "01JHMZ"), ("note", #"a"b]c\d"#)])
        let bytes = try Self.message(elements: [element], text: #"{"k":"v"}"#).bytes(maximum: 480)
        let expected =
            #"<109>1 2026-01-15T09:30:00.123Z cp01 muniment 4242 RECORD_ACCESSED [evt@32473 id="01JHMZ" note="a\"b\]c\\d"] "#
            + "\u{FEFF}" + #"{"k":"v"}"#
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
        #expect(bytes.count == 121)
    }

    @Test func nilFieldsAreHyphens() throws {
        let message = try SyslogMessage(
            severity: .critical,
            timestamp: Timestamp(milliseconds: 0),
            host: nil,
            application: nil,
            process: nil,
            messageID: nil,
            elements: [],
            text: []
        )
        #expect(
            String(decoding: try message.bytes(maximum: 480), as: UTF8.self)
                == "<105>1 1970-01-01T00:00:00.000Z - - - - -"
        )
    }

    @Test func whatAReceiverWouldCutIsRefused() throws {
        let whole = try Self.message().bytes(maximum: 10_000)
        #expect(try Self.message().bytes(maximum: whole.count) == whole)
        #expect(throws: SyslogError.tooLong(bytes: whole.count, maximum: whole.count - 1)) {
            try Self.message().bytes(maximum: whole.count - 1)
        }
    }

    @Test(arguments: ["", "with space", "tab\t", "é", String(repeating: "a", count: 49)])
    func aFieldThatBreaksTheGrammarIsRefused(text: String) {
        #expect(throws: SyslogError.field("APP-NAME", maximum: 48)) { try Self.message(application: text) }
    }

    @Test(arguments: ["", "a b", "a=b", "a]b", "a\"b", "é", String(repeating: "a", count: 33)])
    func aNameThatBreaksTheGrammarIsRefused(name: String) {
        #expect(throws: SyslogError.structuredDataName(name)) { try StructuredDataElement(id: name, parameters: []) }
        #expect(throws: SyslogError.structuredDataName(name)) {
            try StructuredDataElement(id: "ok@1", parameters: [(name, "v")])
        }
    }

    @Test func anElementStandsOnce() throws {
        let element = try StructuredDataElement(id: "a@1", parameters: [])
        #expect(throws: SyslogError.repeatedElement("a@1")) { try Self.message(elements: [element, element]) }
    }

    @Test func everyEventCanBeSent() throws {
        for format in EventFormat.all {
            let encoder = SyslogEncoder(text: EventEncoder(format: format, product: Samples.product), host: "node-1")
            for record in try Samples.all() {
                let text = String(decoding: try encoder.encode(record), as: UTF8.self)
                #expect(text.hasPrefix("<10"))
                #expect(text.contains("[muniment@32473 id=\"\(record.recordID)\""))
                #expect(!text.contains("\n"))
            }
        }
    }
}
