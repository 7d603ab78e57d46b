import JSON
import Redaction

/// What `scripts/fuzz` runs: redaction of any bytes, with what must hold of the result. libFuzzer calls it with input after input and
/// keeps those that reach new code.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let data, count > 2 else { return 0 }
    let redactor = Fuzz.redactors[Int(data[1]) % Fuzz.redactors.count]
    let text = UnsafeRawBufferPointer(start: data + 2, count: count - 2)
    switch data[0] % 4 {
    case 0: Fuzz.text(text, redactor)
    case 1: Fuzz.json(text, redactor, isTranscript: false)
    case 2: Fuzz.json(text, redactor, isTranscript: true)
    default: Fuzz.stream(text, redactor)
    }
    return 0
}

private enum Fuzz {
    static let redactors: [Redactor] = {
        let keys = RedactionKeys(secret: Array(0..<32))
        var numbers = RedactionPolicy(name: "numbers", keepsNumbers: true)
        numbers.threshold = 20
        let policies = [
            RedactionPolicy(name: "mask"), RedactionPolicy(name: "label", defaultAction: .label), numbers,
            RedactionPolicy(name: "token", defaultAction: .token),
            RedactionPolicy(name: "ff1", defaultAction: .formatPreserving),
            RedactionPolicy(
                name: "rules",
                defaultAction: .hash,
                allowed: AllowList([AllowList.Entry(.prefix, "+1")]),
                rules: [rule("order", #"ORD-\d{3,8}"#), rule("word", "(a|b)+x?")].compactMap { $0 }
            ),
        ]
        return policies.compactMap { try? Redactor(policy: $0, keys: keys, vault: MemoryVault()) }
    }()

    private static func rule(_ name: String, _ pattern: String) -> CustomRule? {
        try? CustomRule(name: name, pattern: pattern)
    }

    /// Findings are in order, within the text, and apart; what is not in one stays as it is.
    static func text(_ text: UnsafeRawBufferPointer, _ redactor: Redactor) {
        let scratch = Scratch()
        guard (try? redactor.redact(text, into: scratch)) != nil else { fatalError("a text was refused") }
        var last = 0
        for finding in scratch.findings {
            guard finding.start >= last, finding.end > finding.start, finding.end <= text.count else {
                fatalError("findings overlap or lie outside")
            }
            guard finding.contextOffset < text.count else { fatalError("a context lies outside") }
            last = finding.end
        }
        if scratch.findings.isEmpty, !scratch.output.elementsEqual(text) {
            fatalError("a text without findings changed")
        }
        guard scratch.steps <= 4096 + text.count * 512 else { fatalError("the time is not linear") }
    }

    /// What was JSON stays JSON; what was not is refused.
    static func json(_ text: UnsafeRawBufferPointer, _ redactor: Redactor, isTranscript: Bool) {
        let scratch = Scratch()
        do {
            if isTranscript {
                try redactor.redactTranscript(text, into: scratch)
            } else {
                try redactor.redactJSON(text, into: scratch)
            }
        } catch {
            if !isTranscript, isJSON(text) { fatalError("a document was refused: \(error)") }
            return
        }
        guard scratch.output.withUnsafeBytes(isJSON) else { fatalError("the result is not JSON") }
        var last = 0
        for finding in scratch.findings where !isTranscript {
            guard finding.start >= last, finding.end <= text.count else {
                fatalError("findings overlap or lie outside")
            }
            last = finding.start
        }
    }

    private static func isJSON(_ text: UnsafeRawBufferPointer) -> Bool {
        var scanner = JSONScanner(text)
        do {
            while try scanner.next() != nil {}
            return true
        } catch {
            return false
        }
    }

    /// Cut anywhere, a stream gives what the whole text gives, and never holds back more than it may. The cuts come from the text itself;
    /// a short text comes byte by byte too, so that everything is decided as early as it may be.
    static func stream(_ text: UnsafeRawBufferPointer, _ redactor: Redactor) {
        let scratch = Scratch()
        guard (try? redactor.redact(text, into: scratch)) != nil else { fatalError("a text was refused") }
        compare(text, scratch.output, redactor) { start in start + 1 + Int(text[start]) * (start % 3 + 1) }
        if text.count <= 400 { compare(text, scratch.output, redactor) { $0 + 1 } }
    }

    private static func compare(
        _ text: UnsafeRawBufferPointer,
        _ whole: [UInt8],
        _ redactor: Redactor,
        cut: (Int) -> Int
    ) {
        var stream = StreamRedactor(redactor)
        var output: [UInt8] = []
        var start = 0
        while start < text.count {
            let end = min(text.count, cut(start))
            let piece = UnsafeRawBufferPointer(rebasing: text[start..<end])
            guard (try? stream.push(piece, into: &output)) != nil else { fatalError("a piece was refused") }
            guard stream.pending <= StreamRedactor.holdBack else { fatalError("more is held back than may be") }
            start = end
        }
        guard (try? stream.finish(into: &output)) != nil else { fatalError("the end was refused") }
        // A candidate too long to be decided is masked by a stream, which cannot wait for its end.
        if stream.findings.contains(where: { $0.type == .unresolved }) { return }
        guard output == whole else {
            let (left, right) = (String(decoding: whole, as: UTF8.self), String(decoding: output, as: UTF8.self))
            fatalError("a stream and the whole text differ: \(left.debugDescription), \(right.debugDescription)")
        }
    }
}
