import JSON

extension Redactor {
    /// Redacts the turns of a conversation together: the question of one turn is the context of the next, and a number dictated
    /// over several turns is masked in each.
    ///
    /// - Parameters:
    ///   - turns: what was said, in order, UTF-8.
    ///   - scope: as in ``redact(_:scope:hints:into:)``.
    /// - Returns: the redacted turns and the findings of each, offsets within the turn.
    public func redactTurns(
        _ turns: [[UInt8]],
        scope: String = "",
        scratch: Scratch = Scratch()
    ) throws(VaultFailure) -> (turns: [[UInt8]], findings: [[Finding]]) {
        let (text, starts) = conversation(turns)
        text.withUnsafeBytes { find($0, into: scratch) }
        var findings = [[Finding]](repeating: [], count: turns.count)
        var turn = 0
        for finding in scratch.findings {
            while turn + 1 < turns.count, starts[turn + 1] <= finding.start { turn += 1 }
            var part = finding
            // A finding never spans two turns: a line break ends every form but a dictation, which has one finding a line.
            part.start -= starts[turn]
            part.end = min(part.end - starts[turn], turns[turn].count)
            part.contextOffset = part.contextOffset >= starts[turn] ? part.contextOffset - starts[turn] : -1
            if part.start < part.end { findings[turn].append(part) }
        }
        var output: [[UInt8]] = []
        for (index, turn) in turns.enumerated() {
            var written: [UInt8] = []
            var failure: VaultFailure?
            turn.withUnsafeBytes { bytes in
                do throws(VaultFailure) {
                    try write(bytes, 0..<bytes.count, findings[index][...], scope: scope, to: &written)
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            output.append(written)
        }
        return (output, findings)
    }

    /// The turns as lines; line breaks inside a turn become blanks, so that offsets stay.
    private func conversation(_ turns: [[UInt8]]) -> (text: [UInt8], starts: [Int]) {
        var text: [UInt8] = []
        var starts: [Int] = []
        for turn in turns {
            starts.append(text.count)
            text.append(contentsOf: turn.map { Bytes.isLineBreak($0) ? 0x20 : $0 })
            text.append(0x0A)
        }
        return (text, starts)
    }

    /// Redacts a transcript document: objects that hold a `text` (or `transcript`) and a `words` array are the turns, in the order
    /// of the document. The words that a finding in the text covers are masked too, so that no number stays in `words`; all other
    /// strings and numbers are redacted as by ``redactJSON(_:scope:into:)``.
    ///
    /// The result is in `scratch.output`; `scratch.findings` counts everything. What was found in a turn has the range of the
    /// turn's text in `document`, the rest ranges of the document after the turns were redacted.
    ///
    /// - Throws: ``JSONRedactionFailure``.
    public func redactTranscript(
        _ document: UnsafeRawBufferPointer,
        scope: String = "",
        into scratch: Scratch
    ) throws(JSONRedactionFailure) {
        let phrases: [TranscriptPhrase]
        do throws(JSONError) {
            phrases = try TranscriptReader(document).read()
        } catch {
            throw JSONRedactionFailure.notJSON(error)
        }
        let redacted: (turns: [[UInt8]], findings: [[Finding]])
        do throws(VaultFailure) {
            redacted = try redactTurns(phrases.map(\.text), scope: scope, scratch: scratch)
        } catch {
            throw JSONRedactionFailure.vault(error)
        }
        var edits: [(range: Range<Int>, text: [UInt8])] = []
        for (index, phrase) in phrases.enumerated() where !redacted.findings[index].isEmpty {
            edits.append((phrase.range, redacted.turns[index]))
            for word in phrase.words(covered: redacted.findings[index]) { edits.append((word, Array("****".utf8))) }
        }
        var inTurns: [Finding] = []
        for (index, phrase) in phrases.enumerated() {
            for var finding in redacted.findings[index] {
                (finding.start, finding.end) = (phrase.range.lowerBound, phrase.range.upperBound)
                finding.contextOffset = -1
                inTurns.append(finding)
            }
        }
        var edited: [UInt8] = []
        var offset = 0
        for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
        where edit.range.lowerBound >= offset {
            edited.append(contentsOf: UnsafeRawBufferPointer(rebasing: document[offset..<edit.range.lowerBound]))
            edit.text.withUnsafeBytes { JSONText.appendQuoted($0, to: &edited) }
            offset = edit.range.upperBound
        }
        edited.append(contentsOf: UnsafeRawBufferPointer(rebasing: document[offset...]))
        var failure: JSONRedactionFailure?
        edited.withUnsafeBytes { bytes in
            do throws(JSONRedactionFailure) {
                try redactJSON(bytes, scope: scope, into: scratch)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        scratch.findings.insert(contentsOf: inTurns, at: 0)
    }
}

/// One turn of a transcript document.
struct TranscriptPhrase {
    var text: [UInt8] = []
    /// The string in the document, quotation marks included.
    var range = 0..<0
    /// The strings of its words.
    var words: [(range: Range<Int>, text: [UInt8])] = []

    /// The words that findings in the text cover. Words are looked for in the text one after the other, whatever their case; when
    /// one is not there, the word list and the text differ, and every word that a number can be made of is covered.
    func words(covered findings: [Finding]) -> [Range<Int>] {
        var covered: [Range<Int>] = []
        var cursor = 0
        for word in words {
            guard let place = place(of: word.text, from: cursor) else {
                return words.filter { Self.isNumeric($0.text) }.map(\.range)
            }
            cursor = place.upperBound
            if findings.contains(where: { $0.start < place.upperBound && $0.end > place.lowerBound }) {
                covered.append(word.range)
            }
        }
        return covered
    }

    /// The place of a word; its signs at both ends do not count.
    private func place(of word: [UInt8], from cursor: Int) -> Range<Int>? {
        let core = word.drop { !Bytes.isWord($0) }
        guard !core.isEmpty else { return cursor..<cursor }
        // Only a little way ahead: words follow one another.
        let limit = min(text.count - core.count, cursor + 64)
        guard cursor <= limit else { return nil }
        let letters = core.reversed().drop { !Bytes.isWord($0) }.reversed()
        for start in cursor...limit where matches(Array(letters), at: start) { return start..<(start + letters.count) }
        return nil
    }

    private func matches(_ word: [UInt8], at start: Int) -> Bool {
        guard start + word.count <= text.count, start == 0 || !Bytes.isWord(text[start - 1]) else { return false }
        for index in word.indices {
            let left = text[start + index]
            let isSame =
                left == word[index] || (Bytes.isLetter(left) && left < 0x80 && left | 0x20 == word[index] | 0x20)
            guard isSame else { return false }
        }
        return true
    }

    private static func isNumeric(_ word: [UInt8]) -> Bool {
        if word.contains(where: Bytes.isDigit) { return true }
        return word.withUnsafeBytes { bytes in
            var folding = Folding()
            folding.fold(bytes)
            let entry = Lexicon.shared.find(Lexicon.hash(folding.bytes.filter(Bytes.isLetter)))
            return Lexicon.shared.number(entry).kind.isNumber || folding.bytes.count == 1
        }
    }
}

/// Finds the turns of a transcript document.
struct TranscriptReader {
    private let document: UnsafeRawBufferPointer
    private var scanner: JSONScanner
    private var phrases: [TranscriptPhrase] = []

    init(_ document: UnsafeRawBufferPointer) {
        self.document = document
        scanner = JSONScanner(document)
    }

    consuming func read() throws(JSONError) -> [TranscriptPhrase] {
        while let token = try scanner.next() {
            if token.kind == .beginObject { try object() }
        }
        return phrases
    }

    /// Reads one object; those inside it come first in the order of the document when they stand before its text.
    private mutating func object() throws(JSONError) {
        var phrase = TranscriptPhrase()
        var hasText = false
        while let key = try scanner.next(), key.kind == .key {
            let name = Self.text(document, key)
            guard let value = try scanner.next() else { return }
            switch value.kind {
            case .string where !hasText && (name == Array("text".utf8) || name == Array("transcript".utf8)):
                phrase.text = Self.text(document, value)
                phrase.range = value.range
                hasText = true
            case .beginArray where name == Array("words".utf8): try words(&phrase)
            case .beginObject: try object()
            case .beginArray: try array()
            default: break
            }
        }
        if hasText { phrases.append(phrase) }
    }

    private mutating func array() throws(JSONError) {
        while let token = try scanner.next(), token.kind != .endArray {
            if token.kind == .beginObject { try object() }
            if token.kind == .beginArray { try array() }
        }
    }

    /// A list of strings, or of objects whose `word` (or `text`) is one.
    private mutating func words(_ phrase: inout TranscriptPhrase) throws(JSONError) {
        var depth = 1
        var isWord = false
        while depth > 0, let token = try scanner.next() {
            switch token.kind {
            case .beginArray, .beginObject: depth += 1
            case .endArray, .endObject: depth -= 1
            case .key:
                let name = Self.text(document, token)
                isWord = name == Array("word".utf8) || name == Array("text".utf8)
            case .string where depth == 1 || (depth == 2 && isWord):
                phrase.words.append((token.range, Self.text(document, token)))
            default: break
            }
        }
    }

    private static func text(_ document: UnsafeRawBufferPointer, _ token: JSONToken) -> [UInt8] {
        var text: [UInt8] = []
        JSONText.appendUnescaped(document, token.contentRange, to: &text)
        return text
    }
}
