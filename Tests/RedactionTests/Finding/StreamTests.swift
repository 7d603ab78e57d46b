import Redaction
import RedactionCorpus
import Testing

@Suite("Streams")
struct StreamTests {
    @Test("Every cut of every record gives the output of the whole", arguments: [UInt64(1), 2, 3])
    func everyCut(seed: UInt64) throws {
        var maker = CorpusMaker(seed: seed)
        let redactor = Redactor()
        for index in 0..<60 {
            // Two records together, so that one is the context of the other.
            let text =
                Array((index % 3 == 0 ? maker.spoken().text : maker.written().text).utf8) + [0x0A]
                + Array(maker.written().text.utf8)
            let whole = try redacted(text, redactor)
            for cut in 0...text.count {
                let (output, waited) = try streamed([text[..<cut], text[cut...]], redactor)
                guard output == whole else {
                    Issue.record("cut \(cut): \(String(decoding: text, as: UTF8.self))")
                    return
                }
                #expect(waited <= StreamRedactor.holdBack)
            }
        }
    }

    /// What fuzzing found, and its neighbours.
    private static let awkward: [[UInt8]] = [
        Array("bo3".utf8) + Array(repeating: 0xF6, count: 24) + Array("Optional".utf8)
            + Array(repeating: 0xF6, count: 56) + Array("3gdertsi@p.co".utf8),
        Array(repeating: 0x61, count: 80) + Array("7b@example.com and 4012888888881881".utf8),
        Array("4_PHNE_6bd9fc534fbdlf2afb%40example.com, ".utf8) + Array(repeating: 0x2E, count: 40),
        Array(repeating: 0xF5, count: 106) + Array("quat4012888ghteione 2at e dot(org".utf8),
        Array("\u{14}n at et rgdot org dot org".utf8), Array("me at one two three dot com".utf8),
        Array("write to m a r g a r e t underscore t h a t c h e r at g o v e r n dot example dot com".utf8),
        Array("extraordinarily at incomprehensibilities internationalisation counterrevolutionaries dot com".utf8),
        Array("415761 o o eight 1eignderscore nine at e".utf8) + Array(repeating: 0xFF, count: 10)
            + Array("xample dot org, ht eighgheight eight eight eight one eig\t ht ot eight oen\nght oen\noen\n".utf8),
        Array("one two 7eigh nine at e".utf8) + Array(repeating: 0xFF, count: 18)
            + Array("xample dot org, ht one eight five 6b".utf8) + Array(repeating: 0x61, count: 40)
            + Array("7b@example.com".utf8),
        Array(
            "hello there (de acht neun drei sieben null vier null null vier vier null fünf drei zwei null eins drei null null null, ok"
                .utf8
        ),
        Array("Bob cpf )a".utf8) + [0xC2] + Array(" 01:1A:4b:3C::".utf8),
    ]

    @Test("Awkward texts give the output of the whole at every cut", arguments: awkward)
    func awkwardCuts(text: [UInt8]) throws {
        let whole = try redacted(text)
        for cut in 0...text.count {
            let (output, waited) = try streamed([text[..<cut], text[cut...]])
            #expect(output == whole, "cut \(cut)")
            #expect(waited <= StreamRedactor.holdBack)
        }
        #expect(try streamed(text.indices.map { text[$0...$0] }).output == whole, "byte by byte")
    }

    @Test("Rules of a policy's own do not change where the built-in ones go on", arguments: [UInt64(31), 32, 33])
    func ownRules(seed: UInt64) throws {
        var policy = RedactionPolicy(name: "own", defaultAction: .label)
        policy.rules = [
            try CustomRule(name: "order", pattern: #"ORD-\d{3,8}"#), try CustomRule(name: "word", pattern: "(a|b)+x?"),
        ]
        let redactor = try Redactor(policy: policy)
        let found = Array("u 0 0 0 4 6 00 ORD-312 3 01 0 34 56 30 0 ocho  56 130012 x 00 34 x3x D abx D abx".utf8)
        let (output, _) = try streamed([found[...]], redactor)
        #expect(try redacted(found, redactor) == output)
        var random = SeededGenerator(seed: seed)
        let signs = [
            "0 ", "34 ", "130012 ", "ORD-312 ", "ORD", "-31", "ab", "x ", "ocho ", "415-555-2671 ", "\n", "card 4012 ",
        ]
        for _ in 0..<30 {
            var text: [UInt8] = []
            for _ in 0..<120 { text += Array((signs.randomElement(using: &random) ?? " ").utf8) }
            try compare(text, &random, redactor)
        }
    }

    @Test("Small random pieces of long text give the output of the whole", arguments: [UInt64(11), 12, 13, 14])
    func pieces(seed: UInt64) throws {
        var maker = CorpusMaker(seed: seed)
        var random = SeededGenerator(seed: seed)
        var text: [UInt8] = []
        for index in 0..<400 {
            text += Array((index % 4 == 0 ? maker.spoken().text : maker.written().text).utf8)
            text.append([0x0A, 0x20, 0x20, 0x2E][Int.random(in: 0..<4, using: &random)])
        }
        try compare(text, &random)
    }

    @Test("Random bytes of the signs that matter", arguments: [UInt64(21), 22, 23, 24, 25, 26])
    func noise(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let signs: [String] = [
            "0", "1", "4", "44", "12", "555", "4111", " ", " ", " ", "-", ".", "/", ":", "@", "(", ")", "+", "\n", ", ",
            "a", "x", "AB", "DE89 ", "card ", "account ", "one ",
            "two ", "double ", "dot ", "at ", "com ", "okay ", "é", "\u{200B}", "\u{FF14}", "\u{A0}", "march ", "born ",
            "ssn ", "no, ", "no ", "sorry ", "12.ABC.345/01DE-35", "_", "%", "q", "::", "\u{10FFFF}",
        ]
        for _ in 0..<12 {
            var text: [UInt8] = []
            for _ in 0..<400 { text += Array((signs.randomElement(using: &random) ?? " ").utf8) }
            try compare(text, &random)
        }
    }

    private func compare(
        _ text: [UInt8],
        _ random: inout SeededGenerator,
        _ redactor: Redactor = Redactor()
    ) throws {
        let whole = try redacted(text, redactor)
        for _ in 0..<3 {
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < text.count {
                let end = min(text.count, start + Int.random(in: 1...40, using: &random))
                pieces.append(text[start..<end])
                start = end
            }
            let (output, waited) = try streamed(pieces, redactor)
            #expect(waited <= StreamRedactor.holdBack)
            if output != whole {
                let place = zip(output, whole).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
                Issue.record(
                    "differs at \(place): \(String(decoding: whole[max(0, place - 80)..<min(whole.count, place + 40)], as: UTF8.self)) // \(String(decoding: output[max(0, place - 80)..<min(output.count, place + 40)], as: UTF8.self))"
                )
                return
            }
        }
    }

    @Test(
        "Floods of one sign give the output of the whole",
        arguments: ["(", "+", "::", "-", "a@b.com", "7 ", "one ", "a@", "dot ", "4111 ", "dot lea .one ", "u u at "]
    )
    func floods(unit: String) throws {
        let unit = Array(unit.utf8)
        let text = Array(repeatElement(unit, count: 40_000 / unit.count).joined())
        let whole = try redacted(text)
        for size in [61, 4096] {
            let pieces = stride(from: 0, to: text.count, by: size).map { text[$0..<min(text.count, $0 + size)] }
            #expect(try streamed(pieces).0 == whole)
        }
    }

    @Test("What cannot be decided within the hold-back is masked")
    func bound() throws {
        let flood = String(repeating: "\u{200B}\u{200B}\u{200B}\u{200B}", count: 20)
        let text = Array(("card " + "4012888888881881".map { "\($0)\(flood)" }.joined() + " thanks").utf8)
        var pieces: [ArraySlice<UInt8>] = []
        for start in stride(from: 0, to: text.count, by: 50) {
            pieces.append(text[start..<min(text.count, start + 50)])
        }
        let (output, waited) = try streamed(pieces)
        #expect(waited <= StreamRedactor.holdBack)
        #expect(!output.contains { 0x30...0x39 ~= $0 })
        #expect(String(decoding: output, as: UTF8.self).hasSuffix("thanks"))
    }
}
