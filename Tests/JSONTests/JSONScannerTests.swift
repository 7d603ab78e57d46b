import JSON
import Testing

/// Reads a whole text; returns the kinds of its tokens.
private func scan(_ bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) -> [JSONToken] {
    try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) -> [JSONToken] in
        var scanner = JSONScanner(UnsafeRawBufferPointer(buffer), limits: limits)
        var tokens: [JSONToken] = []
        while let token = try scanner.next() { tokens.append(token) }
        return tokens
    }
}

private func failure(_ bytes: [UInt8], limits: JSONLimits = .default) -> JSONError? {
    do throws(JSONError) {
        _ = try scan(bytes, limits: limits)
        return nil
    } catch {
        return error
    }
}

@Suite struct JSONScannerTests {
    @Test func tokensCarryTheirRanges() throws {
        let text = #" {"a\n" : [1.5e3, true,false , null], "b":"x"} "#
        let tokens = try scan(Array(text.utf8))
        #expect(
            tokens.map(\.kind) == [
                .beginObject, .key, .beginArray, .number, .true, .false, .null, .endArray, .key, .string, .endObject,
            ]
        )
        let bytes = Array(text.utf8)
        let words = tokens.map { String(decoding: bytes[$0.range], as: UTF8.self) }
        #expect(words == ["{", #""a\n""#, "[", "1.5e3", "true", "false", "null", "]", #""b""#, #""x""#, "}"])
        #expect(
            tokens.map(\.isEscaped) == [false, true, false, false, false, false, false, false, false, false, false]
        )
    }

    @Test(arguments: [
        "0", "-0", "1", "-1", "0.5", "1e5", "1E+5", "1e-05", "12345678901234567890", "\"\"", "[]", "{}", "[[],[{}]]",
        " null ",
        #""\"\\\/\b\f\n\r\t\u0000\uD83D\uDE00""#, "\"é€😀\u{7F}\"", "\t[\r\n1 , 2 ]",
    ])
    func accepts(_ text: String) {
        #expect(failure(Array(text.utf8)) == nil)
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2),
            ("[1,", .unexpectedEnd, 3), ("{\"a\"", .unexpectedEnd, 4), ("{\"a\":", .unexpectedEnd, 5),
            ("\"abc", .unexpectedEnd, 4),
            ("\"abc\\", .unexpectedEnd, 5), ("\"\\u12", .unexpectedEnd, 5), ("-", .unexpectedEnd, 1),
            ("1.", .unexpectedEnd, 2),
            ("1e+", .unexpectedEnd, 3), ("[1,]", .unexpectedByte, 3), ("{\"a\":1,}", .unexpectedByte, 7),
            ("{a:1}", .unexpectedByte, 1), ("{'a':1}", .unexpectedByte, 1), ("{\"a\" 1}", .unexpectedByte, 5),
            ("[1 2]", .unexpectedByte, 3), ("[1}", .unexpectedByte, 2), ("{\"a\":1]", .unexpectedByte, 6),
            ("]", .unexpectedByte, 0),
            ("[,1]", .unexpectedByte, 1), ("+1", .unexpectedByte, 0), (".5", .unexpectedByte, 0),
            ("NaN", .unexpectedByte, 0),
            ("/* */1", .unexpectedByte, 0), ("[1]//", .trailingBytes, 3), ("{}{}", .trailingBytes, 2),
            ("01", .trailingBytes, 1),
            ("1\u{0}", .trailingBytes, 1), ("[01]", .unexpectedByte, 2), ("1.e5", .invalidNumber, 2),
            ("-a", .invalidNumber, 1),
            ("1ex", .invalidNumber, 2), ("tru", .invalidLiteral, 0), ("[nulx]", .invalidLiteral, 1),
            ("truE", .invalidLiteral, 0),
            ("\"\\x41\"", .invalidEscape, 1), ("\"\\u12G4\"", .invalidEscape, 1), ("\"\\U0041\"", .invalidEscape, 1),
            ("\"\\uD800\"", .loneSurrogate, 1), ("\"\\uDC00\"", .loneSurrogate, 1),
            ("\"\\uD800\\u0041\"", .loneSurrogate, 1),
            ("\"\\uD800\\uD800\"", .loneSurrogate, 1), ("\"a\u{0}b\"", .controlCharacter, 2),
            ("\"12345678\u{1F}\"", .controlCharacter, 9), ("\"a\nb\"", .controlCharacter, 2),
            ("\u{FEFF}1", .byteOrderMark, 0),
        ] as [(String, JSONError.Reason, Int)]
    )
    func refuses(_ text: String, _ reason: JSONError.Reason, _ offset: Int) {
        #expect(failure(Array(text.utf8)) == JSONError(reason, at: offset))
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xC3], [0xE2, 0x82],
            [0xE2, 0x28, 0xA1], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x28, 0x80],
        ] as [[UInt8]]
    )
    func refusesInvalidUTF8(_ sequence: [UInt8]) {
        for padding in 0..<10 {
            let text = [0x22] + Array(repeating: 0x61, count: padding) + sequence + [0x22]
            #expect(failure(text) == JSONError(.invalidUTF8, at: 1 + padding))
            #expect(failure([0x22] + Array(repeating: 0x61, count: padding) + sequence) != nil)
        }
    }

    @Test func acceptsEveryScalarAndRefusesNoOther() {
        for value in stride(from: UInt32(0x80), through: 0x10FFFF, by: 61) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            #expect(failure(Array("\"\(scalar)\"".utf8)) == nil)
        }
    }

    @Test func everyByteOfAStringIsLookedAt() {
        for length in 0..<40 {
            for place in 0..<length {
                var text = Array(repeating: UInt8(ascii: "x"), count: length)
                text[place] = 0x1F
                #expect(failure([0x22] + text + [0x22]) == JSONError(.controlCharacter, at: 1 + place))
                text[place] = 0x22
                #expect(failure([0x22] + text + [0x22])?.reason == .trailingBytes)
            }
        }
    }

    @Test func depthIsLimited() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(failure(nested(64)) == nil)
        #expect(failure(nested(65)) == JSONError(.depthExceeded, at: 64))
        #expect(failure(nested(4), limits: JSONLimits(maximumDepth: 3)) == JSONError(.depthExceeded, at: 3))
        #expect(failure(Array(repeating: UInt8(ascii: "["), count: 1_000_000)) == JSONError(.depthExceeded, at: 64))
        #expect(JSONLimits(maximumDepth: 1000).maximumDepth == 64)
    }

    @Test func noTruncationOrChangeOfAByteIsReadOutOfBounds() {
        let text = Array(#"{"a":[1.5e-3,true,"é\uD83D\uDE00😀\n"],"b":{"c":null,"d":-0.1}}"#.utf8)
        for end in 0..<text.count { #expect(failure(Array(text[..<end])) != nil) }
        var generator = SplitMix64(seed: 7)
        for _ in 0..<20_000 {
            var changed = text
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                changed[Int.random(in: 0..<text.count, using: &generator)] = UInt8.random(
                    in: 0...255,
                    using: &generator
                )
            }
            // The scanner and the value reader agree, but for repeated keys.
            let scanned = failure(changed)
            do throws(JSONError) {
                _ = try JSONValue(parsing: changed)
                #expect(scanned == nil)
            } catch  where error.reason == .duplicateKey || error.reason == .numberOutOfRange {
            } catch {
                #expect(scanned == error)
            }
        }
    }

    @Test func errorsRepeatNoContent() {
        #expect(
            JSONError(.duplicateKey, at: 17).description == "invalid JSON at byte 17: an object has the same key twice"
        )
    }
}

@Suite struct JSONMembersTests {
    private func members(_ text: String) throws(JSONError) -> [String] {
        try Array(text.utf8).withUnsafeBufferPointer { (buffer) throws(JSONError) -> [String] in
            let bytes = UnsafeRawBufferPointer(buffer)
            var members = try JSONScanner.topLevelMembers(of: bytes)
            var found: [String] = []
            while let member = try members.next() {
                found.append(
                    "\(members.string(member.key)):\(member.value.kind):\(String(decoding: bytes[member.valueRange], as: UTF8.self))"
                )
            }
            return found
        }
    }

    @Test func visitsTheOutermostObjectOnly() throws {
        let found = try members(#"{"a": {"a":[1,{"x":2}]} , "b\u0041":"x", "c":[ 1 ,2],"d":-1}"#)
        #expect(
            found == [#"a:beginObject:{"a":[1,{"x":2}]}"#, #"bA:string:"x""#, "c:beginArray:[ 1 ,2]", "d:number:-1"]
        )
        #expect(try members("{}") == [])
    }

    @Test(arguments: [
        ("[1]", JSONError(.notAnObject, at: 0)), ("{\"a\":[1}", JSONError(.unexpectedByte, at: 7)),
        ("{}x", JSONError(.trailingBytes, at: 2)), ("{\"a\":1}{", JSONError(.trailingBytes, at: 7)),
        ("{\"a\":1", JSONError(.unexpectedEnd, at: 6)),
    ])
    func refuses(_ text: String, _ expected: JSONError) {
        #expect(throws: expected) { try members(text) }
    }

    @Test func matchesKeysByMeaning() throws {
        let text = Array(#"{"event\u0054ype":1,"eventType2":2}"#.utf8)
        try text.withUnsafeBytes { bytes in
            var members = try JSONScanner.topLevelMembers(of: bytes)
            let first = try #require(try members.next())
            let second = try #require(try members.next())
            #expect(members.matches(first.key, "eventType"))
            #expect(!members.matches(second.key, "eventType"))
            #expect(members.matches(second.key, "eventType2"))
        }
    }
}
