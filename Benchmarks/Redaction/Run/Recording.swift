import Redaction
import RedactionCorpus

/// Writes down everything that the engine finds in a large text, so that two builds can be compared byte by byte: a change that is
/// only about speed leaves the file as it was.
struct Recording {
    private let redactor = Redactor()
    private let scratch = Scratch()
    private var generator = SeededGenerator(seed: 77)
    private var output = ""

    /// The record of texts of the evaluation corpus, of random ones, and of the lines of `extra`.
    static func make(extra: [UInt8]) -> String {
        var recording = Recording()
        var maker = CorpusMaker(seed: 4711)
        var texts: [[UInt8]] = []
        for index in 0..<40_000 { texts.append(Array((index % 3 == 0 ? maker.spoken() : maker.written()).text.utf8)) }
        texts += extra.split(separator: 0x0A).map { Array($0) }
        for text in texts { recording.whole(text) }
        for _ in 0..<30_000 { recording.whole(recording.spoilt(texts)) }
        for _ in 0..<20_000 { recording.whole(recording.random(upTo: 400)) }
        for _ in 0..<60 {
            var long: [UInt8] = []
            while long.count < 50_000 {
                long += recording.generator.next() % 8 == 0 ? recording.random(upTo: 3000) : recording.spoilt(texts)
                long.append(recording.generator.next() % 2 == 0 ? 0x0A : 0x20)
            }
            recording.whole(long)
            recording.stream(long)
        }
        return recording.output
    }

    private mutating func whole(_ text: [UInt8]) {
        text.withUnsafeBytes { redactor.find($0, into: scratch) }
        write(scratch.findings)
    }

    private mutating func stream(_ text: [UInt8]) {
        var stream = StreamRedactor(redactor)
        var redacted: [UInt8] = []
        var offset = 0
        while offset < text.count {
            let end = min(text.count, offset + 1 + Int(generator.next() % 300))
            text[offset..<end].withUnsafeBytes { piece in
                do { try stream.push(piece, into: &redacted) } catch { output += "\(error)\n" }
            }
            output += "\(stream.pending) "
            offset = end
        }
        do { try stream.finish(into: &redacted) } catch { output += "\(error)\n" }
        write(stream.takeFindings())
    }

    private mutating func write(_ findings: [Finding]) {
        for finding in findings {
            output += "\(finding.rule) \(finding.start) \(finding.end) \(finding.score) \(finding.checksum) "
            output += "\(finding.isVerified) \(finding.contextOffset);"
        }
        output += "\n"
    }

    /// Two texts together, with some bytes replaced, removed or doubled.
    private mutating func spoilt(_ texts: [[UInt8]]) -> [UInt8] {
        var text = texts[Int(generator.next() % UInt64(texts.count))]
        text.append(0x20)
        text += texts[Int(generator.next() % UInt64(texts.count))]
        for _ in 0..<(generator.next() % 6) {
            let place = Int(generator.next() % UInt64(text.count))
            switch generator.next() % 4 {
            case 0: text[place] = UInt8(truncatingIfNeeded: generator.next())
            case 1: text.remove(at: place)
            case 2: text.insert(0x30 + UInt8(generator.next() % 10), at: place)
            default: text.insert(Array(" -./,@:\n".utf8)[Int(generator.next() % 8)], at: place)
            }
            if text.isEmpty { text = [0x20] }
        }
        return text
    }

    /// Digits, signs, words and any bytes without order.
    private mutating func random(upTo size: Int) -> [UInt8] {
        let words: [String] = [
            "card ", "ssn ", "account ", "one ", "two ", "double ", "at ", "dot ", "com ", "born ", "May ", "A", "x",
            "IBAN ",
            "phone ", "vier", "und", "exp", "\u{FF11}", "\u{2013}", "\u{200B}", "é", "DE", "GB", "expiry ", "camelCase",
            "ID", "QQ",
        ]
        var text: [UInt8] = []
        let count = Int(generator.next() % UInt64(size)) + 1
        let digits = generator.next() % 8
        while text.count < count {
            let draw = generator.next() % 12
            if draw < digits {
                text.append(0x30 + UInt8(generator.next() % 10))
            } else if draw < 9 {
                text.append(Array(" -./,@:\n()+_'%".utf8)[Int(generator.next() % 14)])
            } else if draw < 11 {
                text += Array(words[Int(generator.next() % UInt64(words.count))].utf8)
            } else {
                text.append(UInt8(truncatingIfNeeded: generator.next()))
            }
        }
        return text
    }
}
