import Redaction
import RedactionCorpus
import Testing

@Suite("Bad input")
struct BadInputTests {
    private func steps(_ text: [UInt8]) -> Int {
        let scratch = Scratch()
        text.withUnsafeBytes { Redactor().find($0, into: scratch) }
        return scratch.steps
    }

    @Test(
        "Work grows with the text, not faster",
        arguments: [
            "7", "@", "one ", "a", "7 ", "7.", "a@", "12-", "4111 ", "DE89 ", "a1", "1:", "dot com ", "at dot ",
            "double ", "é7", "\u{200B}", "okay\n7 ", "march ", "(", "+1",
        ]
    )
    func linear(unit: String) {
        let small = 1 << 14
        let large = small * 8
        let unit = Array(unit.utf8)
        let few = steps(Array(repeatElement(unit, count: small / unit.count).joined()))
        let many = steps(Array(repeatElement(unit, count: large / unit.count).joined()))
        #expect(many <= few * 9 + 20_000, "\(few) steps became \(many)")
        #expect(many <= large * 60, "\(many) steps for \(large) bytes")
    }

    @Test("A million number words and a token of a megabyte come to an end")
    func million() {
        #expect(steps(Array(repeatElement(Array("one ".utf8), count: 1_000_000).joined())) < 60_000_000)
        #expect(steps(Array(repeating: 0x39, count: 1 << 20)) < 4_000_000)
    }

    @Test("Invalid UTF-8 stays as it is and does not hide a number")
    func invalid() throws {
        let text: [UInt8] =
            [0xFF, 0xC3, 0x20] + Array("card 4012888888881881 ".utf8) + [0xE2, 0x80, 0xF4, 0x90, 0x80, 0x80]
        let output = try redacted(text)
        #expect(output == [0xFF, 0xC3, 0x20] + Array("card **** ".utf8) + [0xE2, 0x80, 0xF4, 0x90, 0x80, 0x80])
    }

    @Test("Random bytes never trap, and findings are in order, apart and inside", arguments: [UInt64(5), 6, 7])
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let scratch = Scratch()
        let redactor = Redactor()
        for _ in 0..<400 {
            let count = Int.random(in: 0...400, using: &random)
            let narrow = Bool.random(using: &random)
            let text = (0..<count).map { _ in
                narrow ? UInt8.random(in: 0x20...0x42, using: &random) : UInt8.random(in: 0...255, using: &random)
            }
            text.withUnsafeBytes { redactor.find($0, into: scratch) }
            var end = 0
            for finding in scratch.findings {
                #expect(finding.start >= end && finding.end > finding.start && finding.end <= text.count)
                end = finding.end
            }
        }
    }
}
