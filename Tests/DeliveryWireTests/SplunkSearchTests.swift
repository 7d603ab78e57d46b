import JSON
import Testing

@testable import DeliveryWire

@Suite struct SplunkSearchTests {
    private static func row(_ number: Int, of all: Int, isLast: Bool = false) -> String {
        let result = #"{"count":"1","hash":"h","id":"x/\#(number)","rows":"\#(all)"}"#
        return #"{"preview":false,"offset":\#(number),\#(isLast ? #""lastrow":true,"# : "")"result":\#(result)}"#
    }

    private static func answer(_ count: Int) -> String {
        let preview = #"{"preview":true,"offset":0,"lastrow":true,"result":{"id":"x/9","count":"9","rows":"1"}}"#
        return ([preview, ""] + (0..<count).map { row($0, of: count, isLast: $0 == count - 1) }).joined(separator: "\n")
    }

    private static func records(_ text: String) throws -> [SplunkExport.Record] {
        try SplunkExport.records(Array(text.utf8))
    }

    @Test func rowsOfThePreviewDoNotCount() throws {
        #expect(try Self.records(Self.answer(3)).map(\.id) == ["x/0", "x/1", "x/2"])
        #expect(try Self.records(#"{"preview":false,"lastrow":true}"#) == [])
        // Some versions end with a line of their own.
        #expect(try Self.records(Self.answer(2) + "\r\n" + #"{"preview":false,"lastrow":true}"# + "\n").count == 2)
        #expect(try Self.records(#"{"preview":false,"lastrow":true,"messages":[{"type":"INFO","text":"x"}]}"#) == [])
    }

    /// Wherever it is cut, it is never an answer, and never "nothing there".
    @Test func anAnswerThatIsCutIsNone() throws {
        let text = Array(Self.answer(4).utf8)
        for end in 0..<text.count {
            #expect(throws: SplunkSearchError.self) { try SplunkExport.records(Array(text[..<end])) }
        }
        // Nor one from whose middle a line is missing, nor one with a byte changed in how it is built.
        let lines = Self.answer(4).split(separator: "\n")
        for missing in 1..<5 {
            let rest = lines.indices.filter { $0 != missing }.map { lines[$0] }.joined(separator: "\n")
            #expect(throws: SplunkSearchError.self) { try Self.records(rest) }
        }
    }

    @Test(
        arguments: [
            ("", .cut), ("{}", .malformed), ("<html>", .cut), ("[]", .cut),
            (#"{"preview":true,"lastrow":true}"#, .cut),
            (#"{"preview":false,"offset":0}"#, .malformed),
            (#"{"preview":false,"lastrow":true,"result":[]}"#, .malformed),
            (#"{"preview":false,"lastrow":true,"result":{"id":"x"}}"#, .malformed),
            (row(0, of: 2, isLast: true), .limited),
            (#"{"messages":[{"type":"FATAL","text":"no such index"}]}"#, .message("FATAL no such index")),
            (
                #"{"preview":false,"lastrow":true,"messages":[{"type":"WARN","text":"a peer is down"}]}"#,
                .message("WARN a peer is down")
            ),
            (#"{"preview":false,"lastrow":true,"messages":"x"}"#, .malformed),
            (row(0, of: 1, isLast: true) + "\n" + #"{"preview":fal"#, .malformed),
        ] as [(String, SplunkSearchError)]
    ) func whatIsNoAnswer(text: String, error: SplunkSearchError) {
        #expect(throws: error) { try Self.records(text) }
    }

    @Test func howMuchThereIs() throws {
        func standing(_ result: String) throws -> [UInt64] {
            let line = #"{"preview":false,"offset":0,"lastrow":true,"result":\#(result)}"#
            let found = try SplunkExport.standing(Array(line.utf8))
            return [found.events, found.strays]
        }
        #expect(try standing(#"{"events":"12","strays":"3"}"#) == [12, 3])
        #expect(try standing(#"{"events":"0"}"#) == [0, 0], "a sum of nothing is left out")
        for wrong in [#"{"events":"12"}"#, #"{"events":"-1","strays":"0"}"#, "{}"] {
            #expect(throws: SplunkSearchError.malformed) { try standing(wrong) }
        }
        #expect(throws: SplunkSearchError.malformed) {
            try SplunkExport.standing(Array(#"{"preview":false,"lastrow":true}"#.utf8))
        }
    }

    @Test func namesStandInQuotationMarksAndNothingElse() throws {
        let search = try SplunkSearch(index: "audit", source: "a b|[c]", ledger: "muniment.example/x")
        let beginning = #"search index="audit" source="a b|[c]" | where mvindex(ledger,0)="muniment.example/x" | "#
        #expect(search.standing.hasPrefix(beginning) && search.records(5..<9).hasPrefix(beginning))
        #expect(search.records(5..<9).contains(" | where n>=5 AND n<9 | "))
        #expect(try SplunkSearch(index: nil, source: nil, ledger: "x").standing.hasPrefix("search index=* | where "))
        for name in ["a\"", "a\\", "`a`", "a*", "a\n", "", "\u{7F}"] {
            #expect(throws: SplunkSearchError.name("index")) { try SplunkSearch(index: name, source: nil, ledger: "x") }
            #expect(throws: SplunkSearchError.name("source")) {
                try SplunkSearch(index: nil, source: name, ledger: "x")
            }
            #expect(throws: SplunkSearchError.name("ledger's name")) {
                try SplunkSearch(index: nil, source: nil, ledger: name)
            }
        }
    }

    @Test func formsAreEncoded() {
        let form = FormBody.encoded([("search", "a=\"b\" | c&d+é"), ("x", "")])
        #expect(String(decoding: form, as: UTF8.self) == "search=a%3D%22b%22%20%7C%20c%26d%2B%C3%A9&x=")
    }
}
