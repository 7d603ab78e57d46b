import EventFormats
import JSON
import Testing

@Suite struct CEFTests {
    static let encoder = EventEncoder(
        format: .cef,
        product: ProductIdentity(vendor: "A|B", name: #"C\D"#, version: "1=2")
    )

    static func line(_ type: String, _ fields: [String: JSONValue]) throws -> String {
        String(decoding: try encoder.encode(try Samples.record(type, fields)), as: UTF8.self)
    }

    @Test func headerAndExtensionEscapeDifferently() throws {
        let line = try Self.line(
            "DETECTION_ALERT_RAISED",
            ["severity": "critical", "sentence": "a|b=c\\d\nnext\rlast"]
        )
        let header = #"CEF:0|A\|B|C\\D|1=2|detection_alert_raised|Detection alert raised|10|"#
        #expect(line.hasPrefix(header + "rt=1768469400123 externalId="))
        #expect(line.hasSuffix(#" msg=a|b\=c\\d\nnext\rlast"#))
        #expect(!line.contains("\n") && !line.contains("\r"))
    }

    @Test func whatARecordSaysStandsUnderTheKeysOfTheDictionary() throws {
        let fields = try CEFReader.read(try Self.line("CUSTOMER_DATA_ACCESSED", Samples.accessed)).extension
        #expect(fields["suser"] == "agent-42")
        #expect(fields["act"] == "customer-profile")
        #expect(fields["outcome"] == "released")
        #expect(fields["cs2Label"] == "customerToken")
        #expect(fields["cs2"] == Samples.accessed["customerId"]?.string)
        #expect(fields["cn1"] == "184467")
        #expect(fields["externalId"] == "ledger.example/acme/184467")
        let rest = try JSONValue(parsing: try #require(fields["msg"]))
        #expect(rest["dataFieldsViewed"] == ["$.name", "$.ssn"])
    }

    @Test(arguments: 0..<300)
    func anyTextComesBack(seed: UInt64) throws {
        var generator = Seeded(state: seed)
        let alphabet = Array("abc =|\\\n\r\"]é漢 =\\|").map(String.init)
        func text() -> String {
            (0..<Int.random(in: 1...24, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? ""
            }.joined()
        }
        let sentence = text()
        let agent = text()
        let read = try CEFReader.read(
            try Self.line("DETECTION_ALERT_RAISED", ["sentence": .string(sentence), "agentId": .string(agent)])
        )
        #expect(read.extension["msg"] == sentence)
        #expect(read.extension["suser"] == agent)
        #expect(read.header == ["A|B", #"C\D"#, "1=2", "detection_alert_raised", "Detection alert raised", "8"])
    }
}

/// Reads CEF by its specification; written apart from what writes it.
enum CEFReader {
    struct Malformed: Error {}

    static func read(_ line: String) throws -> (header: [String], extension: [String: String]) {
        guard line.hasPrefix("CEF:0|") else { throw Malformed() }
        var rest = Array(line.unicodeScalars.dropFirst(6))[...]
        var header: [String] = []
        while header.count < 6 {
            var field = String.UnicodeScalarView()
            while let scalar = rest.popFirst(), scalar != "|" {
                if scalar == "\\" { if let next = rest.popFirst() { field.append(next) } } else { field.append(scalar) }
            }
            header.append(String(field))
        }
        // A key is the word before an unescaped equals sign.
        var fields: [String: String] = [:]
        let scalars = Array(rest)
        var signs: [Int] = []
        var position = 0
        while position < scalars.count {
            if scalars[position] == "\\" { position += 2; continue }
            if scalars[position] == "=" { signs.append(position) }
            position += 1
        }
        func keyStart(_ sign: Int) -> Int {
            var start = sign
            while start > 0, scalars[start - 1] != " " { start -= 1 }
            return start
        }
        for (number, sign) in signs.enumerated() {
            let key = String(String.UnicodeScalarView(scalars[keyStart(sign)..<sign]))
            let end = number + 1 < signs.count ? keyStart(signs[number + 1]) - 1 : scalars.count
            var value = String.UnicodeScalarView()
            var raw = scalars[(sign + 1)..<end]
            while let scalar = raw.popFirst() {
                guard scalar == "\\", let next = raw.popFirst() else { value.append(scalar); continue }
                value.append(next == "n" ? "\n" : next == "r" ? "\r" : next)
            }
            fields[key] = String(value)
        }
        return (header, fields)
    }
}
