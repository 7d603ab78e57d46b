import JSON
import Testing

@Suite struct JSONValueTests {
    @Test func readsEveryKind() throws {
        let value = try JSONValue(
            parsing:
                #"{"s":"a\u00e9\ud83d\ude00\n","i":-9223372036854775808,"d":1.5,"e":1e2,"t":true,"n":null,"a":[1,[],{}]}"#
        )
        #expect(
            value == [
                "s": "aé😀\n", "i": .integer(.min), "d": 1.5, "e": .number(100), "t": true, "n": nil, "a": [1, [], [:]],
            ]
        )
        #expect(value["s"]?.string == "aé😀\n")
        #expect(value["i"]?.integer == .min)
        #expect(value["e"]?.int == 100)
        #expect(value["d"]?.int == nil)
        #expect(value["d"]?.double == 1.5)
        #expect(value["t"]?.bool == true)
        #expect(value["n"]?.isNull == true)
        #expect(value["a"]?[0] == 1)
        #expect(value["a"]?[3] == nil)
        #expect(value["a"]?[-1] == nil)
        #expect(value["x"] == nil)
        #expect(value["a"]?["x"] == nil)
    }

    @Test func membersCanBeSet() {
        var value: JSONValue = ["a": 1]
        value["b"] = "x"
        value["a"] = nil as JSONValue?
        #expect(value == ["b": "x"])
        var scalar: JSONValue = 1
        scalar["a"] = 2
        #expect(scalar == 1)
    }

    @Test(
        arguments: [
            (#"{"a":1,"a":2}"#, .duplicateKey, 7), (#"{"a":1,"\u0061":2}"#, .duplicateKey, 7),
            (#"[{"x":{"k":1,"b":2,"k":3}}]"#, .duplicateKey, 19), (#"{"é":1,"e\#u{301}":2}"#, .duplicateKey, 8),
            ("1e400", .numberOutOfRange, 0), ("[-1e999]", .numberOutOfRange, 1),
            ("1" + String(repeating: "0", count: 400), .numberOutOfRange, 0),
            ("[1] 2", .trailingBytes, 4),
        ] as [(String, JSONError.Reason, Int)]
    )
    func refuses(_ text: String, _ reason: JSONError.Reason, _ offset: Int) {
        #expect(throws: JSONError(reason, at: offset)) { try JSONValue(parsing: text) }
    }

    @Test func sameKeyInDifferentObjectsIsFine() throws {
        #expect(try JSONValue(parsing: #"{"a":{"a":1},"b":{"a":2}}"#) == ["a": ["a": 1], "b": ["a": 2]])
    }

    @Test func integersBeyond64BitsBecomeDoubles() throws {
        #expect(try JSONValue(parsing: "9223372036854775807") == .integer(.max))
        #expect(try JSONValue(parsing: "9223372036854775808") == .number(0x1p63))
    }
}

@Suite struct CanonicalJSONTests {
    /// RFC 8785 appendix B: IEEE 754 bits and their text.
    @Test(
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"), (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"),
            (0xFFEF_FFFF_FFFF_FFFF, "-1.7976931348623157e+308"), (0x4340_0000_0000_0000, "9007199254740992"),
            (0xC340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"), (0x44B5_2D02_C7E1_4AF6, "1e+23"),
            (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"), (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"),
            (0x444B_1AE4_D6E2_EF4F, "999999999999999900000"), (0x444B_1AE4_D6E2_EF50, "1e+21"),
            (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"), (0x3EB0_C6F7_A0B5_ED8D, "0.000001"),
            (0x41B3_DE43_5555_5553, "333333333.3333332"), (0x41B3_DE43_5555_5554, "333333333.33333325"),
            (0x41B3_DE43_5555_5555, "333333333.3333333"), (0x41B3_DE43_5555_5556, "333333333.3333334"),
            (0x41B3_DE43_5555_5557, "333333333.33333343"), (0xBECB_F647_612F_3696, "-0.0000033333333333333333"),
            (0x4314_3FF3_C1CB_0959, "1424953923781206.2"),
        ] as [(UInt64, String)]
    )
    func numbersOfAppendixB(_ bits: UInt64, _ text: String) throws {
        let bytes = try JSONValue.number(Double(bitPattern: bits)).canonicalBytes()
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test func exampleOfSection322() throws {
        let input = #"""
            {"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
             "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}
            """#
        let bytes = try JSONValue(parsing: input).canonicalBytes()
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#
                + #""string":"€$\u000f\nA'B\"\\\\\"/"}"#
        )
    }

    @Test func membersAreSortedByUTF16() throws {
        // RFC 8785 section 3.2.3.
        let input = #"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#
        let bytes = try JSONValue(parsing: input).canonicalBytes()
        let order = String(decoding: bytes, as: UTF8.self).filter { "1234567".contains($0) }
        // The key "1" itself comes second and adds a digit of its own.
        #expect(order == "2146" + "7153")
    }

    @Test func refusesWhatCannotBeCarried() {
        #expect(throws: JSONCanonicalError.integerTooLarge) {
            try JSONValue.integer(9_007_199_254_740_992).canonicalBytes()
        }
        #expect(throws: JSONCanonicalError.integerTooLarge) { try JSONValue.integer(.min).canonicalBytes() }
        #expect(throws: JSONCanonicalError.notFinite) { try JSONValue.number(.nan).canonicalBytes() }
        #expect(throws: JSONCanonicalError.notFinite) { try JSONValue.array([.number(-.infinity)]).canonicalBytes() }
        var deep: JSONValue = 1
        for _ in 0..<65 { deep = .array([deep]) }
        #expect(throws: JSONCanonicalError.depthExceeded) { try deep.canonicalBytes() }
    }

    @Test func readingTheCanonicalFormGivesTheValueBack() throws {
        var random = RandomJSON(seed: 1)
        for _ in 0..<3_000 {
            let value = random.value()
            let bytes = try value.canonicalBytes()
            let again = try JSONValue(parsing: bytes)
            #expect(try again.canonicalBytes() == bytes)
            #expect(normal(again) == normal(value))
        }
    }

    @Test func everyDoubleReadsBackExactly() throws {
        var random = RandomJSON(seed: 2)
        for _ in 0..<20_000 {
            let value = random.double()
            let text = String(decoding: try JSONValue.number(value).canonicalBytes(), as: UTF8.self)
            #expect(Double(text) == value)
        }
    }

    /// Whole doubles and integers are one kind once written.
    private func normal(_ value: JSONValue) -> JSONValue {
        switch value {
        case .integer(let integer): .number(Double(integer))
        case .array(let elements): .array(elements.map(normal))
        case .object(let members): .object(members.mapValues(normal))
        default: value
        }
    }
}

@Suite struct CanonicalJSONWriterTests {
    @Test func writesEveryKindAndCanBeUsedAgain() {
        var writer = CanonicalJSONWriter(capacity: 16)
        for _ in 0..<2 {
            writer.reset()
            writer.beginObject()
            writer.key("a")
            writer.beginArray()
            writer.integer(0)
            writer.integer(-9_007_199_254_740_991 as Int64)
            writer.integer(1234567890)
            writer.beginObject()
            writer.endObject()
            writer.beginArray()
            writer.endArray()
            writer.endArray()
            writer.key("b")
            writer.bool(true)
            writer.key(string: "c\"")
            writer.null()
            writer.key("d")
            writer.string("x\u{1}\u{8}\t\n\u{C}\r\"\\/\u{7F}é😀")
            writer.key("e")
            writer.string(literal: "lit")
            writer.key("f")
            Array("[1]".utf8).withUnsafeBytes { writer.canonical($0) }
            writer.endObject()
        }
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"a":[0,-9007199254740991,1234567890,{},[]],"b":true,"c\"":null,"#
                + #""d":"x\u0001\b\t\n\f\r\"\\/\#u{7F}é😀","e":"lit","f":[1]}"#
        )
    }

    @Test func invalidUTF8BecomesTheReplacementCharacter() throws {
        var writer = CanonicalJSONWriter()
        writer.string([0x61, 0xFF, 0x62, 0xC3] as [UInt8])
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "\"a\u{FFFD}b\u{FFFD}\"")
    }

    @Test func anyTextReadsBack() throws {
        var random = RandomJSON(seed: 3)
        for _ in 0..<3_000 {
            let text = random.text()
            var writer = CanonicalJSONWriter()
            writer.string(text)
            let value = try JSONValue(parsing: writer.bytes)
            #expect(value.string.map { Array($0.utf8) } == Array(text.utf8))
        }
    }
}
