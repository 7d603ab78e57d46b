import RedactionCorpus
import Testing

@testable import Redaction

/// Cutting text by masks agrees with cutting it byte by byte.
@Suite struct TokenizerTests {
    struct Cut: Equatable {
        var start: Int
        var end: Int
        var kind: Token.Kind
        var isAfterLineBreak: Bool
    }

    /// The tokens by their definition, one byte after the other.
    static func cutSlowly(_ text: [UInt8]) -> [Cut] {
        var cuts: [Cut] = []
        var isAfterLineBreak = true
        for (offset, byte) in text.enumerated() {
            guard Bytes.isWord(byte) || byte == 0x40 else {
                if Bytes.isLineBreak(byte) { isAfterLineBreak = true }
                continue
            }
            let kind: Token.Kind = byte == 0x40 ? .at : Bytes.isDigit(byte) ? .digits : .letters
            if let last = cuts.last, last.end == offset, last.kind == kind, kind != .at,
                !(Bytes.isLower(text[offset - 1]) && Bytes.isUpper(byte))
            {
                cuts[cuts.count - 1].end = offset + 1
            } else {
                cuts.append(Cut(start: offset, end: offset + 1, kind: kind, isAfterLineBreak: isAfterLineBreak))
            }
            isAfterLineBreak = false
        }
        return cuts
    }

    static func cut(_ text: [UInt8], isPlain: Bool) -> (cuts: [Cut], entries: [UInt16], seeds: [Int])? {
        let tokens = UnsafeMutablePointer<Token>.allocate(capacity: text.count + 1)
        let seeds = UnsafeMutablePointer<Int32>.allocate(capacity: text.count + 1)
        defer {
            tokens.deallocate()
            seeds.deallocate()
        }
        let made = text.withUnsafeBufferPointer { Tokenizer.run($0, Lexicon.shared, tokens, seeds, isPlain: isPlain) }
        guard let made else { return nil }
        let all = (0..<made.tokens).map { tokens[$0] }
        return (
            all.map {
                Cut(start: Int($0.start), end: Int($0.end), kind: $0.kind, isAfterLineBreak: $0.isAfterLineBreak)
            },
            all.map(\.entry), (0..<made.seeds).map { Int(seeds[$0]) }
        )
    }

    @Test func agreesWithTheDefinition() throws {
        var generator = SeededGenerator(seed: 64)
        let alphabets: [[UInt8]] = [
            Array("aZ09@ \n".utf8), Array("abcdefghijKLM".utf8), Array(0...255), Array("oneTwo three4@.\r\n-".utf8),
            Array(" \n\r.".utf8),
        ]
        for round in 0..<3000 {
            let alphabet = alphabets[round % alphabets.count]
            let count = Int.random(in: 0...300, using: &generator)
            let text = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            let made = try #require(Self.cut(text, isPlain: false))
            #expect(made.cuts == Self.cutSlowly(text))
            for (index, cut) in made.cuts.enumerated() {
                let entry = cut.kind == .letters ? Lexicon.shared.find(Lexicon.hash(text[cut.start..<cut.end])) : 0
                #expect(made.entries[index] == entry)
            }
            let seeds = made.cuts.indices.filter {
                made.cuts[$0].kind != .letters || Lexicon.shared.number(made.entries[$0]).kind.isSeed
            }
            #expect(made.seeds == seeds)
            #expect((Self.cut(text, isPlain: true) == nil) == text.contains { $0 >= 0x80 })
        }
    }

    @Test func findsEveryWordOfTheLexicon() {
        for (word, number) in NumberWords.all {
            let found = Lexicon.shared.number(Lexicon.shared.find(Lexicon.hash(word.uppercased().utf8)))
            #expect(found.kind != .none, "\(word)")
            #expect(!found.languages.isEmpty || number.languages.isEmpty, "\(word)")
        }
        for (classes, words) in ContextWords.all {
            for word in words.split(separator: " ") where !word.contains("+") {
                let entry = Lexicon.shared.find(Lexicon.hash(word.utf8))
                #expect(Lexicon.shared.classes(entry).isSuperset(of: classes), "\(word)")
            }
        }
        #expect(Lexicon.shared.find(Lexicon.hash("zyzzyva".utf8)) == 0)
        #expect(Lexicon.shared.find(0) == 0)
    }

    @Test func placesAnyHashesWithoutCollisions() {
        var generator = SeededGenerator(seed: 9)
        for count in [0, 1, 2, 300, 5000] {
            var hashes: Set<UInt64> = []
            while hashes.count < count { hashes.insert(generator.next() | 1) }
            let ordered = hashes.sorted()
            let view = PerfectHashView(PerfectHash(ordered))
            for (index, hash) in ordered.enumerated() { #expect(view.place(hash) == index + 1) }
            for _ in 0..<1000 {
                let other = generator.next() & ~1
                #expect(view.place(other) == 0)
            }
        }
    }
}
