import Redaction
import Testing

@Suite struct JSONPathTests {
    @Test(
        arguments: [
            ("name", [.member("name")]), ("address.city", [.member("address"), .member("city")]),
            ("accounts[].iban", [.member("accounts"), .elements, .member("iban")]),
            ("[].name", [.elements, .member("name")]), ("a[][]", [.member("a"), .elements, .elements]),
            (#"["odd key"]"#, [.member("odd key")]), (#"a["b.c"].d"#, [.member("a"), .member("b.c"), .member("d")]),
            (#"["\"\\"]"#, [.member(#""\"#)]), (#"[""]"#, [.member("")]), ("_x-1", [.member("_x-1")]),
            (#"["é"][]"#, [.member("é"), .elements]),
        ] as [(String, [JSONPath.Step])]
    )
    func reads(_ text: String, _ steps: [JSONPath.Step]) throws {
        let path = try JSONPath(text)
        #expect(path.steps == steps)
        #expect(path.description == text)
    }

    @Test(
        arguments: [
            ("", .empty, 0), (".a", .expectedKey, 0), ("a.", .expectedKey, 2), ("a..b", .expectedKey, 2),
            ("a b", .expectedStep, 1),
            ("a[]b", .expectedStep, 3), ("a[0]", .unclosedBracket, 2), ("a[", .unclosedBracket, 2),
            (#"["a"#, .unclosedBracket, 3),
            (#"["a""#, .unclosedBracket, 4), (#"["\n"]"#, .invalidEscape, 3), ("[\"a\u{0}\"]", .controlCharacter, 3),
            ("é", .expectedKey, 0), ("$.a", .expectedKey, 0), ("a.*", .expectedKey, 2), ("a.[]", .expectedKey, 2),
            (String(repeating: "[]", count: 65), .tooLong, 128),
        ] as [(String, JSONPathError.Reason, Int)]
    )
    func refuses(_ text: String, _ reason: JSONPathError.Reason, _ position: Int) {
        #expect(throws: JSONPathError(reason, at: position)) { try JSONPath(text) }
    }
}
